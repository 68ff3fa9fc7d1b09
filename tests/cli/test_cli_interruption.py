"""What counts as Ctrl-C."""

from __future__ import annotations

import pytest

from stvqa.cli.app import _exit_code


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (caused(ImportError("initialization failed"), KeyboardInterrupt()), 130),
        (ImportError("initialization failed\n  KeyboardInterrupt: "), 130),
        (ImportError("no module named x"), 1),
        (caused(ValueError("x"), OSError("y")), 1),
    ],
)
def test_ctrl_c_is_known_in_every_dress(error, code, capsys):
    assert _exit_code(error, command="verify") == code
    assert ("interrupted" in capsys.readouterr().err) == (code == 130)
