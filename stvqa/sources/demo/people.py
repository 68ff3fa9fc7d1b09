"""Drawings of people. A variant is `POSE` or `POSE:HAND_HEIGHT` (metres before scaling, for reaching hands).

    PEOPLE["woman"]("holding")        # right hand in front of the chest, Model.hand says where
    PEOPLE["man"]("reaching:0.95")    # right hand 0.55 m in front, 0.95 m above the ground

Adults are drawn 1.80 m tall and children 1.65 m, with a child's proportions, clothes and hair, so that no scale is
needed to tell them apart; `stvqa.sources.demo.kinds` scales them to their true size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from stvqa.sources.demo.model import Model
from stvqa.sources.demo.people_heads import CROWN, Hair, head_of
from stvqa.sources.demo.solids import Part, Point, ball, block, tube

__all__ = ["HEAD_SIZES", "PEOPLE", "POSES", "REACH"]

REACH = 0.5
"""How far before its middle a reaching person's hand is, metres at adult size."""


class _Pose(NamedTuple):
    """Joints of the right side (x > 0) and left side, and the height of the hips.

    Attributes:
        hips: height of the hip joints; all upper joints are given for hips at 0.9.
        legs: (knee, ankle) right, then left; absolute.
        arms: (elbow, hand) right, then left; relative to hips at 0.9.
        tilt: how far the shoulders lie in front of the hips, metres.
    """

    hips: float
    legs: tuple[tuple[Point, Point], tuple[Point, Point]]
    arms: tuple[tuple[Point, Point], tuple[Point, Point]]
    tilt: float = 0.0


_STRAIGHT = (((0.1, 0.48, 0.0), (0.1, 0.09, 0.0)), ((-0.1, 0.48, 0.0), (-0.1, 0.09, 0.0)))
_STRIDE = (((0.1, 0.49, 0.16), (0.1, 0.1, 0.2)), ((-0.1, 0.48, -0.04), (-0.1, 0.14, -0.28)))
_SEATED = (((0.11, 0.53, 0.42), (0.11, 0.1, 0.44)), ((-0.11, 0.53, 0.42), (-0.11, 0.1, 0.44)))
_HANGING_RIGHT: tuple[Point, Point] = ((0.27, 1.13, -0.02), (0.28, 0.86, 0.05))
_HANGING_LEFT: tuple[Point, Point] = ((-0.27, 1.13, -0.02), (-0.28, 0.86, 0.05))
_HOLD_RIGHT: tuple[Point, Point] = ((0.27, 1.13, 0.02), (0.2, 1.2, 0.32))

POSES: dict[str, _Pose] = {
    "standing": _Pose(0.9, _STRAIGHT, (_HANGING_RIGHT, _HANGING_LEFT)),
    "walking": _Pose(
        0.89, _STRIDE, (((0.26, 1.14, -0.14), (0.26, 0.9, -0.14)), ((-0.26, 1.14, 0.08), (-0.26, 0.95, 0.24)))
    ),
    "holding": _Pose(0.9, _STRAIGHT, (_HOLD_RIGHT, _HANGING_LEFT)),
    "carrying": _Pose(
        0.89, _STRIDE, (((0.29, 1.13, 0.0), (0.33, 0.86, 0.02)), ((-0.26, 1.14, 0.08), (-0.26, 0.95, 0.24)))
    ),
    "reaching": _Pose(0.9, _STRAIGHT, (_HOLD_RIGHT, _HANGING_LEFT)),
    "sitting": _Pose(
        0.55, _SEATED, (((0.26, 1.14, 0.06), (0.16, 1.03, 0.32)), ((-0.26, 1.14, 0.06), (-0.16, 1.03, 0.32)))
    ),
    "sitting-holding": _Pose(0.55, _SEATED, (_HOLD_RIGHT, ((-0.26, 1.14, 0.06), (-0.16, 1.03, 0.32)))),
    "pedalling": _Pose(
        0.95,
        (((0.11, 0.62, 0.36), (0.11, 0.2, 0.2)), ((-0.11, 0.74, 0.4), (-0.11, 0.4, 0.28))),
        (((0.26, 1.12, 0.3), (0.24, 0.98, 0.56)), ((-0.26, 1.12, 0.3), (-0.24, 0.98, 0.56))),
        tilt=0.14,
    ),
    "astride": _Pose(
        0.55,
        (((0.3, 0.4, 0.26), (0.33, -0.02, 0.1)), ((-0.3, 0.4, 0.26), (-0.33, -0.02, 0.1))),
        (((0.27, 1.14, 0.06), (0.12, 1.06, 0.34)), ((-0.27, 1.14, 0.06), (-0.12, 1.06, 0.34))),
    ),
}


