"""Reaching a Dask scheduler, or finding out soon that there is none; nothing of it on the screen.

with quiet_dask():
client = connect("tcp://host:8786")
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from distributed import Client, Security
from distributed.core import rpc

from stvqa.errors import StvqaError
from stvqa.runner.cluster_worker import comparable, differences, other_versions, own_versions

__all__ = ["connect", "quiet_dask"]

_CONNECT_SECONDS = 10
_SAID_LETTERS = 200
_OF_DASK = ("dask", "distributed")
_LOGGERS = ("distributed", "tornado")


class _OwnedClient(Client):  # type: ignore[misc]  # distributed has no types
    """Closed by its owner alone: one that never reached its scheduler would try for 20 s, and end with a traceback."""

    def __del__(self) -> None:
        return


def connect(address: str) -> Client:
    """A client; Dask's own would wait for minutes where something else listens, and end with tracebacks.

    Raises:
        StvqaError: no scheduler answers there, or one with another version of Dask.
    """
    with _told(address):
        server = asyncio.run(asyncio.wait_for(_ask_server(address), _CONNECT_SECONDS))
    if server.kind != "Scheduler":
        raise _no_scheduler(address, f"it is a {server.kind.lower()} of Dask")
    expected = {name: version for name, version in own_versions().items() if name in _OF_DASK}
    if different := differences(expected, comparable(server.packages)):
        raise StvqaError(other_versions(f"the scheduler at {address} has {', '.join(different)}"))
    with _told(address), warnings.catch_warnings():  # of versions, which are compared here by name
        warnings.simplefilter("ignore")
        return _OwnedClient(address, timeout=_CONNECT_SECONDS, set_as_default=False)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Turns whatever comes of speaking to a server into one message: it may say anything."""
    try:
        yield
    except TimeoutError as error:
        raise _no_scheduler(address, f"it says nothing for {_CONNECT_SECONDS} s") from error
    except Exception as error:
        raise _no_scheduler(address, _in_words(error)) from error


class _Server(NamedTuple):
    """What listens at an address of Dask.

    Attributes:
        kind: `Scheduler`, `Worker` or `Nanny`.
        packages: name to version, of a scheduler alone.
    """

    kind: str
    packages: Mapping[str, Any]


async def _ask_server(address: str) -> _Server:
    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=_CONNECT_SECONDS, connection_args=arguments) as server:
        kind = str((await server.identity())["type"])
        found = await server.versions(packages=list(_OF_DASK)) if kind == "Scheduler" else {"packages": {}}
        return _Server(kind, dict(found["packages"]))


def _in_words(error: Exception) -> str:
    if isinstance(error, MemoryError):  # what stands where Dask writes the length of its message
        return "what it says is not a scheduler's"
    text = str(error).partition("\n")[0][:_SAID_LETTERS] or type(error).__name__
    return "it ends the connection" if "before comm was established" in text else text


def _no_scheduler(address: str, why: str) -> StvqaError:
    return StvqaError(f"--scheduler {address}: no Dask scheduler answers there ({why}): check the address")


def _is_not_of_dask(record: logging.LogRecord) -> bool:
    """Whether a record of asyncio is about another error than those by which Dask ends its own tasks."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not kind.__module__.startswith("distributed.")


@contextmanager
def quiet_dask() -> Iterator[None]:
    """Keeps Dask's own log, with its tracebacks, off the screen: what goes wrong is told in one message."""
    logging.getLogger("asyncio").addFilter(_is_not_of_dask)  # for good: some of it comes with the end of the program
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _LOGGERS]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
