"""Whether a cluster is still at work while a run waits for it, and what to say where it is not.

watch = Watch(client, address="tcp://host:8786", tell=print)
watch.look()             # every second: "no partition finished for 60 s: the worker at tcp://... does not answer"
watch.has_finished()     # after each partition
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from distributed import Client

from stvqa.errors import StvqaError
from stvqa.logs import logger_of
from stvqa.runner.cluster_asking import GONE, ask_workers, threads_of
from stvqa.runner.cluster_worker import named

__all__ = ["Watch"]

_logger = logger_of(__name__)

WORKERS_SECONDS = 30.0
"""How long a run waits for the first worker, and for another one when all have gone."""
SCHEDULER_SECONDS = 120.0
"""How long a run waits for a scheduler that is connected and does not answer."""
SILENCE_SECONDS = 60.0
"""How long a run waits for a partition without a word."""


class Watch:
    """Looks after a cluster that owes partitions.

    Args:
        tell: told in words what is waited for.
    """

    def __init__(self, client: Client, *, address: str, tell: Callable[[str], object]) -> None:
        self._client = client
        self._address = address
        self._tell = tell
        self._without_workers_since: float | None = None
        self._silent_since: float | None = None
        self._finished = self._told = time.monotonic()

    def begin(self) -> None:
        """Partitions have been sent."""
        self._finished = self._told = time.monotonic()

    def has_finished(self) -> None:
        """A partition came to its end."""
        self._without_workers_since = None
        self._finished = time.monotonic()

    def look(self) -> None:
        """Says what is amiss, if anything.

        Raises:
            StvqaError: the scheduler is gone or has been silent for too long, or there have been no workers for long.
        """
        if self._client.status != "running":
            raise self.scheduler_is_gone()
        try:
            if self.threads():
                self._without_workers_since = None
                self._speak()
            else:
                self.wait_without_workers()
        except TimeoutError:
            self._wait_for_scheduler()
        except GONE as error:
            raise self.scheduler_is_gone() from error
        else:
            self._silent_since = None

    def threads(self) -> Mapping[str, int]:
        """Threads of each worker, by its address.

        Raises:
            StvqaError: the scheduler is gone.
            TimeoutError: it does not answer.
        """
        try:
            return threads_of(self._client)
        except TimeoutError:
            raise
        except GONE as error:
            raise self.scheduler_is_gone() from error

    def wait_without_workers(self) -> None:
        """Says once that workers are missing.

        Raises:
            StvqaError: they have been for too long.
        """
        if self._without_workers_since is None:
            self._without_workers_since = time.monotonic()
            limit = f"at most {WORKERS_SECONDS:.0f} s"
            _logger.warning("no workers at %s", self._address)
            self._tell(f"waiting for workers at {self._address}: 0 of at least 1, {limit}")
        elif time.monotonic() - self._without_workers_since >= WORKERS_SECONDS:
            raise StvqaError(
                f"the Dask scheduler at {self._address} has no workers, for {WORKERS_SECONDS:.0f} s: start some with "
                f"`dask worker {self._address}`, then run the same command again, which goes on where it stopped"
            )

    def scheduler_is_gone(self) -> StvqaError:
        """The message for a scheduler that went away."""
        return StvqaError(
            f"the Dask scheduler at {self._address} went away: start it and its workers, then run the same command "
            "again, which goes on where it stopped; what is complete is kept"
        )

    def scheduler_is_silent(self, seconds: float) -> StvqaError:
        """The message for a scheduler that does not answer."""
        return StvqaError(
            f"the Dask scheduler at {self._address} does not answer, for {seconds:.0f} s: look whether it is stopped "
            "or cut off, then run the same command again, which goes on where it stopped; what is complete is kept"
        )

    def _wait_for_scheduler(self) -> None:
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
            _logger.warning("the scheduler at %s does not answer", self._address)
            limit = f"waiting, at most {SCHEDULER_SECONDS:.0f} s"
            self._tell(f"the Dask scheduler at {self._address} does not answer: {limit}")
        elif now - self._silent_since >= SCHEDULER_SECONDS:
            raise self.scheduler_is_silent(SCHEDULER_SECONDS)

    def _speak(self) -> None:
        """Says now and then that nothing was finished, and which workers are silent."""
        if time.monotonic() - max(self._finished, self._told) < SILENCE_SECONDS:
            return
        self._told = time.monotonic()
        answers = ask_workers(self._client, os.getpid)
        silent = [worker for worker, answer in answers.items() if not isinstance(answer, int)]
        if silent:
            verb, its = ("does", "its") if len(silent) == 1 else ("do", "their")
            state = f"{named(silent)} {verb} not answer; Dask gives {its} work to others after some minutes"
        else:
            count = "the worker answers" if len(answers) == 1 else f"all {len(answers):,} workers answer"
            state = f"{count}, and may be busy with this or with other work"
        text = f"no partition was finished for {time.monotonic() - self._finished:.0f} s: {state}"
        _logger.warning("%s", text)
        self._tell(text)
