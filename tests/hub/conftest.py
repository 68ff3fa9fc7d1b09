"""A loopback Hub, and huggingface_hub made ready to talk to it in this process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hub_server import WRITER, HubServer
from published_sets import publish_run

from stvqa.card import Standing
from stvqa.hub import Remote, prepare, push


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """The server; plain LFS, no waiting between the client's own attempts, no network but loopback."""
    from huggingface_hub import constants
    from huggingface_hub.utils import _http, disable_progress_bars

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(_http, "time", SimpleNamespace(sleep=lambda _seconds: None))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    disable_progress_bars()
    with HubServer() as server:
        yield server


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A finished run of eight rows; not to be changed."""
    return publish_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def other_run(tmp_path_factory):
    """Another one, with fewer rows and no val."""
    return publish_run(tmp_path_factory.mktemp("other"), rows=3, seed=50)


STANDING = Standing(rows=8, proved=8)


@pytest.fixture(scope="session")
def ready():
    """Prepares a run for a repository; what is asked for plainly is made once, since it takes most of a test's time."""
    made = {}

    def make(folder, repo="me/tiny", **options):
        given = {"standing": STANDING, "hub": "https://hub.example", "run": folder, **options}
        if options:
            return prepare(folder / "dataset", repo=repo, **given)
        if (folder, repo) not in made:
            made[folder, repo] = prepare(folder / "dataset", repo=repo, **given)
        return made[folder, repo]

    return make


@pytest.fixture
def send(hub, ready):
    """Pushes a run, and notes what was told and how long it would have waited."""

    def push_run(folder, repo="me/tiny", *, token=WRITER, **options):
        local = options.pop("local", None) or ready(folder, repo)
        remote = Remote(repo, endpoint=options.pop("endpoint", hub.url), token=token)
        return push(local, remote=remote, wait=push_run.waits.append, tell=push_run.told.append, **options)

    push_run.waits, push_run.told = [], []
    return push_run
