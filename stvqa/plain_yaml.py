r"""YAML that people write, from anyone: values and nothing else, within bounds, in one error.

    read_yaml("n: 40", most_bytes=1000)                # {"n": 40}
    read_yaml("a: &x [1]\nb: *x", most_bytes=1000)     # YamlFault: line 2: aliases are not taken ...

Aliases are refused, since a few lines of them stand for gigabytes; so are keys that stand twice, depth, tags of Python,
and numbers and dates that are none. Nothing else in stvqa reads or writes YAML.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

__all__ = ["MOST_YAML_BYTES", "YamlFault", "read_yaml", "read_yaml_file", "write_yaml"]

MOST_YAML_BYTES = 256 * 1024
"""Of a recipe; ours have about 2,000."""
_DEEPEST = 30
"""Levels of lists and tables in each other."""
_LONGEST_NUMBER = 100
"""Characters; YAML has numbers to the base of 60, which take the square of their length in time."""
_SHOWN = 60


class YamlFault(ValueError):  # noqa: N818 (what is wrong with a text)
    """A text that is no YAML as it is taken here; `str()` says what, and in which line."""


def read_yaml(text: str, *, most_bytes: int = MOST_YAML_BYTES, norwegian: bool = False) -> Any:  # noqa: ANN401 (YAML)
    """The values of a text.

    Args:
        text: one document.
        most_bytes: of the text in UTF-8.
        norwegian: read as the Hub does, for which `no` is Norwegian and not false (YAML 1.2).

    Raises:
        YamlFault: it is no YAML, or holds what is not taken.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        raise YamlFault(f"it has {size:,} bytes, and {most_bytes:,} are the most")
    try:
        return yaml.load(text, Loader=_HubLoader if norwegian else _Loader)  # noqa: S506 (both are SafeLoaders)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise YamlFault((f"line {mark.line + 1}: " if mark else "") + problem) from error
    except (ValueError, OverflowError) as error:  # of numbers of thousands of digits, and of dates that are none
        raise YamlFault(
            f"it holds a number or a date that is none ({str(error)[:_SHOWN]}): put it in quotes"
        ) from error


def read_yaml_file(path: Path, *, most_bytes: int = MOST_YAML_BYTES) -> Any:  # noqa: ANN401 (YAML)
    """The values of a file.

    Raises:
        OSError: it cannot be read.
        YamlFault: it is no UTF-8, or as `read_yaml`.
    """
    with path.open("rb") as file:  # a device, or a file that grows, has no end
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise YamlFault(f"it has more than {most_bytes:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlFault("it is not UTF-8 text: save it as UTF-8") from error
    return read_yaml(text, most_bytes=most_bytes)


def write_yaml(values: object, *, width: int = 120) -> str:
    """Values as YAML, keys in their order, what stands twice written twice."""
    return str(yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width))


class _Dumper(yaml.SafeDumper):
    """Plain values: what `read_yaml` takes."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


class _Loader(yaml.SafeLoader):
    """Plain values: no aliases, no key twice, no more levels than a person writes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._level = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 (of yaml)
        event = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            message = f"aliases are not taken (*{str(event.anchor)[:_SHOWN]}): write the value out"
            raise yaml.composer.ComposerError(None, None, message, mark)
        if getattr(event, "tag", None) is not None:
            message = f"tags are not taken ({event.tag[:_SHOWN]}): write the value without one"
            raise yaml.composer.ComposerError(None, None, message, mark)
        if self._level == _DEEPEST:
            message = f"more than {_DEEPEST} lists or tables stand in each other"
            raise yaml.composer.ComposerError(None, None, message, mark)
        self._level += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._level -= 1

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        if len(node.value) > _LONGEST_NUMBER:
            message = f"a number of {len(node.value):,} characters: put it in quotes"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark)
        is_whole = node.tag.endswith(":int")
        return self.construct_yaml_int(node) if is_whole else self.construct_yaml_float(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT002
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is no plain text", key_node.start_mark)
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                message = f"key {str(key)[:_SHOWN]!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


for _kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _Loader.construct_number)


class _HubLoader(_Loader):
    """YAML 1.2, as far as it matters."""

    yaml_implicit_resolvers = {
        first: [item for item in items if item[0] != "tag:yaml.org,2002:bool"]
        for first, items in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_HubLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
