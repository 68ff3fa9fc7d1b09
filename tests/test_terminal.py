from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys

import pytest
from report_runs import hostile_question, packed, write_set

from stvqa.terminal import PlainStream

BEL, ESC, CSI = "\x07", "\x1b", "\x9b"
CLIPBOARD = f"{ESC}]52;c;ZXZpbA=={BEL}"
LINK = f"{ESC}]8;;http://127.0.0.1/{ESC}\\here{ESC}]8;;{ESC}\\"
STEERING = [CLIPBOARD, LINK, f"{ESC}[2J", f"{ESC}]0;title{BEL}", f"{CSI}31m", "\u202e", "\u2066", "a\bb", "a\x7f"]


def unsafe(text):
    return re.findall(r"[^\x20-\x7e\n\t]", text.replace("\r", ""))


@pytest.fixture
def call(checkout, tmp_path):
    def call(*words):
        return subprocess.run(
            [sys.executable, "-m", "stvqa", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(checkout), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )

    return call


@pytest.mark.parametrize("said", STEERING)
@pytest.mark.parametrize("bars", [False, True])
def test_nothing_that_is_written_steers_the_terminal(said, bars):
    inner = io.StringIO()
    stream = PlainStream(inner, bars=bars)
    assert stream.write(f"row {said}\n") == len(said) + 5
    stream.writelines([said])
    print(said, file=stream)
    assert unsafe(inner.getvalue()) == []
    assert "\\u" in inner.getvalue()


def test_bars_move_on_stderr_alone():
    inner = io.StringIO()
    stream = PlainStream(inner, bars=True)
    for move in ("\r 3%| |", "\r   \r", "\n\x1b[A", "\r"):
        stream.write(move)
    stream.write("\r 4%| a\rb\x1b[2J")
    assert inner.getvalue() == "\r 3%| |\r   \r\n\x1b[A\r\r 4%| a\\u000db\\u001b[2J"
    plain = io.StringIO()
    PlainStream(plain, bars=False).write("\rover")
    assert plain.getvalue() == "\\u000dover"


def test_bytes_cannot_go_past_it():
    stream = PlainStream(io.TextIOWrapper(io.BytesIO()), bars=False)
    assert not hasattr(stream, "buffer")
    with pytest.raises(TypeError):
        stream.write(b"")
    assert not stream.isatty()


def test_a_row_full_of_escapes_is_shown_and_steers_nothing(call, tmp_path):
    said = f"cup {CLIPBOARD}\u202e"
    rows = [packed(1, hostile_question(1, said)), packed(2, hostile_question(2, "cup"), row_id=f"{ESC}[31m\nrow")]
    folder = write_set(tmp_path, rows)
    done = call("verify", folder)
    assert done.returncode == 1
    assert unsafe(done.stdout.replace("“", "").replace("”", "")) == []
    assert "\\u001b[31m\\u000arow" in done.stdout
    assert unsafe(done.stderr) == []
    told = call("verify", folder, "--json")
    failures = json.loads(told.stdout)["failures"]
    assert f"{ESC}[31m\nrow" in [failure["row_id"] for failure in failures]
    assert not {ESC, BEL, "\u202e"} & set(told.stdout)
    for row_id in (failure["row_id"] for failure in failures):
        shown = call("explain", row_id, folder)
        assert not {ESC, BEL, "\u202e"} & set(shown.stdout + shown.stderr)


@pytest.mark.parametrize("words", [("verify",), ("--debug", "verify"), ("train",), ("explain", "x")])
def test_names_of_files_and_tracebacks_steer_nothing(call, words):
    done = call(*words, f"nowhere{ESC}[2J\u202e")
    assert done.returncode != 0
    assert unsafe(done.stdout + done.stderr.replace("─", "")) == []
    assert "nowhere" in done.stderr
    assert "\\u202e" in done.stderr


def test_a_terminal_itself_gets_no_escape(checkout, tmp_path):
    """Where the typer below would leave them in."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "stvqa", "verify", f"nowhere{ESC}[2J"]
    subprocess.run(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(checkout)}, stderr=theirs, check=False)
    os.close(theirs)
    told = os.read(ours, 4096).decode()
    os.close(ours)
    assert told == "stvqa: nowhere\\u001b[2J is not a folder: name a run that `stvqa build` made\r\n"


def test_a_log_is_shown_plainly_and_a_text_makes_no_record_of_its_own(call, tmp_path):
    name = f"no{ESC}[2J\n2026-01-01T00:00:00.000Z INFO stvqa [1] all is well"
    call("verify", name, "--log-file", "log")
    lines = (tmp_path / "log").read_text(encoding="utf-8").split("\n")
    assert unsafe("\n".join(lines)) == []
    assert not any(line.startswith("2026-01-01") for line in lines)
    assert any("no\\u001b[2J" in line for line in lines)
