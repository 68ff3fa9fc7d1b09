"""The composition of a scene: which things, how many of a class, and what they have to do with each other.

    arrange(setting, seeded(7, "scene", "12"))      # list of Thing, hosts first

Classes are drawn without regard to where they will stand, and places without regard to class as far as the world
allows (cups stand on tables, under them, on the floor; cats on car roofs), so that names alone predict little.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate

from stvqa.sources.demo.company import CARRIED, HELD, PERSON_NAMES, dress, hand_to, seat_someone, touch_with_hand
from stvqa.sources.demo.kind import Kind
from stvqa.sources.demo.kinds import KINDS
from stvqa.sources.demo.placing import (
    hang_from_ceiling,
    hang_on_wall,
    lay_inside,
    let_fly,
    stand_beneath,
    stand_on,
    stand_on_floor,
)
from stvqa.sources.demo.setting import Setting
from stvqa.sources.demo.stage import Stage
from stvqa.sources.demo.thing import Thing

__all__ = ["MOST_THINGS", "arrange"]

MOST_THINGS = 14
_SUPPORTS = {
    "indoor": ("table", "desk", "shelf", "cabinet", "bed", "couch", "chair", "stool", "bench", "box", "table", "chair"),
    "outdoor": ("table", "bench", "rock", "car", "box", "chair", "table", "stool", "bicycle", "rock"),
}
_NEAR_SUPPORTS = {
    "indoor": ("table", "table", "desk", "cabinet", "stool", "bench"),
    "outdoor": ("table", "table", "rock", "bench", "stool"),
}
_RIDDEN = {"indoor": ("bicycle", "skateboard"), "outdoor": ("bicycle", "motorcycle", "horse", "skateboard", "bicycle")}
_SEATS = {"indoor": ("chair", "couch", "stool", "bench", "bed"), "outdoor": ("bench", "chair", "rock", "stool")}


def arrange(setting: Setting, choice: random.Random) -> list[Thing]:
    """Sets up a scene of up to 14 things; fewer where the place is tight."""
    stage = Stage(setting, choice)
    wanted = choice.randint(6, MOST_THINGS)
    crowd = _repeated(choice, setting.place)
    if choice.random() < 0.3:
        _bring_close(stage)
    for _ in range(choice.randint(1, 3) if setting.place == "indoor" else choice.randint(0, 2)):
        _put(stage, choice.choice(_SUPPORTS[setting.place]), "floor")
    for _ in range(choice.choice((0, 1, 1, 2, 2, 3))):
        if len(stage.things) < wanted:
            _someone(stage)
    if choice.random() < 0.5:
        _fill_container(stage)
    tries = 0
    while len(stage.things) < wanted and tries < 4 * wanted:
        tries += 1
        name = crowd if crowd and choice.random() < 0.4 else _any_class(stage)
        if name in PERSON_NAMES:
            _stander(stage, name)
        else:
            _put(stage, name, choice.choice(KINDS[name].places))
    return stage.things[:MOST_THINGS]


def _bring_close(stage: Stage) -> None:
    """A table or the like right before the camera, with things on it: small things can be large in the picture."""
    stage.close = True
    host = _put(stage, stage.choice.choice(_NEAR_SUPPORTS[stage.setting.place]), "floor")
    stage.close = False
    if host is None:
        return
    names = [kind.name for kind in KINDS.values() if "surface" in kind.places and _fits(kind, stage)]
    for _ in range(stage.choice.randint(2, 5)):
        stand_on(stage, stage.make(stage.choice.choice(names)), host)


def _fits(kind: Kind, stage: Stage) -> bool:
    """Whether the class belongs here, and no class that it could be mixed up with stands here."""
    if stage.setting.place not in kind.settings:
        return False
    return not kind.family or all(
        thing.kind.family != kind.family or thing.kind.name == kind.name for thing in stage.things
    )


def _repeated(choice: random.Random, place: str) -> str:
    """A class that the scene shall hold several of; empty for none."""
    if choice.random() < 0.3:
        return ""
    names = [kind.name for kind in KINDS.values() if place in kind.settings and kind.places != ("hand",)]
    return choice.choice(names)


@lru_cache(maxsize=2)
def _classes_of(place: str) -> tuple[tuple[Kind, ...], tuple[float, ...]]:
    """The classes of a setting with running sums of their weights."""
    kinds = tuple(kind for kind in KINDS.values() if place in kind.settings)
    return kinds, tuple(accumulate(kind.weight for kind in kinds))


def _any_class(stage: Stage) -> str:
    """A class by weight; drawn again while it does not go with what is there."""
    kinds, sums = _classes_of(stage.setting.place)
    while True:
        kind = stage.choice.choices(kinds, cum_weights=sums)[0]
        if _fits(kind, stage):
            return kind.name


def _put(stage: Stage, name: str, place: str) -> Thing | None:
    """Puts one thing of the class at a kind of place; None where it does not go."""
    kind = KINDS[name]
    if not _fits(kind, stage):
        return None
    thing = stage.make(name)
    if _PLACERS[place](stage, thing):
        return thing
    return None


def _on_floor(stage: Stage, thing: Thing) -> bool:
    cut = 0.3 if stage.close or stage.choice.random() < 0.1 else 0.0
    large = max(thing.size) > 0.9
    return stand_on_floor(stage, thing, cut=cut, tries=12 if stage.close or large else 6)


def _hosts(stage: Stage) -> list[Thing]:
    """What stands on the ground, in any order."""
    hosts = [thing for thing in stage.things if thing.bond is None or thing.bond.manner == "on"]
    stage.choice.shuffle(hosts)
    return hosts


def _brought(stage: Stage, names: tuple[str, ...]) -> list[Thing]:
    """A host fetched for the purpose, where there is room for one."""
    host = _put(stage, stage.choice.choice(names), "floor")
    return [] if host is None else [host]


def _on_surface(stage: Stage, thing: Thing) -> bool:
    seated = {other.bond.host for other in stage.things if other.bond and other.bond.manner in ("sitting", "riding")}
    hosts = [host for host in _hosts(stage) if host.shape.model.tops and host not in seated]
    hosts = hosts or _brought(stage, _SUPPORTS[stage.setting.place])
    return any(stand_on(stage, thing, host) for host in hosts[:3])


def _beneath(stage: Stage, thing: Thing) -> bool:
    hosts = [host for host in _hosts(stage) if host.shape.model.beneath is not None and host.bond is None]
    hosts = hosts or _brought(stage, ("table", "bench", "chair", "stool"))
    return any(stand_beneath(stage, thing, host) for host in hosts[:3])


def _inside(stage: Stage, thing: Thing) -> bool:
    hosts = [host for host in _hosts(stage) if host.shape.model.hollow is not None]
    hosts = hosts or _brought(stage, ("box", "box", "basket", "bowl", "bucket"))
    return any(lay_inside(stage, thing, host) for host in hosts[:3])


def _in_hand(stage: Stage, thing: Thing) -> bool:
    """Brings a person who holds the thing."""
    person = stage.make(stage.choice.choice(PERSON_NAMES), variant="holding")
    if not stand_on_floor(stage, person, tries=3):
        return False
    person.state = ("standing",)
    return hand_to(stage, person, thing, carried=False) or _give_something(stage, person, HELD, carried=False)


def _at_side(stage: Stage, thing: Thing) -> bool:
    """Brings a person who carries the thing; children carry nothing as tall as a suitcase."""
    names = ("man", "woman") if thing.kind.name in ("suitcase", "bucket") else PERSON_NAMES
    person = stage.make(stage.choice.choice(names), variant="carrying")
    if not stand_on_floor(stage, person, tries=3):
        return False
    person.state = ("walking",)
    return hand_to(stage, person, thing, carried=True) or _give_something(stage, person, CARRIED, carried=True)


def _give_something(stage: Stage, person: Thing, names: tuple[str, ...], *, carried: bool) -> bool:
    """Another thing for a hand that stayed empty because the first was too small to be seen, or in the way."""
    able = [name for name in names if _fits(KINDS[name], stage)]
    tries = (stage.make(stage.choice.choice(able)) for _ in range(5)) if able else ()
    return any(hand_to(stage, person, thing, carried=carried) for thing in tries)


def _worn(stage: Stage, thing: Thing) -> bool:
    """Puts the thing on somebody who is there and wears none yet."""
    dressed = {other.bond.host for other in stage.things if other.bond and other.bond.manner == "wearing"}
    people = [other for other in stage.things if other.kind.name in PERSON_NAMES and other not in dressed]
    return bool(people) and dress(stage, stage.choice.choice(people), thing)


_PLACERS: dict[str, Callable[[Stage, Thing], bool]] = {
    "floor": _on_floor,
    "surface": _on_surface,
    "beneath": _beneath,
    "inside": _inside,
    "wall": hang_on_wall,
    "ceiling": hang_from_ceiling,
    "air": let_fly,
    "hand": _in_hand,
    "side": _at_side,
    "head": _worn,
    "back": _worn,
}


def _stander(stage: Stage, name: str) -> None:
    person = stage.make(name)
    person.state = (person.variant,)
    if stand_on_floor(stage, person) and stage.choice.random() < 0.25:
        _put_on(stage, person)


def _put_on(stage: Stage, person: Thing) -> None:
    names = [name for name in ("hat", "backpack", "hat") if _fits(KINDS[name], stage)]
    dress(stage, person, stage.make(stage.choice.choice(names)))


def _someone(stage: Stage) -> None:
    """A person with something to do."""
    name = stage.choice.choice(PERSON_NAMES)
    act = stage.choice.choice(("hold", "hold", "carry", "sit", "ride", "touch", "touch"))
    if act in ("hold", "carry"):
        names = [held for held in (HELD if act == "hold" else CARRIED) if _fits(KINDS[held], stage)]
        if names:
            (_in_hand if act == "hold" else _at_side)(stage, stage.make(stage.choice.choice(names)))
        return
    if act == "touch":
        hosts = [host for host in _hosts(stage) if host.shape.model.spots and host.bond is None]
        hosts = hosts or [thing for thing in [_put(stage, _any_class(stage), "floor")] if thing is not None]
        if hosts:
            touch_with_hand(stage, hosts[0], name=name)
        return
    person = _on_seat(stage, name, rides=act == "ride")
    if person is None:
        return
    if person.variant == "sitting-holding":
        names = [
            held
            for held in ("cup", "book", "phone", "bottle", "apple", "balloon", "umbrella")
            if _fits(KINDS[held], stage)
        ]
        hand_to(stage, person, stage.make(stage.choice.choice(names)), carried=False)
    if stage.choice.random() < 0.25:
        _put_on(stage, person)


def _on_seat(stage: Stage, name: str, *, rides: bool) -> Thing | None:
    """A person on a seat that is there and free, or on one brought for the purpose."""
    names = (_RIDDEN if rides else _SEATS)[stage.setting.place]
    there = [
        thing for thing in stage.things if thing.kind.name in names and thing.shape.model.seats and thing.bond is None
    ]
    if there and stage.choice.random() < 0.6:
        return seat_someone(stage, stage.choice.choice(there), name=name)
    host = _put(stage, stage.choice.choice(names), "floor")
    return None if host is None else seat_someone(stage, host, name=name)


def _fill_container(stage: Stage) -> None:
    """A vessel with one to three things in it."""
    name = stage.choice.choice(("bowl", "bowl", "box", "basket", "bucket"))
    place = stage.choice.choice(("surface", "surface", "floor"))
    host = _put(stage, name, place) or _put(stage, name, "floor")
    if host is None:
        return
    names = [kind.name for kind in KINDS.values() if "inside" in kind.places and _fits(kind, stage)]
    wanted = stage.choice.randint(1, 3)
    content = ""
    for _ in range(12):
        if wanted and lay_inside(stage, stage.make(content or stage.choice.choice(names)), host):
            wanted -= 1
            content = stage.choice.choice(("", stage.things[-1].kind.name))
