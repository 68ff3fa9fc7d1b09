"""push: a set or a model becomes a repository, in one commit or not at all.

    result = push(local, repo="me/STVQA-7K", public=False, tag="v1")
    result.commit, result.changes.added

Each attempt reads what is there, merges the card with it, finds what differs, and commits only that with the head as
its parent. So a commit whose answer was lost is found by the next attempt, somebody else's commit in between is
merged with and not overwritten, and a push that is repeated makes no commit. A push that is killed leaves the
repository as it was: what it has sent is invisible until the commit, and is not sent twice.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import NamedTuple

from stvqa.card import CARD_FILE
from stvqa.card.merge import MOST_CARD_BYTES
from stvqa.errors import InputError
from stvqa.hub.content import MANIFEST_FILE, Changes, Content, LocalSet, Manifest, assemble, compare, read_manifest
from stvqa.hub.failures import Failure
from stvqa.hub.remote import Remote, RemoteState
from stvqa.logs import logger_of

__all__ = ["Planned", "PushResult", "check_names", "plan_push", "push"]

_logger = logger_of(__name__)

_WAITS = (1, 2, 4, 8)
"""Seconds between attempts. The client itself tries every upload five times within each."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?")
_TAG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NOBODYS = frozenset({".gitattributes", ".gitignore", CARD_FILE, "LICENSE", "LICENSE.txt"})
"""Files that a repository may hold before anything was pushed to it: none of them is overwritten."""
_NAMED = 5


class Planned(NamedTuple):
    """What a push would do.

    Attributes:
        content: all files of the repository after it.
        state: of the repository now; None where there is none.
    """

    content: Content
    changes: Changes
    state: RemoteState | None


class PushResult(NamedTuple):
    """What a push did.

    Attributes:
        commit: head of the repository that holds the content.
        committed: whether a commit was made; False where everything was there already.
        created: whether the repository was.
    """

    url: str
    commit: str
    committed: bool
    created: bool
    private: bool
    tag: str | None
    changes: Changes


def check_names(repo: str, *, tag: str | None = None) -> None:
    """Refuses names that the Hub does not take.

    Raises:
        InputError: `repo` is no `USER/NAME`, or `tag` is no name of a tag.
    """
    parts = repo.split("/")
    if len(parts) != 2 or not all(_NAME.fullmatch(part) and "--" not in part and ".." not in part for part in parts):
        raise InputError(
            f"--repo {repo}: write USER/NAME, each of at most 96 letters, digits, '-', '_' and '.', beginning and "
            "ending with a letter or digit, without '--' and '..'"
        )
    if tag is not None and (not _TAG.fullmatch(tag) or ".." in tag or tag.endswith(".lock")):
        raise InputError(f"--tag {tag}: write letters, digits, '-', '_' and '.', for example v1.0")


def plan_push(local: LocalSet, *, remote: Remote | None, public: bool = False, tag: str | None = None) -> Planned:
    """Finds what a push would do; changes nothing.

    Args:
        remote: the repository; None compares with nothing, so that all is new.

    Raises:
        InputError: what `push` refuses.
        HubError: the Hub cannot be asked.
    """
    if remote is None:
        content = assemble(local, card=None, manifest=None, where="")
        return Planned(content, compare(content, {}, manifest=None), None)
    state = remote.state()
    planned = _plan(local, remote, state)
    if state is not None:
        _check_visibility(remote, state, public=public)
        _check_tag(remote, state, planned.changes, tag=tag)
    return planned


def push(
    local: LocalSet,
    *,
    remote: Remote,
    public: bool = False,
    tag: str | None = None,
    wait: Callable[[float], object] = time.sleep,
    tell: Callable[[str], object] = lambda _line: None,
) -> PushResult:
    """Brings the repository to hold the set or model.

    Args:
        remote: the repository; it is made if need be.
        public: show it to everybody; without, it is private, and one that is public already is refused.
        tag: name for the commit.
        wait: waits so many seconds before another attempt.
        tell: told what goes on, in words.

    Raises:
        InputError: the repository holds something else; it is public, or the tag is taken, and that was not asked for.
        HubError: the Hub refuses, or cannot be reached after several attempts.
    """
    pauses = iter(_WAITS)
    while True:
        try:
            return _attempt(local, remote, public=public, tag=tag, tell=tell)
        except Failure as failure:
            pause = next(pauses, None)
            if pause is None or not failure.passing:
                raise
            _logger.warning("%s: %s; trying again in %d s", remote.repo, failure.reason, pause)
            tell(f"{failure.reason}; trying again in {pause} s")
            if failure.xet:
                tell("Xet storage does not take the files: sending them by plain HTTP from now on")
                remote.without_xet()
            wait(pause)


