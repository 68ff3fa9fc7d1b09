"""What to say where the machine has no more of something: memory, open files, threads or processes, disk.

want_of_resources(MemoryError())     # "the memory is used up: ..."
"""

from __future__ import annotations

import errno

__all__ = ["want_of_resources"]

_KEPT = "then run the same command again; what is complete is kept"
_MEMORY = f"the memory is used up: end other programs, take fewer --workers or another machine, {_KEPT}"
_THREADS = f"this machine starts no more threads or processes: raise the limit (`ulimit -u`), {_KEPT}"
_BY_NUMBER = {
    errno.ENOMEM: _MEMORY,
    errno.EMFILE: f"too many files are open: raise the limit (`ulimit -n`), or take fewer --workers, {_KEPT}",
    errno.ENFILE: f"too many files are open on this machine: end other programs, {_KEPT}",
    errno.EAGAIN: _THREADS,
    errno.ENOSPC: f"a disk or the shared memory is full: free some space, {_KEPT}",
    errno.EDQUOT: f"the disk quota is used up: free some space, {_KEPT}",
}


def want_of_resources(error: BaseException) -> str | None:
    """The message for an error by which the machine says that it has no more; None for any other.

    Libraries make errors of their own of it, so what they were raised from counts, too.
    """
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        if isinstance(found, MemoryError):
            return _MEMORY
        if isinstance(found, OSError) and found.errno in _BY_NUMBER:
            named = f" ({found.filename})" if isinstance(found.filename, str) else ""
            what, _, remedy = _BY_NUMBER[found.errno].partition(": ")
            return f"{what}{named}: {remedy}"
        if isinstance(found, RuntimeError) and "can't start new thread" in str(found):
            return _THREADS
        found = found.__cause__ or found.__context__
    return None
