"""Drawings of things fixed to rooms and streets: on walls, from ceilings, on posts; plants and rocks; in the air.

    FIXTURES["clock"]("wall")
"""

from __future__ import annotations

import math
from collections.abc import Callable

from stvqa.sources.demo.furniture import front_panel
from stvqa.sources.demo.model import Hollow, Model, Seat, Spot, Top
from stvqa.sources.demo.solids import Part, Point, ball, block, decorated, prism, sheet, shell, tube

__all__ = ["FIXTURES"]


def _clock(variant: str) -> Model:
    radius = 0.17 if variant == "wall" else 0.09
    y = radius + (0.0 if variant == "wall" else 0.025)
    face: list[Point] = [(radius * 0.86 * math.sin(0.4 * i), y + radius * 0.86 * math.cos(0.4 * i), 0.0205) for i in range(16)]
    body = decorated(tube((0, y, -0.02), (0, y, 0.02), (radius, radius), "main", sides=18), "#fbfaf5", face)
    for i in range(12):
        turn = math.pi * i / 6
        x, h = radius * 0.7 * math.sin(turn), y + radius * 0.7 * math.cos(turn)
        body = decorated(body, "#333333", front_panel(x - radius * 0.05, x + radius * 0.05, h - radius * 0.05, h + radius * 0.05, 0.021))
    for turn, length, wide in ((2.1, 0.5, 0.07), (5.6, 0.68, 0.05)):
        along, side = (math.sin(turn) * radius, math.cos(turn) * radius), (math.cos(turn) * radius * wide, -math.sin(turn) * radius * wide)
        body = decorated(body, "#111111", [(side[0], y + side[1], 0.022), (along[0] * length, y + along[1] * length, 0.022), (-side[0], y - side[1], 0.022)])
    if variant == "wall":
        return Model([body])
    feet = [tube((i * 0.06, 0, 0), (i * 0.04, 0.05, 0), (0.012, 0.012), "main", sides=5) for i in (-1, 1)]
    bells = [ball((i * 0.05, y + radius * 0.95, 0), (0.035, 0.03, 0.03), "#c9a23a", sides=8, rings=5) for i in (-1, 1)]
    return Model([*feet, *bells, body], grip=(0.0, 0.05, -0.02))


def _picture(variant: str) -> Model:
    wide, high = (0.7, 0.5) if variant == "wide" else (0.45, 0.6)
    z = 0.022
    frame = decorated(block(0, 0, 0, (wide, high, 0.04), "main"), "#f7f3e8", front_panel(-wide / 2 + 0.04, wide / 2 - 0.04, 0.04, high - 0.04, z))
    inner = wide / 2 - 0.08
    frame = decorated(frame, "#9cc7e0", front_panel(-inner, inner, 0.08, high - 0.08, z + 0.001))
    frame = decorated(frame, "#5f9a55", [(-inner, 0.08, z + 0.002), (inner, 0.08, z + 0.002), (inner, high * 0.35, z + 0.002), (0, high * 0.5, z + 0.002), (-inner, high * 0.4, z + 0.002)])
    frame = decorated(frame, "#e8b23a", [(inner * 0.5 + 0.045 * math.sin(0.8 * i), high * 0.68 + 0.045 * math.cos(0.8 * i), z + 0.003) for i in range(8)])
    return Model([frame])


def _window(_: str) -> Model:
    body = block(0, 0, 0, (1.1, 1.2, 0.07), "main")
    for left, low in ((-0.48, 0.08), (0.03, 0.08), (-0.48, 0.63), (0.03, 0.63)):
        body = decorated(body, "!#bfe1f2", front_panel(left, left + 0.45, low, low + 0.49, 0.037))
        body = decorated(body, "!#e6f5fc", [(left + 0.05, low + 0.1, 0.038), (left + 0.15, low + 0.1, 0.038), (left + 0.35, low + 0.42, 0.038), (left + 0.25, low + 0.42, 0.038)])
    return Model([body, block(0, 0, 0.06, (1.2, 0.04, 0.14), "main")])


def _door(_: str) -> Model:
    frame = decorated(block(0, 0, 0, (1.0, 2.1, 0.07), "second"), "main", front_panel(-0.43, 0.43, 0.0, 2.03, 0.036))
    for low, high in ((0.2, 0.95), (1.1, 1.85)):
        frame = decorated(frame, "second", *[front_panel(x, x + 0.3, low, high, 0.037) for x in (-0.36, 0.06)])
        frame = decorated(frame, "main", *[front_panel(x + 0.025, x + 0.275, low + 0.025, high - 0.025, 0.038) for x in (-0.36, 0.06)])
    return Model([frame, ball((0.36, 1.02, 0.07), (0.035, 0.035, 0.035), "#d9b44a", sides=8, rings=5)])


