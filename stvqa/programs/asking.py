"""Whether a question asks what its claims answer: right claims and right options under another question are wrong.

    misasked("In the image, is the table to the left or to the right of the cup?", ("Left", "Right"), claims,
             spoken={"cup.1": "cup", "table.1": "table"})
    # "it takes the cup for what the other is seen from, its claims take it for what is asked about"

`stvqa.programs.wording` holds options against claims; here it is the question: no negation, every object by the words
that tell it from its like, subject and object not swapped, a frame named and the right one, and whatever
`stvqa.programs.unsaid` asks for. It goes by words: a paraphrase that it does not know is refused, and may be put
otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain

from stvqa import vocabulary
from stvqa.programs.claims import objects_of
from stvqa.programs.inspect import plain
from stvqa.programs.unsaid import PICTURE, unsaid
from stvqa.records import (
    AllOf,
    Claim,
    Direction,
    Inside,
    Located,
    Mainly,
    Not,
    Ranks,
    Relates,
    Side,
)

__all__ = ["called_otherwise", "misasked"]

_HARMLESS = re.compile(r"\b(?:not (?:just|only|merely|simply|by|as (?:it|they)|how (?:it|they))|or not)\b")
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nothing|nobody|neither|nor|without|except|excluding|false|untrue|incorrect|wrong|opposite"
    r"|cannot|t|unlike|other than|lacks?|fails?)\b"
)
"""`t` is what is left of "isn't"."""

_REFERENCE = (
    r"(?:(?:left|right|side|top|front|ahead|rear|back) of|above|below|under|beneath|underneath|over"
    r"|(?:higher|lower) than|(?:relative|relation|respect|regard|reference|compared|next) (?:to|with)|from)"
)
"""What stands before the object that another one's place is told by."""

_NEARNESS = r"(?:close|closer|closest|near|nearer|nearest|far|farther|farthest|further|furthest|distant) (?:to|from|of)"
_EYES = (
    r"(?:(?:point of )?view|perspective|viewpoint|place|shoes|eyes) of|you (?:are|were)"
    r"|(?:left|right|side) of"
)
_OWN_EYES = re.compile(
    r"\b(?:point of view|perspective|viewpoint|imagine (?:that )?(?:you|being|standing)|own"
    r"|(?:its|his|her|their|your) (?:\w+ )?(?:left|right|side|front|back))\b"
)
_ITS_SIDE = re.compile(r"@\S+ s (?:own )?(?:left|right)\b")
_CAMERA_EYES = re.compile(
    r"(?:camera|viewer|photographer|observer) s (?:own )?(?:point of view|perspective|viewpoint)"
    r"|(?:point of view|perspective|viewpoint) of the (?:camera|viewer|photographer|observer)"
)
_OTHER_IMAGE = re.compile(
    r"\b(?:if (?:you|we|one|somebody|someone) (?!look|divide|split|cut)|would (?!you)|were|suppose|pretend"
    r"|sees|saw|seen by|from where|upside|mirror\w*|flip\w*|rotat\w*|revers\w*|reflect\w*"
    r"|(?:somebody|someone|anybody|anyone) (?:who|at|by|in|on|behind|sitting|standing)"
    r"|for (?:the|an?|his|her|some\w+|any\w+) (?!viewer|camera|photographer|observer))\b"
)
"""Words of a view that is not the camera's, or of an image that is not this one."""

_LOOKS_ALONG = re.compile(r"\b(?:fac(?:e|es|ing)|stood|stand|standing|look(?:s|ing)? straight|in the place of)\b")
_CAMERA = re.compile(r"\b(?:camera|viewer|photographer|observer|lens|us)\b")
_LOOKS = re.compile(r"\b(?:image|picture|photo|photograph|frame|appear\w*|looks?)\b")
_LOOK_OF_IT = re.compile(
    r"\b(?:appear\w*|looks?|looking|seems?|space|area|height|width|takes? up|occup\w*|cover\w*|fills?"
    r"|(?:part|share|portion) of the (?:image|picture|photo|photograph|frame))\b"
)
_REALITY = re.compile(
    r"\b(?:reality|really|real|actual|actually|physical\w*|dimensions?|dimensional|3d|in space|world|truly|true|depth"
    r"|life)\b"
)


def called_otherwise(text: str, options: Sequence[str], spoken: Mapping[str, str]) -> str | None:
    """What is wrong with how objects are called, None where each is called by the words that tell it from its like.

    Args:
        text: the question.
        options: its options.
        spoken: what to call each object, without article, by id.
    """
    said = f" {plain(' '.join([text, *options]))} "
    for words in spoken.values():
        if f" {plain(words)} " not in said:
            return f"nothing speaks of the “{words}” by these words, which tell it from others"
    return None


def misasked(text: str, options: Sequence[str], claims: Sequence[Claim], *, spoken: Mapping[str, str]) -> str | None:
    """Why the question is not the one that the claims answer, None where nothing shows that it is another.

    Args:
        text: the question.
        options: in the order of the claims.
        claims: of the program.
        spoken: what to call each object that may be asked about, without article, by id.
    """
    asked = [part for claim in claims for part in _parts(claim)]
    named = {item: _called(item, spoken) for claim in asked for item in objects_of(claim)}
    texts = [_masked(words, named) for words in (text, *options)]
    question = texts[0]
    return (
        called_otherwise(text, options, {item: spoken[item] for item in named if item in spoken})
        or _negated(question, options)
        or _swapped(texts, asked, named)
        or _other_frame(question, asked)
        or _own_side(texts, asked)
        or unsaid(question, " ".join(texts[1:]), claims, asked)
    )


