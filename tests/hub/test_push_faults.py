"""Whatever goes wrong on the way, the repository ends whole, or as it was with a clear message."""

from __future__ import annotations

import pytest
from hub_server import READER, WRITER

from stvqa.errors import HubError
from stvqa.hub import Remote, plan_push

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the client's own uploads

KINDS = ("info", "create", "tree", "refs", "preupload", "batch", "upload", "verify", "commit", "tag")


def holds(hub, run):
    """Whether the repository holds the whole set."""
    files = hub.repos["me/tiny"].files
    data = {f"data/{path.name}": path.read_bytes() for path in (run / "dataset" / "data").iterdir()}
    return data.items() <= files.items() and "provenance/push.json" in files


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [503, 0])
def test_passing_trouble_is_passed(hub, run, send, kind, status):
    hub.fail(kind, status=status, times=2)
    result = send(run, tag="v1")
    assert result.commit == hub.repos["me/tiny"].head.sha
    assert holds(hub, run)
    assert len(hub.repos["me/tiny"].commits) == 2
    assert hub.repos["me/tiny"].tags == {"v1": result.commit}


@pytest.mark.parametrize("kind", ["create", "commit", "tag", "upload"])
def test_an_answer_that_is_lost_is_found_again(hub, run, send, kind):
    hub.fail(kind, status=0, after=True)
    result = send(run, tag="v1")
    assert (result.committed, len(result.changes.added)) == (True, len(hub.repos["me/tiny"].files) - 1)
    assert holds(hub, run)
    assert len(hub.repos["me/tiny"].commits) == 2
    assert hub.repos["me/tiny"].tags == {"v1": result.commit}


def test_a_commit_of_somebody_else_is_merged_with(hub, run, send):
    """412: between reading and committing the head has moved."""

    def somebody():
        repo = hub.repos["me/tiny"]
        blob = repo.head.files[".gitattributes"]._replace(data=b"# Their words\n")
        repo.commit("theirs", {**repo.head.files, "README.md": blob})

    hub.fail("commit", status=412, before=somebody)
    send(run)
    repo = hub.repos["me/tiny"]
    assert [commit.title for commit in repo.commits] == ["initial commit", "theirs", "Set made by stvqa"]
    assert "# Their words" in repo.files["README.md"].decode()
    assert holds(hub, run)
    assert send.waits == [1]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (412, "somebody else keeps changing"),
        (409, "somebody else keeps changing"),
        (503, "has trouble"),
        (429, "has trouble"),
    ],
)
def test_trouble_that_stays_ends_in_a_message(hub, run, send, status, told):
    hub.fail("commit", status=status, times=1000)
    with pytest.raises(HubError, match=f"{told}.*run the same command again"):
        send(run)
    assert send.waits == [1, 2, 4, 8]
    repo = hub.repos["me/tiny"]
    assert list(repo.files) == [".gitattributes"]
    hub.heal()
    hub.requests.clear()
    send(run)
    assert holds(hub, run)
    assert hub.requests["upload"] == 0  # what had arrived is not sent twice


def test_uploads_that_drop_end_in_a_message_and_the_next_push_goes_on(hub, run, send):
    hub.fail("upload", status=0, times=10_000, skip=2)
    with pytest.raises(HubError, match="cannot reach"):
        send(run)
    assert list(hub.repos["me/tiny"].files) == [".gitattributes"]
    hub.heal()
    arrived = len(hub.uploaded)
    hub.requests.clear()
    send(run)
    assert holds(hub, run)
    assert hub.requests["upload"] == len(hub.uploaded) - arrived


@pytest.mark.parametrize(
    ("kind", "status", "message", "told"),
    [
        ("create", 403, "You don't have the rights to create", "may not write to me/tiny"),
        ("commit", 403, "Forbidden: pass a token with write access", "may not write to me/tiny"),
        ("batch", 403, "Private repository storage limit reached, please upgrade your plan", "has no room for me/tiny"),
        ("preupload", 402, "Payment required", "has no room for me/tiny"),
        ("commit", 429, "You have exceeded your storage quota", "has no room for me/tiny"),
        ("commit", 413, "Payload too large", "refuses the push to me/tiny"),
        ("commit", 400, "Bad file name", "Bad file name"),
        ("info", 401, "Invalid credentials in Authorization header", "does not know this token"),
    ],
)
def test_refusals_are_told_at_once(hub, run, send, kind, status, message, told):
    hub.fail(kind, status=status, message=message, times=1000)
    with pytest.raises(HubError, match=told) as caught:
        send(run)
    assert send.waits == []
    assert WRITER not in str(caught.value)
    assert all(list(repo.files) == [".gitattributes"] for repo in hub.repos.values())


def test_what_is_refused_after_the_commit_is_told_so(hub, run, send):
    hub.fail("tag", status=403, times=1000)
    with pytest.raises(HubError, match=r"may not write .*; the set is there, as commit \w{8}, without the tag v1$"):
        send(run, tag="v1")
    assert holds(hub, run)
    hub.heal()
    hub.fail("settings", status=403, times=1000)
    with pytest.raises(HubError, match=r"; the set is there, and still private$"):
        send(run, public=True)


def test_a_token_that_may_only_read(hub, run, send):
    with pytest.raises(HubError, match=r"may not write to me/tiny.*use one with write access"):
        send(run, token=READER)
    hub.add("me/tiny")
    with pytest.raises(HubError, match="may not write to me/tiny"):
        send(run, token=READER)
    assert list(hub.repos["me/tiny"].files) == [".gitattributes"]


def test_a_token_that_nobody_knows(hub, run, send):
    with pytest.raises(HubError, match="does not know this token") as caught:
        send(run, token="hf_stolen")  # noqa: S106 (nobody's)
    assert "hf_stolen" not in str(caught.value)


def test_a_token_of_odd_characters(hub, run, send):
    with pytest.raises(HubError, match="holds characters that no token has") as caught:
        send(run, token="hf_t\u00f6ken")  # noqa: S106 (nobody's)
    assert "ken" not in str(caught.value).replace("token", "")


def test_a_namespace_of_others(hub, run, ready, send):
    with pytest.raises(HubError, match="may not write to them/tiny"):
        send(run, "them/tiny")


def test_no_network(hub, run, send):
    with pytest.raises(HubError, match=r"cannot reach http://127.0.0.1:9 .*check the network and HF_ENDPOINT"):
        send(run, endpoint="http://127.0.0.1:9")


def test_offline(hub, run, ready, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="HF_HUB_OFFLINE"):
        plan_push(ready(run), remote=Remote("me/tiny", endpoint=hub.url, token=WRITER))


def test_an_older_version_stays_while_the_new_one_does_not_arrive(hub, run, other_run, send):
    send(run)
    hub.fail("commit", status=503, times=1000)
    with pytest.raises(HubError):
        send(other_run)
    assert holds(hub, run)
    hub.heal()
    send(other_run)
    assert holds(hub, other_run)
