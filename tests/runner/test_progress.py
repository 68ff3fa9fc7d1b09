from __future__ import annotations

import io

from stvqa.runner import BarProgress, LineProgress
from stvqa.runner.progress import common_reasons, stage_line
from stvqa.store import StageStatistics

STATISTICS = StageStatistics(records_in=1200, records_out=1100, rejected={"a": 1, "b": 90, "c": 5, "d": 4}, seconds=2.5)


def test_a_stage_is_told_in_one_line():
    line = stage_line("[2/8] prune", STATISTICS, reused=False)
    assert line == "[2/8] prune: 1,200 in, 1,100 out, 100 refused (b 90, c 5, d 4, 1 more), 2.5 s of work"
    assert stage_line("x", STATISTICS, reused=True).endswith("complete before, not run again")


def test_reasons_with_equal_numbers_are_ordered_by_name():
    assert common_reasons({"z": 1, "a": 1}) == "a 1, z 1"


def test_lines_for_logs():
    stream = io.StringIO()
    progress = LineProgress(stream)
    progress.begin("[1/2] load", total=4, done=3)
    progress.advance()
    progress.end("[1/2] load", statistics=STATISTICS, reused=False)
    progress.close()
    assert stream.getvalue().splitlines() == [
        "[1/2] load: goes on, 3 of 4 partitions were complete",
        stage_line("[1/2] load", STATISTICS, reused=False),
    ]


def test_bars_for_terminals_leave_one_line_a_stage():
    stream = io.StringIO()
    progress = BarProgress(stream)
    progress.begin("load", total=2, done=0)
    progress.advance()
    progress.end("load", statistics=STATISTICS, reused=False)
    progress.begin("prune", total=2, done=0)
    progress.close()
    assert "load:" in stream.getvalue()
    assert stage_line("load", STATISTICS, reused=False) in stream.getvalue().replace("\r", "\n").splitlines()
