"""Calls of models for the stages of a run: one ledger, one limiter and one budget, opened when first needed.

calls = RunCalls(CallOptions(base_url="http://127.0.0.1:8000/v1"), out=Path("runs/demo"))
calls.check(recipe.stages)                    # before any work: is there a key or a server at all?
context = StageContext(seed=7, calls=calls.of(stage))
calls.counted(stage, statistics)              # the same with what the stage's calls cost
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from stvqa.errors import InputError
from stvqa.logs import logger_of
from stvqa.records import ImageReference
from stvqa.sources.images import ImageUnreadable, image_bytes, open_image
from stvqa.sources.places import PicturePlaces
from stvqa.stages.contract import Stage
from stvqa.store.run_file import STATISTICS_FILE, CallsSummary, StageStatistics, read_run_file, read_statistics
from stvqa.teachers.calls import CallOptions, Calls
from stvqa.teachers.calls.pictures import PictureUnavailable

if TYPE_CHECKING:
    from stvqa.teachers.calls.opening import ModelCalls

__all__ = ["LEDGER_FOLDER", "RunCalls", "SourcePictures"]

_logger = logger_of(__name__)

LEDGER_FOLDER = "ledger"


class SourcePictures:
    """The sources' images, for teachers, which do not import sources.

    Args:
        places: where they may lie; None where the references were made by this process.
    """

    def __init__(self, places: PicturePlaces | None = None) -> None:
        self._places = places

    def stored(self, reference: ImageReference, *, width: int, height: int) -> bytes:
        """The image as it is stored.

        Raises:
            PictureUnavailable: there is none.
        """
        try:
            return image_bytes(reference, width=width, height=height, places=self._places).data
        except ImageUnreadable as error:
            raise PictureUnavailable(str(error)) from error

    def opened(self, reference: ImageReference, *, width: int, height: int) -> Image.Image:
        """The image decoded, in RGB, width x height pixels.

        Raises:
            PictureUnavailable: it does not decode, or is of another size.
        """
        try:
            return open_image(reference, width=width, height=height, places=self._places)
        except ImageUnreadable as error:
            raise PictureUnavailable(str(error)) from error


class RunCalls:
    """What makes the calls of one run.

    Args:
        options: where and how.
        out: the run's folder; the ledger is in it.
        on_wave: told how far a wave of calls is.
        places: where the run's pictures may lie; None for pictures that this process has put there.
        tell: told in words what a user should know of the ledger and the calls.
    """

    def __init__(
        self,
        options: CallOptions,
        *,
        out: Path,
        on_wave: Callable[[int, int], None] | None = None,
        places: PicturePlaces | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.options = options
        self._out = out
        self._folder = out / LEDGER_FOLDER
        self._on_wave = on_wave
        self._places = places
        self._tell = tell
        self._opened: ModelCalls | None = None

    def check(self, stages: Iterable[Stage]) -> None:
        """Whether the models of these stages can be asked at all.

        Raises:
            CallError: there is neither a key nor a server nor a file; or a price is unknown where it must be known.
        """
        models = [model for stage in stages for model in stage.models()]
        if models:
            from stvqa.teachers.calls.opening import check_calls  # noqa: PLC0415 (openai takes a second to import)

            check_calls(self.options, models)

    def of(self, stage: Stage) -> Calls | None:
        """What makes the stage's calls; None where it makes none."""
        return self.open() if stage.models() else None

    def open(self) -> ModelCalls:
        """What makes calls, opened at the first use.

        Raises:
            InputError: the ledger, the price list or the file of answers is not what it should be.
            StorageError: the ledger cannot be used, or lacks what was paid.
        """
        if self._opened is None:
            from stvqa.teachers.calls.opening import ModelCalls  # noqa: PLC0415 (openai takes a second to import)

            paid = _paid(self._out)
            self._opened = ModelCalls(
                self.options,
                folder=self._folder,
                pictures=SourcePictures(self._places),
                on_wave=self._on_wave,
                tell=self._tell,
                paid=None if paid is None else paid.calls,
                lost=0 if paid is None else paid.lost,
            )
            _logger.info("ledger %s is open", self._folder)
            imported = self._opened.imported
            if imported is not None and imported.unreadable:
                told = f"--batch-in: {imported.unreadable:,} lines are no answers and are left out: {imported.fault}"
                _logger.warning("%s", told)
                if self._tell is not None:
                    self._tell(f"{told}; their calls stay open")
        return self._opened

    def counted(self, stage: Stage, statistics: StageStatistics) -> StageStatistics:
        """The statistics of a stage with what its calls cost."""
        if self._opened is None or not stage.models():
            return statistics
        models = self._opened.usage(stage.name)
        return statistics.model_copy(
            update={
                "calls": sum(usage.calls for usage in models.values()),
                "input_tokens": sum(usage.input_tokens for usage in models.values()),
                "output_tokens": sum(usage.output_tokens for usage in models.values()),
                "usd": _sum(usage.usd for usage in models.values()),
                "estimated_usd": _sum(usage.estimated_usd for usage in models.values()),
                "models": models,
            }
        )

    def summary(self) -> CallsSummary | None:
        """All that was ever paid in this folder; None where no calls were opened."""
        return None if self._opened is None else self._opened.summary()

    def close(self) -> None:
        """Closes the ledger and the connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


class _Paid(NamedTuple):
    """What a run paid for."""

    calls: int
    lost: int


def _paid(out: Path) -> _Paid | None:
    """What a run paid for, at least, as its files tell: answers, and lost tries; None where they tell of no ledger.

    Files that cannot be read tell nothing here: whoever needs them says so.
    """
    told: list[_Paid] = []
    with suppress(InputError):
        if (summary := read_run_file(out).calls) is not None:
            told.append(_Paid(summary.calls, summary.lost))
    for file in out.glob(f"*/{STATISTICS_FILE}"):
        with suppress(InputError):
            statistics = read_statistics(file.parent)
            lost = sum(usage.lost for usage in statistics.models.values())
            if statistics.calls + lost:
                told.append(_Paid(statistics.calls, lost))
    return _Paid(*map(max, zip(*told, strict=True))) if told else None


def _sum(prices: Iterable[float | None]) -> float | None:
    """Of all; None where one of them is unknown."""
    known = list(prices)
    return None if None in known else sum(price for price in known if price is not None)
