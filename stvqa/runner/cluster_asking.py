"""Questions to a Dask cluster, each with a limit of time: a process that was stopped, or cut off, never answers.

threads_of(client)                      # {"tcp://10.0.0.2:40331": 8, ...}
ask_workers(client, os.getpid)          # {"tcp://10.0.0.2:40331": 4711, "tcp://10.0.0.3:40331": TimeoutError()}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from distributed import Client
from distributed.versions import get_versions

__all__ = [
    "ANSWER_SECONDS",
    "NO_ANSWER",
    "ask_workers",
    "reason_of",
    "threads_of",
    "versions_of_workers",
]

ANSWER_SECONDS = 15.0
"""How long the scheduler, and each worker, has for an answer. A worker answers beside its work."""

IMPORT_SECONDS = 45.0
"""How long a worker has for its first answer that needs stvqa: it reads the program then, maybe from a far disk."""

GONE = (OSError, ValueError, RuntimeError)
"""What Dask raises where the scheduler went away. A `TimeoutError`, which is an OSError too, says that it is silent."""

NO_ANSWER = "no answer"
_AT_ONCE = 64


def threads_of(client: Client) -> Mapping[str, int]:
    """Threads of each worker, by its address.

    Raises:
        TimeoutError: the scheduler does not answer.
        GONE: it went away.
    """
    return dict(client.nthreads(callback_timeout=ANSWER_SECONDS))


def versions_of_workers(client: Client, packages: Sequence[str]) -> dict[str, object]:
    """Package to version, by worker; an exception for a worker that cannot be asked.

    What is asked is Dask's own function, which workers without stvqa know, too.
    """
    found = ask_workers(client, get_versions, list(packages))
    return {worker: answer["packages"] if isinstance(answer, dict) else answer for worker, answer in found.items()}


def ask_workers(
    client: Client, function: Callable[..., object], *arguments: object, seconds: float | None = None
) -> dict[str, object]:
    """Calls a function on every worker, beside its tasks.

    Args:
        seconds: how long each has for its answer; None for `ANSWER_SECONDS`.

    Returns:
        By address: what the function gave, or the exception; `TimeoutError` for a worker that says nothing in time.
        Workers that left meanwhile are not among them.

    Raises:
        TimeoutError: the scheduler does not answer.
    """
    limit = seconds or ANSWER_SECONDS

    def ask(worker: str) -> object:
        try:
            answers = client.run(function, *arguments, workers=[worker], on_error="return", callback_timeout=limit)
        except Exception as error:  # noqa: BLE001 (told of that worker, whatever it is)
            return error
        return answers.get(worker)

    workers = sorted(threads_of(client))
    with ThreadPoolExecutor(min(_AT_ONCE, len(workers) or 1), thread_name_prefix="stvqa-ask") as pool:
        answers = dict(zip(workers, pool.map(ask, workers), strict=True))
    here = threads_of(client)
    return {worker: answer for worker, answer in answers.items() if worker in here or not _is_failure(answer)}


def reason_of(answer: object) -> str:
    """Why a worker did not answer, on one line."""
    if answer is None or isinstance(answer, TimeoutError):
        return NO_ANSWER
    return " ".join(f"{type(answer).__name__}: {answer}".removesuffix(": ").split())


def _is_failure(answer: object) -> bool:
    return answer is None or isinstance(answer, Exception)
