"""A brain for the model server that writes questions as a teacher would, from the prompt that was really sent.

    with ModelServer(brain=teacher()) as server: ...
    with ModelServer(brain=teacher(faults={"wrong-answer": 0.2, "not-json": 0.05})) as server: ...

It reads objects, boxes, relations and items out of the user message, decides the claims over that alone, and words
them as the built-in teacher does. Faults strike first attempts at the given rates, by a hash of call and item; a repair is done
well unless the teacher is `stubborn`.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

from model_brains import Brain, ChatCall

from stvqa.programs.decide import Decider
from stvqa.programs.notation import parse_claim, write_claim
from stvqa.records import (
    Exhaustive,
    ImageReference,
    Margins,
    Not,
    ObjectSpace,
    Relationship,
    SceneGraph,
    SceneObject,
)
from stvqa.teachers.rules.phrases import Phrases
from stvqa.teachers.rules.placing import PLACING
from stvqa.teachers.rules.ranking import RANKING
from stvqa.teachers.rules.stating import STATING

__all__ = ["ITEM_FAULTS", "REPLY_FAULTS", "teacher"]

REPLY_FAULTS = ("not-json", "cut-off", "fenced")
"""They strike a whole reply; `fenced` is one that a reader has to bear with."""

ITEM_FAULTS = (
    *("wrong-answer", "no-program", "malformed-program", "unknown-object", "other-category", "words-swapped"),
    *("speaks-of-ids", "leak", "missing", "bad-entry", "options-repeat"),
)

_SIZE = re.compile(r"Image: (\d+) x (\d+) pixels")
_OBJECT = re.compile(r'^(\S+\.\d+)(?: "([^"]+)")?: (-?\d+) (-?\d+) (-?\d+) (-?\d+)(.*)$', re.MULTILINE)
_ITEM = re.compile(r"^(\d+)\. (\w+), (?:(\w+), )?(\d) options(, open)?: (.*)$", re.MULTILINE)
_WRITERS = {**PLACING, **RANKING, **STATING}


def teacher(faults: Mapping[str, float] | None = None, *, seed: int = 0, stubborn: bool = False) -> Brain:
    """A teacher with faults at these rates."""
    rates = dict(faults or {})
    unknown = set(rates) - {*REPLY_FAULTS, *ITEM_FAULTS}
    assert not unknown, unknown

    def answer(call: ChatCall) -> str:
        repairing = "were refused" in call.last
        struck = {} if repairing and not stubborn else rates
        items = [_entry(call.last, found, struck, seed) for found in _ITEM.finditer(call.last)]
        text = json.dumps({"questions": [item for item in items if item is not None]})
        for name in REPLY_FAULTS:
            if _strikes(name, call.last, struck, seed):
                return {
                    "not-json": "Here are the questions that you asked for.",
                    "cut-off": text[: len(text) * 2 // 3],
                    "fenced": f"Gladly.\n```json\n{text}\n```",
                }[name]
        return text

    return answer


def _strikes(name: str, what: str, rates: Mapping[str, float], seed: int) -> bool:
    digest = hashlib.sha256(f"{seed}/{name}/{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < rates.get(name, 0.0) * 2**64


def _entry(prompt: str, found: re.Match[str], rates: Mapping[str, float], seed: int) -> dict[str, Any] | None:
    number, _category, _level, options, is_open, asked = found.groups()
    fault = next((name for name in ITEM_FAULTS if _strikes(name, f"{prompt}/{number}", rates, seed)), "")
    if fault == "missing":
        return None
    chance = random.Random(f"{seed}/{prompt}/{number}")
    entry = _open(prompt, asked, int(options), chance) if is_open else _planned(prompt, asked, chance)
    return _spoilt({"item": int(number), **entry}, fault)


def _planned(prompt: str, asked: str, chance: random.Random) -> dict[str, Any]:
    graph, spoken = _read(prompt)
    claims = [parse_claim(text) for text in asked.split(" | ")]
    graph = graph.model_copy(update={"exhaustive": Exhaustive(objects=True, predicates=_predicates(claims, graph))})
    decider = Decider(graph, Margins())
    verdicts = [decider.decide(claim) for claim in claims]
    right = max(range(len(claims)), key=lambda place: (verdicts[place].value is True, verdicts[place].margin or 0.0))
    worded = _WRITERS[_form(claims)](Phrases(spoken, {item.id: item.name for item in graph.objects}, chance), claims)
    order = list(range(len(claims)))
    chance.shuffle(order)
    return {
        "question": worded.text,
        "options": [worded.options[place] for place in order],
        "answer": "ABCD"[order.index(right)],
        "program": [write_claim(claims[place]) for place in order],
        "level": "medium",
        "rating": 7,
        "why": "By the boxes.",
    }


def _open(prompt: str, asked: str, options: int, chance: random.Random) -> dict[str, Any]:
    graph, spoken = _read(prompt)
    named = [spoken[item.id] for item in graph.objects if item.id in asked.split()]
    texts = [f"The {name}" for name in named]
    if "faces" in asked:
        texts = ["To the left", "To the right", "Towards the camera", "Away from it"]
    elif "side" in asked:
        texts = ["In front of it", "Behind it", "To its left", "To its right"]
    elif "how many" in asked:
        texts = ["1", "2", "3", "4"]
    elif "holding" in asked:
        texts = ["A bag", "A phone", "Nothing"]
    said = asked
    for item in graph.objects:
        said = said.replace(item.id, f"the {spoken[item.id]}")
    return {
        "question": f"Looking at the image: {said}?",
        "options": texts[:options],
        "answer": chance.choice("ABCD"[: len(texts[:options])]),
        "program": None,
        "level": chance.choice(["easy", "medium", "hard"]),
        "rating": 6,
        "why": "It looks so.",
    }


def _spoilt(entry: dict[str, Any], fault: str) -> dict[str, Any]:
    if not fault:
        return entry
    options = entry["options"]
    right, count = "ABCD".index(entry["answer"]), len(options)
    others = ["located(a.1, halves, left)", "located(a.1, halves, right)", "count(a, 1)", "count(a, 2)"]
    changes: dict[str, dict[str, Any]] = {
        "wrong-answer": {"answer": "ABCD"[(right + 1) % count]},
        "no-program": {"program": None},
        "malformed-program": {"program": ["left of it"] * count},
        "unknown-object": {"program": [f"above(unicorn.{n}, unicorn.9)" for n in range(count)]},
        "other-category": {"program": others[:count]},
        "words-swapped": {"options": options[1:] + options[:1]},
        "speaks-of-ids": {"question": f"{entry['question']} (cup.1)"},
        "leak": {"question": f"{options[right]}: is that so?"},
        "bad-entry": {"rating": "great", "options": None},
        "options-repeat": {"options": [options[0]] * count},
    }
    return {**entry, **changes[fault]}


def _read(prompt: str) -> tuple[SceneGraph, dict[str, str]]:
    """The graph that the prompt tells of, and what to call its objects."""
    size = _SIZE.search(prompt)
    assert size is not None, prompt
    objects, spoken = [], {}
    for name, called, *sides, facts in _OBJECT.findall(prompt):
        plain = name.rsplit(".", 1)[0].replace("_", " ")
        spoken[name] = called or plain
        objects.append(SceneObject(id=name, name=plain, box=tuple(map(float, sides)), space=_space(facts)))
    ids = {item.id for item in objects}
    lines = prompt.partition("Relations:\n")[2].partition("\nItems:")[0].splitlines()
    triples = [line.split(" ") for line in lines]
    return (
        SceneGraph(
            image_id="prompt:1",
            source="prompt",
            source_image_id="1",
            width=int(size[1]),
            height=int(size[2]),
            image=ImageReference(kind="placeholder"),
            objects=tuple(objects),
            relationships=tuple(
                Relationship(subject=parts[0], predicate=" ".join(parts[1:-1]), object=parts[-1])
                for parts in triples
                if len(parts) >= 3 and parts[0] in ids and parts[-1] in ids
            ),
            space_evidence="simulated" if any(item.space for item in objects) else None,
        ),
        spoken,
    )


def _space(facts: str) -> ObjectSpace | None:
    known = {name: [float(value) for value in values.split()] for name, values in _FACT.findall(facts)}
    if not known:
        return None
    return ObjectSpace(
        depth_m=known.get("depth", [None])[0],
        position_m=known.get("at"),
        size_m=known.get("size", (0.1, 0.1, 0.1)),  # decisions about places ask for it too
        heading_degrees=known.get("heading", [None])[0],
    )


_FACT = re.compile(r"; (\w+) ([-\d.e+ ]+)")


def _predicates(claims: list[Any], graph: SceneGraph) -> tuple[str, ...]:
    inner = [claim.claim if isinstance(claim, Not) else claim for claim in claims]
    named = [getattr(claim, "predicate", getattr(claim, "relation", "")) for claim in inner]
    return tuple(sorted({*named, *(triple.predicate for triple in graph.relationships)} - {""}))


def _triple_form(claims: list[Any]) -> str:
    ends = {(claim.subject, claim.object) for claim in claims}
    if len(ends) == 1:
        return "predicate"
    if len({claim.subject for claim in claims}) == 1:
        return "whereabouts" if claims[0].predicate in ("on", "in", "inside", "on top of", "under") else "held"
    return "behind" if claims[0].predicate in ("behind", "in front of") else "holder"


_FORMS: dict[str, Callable[[list[Any]], str]] = {
    "direction": lambda claims: "axis" if len({claim.subject for claim in claims}) == 1 else "which",
    "mainly": lambda _: "mainly",
    "all_of": lambda _: "diagonal",
    "located": lambda claims: claims[0].grid,
    "side": lambda _: "side",
    "heading": lambda _: "heading",
    "ranks": lambda claims: claims[0].measure,
    "count": lambda _: "count",
    "relates": _triple_form,
}


def _form(claims: list[Any]) -> str:
    """The built-in teacher's form for such claims."""
    return "definite" if any(isinstance(claim, Not) for claim in claims) else _FORMS[claims[0].op](claims)
