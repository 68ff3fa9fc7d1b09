"""The triples of a scene: all of some predicates, and some of those that an annotator would add.

    exact_triples(scene)             # [(0, "on", 3), (3, "touching", 0), ...], indices into scene.things
    casual_triples(scene, choice)    # true ones of "behind", "next to", "looking at" ..., not all of them

What "all" means, so that an absence is a proof:
    on        rests on it, sits or rides on it, or is worn by it; also through what lies between (an apple in a bowl
              on a table is on the table)
    in        lies in its hollow
    holding   has it in a hand; carrying: bears its weight in a hand or on the back; so all that is held is carried
    wearing   has it on head or back
    riding    moves on it
    touching  their surfaces meet, both ways round
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from stvqa.sources.demo.company import PERSON_NAMES
from stvqa.sources.demo.scenes import Scene
from stvqa.sources.demo.thing import Thing

__all__ = ["EXHAUSTIVE_PREDICATES", "Triple", "bearing", "casual_triples", "exact_triples"]

EXHAUSTIVE_PREDICATES = ("carrying", "holding", "in", "on", "riding", "touching", "wearing")
_ANIMALS = ("dog", "cat", "rabbit", "horse", "zebra", "cow", "sheep", "elephant", "giraffe", "bird")
_LOOK_DEGREES = 9.0
_LOOK_DISTANCE = 8.0


class Triple(NamedTuple):
    """Indices of things around a predicate."""

    subject: int
    predicate: str
    object: int


def exact_triples(scene: Scene) -> list[Triple]:
    """Every true triple of `EXHAUSTIVE_PREDICATES`, and what goes with it (sitting on, under), sorted."""
    number = {id(thing): i for i, thing in enumerate(scene.things)}
    found: set[Triple] = set()
    for i, thing in enumerate(scene.things):
        if thing.bond is None:
            continue
        host = number[id(thing.bond.host)]
        found.update(_of_bond(i, thing.bond.manner, host, thing))
        if thing.bond.manner != "beneath":
            found.update((Triple(i, "touching", host), Triple(host, "touching", i)))
        if thing.bond.manner in ("on", "in"):
            found.update(Triple(i, "on", number[id(below)]) for below in _bearers(thing.bond.host))
    return sorted(found)


def _of_bond(thing: int, manner: str, host: int, actor: Thing) -> list[Triple]:
    if manner in ("on", "in"):
        return [Triple(thing, manner, host)]
    if manner == "beneath":
        return [Triple(thing, "under", host)]
    if manner == "holding":
        return [Triple(host, "holding", thing), Triple(host, "carrying", thing)]
    if manner == "carrying":
        return [Triple(host, "carrying", thing), Triple(host, "holding", thing)]
    if manner == "wearing":
        worn = [Triple(host, "wearing", thing), Triple(thing, "on", host)]
        return [*worn, Triple(host, "carrying", thing)] if actor.kind.name == "backpack" else worn
    if manner == "sitting":
        return [Triple(thing, "sitting on", host), Triple(thing, "on", host)]
    if manner == "riding":
        return [Triple(thing, "riding", host), Triple(thing, "on", host)]
    return []


def _bearers(thing: Thing) -> list[Thing]:
    """What the thing rests on, directly or through others."""
    found = []
    while thing.bond is not None and thing.bond.manner in ("on", "in"):
        thing = thing.bond.host
        found.append(thing)
    return found


def bearing(observer: Thing, other: Thing) -> float:
    """Degrees from the observer's heading to the other's middle, in the ground plane, -180 to 180, clockwise."""
    x1, _, z1 = observer.centre
    x2, _, z2 = other.centre
    return (math.degrees(math.atan2(x2 - x1, z2 - z1)) - observer.heading + 180) % 360 - 180


def casual_triples(scene: Scene, choice: random.Random) -> list[Triple]:
    """True triples of predicates for which not all are given, at most ten."""
    found = [*_looks(scene), *_depth_order(scene), *_neighbours(scene)]
    choice.shuffle(found)
    return sorted(found[:10])


def _looks(scene: Scene) -> list[Triple]:
    """Which person or animal looks straight at what: the nearest thing in the line of sight."""
    found: list[Triple] = []
    for i, thing in enumerate(scene.things):
        if thing.kind.name not in PERSON_NAMES and thing.kind.name not in _ANIMALS:
            continue
        ahead: list[tuple[float, int]] = []
        for k, other in enumerate(scene.things):
            if k == i or _bound(thing, other):
                continue
            distance = math.dist(thing.centre[::2], other.centre[::2])
            if 0.5 < distance < _LOOK_DISTANCE and abs(bearing(thing, other)) < _LOOK_DEGREES:
                ahead.append((distance, k))
        if ahead:
            target = min(ahead)[1]
            found.append(Triple(i, "looking at" if (i + target) % 2 else "facing", target))
    return found


def _bound(first: Thing, second: Thing) -> bool:
    """Whether one depends on the other, or both on a third."""
    hosts = [thing.bond.host if thing.bond is not None else None for thing in (first, second)]
    return hosts[0] is second or hosts[1] is first or (hosts[0] is not None and hosts[0] is hosts[1])


def _depth_order(scene: Scene) -> list[Triple]:
    """Behind and in front of: pictures overlap, and one is wholly farther away."""
    found: list[Triple] = []
    for i, near in enumerate(scene.sights):
        for k, far in enumerate(scene.sights):
            if i == k or _bound(scene.things[i], scene.things[k]):
                continue
            frame = scene.things[i].frame
            if frame is None or far.depth < float(frame.points[:, 2].max()) + 0.3:
                continue
            wide = min(near.box[2], far.box[2]) - max(near.box[0], far.box[0])
            high = min(near.box[3], far.box[3]) - max(near.box[1], far.box[1])
            if wide > 0.4 * min(near.box[2] - near.box[0], far.box[2] - far.box[0]) and high > 0:
                found.append(Triple(k, "behind", i) if (i + k) % 2 else Triple(i, "in front of", k))
    return found


def _neighbours(scene: Scene) -> list[Triple]:
    """Next to: both on the same ground or host, less than half a metre of air between them, none behind the other."""
    found: list[Triple] = []
    for i, thing in enumerate(scene.things):
        for k, other in enumerate(scene.things):
            if i == k or _host(thing) is not _host(other):
                continue
            first, second = thing.footprint(), other.footprint()
            reach = 0.5 if _host(thing) is None else 0.2
            level = abs(first.bottom - second.bottom) < 0.05
            side = abs(first.x - second.x) > 1.5 * abs(first.z - second.z)
            if level and side and first.overlaps(second, gap=reach):
                found.append(Triple(i, "next to", k))
    return found


def _host(thing: Thing) -> Thing | None:
    return None if thing.bond is None else thing.bond.host