def _parts(claim: Claim) -> tuple[Claim, ...]:
    """A claim without its wrappings."""
    match claim:
        case Not():
            return _parts(claim.claim)
        case AllOf():
            return tuple(chain.from_iterable(_parts(part) for part in claim.claims))
        case _:
            return (claim,)


def _called(item: str, spoken: Mapping[str, str]) -> str:
    return plain(spoken.get(item, re.sub(r"\.\d+$", "", item).replace("_", " ")))


def _token(item: str) -> str:
    return f"@{item}"


def _masked(text: str, named: Mapping[str, str]) -> str:
    """Plain words, objects as tokens: "right" in a name is no direction, "table" is no part of "table lamp"."""
    words = f" {plain(text)} "
    for item, called in sorted(named.items(), key=lambda pair: -len(pair[1])):
        words = words.replace(f" {called} ", f" {_token(item)} ")
    return words


def _negated(question: str, options: Sequence[str]) -> str | None:
    found = _NEGATION.search(_HARMLESS.sub("", question))
    if found is not None:
        return f"“{'not' if found[0] == 't' else found[0]}” turns the claims round: ask without it"
    for option in options:
        words = plain(option)
        if words != "no" and _NEGATION.search(words):
            return f"“{option}” denies something, its claim does not"
    return None


def _swapped(texts: Sequence[str], asked: Sequence[Claim], named: Mapping[str, str]) -> str | None:
    """Something that is asked about stands where the thing does by which it is told."""
    subjects, references = _roles(asked)
    before = "|".join([_reference(claim) for claim in asked])
    for item in sorted(subjects - references):
        pattern = re.compile(rf"\b(?:{before}) (?:the |a |an )?{re.escape(_token(item))} ")
        if any(pattern.search(text) for text in texts):
            other = "it takes the {} for what the other is seen from, its claims take it for what is asked about"
            return other.format(named[item])
    return None


def _roles(asked: Sequence[Claim]) -> tuple[set[str], set[str]]:
    """Ids of what claims place, and of what they place it by."""
    subjects: set[str] = set()
    references: set[str] = set()
    for claim in asked:
        match claim:
            case Direction() | Mainly() | Inside() | Relates():
                subjects.add(claim.subject)
                references.add(claim.object)
            case Side():
                subjects.add(claim.object)
                references.add(claim.observer)
            case Ranks() if claim.reference is not None:
                subjects.update(claim.among)
                references.add(claim.reference)
            case _:
                pass
    return subjects, references


def _reference(claim: Claim) -> str:
    """Words, as a pattern, that stand before what a claim places things by."""
    match claim:
        case Ranks():
            return _NEARNESS
        case Side():
            return _EYES
        case Relates():
            phrases = {plain(claim.predicate), plain(vocabulary.predicate_phrase(claim.predicate))}
            return "|".join([_REFERENCE, *sorted(map(re.escape, phrases))])
        case _:
            return _REFERENCE


def _other_frame(question: str, asked: Sequence[Claim]) -> str | None:
    """Whose left it is, and whether the picture or the world is meant."""
    first = asked[0]
    own_eyes = _OWN_EYES.search(_CAMERA_EYES.sub("camera", question))
    if isinstance(first, Side):
        if not own_eyes and not _LOOKS_ALONG.search(question):
            return "it does not say that the object's own point of view is meant"
        return None
    if own_eyes:
        return f"“{own_eyes[0]}” is the point of view of something in the image, the claims go by the image"
    if isinstance(first, Direction | Mainly | Located):
        if (other := _OTHER_IMAGE.search(question)) is not None:
            return f"“{other[0].strip()}” speaks of another view than that of the image as it is"
        return None if PICTURE.search(question) else "it does not say “in the image”"
    if isinstance(first, Ranks):
        return _other_space(question, first)
    return None


def _own_side(texts: Sequence[str], asked: Sequence[Claim]) -> str | None:
    """To some readers "the dog's left" is where its left paw is."""
    if any(isinstance(claim, Side) for claim in asked) or not any(map(_ITS_SIDE.search, texts)):
        return None
    return "the left of something may be its own left: say “to the left of it in the image”"


def _other_space(question: str, claim: Ranks) -> str | None:
    if claim.measure == "camera_distance":
        return None if _CAMERA.search(question) else "it does not speak of the camera"
    real = _REALITY.search(question)
    if claim.measure.startswith("image_"):
        if real is not None:
            return f"“{real[0]}” speaks of the real scene, the claims go by the image"
        if claim.measure != "image_distance" and not _LOOK_OF_IT.search(question):
            return "it does not say that the look is meant (“which looks taller?”): otherwise real sizes are compared"
        return None if _LOOKS.search(question) else "it does not say “in the image”"
    return None if real is not None else "it does not say that reality is meant, not the look in the image"