def _attempt(
    local: LocalSet, remote: Remote, *, public: bool, tag: str | None, tell: Callable[[str], object]
) -> PushResult:
    state = remote.state()
    if state is None:
        tell(f"making {'public' if public else 'private'} {remote.url}")
        remote.create(private=not public)
        state = remote.state()
    if state is None:
        problem = f"{remote.repo} was made and cannot be seen"
        raise Failure(f"{problem}: check that the token may read it", reason=problem, passing=True)
    planned = _plan(local, remote, state)
    _check_visibility(remote, state, public=public)
    _check_tag(remote, state, planned.changes, tag=tag)
    head, changes = state.head, planned.changes
    if changes:
        head = _commit(remote, planned, state, tell=tell)
    elif remote.sent:
        changes = remote.sent  # by an attempt before this one, whose commit was made although something failed
    if tag is not None and tag not in state.tags:
        remote.tag(tag, commit=head)
    if public and state.private:
        remote.make_public()
    return PushResult(
        url=remote.url,
        commit=head,
        committed=bool(changes),
        created=remote.created,
        private=not public,
        tag=tag,
        changes=changes,
    )


def _plan(local: LocalSet, remote: Remote, state: RemoteState | None) -> Planned:
    card, manifest = None, None
    if state is not None:
        if MANIFEST_FILE in state.files:
            manifest = read_manifest(_read(remote, state, MANIFEST_FILE), where=remote.repo)
        if CARD_FILE in state.files:
            card = _read(remote, state, CARD_FILE).decode("utf-8", errors="replace")
    content = assemble(local, card=card, manifest=manifest, where=remote.repo)
    if state is not None:
        _check_content(remote, state, manifest, content)
    return Planned(content, compare(content, state.files if state else {}, manifest=manifest), state)


def _read(remote: Remote, state: RemoteState, path: str) -> bytes:
    size = state.files[path].size
    if size > MOST_CARD_BYTES:
        raise InputError(
            f"{path} of {remote.repo} has {size:,} bytes, and {MOST_CARD_BYTES:,} are the most: shorten it, or push to "
            "another --repo"
        )
    return remote.read(path, revision=state.head)


def _commit(remote: Remote, planned: Planned, state: RemoteState, *, tell: Callable[[str], object]) -> str:
    changes = planned.changes
    _logger.info("%s: head %s, %d files differ", remote.repo, state.head, len(changes.added) + len(changes.changed))
    sent = sum(planned.content.size(path) for path in (*changes.added, *changes.changed))
    tell(f"sending {len(changes.added) + len(changes.changed)} files, {sent / 1e6:,.1f} MB, to {remote.url}")
    commit = remote.commit(planned.content, changes, parent=state.head, message=remote.kind.message)
    _logger.info("%s: commit %s, %d files sent", remote.repo, commit, len(changes.added) + len(changes.changed))
    return commit


def _check_content(remote: Remote, state: RemoteState, manifest: Manifest | None, content: Content) -> None:
    """Refuses another's data, files that readers would take for its parts, and files that stand in its way."""
    if manifest is None:
        foreign = sorted(path for path in state.files if path not in _NOBODYS)
    else:
        others = state.files.keys() - manifest.files.keys() - {CARD_FILE, MANIFEST_FILE}
        foreign = sorted(path for path in others if path in content or remote.kind.parts.fullmatch(path))
    if not foreign:
        return
    names = ", ".join(foreign[:_NAMED]) + (f" and {len(foreign) - _NAMED} more" if len(foreign) > _NAMED else "")
    raise InputError(
        f"{remote.url} exists and holds what stvqa did not put there ({names}): choose another --repo, or remove these "
        "files from it first"
    )


def _check_visibility(remote: Remote, state: RemoteState, *, public: bool) -> None:
    if not public and not state.private:
        raise InputError(f"{remote.url} is public: say --public, or make it private in its settings first")


def _check_tag(remote: Remote, state: RemoteState, changes: Changes, *, tag: str | None) -> None:
    """A tag names one version for good, so it is refused where it would have to move."""
    if tag is None or tag not in state.tags:
        return
    if changes or state.tags[tag] != state.head:
        raise InputError(f"--tag {tag} names another version of {remote.url} already: choose another name")
