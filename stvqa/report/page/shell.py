"""The HTML around the data: one file that asks for nothing outside itself and runs nothing but our own script.

    shell = read_shell(title="demo")
    shell.head + data_block("index", {"ids": []}) + shell.script + shell.tail

Data stand in `<script type="application/json">` blocks, which browsers do not run. A content security policy
names the hashes of our one style and one script, so that nothing else would run even if it got into the page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import NamedTuple

__all__ = ["Shell", "block", "data_block", "image_block", "read_shell"]

_SCRIPTS = (
    "elements.js",
    "data.js",
    "marks.js",
    "facets.js",
    "grid.js",
    "picture.js",
    "entry.js",
    "reader.js",
    "questions.js",
    "refused.js",
    "charts.js",
    "figures.js",
    "run.js",
    "main.js",
)
"""In the order in which they build on each other; together they are one script."""

_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


class Shell(NamedTuple):
    """Pieces of the page in order; data blocks go between them.

    Attributes:
        head: doctype, policy, style and the page's frame.
        script: the page's program. What it needs at once stands before it, images after it, so that a large page can
            be used while the rest of it is still being read.
        tail: closes the document.
    """

    head: str
    script: str
    tail: str


def read_shell(*, title: str) -> Shell:
    """The page without its data.

    Args:
        title: shown as the window's title; any text.
    """
    web = Path(__file__).parent / "web"
    style = (web / "style.css").read_text(encoding="utf-8")
    pieces = [f"// {name}\n{(web / name).read_text(encoding='utf-8')}" for name in _SCRIPTS]
    script = '\n(() => {\n"use strict";\n' + "\n".join(pieces) + "\n})();\n"
    policy = (
        f"default-src 'none'; img-src data:; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    frame = (web / "frame.html").read_text(encoding="utf-8")
    before, after = frame.replace("{{style}}", style).replace("{{policy}}", policy).split("{{data}}")
    return Shell(before.replace("{{title}}", html.escape(title)), f"<script>{script}</script>\n", after)


def data_block(name: str, value: object) -> str:
    """A JSON block that scripts find by its id."""
    return block(name, json.dumps(value, ensure_ascii=False))


def block(name: str, text: str) -> str:
    """The same from a text that is JSON already; no markup can begin or end in it."""
    return f'<script type="application/json" id="{name}">{text.translate(_ESCAPED)}</script>\n'


def image_block(number: int, data: bytes) -> str:
    """A thumbnail as base64 that scripts find by its number."""
    text = base64.b64encode(data).decode("ascii")
    return f'<script type="text/plain" id="image-{number}">{text}</script>\n'


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