class _Build(NamedTuple):
    """What tells men, women, boys and girls apart, whatever their size: proportions, clothes and hair.

    Attributes:
        slim: breadth of the trunk, times a middling adult's.
        hair: see `stvqa.sources.demo.people_heads`.
        cloth: `trousers`, `shorts`, `skirt` (to the knee) or `frock` (well above it).
        legs / trunk / arms / head: lengths, times an adult's.
    """

    slim: float
    hair: Hair
    cloth: str
    legs: float = 1.0
    trunk: float = 1.0
    arms: float = 1.0
    head: float = 1.0

    @property
    def hem(self) -> float:
        """How far below the hips a skirt ends, metres; 0 for who wears none."""
        return {"skirt": 0.38, "frock": 0.2}.get(self.cloth, 0.0)


_BUILDS = {
    "man": _Build(1.08, "short", "trousers"),
    "woman": _Build(0.88, "long", "skirt"),
    "boy": _Build(0.88, "cropped", "shorts", legs=0.76, trunk=0.84, arms=0.8, head=1.5),
    "girl": _Build(0.82, "bunches", "frock", legs=0.76, trunk=0.84, arms=0.8, head=1.5),
}
"""A child of this build is 4.2 heads tall, an adult 6.9."""

HEAD_SIZES = {name: build.head for name, build in _BUILDS.items()}
"""Size of a person's head, and of a hat for it, in proportion to an adult's of the same drawn size."""


class _Body(NamedTuple):
    """A person to be drawn.

    Attributes:
        pose: with the arms as they shall be, of an adult.
        reaching: whether the right hand's height is absolute already.
        seated: whether the hips are where the seat wants them, so that shorter legs end higher up.
    """

    pose: _Pose
    reaching: bool
    seated: bool
    build: _Build

    @property
    def hips(self) -> float:
        """Height of the hip joints, metres."""
        return self.pose.hips if self.seated else self.pose.hips * self.build.legs

    @property
    def shoulder(self) -> float:
        """Height of the shoulders, metres."""
        return self.hips + 0.55 * self.build.trunk

    def of_leg(self, joint: Point) -> Point:
        """A joint of an adult's leg on this body."""
        share, start = self.build.legs, self.pose.hips
        return (joint[0], self.hips + (joint[1] - start) * share, joint[2] * share)

    def of_arm(self, joint: Point) -> Point:
        """A joint of an adult's arm (hips at 0.9) on this body."""
        share = self.build.arms
        return (joint[0] * self.build.slim, self.shoulder - 0.05 + (joint[1] - 1.4) * share, joint[2] * share)


