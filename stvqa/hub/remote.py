"""A repository on the Hub: its state, one commit at a time, tags.

    remote = Remote("me/STVQA-7K")
    state = remote.state()            # None: there is no such repository, or this token may not see it
    remote.commit(content, changes, parent=state.head, message="...")

What the client raises becomes a `stvqa.hub.failures.Failure`.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, ExitStack
from logging import ERROR
from pathlib import Path
from typing import BinaryIO, NamedTuple

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token, hf_hub_url
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    disable_progress_bars,
    get_session,
    hf_raise_for_status,
    logging,
)

from stvqa.environment import check_address, read_key, shown_address
from stvqa.errors import HubError, InputError
from stvqa.hub.content import Changes, Content, RemoteFile
from stvqa.hub.failures import client_errors
from stvqa.hub.kinds import SET, RepoKind

__all__ = ["Remote", "RemoteState", "has_token", "hub_address", "quiet"]

_TOKEN_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


class RemoteState(NamedTuple):
    """A repository at one moment.

    Attributes:
        head: the last commit of `main`.
        files: of the head, by path.
        tags: name to commit.
    """

    head: str
    private: bool
    files: dict[str, RemoteFile]
    tags: dict[str, str]


def has_token() -> bool:
    """Whether there is a token, in the environment or in another place where huggingface_hub looks.

    Raises:
        HubError: the one in the environment holds characters that no token holds.
    """
    return _named_token() is not None or get_token() is not None


def _named_token() -> str | None:
    """The token of the environment without what was pasted around it; None: huggingface_hub finds its own."""
    if os.environ.get("HF_OIDC_RESOURCE"):  # comes before all others
        return None
    try:
        return next((token for name in _TOKEN_VARIABLES if (token := read_key(name))), None)
    except InputError as error:
        raise HubError(str(error)) from error


def quiet(*, bars: bool) -> None:
    """Keeps the client from logging what stvqa tells itself, and its bars from what is no terminal.

    Args:
        bars: show them.
    """
    logging.set_verbosity(ERROR)
    if not bars:
        disable_progress_bars()


def hub_address() -> str:
    """The Hub that is talked to, as it may be shown and published: HF_ENDPOINT, or the public one.

    Raises:
        HubError: HF_ENDPOINT is no http(s) URL.
    """
    return shown_address(_endpoint()).rstrip("/")


def _endpoint() -> str:
    """The same as requests go there, with the user and the password that it may hold."""
    try:
        return check_address(constants.ENDPOINT, name="HF_ENDPOINT").rstrip("/")
    except InputError as error:
        raise HubError(str(error)) from error


class Remote:
    """One repository.

    Args:
        repo: `USER/NAME`.
        kind: what it holds, a set unless told otherwise.
        endpoint: address of the Hub; None for the one of HF_ENDPOINT.
        token: None for the environment's, else that of the other places where huggingface_hub looks.

    Attributes:
        endpoint: where requests go; never to be shown.
        address: the same without user and password.
        created: whether `create` was called.
        sent: changes of the last commit that was asked for; it may have been made although no answer came.
    """

    def __init__(
        self, repo: str, *, kind: RepoKind = SET, endpoint: str | None = None, token: str | None = None
    ) -> None:
        self.repo = repo
        self.kind = kind
        self.endpoint = (endpoint or _endpoint()).rstrip("/")
        self.address = shown_address(self.endpoint)
        self._token = token or _named_token()
        self._api = HfApi(endpoint=self.endpoint, token=self._token, library_name="stvqa")
        self._plain_files = False
        self.created = False
        self.sent: Changes | None = None

    @property
    def url(self) -> str:
        """Where people find it."""
        return f"{self.address}/{self.kind.prefix}{self.repo}"

    def state(self) -> RemoteState | None:
        """What is there now; None where nothing is, or nothing that this token may see."""
        with self._calls():
            try:
                info = self._api.repo_info(self.repo, repo_type=self.kind.repo_type)
            except RepositoryNotFoundError:
                return None
            return self._state_at(str(info.sha), private=bool(info.private))

    def _state_at(self, head: str, *, private: bool) -> RemoteState:
        tree = self._api.list_repo_tree(self.repo, recursive=True, revision=head, repo_type=self.kind.repo_type)
        files = {
            item.path: RemoteFile(item.size, item.blob_id, item.lfs.sha256 if item.lfs else None)
            for item in tree
            if isinstance(item, RepoFile)
        }
        refs = self._api.list_repo_refs(self.repo, repo_type=self.kind.repo_type)
        tags = {tag.name: tag.target_commit for tag in refs.tags}
        return RemoteState(head=head, private=private, files=files, tags=tags)

    def create(self, *, private: bool) -> None:
        """Makes the repository; it is no mistake if somebody else has made it in between."""
        with self._calls():
            self._api.create_repo(self.repo, repo_type=self.kind.repo_type, private=private, exist_ok=True)
        self.created = True

    def read(self, path: str, *, revision: str) -> bytes:
        """Content of one small file at a commit."""
        address = hf_hub_url(self.repo, path, repo_type=self.kind.repo_type, revision=revision, endpoint=self.endpoint)
        with self._calls():
            answer = get_session().get(address, headers=build_hf_headers(token=self._token, library_name="stvqa"))
            hf_raise_for_status(answer)
            return bytes(answer.content)

    def commit(self, content: Content, changes: Changes, *, parent: str, message: str) -> str:
        """Sends what has changed and makes one commit of it, all or nothing.

        Args:
            parent: the commit that the changes were found against; if it is no longer the head, the Hub refuses.

        Returns:
            The new commit.
        """
        with self._calls(), ExitStack() as opened:
            additions = [
                CommitOperationAdd(path, self._payload(content[path], opened))
                for path in (*changes.added, *changes.changed)
            ]
            removals = [CommitOperationDelete(path) for path in changes.removed]
            self.sent = changes
            info = self._api.create_commit(
                self.repo,
                [*additions, *removals],
                commit_message=message,
                repo_type=self.kind.repo_type,
                parent_commit=parent,
            )
        return str(info.oid)

    def _payload(self, item: bytes | Path, opened: ExitStack) -> bytes | str | BinaryIO:
        if isinstance(item, bytes):
            return item
        return opened.enter_context(item.open("rb")) if self._plain_files else str(item)

    def without_xet(self) -> None:
        """From now on, files are sent by plain HTTP (LFS): Xet storage does not answer."""
        self._plain_files = True

    def tag(self, name: str, *, commit: str) -> None:
        """Gives a commit a name for good."""
        with self._calls(left=f"the {self.kind.noun} is there, as commit {commit[:8]}, without the tag {name}"):
            self._api.create_tag(self.repo, tag=name, revision=commit, repo_type=self.kind.repo_type)

    def make_public(self) -> None:
        """Shows the repository to everybody."""
        with self._calls(left=f"the {self.kind.noun} is there, and still private"):
            self._api.update_repo_settings(self.repo, private=False, repo_type=self.kind.repo_type)

    def _calls(self, **told: str) -> AbstractContextManager[None]:
        return client_errors(repo=self.repo, url=self.address, **told)
