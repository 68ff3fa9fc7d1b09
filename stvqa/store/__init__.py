"""Files of a run: Parquet parts, run.json, and writing them so that a half is never taken for a whole."""

from stvqa.store.atomic import atomic_file, write_json
from stvqa.store.parts import count_rows, part_schema, read_columns, read_part, write_part
from stvqa.store.run_file import RunFile, StageEntry, StageStatistics, read_run_file, read_statistics

__all__ = [
    "RunFile",
    "StageEntry",
    "StageStatistics",
    "atomic_file",
    "count_rows",
    "part_schema",
    "read_columns",
    "read_part",
    "read_run_file",
    "read_statistics",
    "write_json",
    "write_part",
]
