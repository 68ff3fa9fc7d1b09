r"""Values that break readers: numbers, texts, names that look like paths, and JSON that Python cannot write.

draw(scalars())               # None, -1, 1e308, "\u202e", "../../private/secret.jpg", ...
json_text({"a": deep(2000)})  # '{"a": [[[...]]]}'
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hypothesis import strategies as st

__all__ = ["CANARY", "KEY", "deep", "json_text", "scalars", "texts", "twice"]

CANARY: Final = "canary-4f1d-of-a-private-file"
"""Stands in private files beside the sandbox; it may be found nowhere else."""

KEY: Final = "sk-canary-0123456789abcdefghijklmnop"
"""The key of the tests; servers send it back."""

_NUMBERS: Final = (
    *(0, 1, -1, 2, 7, 255, 32_768, 65_537, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30),
    *(0.0, -0.0, 0.5, -1.5, 1e-320, 1e16, 1e308, float("nan"), float("inf"), float("-inf")),
)

_TEXTS: Final = (
    *("", " ", "\n", "\x00", "a\x00b", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "\r overwritten"),
    *(
        "\u202egnp.exe",
        "a\u200bb",
        "\u2028",
        "\ufeff",
        "\ud800",
        "\udfff!",
        "e\u0301",
        "İ",
        "ß",
        "ﬀ",
        "١٢",
        "²",
        "👩🏽‍🚀",
    ),
    *(".", "..", "a/b", "a\\b", "/", "~", "C:\\x", "con", "-rf", "--help", "a.1", "a.1.2", ".1", "1", "#", "*", "[x]"),
    *("../../private/secret.jpg", "../../../private/secret", "/dev/zero", "/dev/stdin", "/proc/self/environ", "|ls"),
    *("https://example.org/x", "file:///etc/passwd", "javascript:alert(1)", "a@example.org", "127.0.0.1:1"),
    *(
        "<script>x</script>",
        "<!--",
        "]]>",
        "&lt;",
        "{{7*7}}",
        "${x}",
        "%s%n",
        "{0}",
        "=1+1",
        "`x`",
        "---",
        "!!python/name:os",
    ),
    *(
        "true",
        "null",
        "nan",
        "1e5",
        "0x10",
        "1_000",
        "2026-11-30",
        "NaN",
        "left",
        "right",
        "(A) left",
        "A",
        "B)",
        "yes",
    ),
    *("<think>", "</answer>", "<scene>{}</scene>", "<answer>A</answer>", "```json", '{"answer": "A"}', '"', "\\", "'"),
    *(CANARY[:6], KEY, KEY[:20], "answer\u00a0A", "a" * 300, "a" * 100_000, "a " * 20_000, "(" * 3_000, "é" * 1_000),
)

_DEEP = re.compile(r'"@deep:(\d+):(list|dict)@"')
_TWICE = re.compile(r"@twice@")


def deep(levels: int, kind: str = "list") -> str:
    """Stands for a list or dict in itself, so many times, in what `json_text` writes."""
    return f"@deep:{levels}:{kind}@"


def twice(key: str) -> str:
    """A key that `json_text` writes as `key`, beside the one that is there."""
    return f"{key}@twice@"


def json_text(value: object) -> str:
    """JSON as no writer would write it: nested deeper than Python can, keys twice, half surrogates as escapes."""
    text = _TWICE.sub("", json.dumps(value))
    return _DEEP.sub(_nested, text)


def _nested(found: re.Match[str]) -> str:
    levels = int(found[1])
    before, after = ("[", "]") if found[2] == "list" else ('{"a":', "}")
    return before * levels + "1" + after * levels


def texts() -> st.SearchStrategy[str]:
    """Hostile texts, and now and then any at all."""
    return st.one_of(st.sampled_from(_TEXTS), st.text(max_size=12))


def scalars() -> st.SearchStrategy[Any]:
    """Values in the place of any other."""
    return st.one_of(
        st.sampled_from((None, True, False, [], {}, [[]], [None], {"": None})),
        st.sampled_from(_NUMBERS),
        st.integers(),
        st.floats(),
        texts(),
        st.sampled_from((deep(20), deep(200), deep(2_000), deep(100_000), deep(300, "dict"), deep(20_000, "dict"))),
    )
