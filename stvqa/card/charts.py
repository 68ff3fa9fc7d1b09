"""Bar charts as plain SVG: no script, no font of their own, text that any browser draws.

bars("Rows by category", {"relation": {"easy": 40, "medium": 40, "hard": 20}})   # "<svg ...>...</svg>"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

__all__ = ["bars"]

_COLOURS = ("#4c78a8", "#f2a541", "#c8553d", "#6a994e", "#8367c7")
_LABELS, _BARS, _NUMBERS = 150, 440, 90
_LINE, _TOP = 26, 58


def bars(title: str, table: Mapping[str, Mapping[str, int]]) -> str:
    """One stacked bar a row, one colour a column, the sum at its end.

    Args:
        title: stands above the bars.
        table: row name to column name to count; all rows have the same columns.
    """
    longest = max((sum(cells.values()) for cells in table.values()), default=0) or 1
    columns = list(dict.fromkeys(name for cells in table.values() for name in cells))
    width, height = _LABELS + _BARS + _NUMBERS, _TOP + _LINE * len(table) + 10
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Helvetica, Arial, sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="15" font-weight="bold" fill="#222222">{escape(title)}</text>',
        *_legend(columns),
        *(line for place, (name, cells) in enumerate(table.items()) for line in _bar(name, cells, place, longest)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _legend(columns: list[str]) -> Iterator[str]:
    for place, name in enumerate(columns):
        x = _LABELS + 110 * place
        yield f'<rect x="{x}" y="34" width="12" height="12" fill="{_COLOURS[place % len(_COLOURS)]}"/>'
        yield f'<text x="{x + 18}" y="45" fill="#444444">{escape(name)}</text>'


def _bar(name: str, cells: Mapping[str, int], place: int, longest: int) -> Iterator[str]:
    y, x = _TOP + _LINE * place, float(_LABELS)
    yield f'<text x="{_LABELS - 8}" y="{y + 14}" text-anchor="end" fill="#222222">{escape(name)}</text>'
    for column, count in enumerate(cells.values()):
        width = _BARS * count / longest
        colour = _COLOURS[column % len(_COLOURS)]
        yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_LINE - 8}" fill="{colour}"/>'
        x += width
    yield f'<text x="{x + 6:.1f}" y="{y + 14}" fill="#222222">{sum(cells.values()):,}</text>'