def _television(variant: str) -> Model:
    low = 0.08 if variant == "stand" else 0.0
    body = decorated(block(0, low, 0, (1.05, 0.62, 0.05), "#1d1e21"), "!#24405e", front_panel(-0.5, 0.5, low + 0.04, low + 0.58, 0.026))
    body = decorated(body, "!#5f88ad", [(-0.44, low + 0.2, 0.027), (-0.1, low + 0.54, 0.027), (0.12, low + 0.54, 0.027), (-0.34, low + 0.08, 0.027)])
    if variant != "stand":
        return Model([body])
    return Model([block(0, 0, 0, (0.45, 0.02, 0.2), "#2b2c30"), block(0, 0.02, -0.01, (0.1, 0.07, 0.04), "#2b2c30"), body])


def _lamp(variant: str) -> Model:
    if variant == "hanging":
        parts = [tube((0, 0.24, 0), (0, 1.0, 0), (0.008, 0.008), "#2e2e2e", sides=4), tube((0, 0.0, 0), (0, 0.22, 0), (0.2, 0.06), "main", sides=14), ball((0, 0.0, 0), (0.06, 0.06, 0.06), "!#fff3b8", sides=8, rings=5)]
        return Model(parts)
    stem, base, shade = (0.26, 0.08, 0.14) if variant == "table" else (1.3, 0.15, 0.22)
    parts = [
        tube((0, 0, 0), (0, 0.025, 0), (base, base * 0.9), "second", sides=14),
        tube((0, 0.025, 0), (0, stem, 0), (0.016, 0.014), "second", sides=6),
        tube((0, stem, 0), (0, stem + shade * 1.3, 0), (shade, shade * 0.6), "main", sides=14),
    ]
    return Model(parts)


def _refrigerator(_: str) -> Model:
    body = decorated(block(0, 0.03, 0, (0.7, 1.72, 0.66), "main"), "#4a4d52", front_panel(-0.35, 0.35, 1.17, 1.185, 0.332))
    body = decorated(body, "#4a4d52", front_panel(-0.35, 0.35, 0.03, 0.09, 0.332))
    handles = [block(-0.27, y, 0.36, (0.03, high, 0.04), "#70767c") for y, high in ((0.75, 0.36), (1.25, 0.3))]
    return Model([block(0, 0, 0, (0.62, 0.03, 0.58), "#2b2b2f"), body, *handles], (Top(1.75, (-0.28, 0.28), (-0.24, 0.24), 0.7),), spots=(Spot((0.3, 1.0, 0.33), 0),))


def _trash_can(_: str) -> Model:
    parts = [tube((0, 0, 0), (0, 0.58, 0), (0.2, 0.25), "main", sides=14), tube((0, 0.58, 0), (0, 0.63, 0), (0.27, 0.27), "second", sides=14), tube((0, 0.63, 0), (0, 0.69, 0), (0.25, 0.08), "second", sides=14)]
    parts.append(block(0, 0.69, 0, (0.12, 0.03, 0.04), "#2b2b2f"))
    parts += [tube((0, y, 0), (0, y + 0.03, 0), (0.2 + 0.05 * y / 0.58 + 0.006,) * 2, "second", sides=14) for y in (0.12, 0.4)]
    return Model(parts)


def _plant(variant: str) -> Model:
    """A potted plant with long leaves; `tall` is a small indoor palm."""
    pot, radius, reach = (0.16, 0.09, 0.22) if variant == "small" else (0.3, 0.17, 0.5)
    parts: list[Part] = [tube((0, 0, 0), (0, pot * 0.82, 0), (radius * 0.7, radius), "main", sides=12)]
    parts.append(decorated(tube((0, pot * 0.82, 0), (0, pot, 0), (radius * 1.12, radius * 1.12), "main", sides=12), "#4b3322", [(radius * math.sin(0.6 * i), pot + 0.001, radius * math.cos(0.6 * i)) for i in range(10)]))
    for ring, (count, out, up) in enumerate(((7, 1.0, 0.75), (6, 0.75, 1.25), (4, 0.35, 1.6))):
        for i in range(count):
            turn = 2 * math.pi * (i + 0.37 * ring) / count
            s, c = math.sin(turn), math.cos(turn)
            middle, tip = (out * reach * 0.55, pot + up * reach * 0.75), (out * reach, pot + up * reach * (0.75 if ring == 0 else 1.0))
            side = (c * reach * 0.13, -s * reach * 0.13)
            green = ("#2f7d3a", "#3f9447", "#57ab52")[ring]
            parts.append(sheet([(0, pot, 0), (middle[0] * s + side[0], middle[1], middle[0] * c + side[1]), (tip[0] * s, tip[1], tip[0] * c), (middle[0] * s - side[0], middle[1], middle[0] * c - side[1])], green))
    return Model(parts)


