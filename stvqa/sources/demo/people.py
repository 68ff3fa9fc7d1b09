"""Drawings of people. A variant is `POSE` or `POSE:HAND_HEIGHT` (metres before scaling, for reaching hands).

    PEOPLE["woman"]("holding")        # right hand in front of the chest, Model.hand says where
    PEOPLE["man"]("reaching:0.95")    # right hand 0.55 m in front, 0.95 m above the ground

All are drawn at an adult's size (1.72 m standing); `stvqa.sources.demo.kinds` scales boys and girls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from stvqa.sources.demo.model import Model
from stvqa.sources.demo.solids import Part, Point, ball, block, decorated, tube

__all__ = ["PEOPLE", "POSES", "REACH"]

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


def _limb(first: Point, middle: Point, last: Point, radii: Point, materials: tuple[str, str]) -> list[Part]:
    return [
        tube(first, middle, (radii[0], radii[1]), materials[0], sides=7),
        tube(middle, last, (radii[1], radii[2]), materials[1], sides=7),
    ]


def _head(y: float, z: float, *, long_hair: bool) -> list[Part]:
    """Head of 0.26 m, chin at y - 0.13; the face looks along +z."""
    head = ball((0, y, z), (0.098, 0.13, 0.112), "skin", sides=12, rings=8)
    for x in (-0.036, 0.036):
        head = decorated(
            head,
            "#ffffff",
            [
                (x - 0.019, y + 0.008, z + 0.112),
                (x + 0.019, y + 0.008, z + 0.112),
                (x + 0.016, y + 0.034, z + 0.11),
                (x - 0.016, y + 0.034, z + 0.11),
            ],
        )
        head = decorated(
            head,
            "#22201e",
            [
                (x - 0.009, y + 0.01, z + 0.115),
                (x + 0.009, y + 0.01, z + 0.115),
                (x + 0.009, y + 0.032, z + 0.114),
                (x - 0.009, y + 0.032, z + 0.114),
            ],
        )
    head = decorated(
        head,
        "#a8434a",
        [
            (-0.032, y - 0.058, z + 0.103),
            (0.032, y - 0.058, z + 0.103),
            (0.022, y - 0.074, z + 0.099),
            (-0.022, y - 0.074, z + 0.099),
        ],
    )
    parts = [head, ball((0, y + 0.045, z - 0.022), (0.108, 0.108, 0.112), "hair", sides=10, rings=6)]
    parts.append(ball((0, y - 0.01, z + 0.118), (0.014, 0.022, 0.016), "skin", sides=6, rings=4))
    if long_hair:
        parts.append(tube((0, y - 0.22, z - 0.085), (0, y + 0.05, z - 0.07), (0.1, 0.105), "hair", squash=0.5))
    return parts


class _Body(NamedTuple):
    """A person to be drawn.

    Attributes:
        pose: with the arms as they shall be.
        reaching: whether the right hand's height is absolute already.
    """

    pose: _Pose
    reaching: bool
    seated: bool
    dress: bool
    slim: float

    @property
    def drop(self) -> float:
        """How far hips and all above stand off their height when standing, metres."""
        return self.pose.hips - 0.9

    @property
    def shoulder(self) -> float:
        """Height of the shoulders, metres."""
        return 1.45 + self.drop


def _legs(body: _Body) -> list[Part]:
    hips = body.pose.hips
    cloth = "skin" if body.dress else "trousers"
    parts: list[Part] = []
    for side, (knee, ankle) in zip((1, -1), body.pose.legs, strict=True):
        hip = (side * 0.09, hips + 0.02, 0.0)
        if body.dress and not body.seated:
            # Under a skirt the leg begins at the hem, so that nothing inside can be painted over it.
            hip = (knee[0], hips - 0.36, knee[2] * 0.9)
        parts += _limb(hip, knee, ankle, (0.088, 0.066, 0.048), (cloth, cloth))
        parts.append(block(ankle[0], ankle[1] - 0.09, ankle[2] + 0.055, (0.095, 0.085, 0.25), "shoes"))
    return parts


def _torso(body: _Body) -> list[Part]:
    hips, tilt, slim, shoulder = body.pose.hips, body.pose.tilt, body.slim, body.shoulder
    parts = [ball((0, hips + 0.03, 0), (0.165 * slim, 0.13, 0.12), "trousers", sides=8, rings=4)]
    if body.dress and not body.seated:
        parts.append(tube((0, hips - 0.38, 0), (0, hips + 0.14, 0), (0.25, 0.14), "trousers", sides=12, squash=0.8))
    elif body.dress:
        lap, back = (0, hips + 0.03, 0.36), (0, hips + 0.03, 0.0)
        parts.append(tube(lap, back, (0.19, 0.16), "trousers", sides=10, squash=0.55))
    waist, chest = (0, hips + 0.04, 0), (0, shoulder - 0.04, tilt)
    parts.append(tube(waist, chest, (0.155 * slim, 0.2 * slim), "shirt", sides=12, squash=0.6))
    parts.append(ball(chest, (0.21 * slim, 0.07, 0.12), "shirt", sides=10, rings=4))
    parts.append(tube((0, shoulder, tilt), (0, shoulder + 0.09, tilt + 0.01), (0.052, 0.05), "skin"))
    return parts


def _arms(body: _Body) -> list[Part]:
    parts: list[Part] = []
    for side, (elbow, hand) in zip((1, -1), body.pose.arms, strict=True):
        joint = (side * 0.2 * body.slim, body.shoulder - 0.05, body.pose.tilt)
        end = _hand(body, hand, right=side == 1)
        parts += _limb(joint, (elbow[0], elbow[1] + body.drop, elbow[2]), end, (0.06, 0.046, 0.036), ("shirt", "skin"))
        parts.append(ball(end, (0.042, 0.05, 0.045), "skin", sides=7, rings=4))
    return parts


def _hand(body: _Body, hand: Point, *, right: bool) -> Point:
    return hand if right and body.reaching else (hand[0], hand[1] + body.drop, hand[2])


def _person(variant: str, *, dress: bool, slim: float) -> Model:
    name, _, hand_height = variant.partition(":")
    pose = POSES[name]
    if hand_height:
        right = ((0.25, 1.1, 0.16), (0.14, float(hand_height), REACH))
        pose = pose._replace(arms=(right, pose.arms[1]))
    seated = name.startswith("sitting") or name in ("astride", "pedalling")
    body = _Body(pose, bool(hand_height), seated, dress, slim)
    shoulder, tilt = body.shoulder, pose.tilt
    return Model(
        [*_legs(body), *_torso(body), *_arms(body), *_head(shoulder + 0.2, tilt + 0.02, long_hair=dress)],
        hand=_hand(body, pose.arms[0][1], right=True),
        crown=(0.0, shoulder + 0.27, tilt),
        back=(0.0, shoulder - 0.24, tilt * 0.6 - 0.108 * slim),
    )


PEOPLE: dict[str, Callable[[str], Model]] = {
    "man": partial(_person, dress=False, slim=1.08),
    "woman": partial(_person, dress=True, slim=0.9),
    "boy": partial(_person, dress=False, slim=0.96),
    "girl": partial(_person, dress=True, slim=0.9),
}
