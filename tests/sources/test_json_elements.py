"""The element index against json.loads, at every chunk border."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stvqa.errors import InputError
from stvqa.sources.json_elements import ElementIndex, index_elements, read_member, read_span

TRICKY = st.text(alphabet=st.sampled_from('"\\[]{},: a\u00e9\u4e16\U0001f600\n'), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY, inner, max_size=4),
    max_leaves=12,
)
SETTINGS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def spans(index: ElementIndex) -> list[bytes]:
    with index.path.open("rb") as file:
        return [read_span(file, start, stop) for start, stop in zip(index.starts, index.stops, strict=True)]


@SETTINGS
@given(
    elements=st.lists(VALUES, max_size=6),
    chunk_bytes=st.integers(1, 40),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0, 2]),
)
def test_list_elements_are_those_of_the_json_module(
    tmp_path: Path, *, elements: list[object], chunk_bytes: int, ascii_only: bool, indent: int | None
) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(elements, ensure_ascii=ascii_only, indent=indent), encoding="utf-8")
    index = index_elements(path, shape="list", chunk_bytes=chunk_bytes)
    assert [json.loads(span) for span in spans(index)] == elements


@SETTINGS
@given(members=st.dictionaries(TRICKY, VALUES, max_size=6), chunk_bytes=st.integers(1, 40))
def test_dict_members_are_those_of_the_json_module(
    tmp_path: Path, members: dict[str, object], chunk_bytes: int
) -> None:
    path = tmp_path / "dict.json"
    path.write_text(json.dumps(members), encoding="utf-8")
    index = index_elements(path, shape="dict", chunk_bytes=chunk_bytes)
    assert dict(read_member(span) for span in spans(index)) == members


def test_every_chunk_border_gives_the_same_offsets(tmp_path: Path) -> None:
    path = tmp_path / "borders.json"
    path.write_text(json.dumps([{"a": 'x"[\\"]\\\\'}, [1, [2, ","]], "\\", '"', {}, [], "],["]), encoding="utf-8")
    whole = index_elements(path)
    for chunk_bytes in range(1, path.stat().st_size + 1):
        index = index_elements(path, chunk_bytes=chunk_bytes)
        assert index.starts.tolist() == whole.starts.tolist()
        assert index.stops.tolist() == whole.stops.tolist()


@SETTINGS
@given(elements=st.lists(VALUES, min_size=1, max_size=4), chunk_bytes=st.integers(1, 40), data=st.data())
def test_any_cut_is_refused(tmp_path: Path, elements: list[object], chunk_bytes: int, data: st.DataObject) -> None:
    text = json.dumps(elements).encode()
    path = tmp_path / "cut.json"
    path.write_bytes(text[: data.draw(st.integers(0, len(text) - 1))])
    with pytest.raises(InputError, match=r"cut\.json"):
        index_elements(path, chunk_bytes=chunk_bytes)


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b'{"a": 1}', r"byte 0 is b'\{' where '\['"),
        (b"  12", "byte 2 is b'1'"),
        (b"<html>", "byte 0 is b'<'"),
        (b"[1, 2", "cut short: it ends at byte 5 inside 1 open"),
        (b'[1, "2', "inside a string"),
        (b"[1] [2]", "goes on after its list ended: byte 4"),
        (b"[1]]", "goes on after its list ended: byte 3"),
        (b"[1, ]", "between the comma at byte 2 and the end"),
        (b"\xff\xfe[\x00]\x00", "byte 0"),
    ],
)
def test_other_content_is_refused_with_its_byte(tmp_path: Path, content: bytes, message: str, chunk_bytes: int) -> None:
    path = tmp_path / "wrong.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        index_elements(path, chunk_bytes=chunk_bytes)


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 4, 100])
def test_byte_order_mark_and_blank_lists_are_read(tmp_path: Path, chunk_bytes: int) -> None:
    path = tmp_path / "marked.json"
    path.write_bytes(b"\xef\xbb\xbf \n[ {} ,[] ] \n")
    assert [span.strip() for span in spans(index_elements(path, chunk_bytes=chunk_bytes))] == [b"{}", b"[]"]
    path.write_bytes(b"[ \n ]")
    assert len(index_elements(path, chunk_bytes=chunk_bytes)) == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.json cannot be read"):
        index_elements(tmp_path / "absent.json")


def test_a_span_of_two_members_is_refused() -> None:
    with pytest.raises(ValueError, match="2 members"):
        read_member(b'"a": 1, "b": 2')
