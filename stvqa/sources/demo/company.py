"""People and what they do: sit, ride, hold, carry, wear, touch.

seat_someone(stage, chair)       # a person sits on it
hand_to(stage, person, "cup")    # the person holds a cup now
"""

from __future__ import annotations

import math

from stvqa.sources.demo.kinds import KINDS
from stvqa.sources.demo.model import Seat
from stvqa.sources.demo.people import HEAD_SIZES, REACH
from stvqa.sources.demo.stage import Stage
from stvqa.sources.demo.thing import Bond, Thing

__all__ = ["PERSON_NAMES", "dress", "hand_to", "seat_someone", "touch_with_hand"]

PERSON_NAMES = ("man", "woman", "boy", "girl")
_CHILDREN = ("boy", "girl")

HIPS = {"sitting": 0.45, "sitting-holding": 0.45, "pedalling": 0.84, "astride": 0.43, "standing": 0.0}
"""Height of the underside of the hips (of the soles, for standing) in each pose's drawing, metres."""

HELD = tuple(name for name, kind in KINDS.items() if "hand" in kind.places)
CARRIED = tuple(name for name, kind in KINDS.items() if "side" in kind.places)
_ACROSS = ("handbag", "suitcase", "backpack", "bucket", "basket")
"""Carried with their wide side along the walk."""


def seat_someone(stage: Stage, host: Thing, *, name: str) -> Thing | None:
    """Sits a person on a free seat of the host, or lets one ride it. None where nobody fits."""
    taken = [thing for thing in stage.things if thing.bond is not None and thing.bond.host is host]
    if taken or not host.shape.model.seats:
        return None
    seat = stage.choice.choice(host.shape.model.seats)
    rides = seat.verb == "riding"
    fitting = PERSON_NAMES if "child" in seat.sizes else ("man", "woman")
    person = stage.make(name if name in fitting else stage.choice.choice(fitting), variant=_pose(stage, seat))
    if rides and host.kind.name == "bicycle":
        if person.kind.name in _CHILDREN:
            person = stage.make(stage.choice.choice(("man", "woman")), variant="pedalling")
        person.scale = host.scale
    person.heading = host.heading
    if host.kind.name == "skateboard":
        person.heading = host.heading + 90
    person.put((0.0, HIPS[person.variant], 0.0), host.place(seat.point))
    person.state = ("riding",) if rides else ("sitting",)
    if not stage.accepts(person, ignoring=(host,)):
        return None
    person.bond = Bond("riding" if rides else "sitting", host)
    stage.add(person)
    return person


def _pose(stage: Stage, seat: Seat) -> str:
    if seat.pose == "sitting" and stage.choice.random() < 0.35:
        return "sitting-holding"
    return seat.pose


def hand_to(stage: Stage, person: Thing, thing: Thing, *, carried: bool) -> bool:
    """Puts the thing into the person's free hand. The person must be in a holding or carrying pose.

    Args:
        carried: it hangs from the lowered hand.
    """
    grip, hand = thing.shape.model.grip, person.shape.model.hand
    if grip is None or hand is None:
        return False
    across = carried and thing.kind.name in _ACROSS
    thing.heading = person.heading + (90 if across else 0)
    thing.put(grip, person.place(hand))
    ground = person.at[1]
    if thing.at[1] < ground + 0.03 or thing.place((0.0, 0.0, 0.0))[1] < 0.03:
        return False
    hosts = (person,) if person.bond is None else (person, person.bond.host)
    if not stage.accepts(thing, ignoring=hosts, gap=0.03):
        return False
    thing.bond = Bond("carrying" if carried else "holding", person)
    stage.add(thing)
    return True


def dress(stage: Stage, person: Thing, thing: Thing) -> bool:
    """Puts a hat on the head or a backpack on the back."""
    model = person.shape.model
    if thing.kind.name == "hat" and model.crown is not None:
        thing.scale = person.scale * HEAD_SIZES[person.kind.name]
        x, y, z = model.crown
        thing.heading = person.heading
        thing.put((0.0, 0.0, 0.0), person.place((x, y - (0.015 if thing.variant == "brim" else 0.02), z - 0.01)))
    elif thing.kind.name == "backpack" and model.back is not None:
        thing.heading = person.heading
        thing.scale = person.scale * 0.95
        thing.put((0.0, 0.24, 0.1), person.place(model.back))
    else:
        return False
    hosts = (person,) if person.bond is None else (person, person.bond.host)
    if not stage.accepts(thing, ignoring=hosts, gap=0.0):
        return False
    thing.bond = Bond("wearing", person)
    stage.add(thing)
    return True


def touch_with_hand(stage: Stage, host: Thing, *, name: str) -> Thing | None:
    """Stands a person beside the host with one hand on it. None where nobody fits."""
    spots = host.shape.model.spots
    if not spots or any(
        thing.bond is not None and thing.bond.host is host and thing.bond.manner == "touching" for thing in stage.things
    ):
        return None
    spot = stage.choice.choice(spots)
    person = stage.make(name, variant="standing")
    x, y, z = host.place(spot.point)
    height = round((y + 0.02) / person.scale, 2)
    if not 0.5 <= height <= 1.5:
        return None
    person.variant = f"reaching:{height:.2f}"
    outward = host.heading + spot.outward
    person.heading = (outward + 180) % 360
    hand = person.shape.model.hand
    if hand is None:
        return None
    person.put(hand, (x, height * person.scale, z))
    person.at = (person.at[0], 0.0, person.at[2])
    person.state = ("standing",)
    angle = math.radians(outward)
    clear = (person.at[0] - x) * math.sin(angle) + (person.at[2] - z) * math.cos(angle)
    if clear < REACH * person.scale * 0.8 or not stage.accepts(person, ignoring=(host,)):
        return None
    person.bond = Bond("touching", host)
    stage.add(person)
    return person
