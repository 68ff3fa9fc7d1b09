from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.errors import StorageError
from stvqa.records import Box, ImageReference, Question, Record, Rejection, SceneGraph, SceneObject
from stvqa.store import count_rows, part_schema, read_columns, read_part, write_part


class Mixed(Record):
    name: str
    count: int
    share: float | None = None
    sure: bool = False
    kind: Literal["a", "b"] = "a"
    nested: tuple[int, ...] = ()
    maybe: Literal[1, 2] | None = None
    either: int | str = 0


def graph(number: int) -> SceneGraph:
    return SceneGraph(
        image_id=f"vg:{number}",
        source="vg",
        source_image_id=str(number),
        width=800,
        height=600,
        image=ImageReference(kind="file", location=f"{number}.jpg"),
        objects=(SceneObject(id="clock.1", name="clock", box=Box(421.0, 91.0, 500.0, 430.5)),),
    )


def test_scalar_fields_become_typed_columns_and_the_record_json():
    assert str(part_schema(Mixed)).splitlines() == [
        "name: string",
        "count: int64",
        "share: double",
        "sure: bool",
        "kind: string",
        "maybe: int64",
        "record: string not null",
    ]
    assert part_schema(Question).names[:4] == ["image_id", "category", "form", "level"]


records = st.builds(
    Mixed,
    name=st.text(),
    count=st.integers(-(2**63), 2**63 - 1),
    share=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    sure=st.booleans(),
    kind=st.sampled_from(["a", "b"]),
    nested=st.lists(st.integers(), max_size=3).map(tuple),
    maybe=st.sampled_from([None, 1, 2]),
)


@given(values=st.lists(records, max_size=20))
def test_what_is_written_is_read_back(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("parts") / "part-00000.parquet"
    assert write_part(path, values, model=Mixed) == len(values)
    assert list(read_part(path, model=Mixed)) == values
    assert count_rows(path) == len(values)


def test_row_groups_are_small_and_columns_filter(tmp_path):
    path = tmp_path / "part.parquet"
    assert write_part(path, (graph(n) for n in range(2500)), model=SceneGraph) == 2500
    assert pq.ParquetFile(path).metadata.num_row_groups == 3
    table = read_columns([path, path], ["image_id", "width"])
    assert table.num_rows == 5000
    assert table["image_id"][2499].as_py() == "vg:2499"
    assert next(read_part(path, model=SceneGraph)).objects[0].box == Box(421.0, 91.0, 500.0, 430.5)


def test_equal_records_give_equal_bytes_in_another_process(tmp_path):
    script = """
import sys
from pathlib import Path
from stvqa.records import Rejection
from stvqa.store import write_part
write_part(Path(sys.argv[1]), [Rejection(stage="load", reason="r", record_id=str(n)) for n in range(1500)],
           model=Rejection)
"""
    for name, salt in (("a", "1"), ("b", "2")):
        environment = {**os.environ, "PYTHONHASHSEED": salt, "TZ": "Asia/Tokyo" if name == "b" else "UTC"}
        subprocess.run([sys.executable, "-c", script, str(tmp_path / name)], check=True, env=environment)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_records_give_a_readable_part(tmp_path):
    path = tmp_path / "deep" / "part.parquet"
    assert write_part(path, [], model=Rejection) == 0
    assert list(read_part(path, model=Rejection)) == []
    assert read_columns([path], ["reason"]).num_rows == 0


def test_an_error_of_the_records_leaves_nothing(tmp_path):
    def broken():
        yield graph(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_part(tmp_path / "part.parquet", broken(), model=SceneGraph)
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_input_is_not_told_as_an_unwritable_output(tmp_path):
    def reads_something_else():
        raise PermissionError(13, "Permission denied", "/somewhere/else/image.jpg")
        yield graph(1)

    with pytest.raises(PermissionError):
        write_part(tmp_path / "part.parquet", reads_something_else(), model=SceneGraph)


def test_an_older_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "part.parquet"
    write_part(path, [graph(1), graph(2)], model=SceneGraph)
    write_part(path, [graph(3)], model=SceneGraph)
    assert [item.image_id for item in read_part(path, model=SceneGraph)] == ["vg:3"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("cut", [0, 3, 500, -1, -9])
def test_a_damaged_part_is_told_by_name(tmp_path, cut):
    path = tmp_path / "part.parquet"
    write_part(path, [graph(n) for n in range(50)], model=SceneGraph)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(StorageError, match=r"part\.parquet"):
        list(read_part(path, model=SceneGraph))


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_what_is_no_file_is_not_waited_for(tmp_path, make):
    path = tmp_path / "part.parquet"
    make(path)
    for read in (
        count_rows,
        lambda part: list(read_part(part, model=SceneGraph)),
        lambda part: read_columns([part], ["a"]),
    ):
        with pytest.raises(StorageError, match=r"part\.parquet.*no regular file"):
            read(path)


def test_missing_part_column_and_model(tmp_path):
    path = tmp_path / "part.parquet"
    with pytest.raises(StorageError, match="delete"):
        list(read_part(path, model=SceneGraph))
    write_part(path, [graph(1)], model=SceneGraph)
    with pytest.raises(StorageError, match="no column reason"):
        read_columns([path], ["reason"])
    with pytest.raises(StorageError, match="what this version of stvqa calls Rejection"):
        list(read_part(path, model=Rejection))


FILL = """
import sys
from pathlib import Path
from stvqa.errors import StorageError
from stvqa.records import Rejection
from stvqa.store import write_part
import hashlib
def many():
    for n in range(20000):
        yield Rejection(stage="s", reason="r", record_id=str(n), detail=hashlib.sha512(str(n).encode()).hexdigest())
try:
    write_part(Path(sys.argv[1]), many(), model=Rejection)
except StorageError as error:
    print(error)
    sys.exit(1)
"""


def run_out_of_space(target: Path, **options):
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(target)], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_a_limit_on_file_sizes_leaves_nothing(tmp_path):
    target = tmp_path / "part-00000.parquet"
    message = run_out_of_space(
        target, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    )
    assert str(target) in message
    assert "limit on file sizes" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount a small disk")
def test_a_full_disk_leaves_nothing(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine forbids mounting")
    try:
        message = run_out_of_space(tmp_path / "part-00000.parquet")
        left = list(tmp_path.iterdir())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert "the disk is full" in message
    assert left == []