def _tree(variant: str) -> Model:
    if variant == "fir":
        parts = [tube((0, 0, 0), (0, 0.9, 0), (0.2, 0.16), "#6b4a2f", sides=8)]
        return Model([*parts, *[tube((0, y, 0), (0, y + high, 0), (radius, 0.02 if y > 2.5 else radius * 0.35), green, sides=12) for y, high, radius, green in ((0.8, 1.3, 1.35, "#2c6b3c"), (1.7, 1.2, 1.1, "#327544"), (2.6, 1.6, 0.8, "#3a8050"))]])
    parts = [tube((0, 0, 0), (0, 2.0, 0), (0.24, 0.17), "#6f4e33", sides=9)]
    crown = ((0, 2.9, 0, 1.15), (0.75, 2.5, 0.3, 0.8), (-0.75, 2.6, -0.2, 0.85), (0.1, 2.5, 0.75, 0.75), (-0.1, 2.4, -0.75, 0.75), (0.2, 3.6, 0, 0.75))
    parts += [ball((x, y, z), (r, r * 0.85, r), green, sides=10, rings=7) for (x, y, z, r), green in zip(crown, ("#3f8a3f", "#4a9648", "#387d3a", "#529e4d", "#35753a", "#5aa854"), strict=True)]
    return Model(parts)


def _rock(variant: str) -> Model:
    """A flat-topped boulder on which things stand and people sit."""
    outline = [(-0.6, -0.25), (-0.3, -0.5), (0.35, -0.48), (0.65, -0.1), (0.5, 0.35), (0.0, 0.5), (-0.5, 0.3)]
    high = 0.46 if variant == "low" else 0.95
    points = [(x, 0.0, z) for x, z in outline] + [(x * 1.02, high * 0.55, z * 1.02) for x, z in outline] + [(x * 0.82, high, z * 0.8) for x, z in outline]
    return Model([_lofted(points, len(outline), "main")], (Top(high, (-0.36, 0.38), (-0.24, 0.22)),), seats=(Seat((0.05, high, 0.12), "sitting", "sitting on"),) if variant == "low" else ())