def _legs(body: _Body) -> list[Part]:
    build, hips = body.build, body.hips
    upper, lower = {"trousers": ("trousers", "trousers"), "shorts": ("trousers", "skin")}.get(
        build.cloth, ("skin", "skin")
    )
    wide = 1.15 if build.cloth == "shorts" else 1.0
    parts: list[Part] = []
    for side, joints in zip((1, -1), body.pose.legs, strict=True):
        knee, ankle = (body.of_leg(joint) for joint in joints)
        hip = (side * 0.09, hips + 0.02, 0.0)
        if build.hem and not body.seated:
            # Under a skirt the leg begins at the hem, so that nothing inside can be painted over it.
            share = build.hem / (hips - knee[1])
            hip = (knee[0], hips - build.hem + 0.02, knee[2] * min(0.9, share))
        parts.append(tube(hip, knee, (0.088 * wide, 0.066 * wide), upper, sides=7))
        parts.append(tube(knee, ankle, (0.066, 0.048), lower, sides=7))
        parts.append(block(ankle[0], ankle[1] - 0.09 * build.legs, ankle[2] + 0.055, (0.095, 0.085, 0.25), "shoes"))
    return parts


def _torso(body: _Body) -> list[Part]:
    hips, tilt, slim, shoulder = body.hips, body.pose.tilt, body.build.slim, body.shoulder
    hem = body.build.hem
    parts = [ball((0, hips + 0.03, 0), (0.165 * slim, 0.13, 0.12), "trousers", sides=8, rings=4)]
    if hem and not body.seated:
        parts.append(tube((0, hips - hem, 0), (0, hips + 0.14, 0), (0.25, 0.14), "trousers", sides=12, squash=0.8))
    elif hem:
        lap, back = (0, hips + 0.03, 0.36 * min(1.0, hem / 0.3)), (0, hips + 0.03, 0.0)
        parts.append(tube(lap, back, (0.19, 0.16), "trousers", sides=10, squash=0.55))
    waist, chest = (0, hips + 0.04, 0), (0, shoulder - 0.04, tilt)
    parts.append(tube(waist, chest, (0.155 * slim, 0.2 * slim), "shirt", sides=12, squash=0.6))
    parts.append(ball(chest, (0.21 * slim, 0.07, 0.12), "shirt", sides=10, rings=4))
    parts.append(tube((0, shoulder, tilt), (0, shoulder + 0.09, tilt + 0.01), (0.052, 0.05), "skin"))
    return parts


def _arms(body: _Body) -> list[Part]:
    parts: list[Part] = []
    for side, (elbow, hand) in zip((1, -1), body.pose.arms, strict=True):
        joint = (side * 0.2 * body.build.slim, body.shoulder - 0.05, body.pose.tilt)
        end, middle = _hand(body, hand, right=side == 1), body.of_arm(elbow)
        parts.append(tube(joint, middle, (0.06, 0.046), "shirt", sides=7))
        parts.append(tube(middle, end, (0.046, 0.036), "shirt" if body.build.cloth == "trousers" else "skin", sides=7))
        parts.append(ball(end, (0.042, 0.05, 0.045), "skin", sides=7, rings=4))
    return parts


def _hand(body: _Body, hand: Point, *, right: bool) -> Point:
    return hand if right and body.reaching else body.of_arm(hand)


def _person(variant: str, *, build: _Build) -> Model:
    name, _, hand_height = variant.partition(":")
    pose = POSES[name]
    if hand_height:
        right = ((0.25, 1.1, 0.16), (0.14, float(hand_height), REACH))
        pose = pose._replace(arms=(right, pose.arms[1]))
    seated = name.startswith("sitting") or name in ("astride", "pedalling")
    body = _Body(pose, bool(hand_height), seated, build)
    shoulder, tilt = body.shoulder, pose.tilt
    middle = shoulder + 0.07 + 0.13 * build.head
    return Model(
        [*_legs(body), *_torso(body), *_arms(body), *head_of(middle, tilt + 0.02, size=build.head, hair=build.hair)],
        hand=_hand(body, pose.arms[0][1], right=True),
        crown=(0.0, middle + CROWN * build.head, tilt),
        back=(0.0, shoulder - 0.24 * build.trunk, tilt * 0.6 - 0.108 * build.slim),
    )


PEOPLE: dict[str, Callable[[str], Model]] = {name: partial(_person, build=build) for name, build in _BUILDS.items()}
