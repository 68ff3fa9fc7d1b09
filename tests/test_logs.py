from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from stvqa.errors import StorageError
from stvqa.logs import LogSettings, current_log, open_log
from stvqa.secrecy import without_keys

LOGGER = logging.getLogger("stvqa.test")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("key sk-proj-abcdef123456 is wrong", "key [key] is wrong"),
        ("hf_AbCdEfGhIjKl", "[key]"),
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer [key]"),
        ("proxy http://ada:pass@proxy:3128/ is down", "proxy http://[key]@proxy:3128/ is down"),
        ("https://host/v1?api-version=1&api_key=0123&x=2", "https://host/v1?api-version=1&api_key=[key]&x=2"),
        ("{'api-key': '0123', 'model': 'm'}", "{'api-key': '[key]', 'model': 'm'}"),
        ("my own words stay", "my own words stay"),
        ("call 3fa9c1d2 of gpt-4o at http://127.0.0.1:8000/v1", "call 3fa9c1d2 of gpt-4o at http://127.0.0.1:8000/v1"),
    ],
)
def test_keys_are_known_by_their_looks(text, clean):
    assert without_keys(text) == clean


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "HF_TOKEN", "AZURE_CLIENT_SECRET", "HUB_PASSWORD"])
def test_keys_of_the_environment_are_taken_out_whatever_they_look_like(monkeypatch, name):
    monkeypatch.setenv(name, " plainword\n")
    assert without_keys("it said plainword twice: plainword") == "it said [key] twice: [key]"


def test_message_arguments_and_exceptions_are_clean(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "plainword")
    with open_log(LogSettings("debug", str(tmp_path / "new" / "log"))):
        LOGGER.info("sent with %s", "plainword")
        try:
            int("plainword")
        except ValueError:
            LOGGER.exception("plainword")
    text = (tmp_path / "new" / "log").read_text(encoding="utf-8")
    assert "plainword" not in text
    assert "sent with [key]" in text
    assert "ValueError: invalid literal for int() with base 10: '[key]'" in text
    assert "Traceback" in text


def test_levels_and_appending(tmp_path):
    file = tmp_path / "log"
    for level in ("warning", "info"):
        with open_log(LogSettings(level, str(file))):
            assert current_log() == LogSettings(level, str(file))
            LOGGER.debug("never")
            LOGGER.info("informs of %s", level)
            LOGGER.warning("warns of %s", level)
    LOGGER.warning("after the end")
    assert current_log() is None
    told = [line.split("] ", 1)[1] for line in file.read_text(encoding="utf-8").splitlines()]
    assert told == ["warns of warning", "informs of info", "warns of info"]


def test_half_a_surrogate_is_logged(tmp_path):
    with open_log(LogSettings("info", str(tmp_path / "log"))):
        LOGGER.info("reply %s", "\ud83d")
    assert r"reply \ud83d" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_told_before_any_work(tmp_path):
    with (
        pytest.raises(StorageError, match=r"--log-file .*: name another file"),
        open_log(LogSettings("info", str(tmp_path))),
    ):
        pass


def test_a_log_that_meets_a_full_disk_says_so_once_and_the_work_goes_on(capsys):
    with open_log(LogSettings("info", "/dev/full")):
        LOGGER.info("one")
        LOGGER.info("two")
    assert capsys.readouterr().err == "stvqa: --log-file /dev/full: No space left on device; nothing more is logged\n"


def test_every_module_that_logs_takes_its_logger_where_silence_is_set_up(checkout):
    texts = {path: path.read_text(encoding="utf-8") for path in (checkout / "stvqa").rglob("*.py")}
    loud = {path.name for path, text in texts.items() if "logging.getLogger(__name__)" in text}
    assert loud == set()


def test_a_program_that_imports_stvqa_sees_nothing():
    code = (
        "import logging, stvqa.runner; logging.getLogger('stvqa.x').error('loud'); print(logging.getLogger().handlers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