def _lofted(points: list[Point], count: int, material: str) -> Part:
    """A convex body of rings of equal size, one above the other."""
    hull = tube((0, 0, 0), (0, 1, 0), (1, 1), material, sides=count, bands=[[material]] * (len(points) // count - 1))
    bounds = block(0, 0, 0, (1.4, max(y for _, y, _ in points), 1.1), material)
    array = bounds.points[:1].repeat(len(points), axis=0) * 0
    array[:] = points
    return hull._replace(points=array, corners=bounds.corners)


def _tent(_: str) -> Model:
    body = prism([(-1.1, 0.0), (1.1, 0.0), (0.0, 1.35)], (-1.2, 1.2), "main", axis="z")
    body = decorated(body, "#2b2622", [(-0.4, 0.0, 1.203), (0.4, 0.0, 1.203), (0.0, 1.0, 1.203)])
    body = decorated(body, "second", [(-0.4, 0.0, 1.204), (-0.58, 0.0, 1.204), (0.0, 1.1, 1.204), (0.0, 1.0, 1.204)], [(0.4, 0.0, 1.204), (0.58, 0.0, 1.204), (0.0, 1.1, 1.204), (0.0, 1.0, 1.204)])
    return Model([body])


def _house(_: str) -> Model:
    walls = block(0, 0, 0, (6.0, 3.0, 5.0), "main")
    walls = decorated(walls, "#5a3a26", front_panel(-0.5, 0.5, 0, 2.1, 2.504))
    for left in (-2.4, 1.2):
        walls = decorated(walls, "#fbfaf5", front_panel(left - 0.1, left + 1.3, 0.9, 2.3, 2.503))
        walls = decorated(walls, "#a9cfe2", front_panel(left, left + 0.55, 1.0, 2.2, 2.506), front_panel(left + 0.65, left + 1.2, 1.0, 2.2, 2.506))
    walls = decorated(walls, "#a9cfe2", *[[(i * 3.003, y, z) for z, y in ((-0.7, 1.0), (0.7, 1.0), (0.7, 2.2), (-0.7, 2.2))] for i in (-1, 1)])
    roof = prism([(-2.9, 2.98), (2.9, 2.98), (0.0, 5.0)], (-3.2, 3.2), "second")
    return Model([walls, block(1.8, 3.6, -0.9, (0.6, 1.7, 0.6), "#8a4b3a"), roof])


def _street_light(_: str) -> Model:
    parts = [tube((0, 0, 0), (0, 0.3, 0), (0.12, 0.09), "main", sides=8), tube((0, 0.3, 0), (0, 4.0, 0), (0.06, 0.045), "main", sides=7), tube((0, 3.95, 0), (0, 4.2, 0.9), (0.04, 0.035), "main", sides=6), block(0, 4.12, 1.05, (0.26, 0.12, 0.5), "main"), block(0, 4.08, 1.05, (0.2, 0.05, 0.4), "!#fff3b8")]
    return Model(parts)


def _hydrant(_: str) -> Model:
    parts = [tube((0, 0, 0), (0, 0.06, 0), (0.17, 0.17), "second", sides=12), tube((0, 0.06, 0), (0, 0.52, 0), (0.12, 0.11), "main", sides=12), tube((0, 0.52, 0), (0, 0.56, 0), (0.15, 0.15), "main", sides=12), ball((0, 0.57, 0), (0.115, 0.11, 0.115), "main", sides=10, rings=6), block(0, 0.67, 0, (0.05, 0.06, 0.05), "second")]
    parts += [tube((i * 0.09, 0.38, 0), (i * 0.2, 0.38, 0), (0.055, 0.055), "second", sides=8) for i in (-1, 1)]
    parts.append(tube((0, 0.34, 0.09), (0, 0.34, 0.2), (0.07, 0.07), "second", sides=9))
    return Model(parts)


def _stop_sign(_: str) -> Model:
    turns = [math.pi / 8 + math.pi * i / 4 for i in range(8)]
    plate = prism([(0.38 * math.sin(t), 2.0 + 0.38 * math.cos(t)) for t in turns], (0.03, 0.05), "#f4f2ee", axis="z")
    plate = decorated(plate, "#c2202b", [(0.34 * math.sin(t), 2.0 + 0.34 * math.cos(t), 0.051) for t in turns])
    for left in (-0.25, -0.11, 0.03, 0.17):
        plate = decorated(plate, "#ffffff", front_panel(left, left + 0.08, 1.91, 2.09, 0.052))
        plate = decorated(plate, "#c2202b", front_panel(left + 0.025, left + 0.055, 1.94, 2.06, 0.053)) if left > -0.2 else plate
    return Model([tube((0, 0, 0), (0, 2.3, 0), (0.03, 0.03), "#8d9299", sides=6), plate])


def _traffic_light(_: str) -> Model:
    parts = [tube((0, 0, 0), (0, 2.3, 0), (0.06, 0.05), "#4a4d52", sides=7), block(0, 2.2, 0.02, (0.34, 0.9, 0.26), "main")]
    for y, colour in ((2.93, "!#ef3b36"), (2.65, "!#f5b92e"), (2.37, "!#3fbf5f")):
        parts.append(tube((0, y, 0.15), (0, y, 0.17), (0.1, 0.1), colour, sides=12))
    return Model(parts)


def _mailbox(_: str) -> Model:
    arch = [(-0.13, 0.0), (0.13, 0.0), (0.13, 0.14), (0.09, 0.22), (0.0, 0.25), (-0.09, 0.22), (-0.13, 0.14)]
    body = decorated(prism([(x, y + 1.0) for x, y in arch], (-0.24, 0.24), "main", axis="z"), "second", [(x * 0.82, y * 0.85 + 1.02, 0.242) for x, y in arch])
    return Model([block(0, 0, 0, (0.1, 1.0, 0.1), "#7a5636"), body, block(0.14, 1.08, 0.05, (0.02, 0.28, 0.03), "#c8202a"), block(0.14, 1.28, 0.1, (0.02, 0.08, 0.12), "#c8202a")])


def _cone(_: str) -> Model:
    parts = [block(0, 0, 0, (0.38, 0.04, 0.38), "main")]
    parts.append(tube((0, 0.04, 0), (0, 0.66, 0), (0.14, 0.03), "main", sides=12, bands=[["main"], ["main"], ["#fdfdfd"], ["main"], ["#fdfdfd"], ["main"]]))
    return Model(parts)


def _kite(_: str) -> Model:
    top, left, right, bottom = (0.0, 1.3, 0.0), (-0.4, 0.85, 0.05), (0.4, 0.85, 0.05), (0.0, 0.2, 0.0)
    middle = (0.0, 0.85, 0.0)
    parts = [sheet([top, left, middle], "main"), sheet([top, right, middle], "second"), sheet([bottom, left, middle], "second"), sheet([bottom, right, middle], "main")]
    tail: list[Point] = [(0, 0.2, 0), (0.1, -0.05, 0), (-0.05, -0.3, 0), (0.08, -0.55, 0)]
    parts += [tube(a, b, (0.014, 0.014), "#3a3a3e", sides=4) for a, b in zip(tail[:-1], tail[1:], strict=True)]
    parts += [sheet([(x - 0.08, y + 0.04, 0), (x + 0.08, y - 0.04, 0), (x + 0.08, y + 0.04, 0), (x - 0.08, y - 0.04, 0)][:3], "main") for x, y, _ in tail[1:]]
    return Model(parts)


def _balloon(_: str) -> Model:
    """A toy balloon on a string; the string's lower end is held."""
    return Model([ball((0, 0.85, 0), (0.15, 0.19, 0.15), "main", sides=12, rings=8), tube((0, 0.64, 0), (0, 0.67, 0), (0.025, 0.008), "main", sides=6), tube((0, 0, 0), (0, 0.65, 0), (0.004, 0.004), "#55595f", sides=4), ball((-0.05, 0.93, 0.11), (0.03, 0.045, 0.02), "#ffffff", sides=7, rings=4)], grip=(0.0, 0.02, 0.0))


def _fence(_: str) -> Model:
    """Two metres of picket fence."""
    parts: list[Part] = [block(0, y, -0.02, (2.0, 0.07, 0.03), "main") for y in (0.25, 0.65)]
    for i in range(9):
        x = -0.92 + 0.23 * i
        parts.append(prism([(x - 0.055, 0), (x + 0.055, 0), (x + 0.055, 0.85), (x, 0.95), (x - 0.055, 0.85)], (0.0, 0.025), "main", axis="z"))
    return Model(parts)


def _sink(_: str) -> Model:
    """A wash basin on a pedestal."""
    return Model([tube((0, 0, 0), (0, 0.65, 0), (0.13, 0.09), "main", sides=10), *shell((0.65, 0.85), (0.14, 0.28), "main", sides=14), tube((0, 0.8, -0.25), (0, 1.02, -0.25), (0.02, 0.02), "#9aa0a6", sides=6), tube((0, 1.02, -0.25), (0, 1.0, -0.1), (0.02, 0.016), "#9aa0a6", sides=6)], hollow=Hollow(0.655, 0.11, 0.2))


def _toilet(_: str) -> Model:
    return Model([tube((0, 0, -0.02), (0, 0.38, 0.04), (0.15, 0.21), "main", sides=12, squash=1.25), tube((0, 0.38, 0.04), (0, 0.42, 0.04), (0.22, 0.22), "second", sides=14, squash=1.25), block(0, 0.3, -0.29, (0.42, 0.46, 0.18), "main"), block(0, 0.76, -0.29, (0.45, 0.03, 0.2), "second"), block(0.12, 0.68, -0.195, (0.07, 0.025, 0.02), "#9aa0a6")])


FIXTURES: dict[str, Callable[[str], Model]] = {
    "clock": _clock,
    "picture": _picture,
    "window": _window,
    "door": _door,
    "television": _television,
    "lamp": _lamp,
    "refrigerator": _refrigerator,
    "sink": _sink,
    "toilet": _toilet,
    "trash can": _trash_can,
    "plant": _plant,
    "tree": _tree,
    "rock": _rock,
    "tent": _tent,
    "house": _house,
    "street light": _street_light,
    "fire hydrant": _hydrant,
    "stop sign": _stop_sign,
    "traffic light": _traffic_light,
    "mailbox": _mailbox,
    "traffic cone": _cone,
    "kite": _kite,
    "balloon": _balloon,
    "fence": _fence,
}
"""Class to the function that draws a variant of it."""
