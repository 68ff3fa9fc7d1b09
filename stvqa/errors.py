"""Every error of stvqa that a user can mend.

    StvqaError                 exit 1: one message that names what, which value, where, and what to do
    ├── InputError             a file, folder or set that cannot be read as what it should be
    ├── RecipeError            a recipe, a stage or a parameter that does not exist or does not fit
    ├── ShortfallError         fewer rows than were asked for; carries the table of what is missing
    ├── StorageError           the run folder cannot be written (full disk, no permission)
    ├── HubError               the Hub refuses a push or cannot be reached
    ├── TrainingError          a training that cannot begin (memory, packages) or had to stop (NaN)
    └── CallError              a model that cannot be asked (no key, wrong key, unknown model, nobody listens)
        ├── BudgetError        the next call would pass --max-usd or --max-calls
        └── PendingCalls       the calls were written to a file, and their answers have yet to come

A bad *record* is never an exception: it is a `stvqa.records.Rejection`. Anything that is not a
`StvqaError` is a fault of stvqa itself and propagates with its traceback.

    raise InputError("image_data.json is missing in /data/vg: download it there, or pass --root")
"""

from __future__ import annotations

__all__ = [
    "BudgetError",
    "CallError",
    "HubError",
    "InputError",
    "PendingCalls",
    "RecipeError",
    "ShortfallError",
    "StorageError",
    "StvqaError",
    "TrainingError",
]


class StvqaError(Exception):
    """A mistake that the user can mend. `str(error)` is the whole message, one paragraph."""


class InputError(StvqaError):
    """A source, run or file that is missing, cut short, or of another shape than it should be."""


class RecipeError(StvqaError):
    """An unknown recipe, stage or key, or a value out of its range."""


class ShortfallError(StvqaError):
    """The source could not give the rows that were asked for. Every valid row is kept.

    Args:
        message: what is missing and what to do.
        table: the shortfall by category and level, ready to print.
    """

    def __init__(self, message: str, *, table: str = "") -> None:
        super().__init__(message)
        self.table = table

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_shortfall, (str(self), self.table))


class StorageError(StvqaError):
    """The run folder cannot be written to: disk full, read-only, or a file in the way."""


class TrainingError(StvqaError):
    """A training that cannot begin on this machine, or that diverged. The last good checkpoint is kept."""


class HubError(StvqaError):
    """The Hub refuses what is sent, or cannot be reached. Its repository holds the set from before, or none."""


class CallError(StvqaError):
    """No answer can be had from a model until the user changes something. Answers that came are kept."""


class BudgetError(CallError):
    """The money or the number of calls that the user allowed is spent. Answers that came are kept."""


class PendingCalls(CallError):  # noqa: N818 (a state, not a fault)
    """The calls that are needed next stand in a file; give their answers with `--batch-in`."""


def _rebuild_shortfall(message: str, table: str) -> ShortfallError:
    return ShortfallError(message, table=table)
