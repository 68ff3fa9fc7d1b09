"""A model goes to the Hub by the rules of a set."""

from __future__ import annotations

import json

import pytest
from hub_server import READER, WRITER
from trained_models import files_of, tensors, write_training

from stvqa.card import split_card
from stvqa.errors import HubError, InputError
from stvqa.hub import MODEL, Remote, local_base, plan_push, prepare_model, push, pushed_model_files, write_content

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the client's own uploads

NAME = "models/me/small"


@pytest.fixture
def training(tmp_path):
    return write_training(tmp_path / "small-grpo")


@pytest.fixture
def send(hub):
    """Pushes a training, and notes how long it would have waited."""

    def push_training(folder, *, token=WRITER, **options):
        local = prepare_model(files_of(folder), repo="me/small")
        remote = Remote("me/small", kind=MODEL, endpoint=hub.url, token=token)
        return push(local, remote=remote, wait=push_training.waits.append, **options)

    push_training.waits = []
    return push_training


def holds(hub, folder):
    """Whether the repository holds the whole model."""
    files = hub.repos[NAME].files
    weights = files["model.safetensors"] == (folder / "model" / "model.safetensors").read_bytes()
    return weights and {"README.md", "training/train.json", "provenance/push.json"} <= files.keys()


def test_one_private_commit_with_everything(hub, training, send):
    result = send(training, tag="v1.0")
    repo = hub.repos[NAME]
    assert (result.committed, result.created, result.private, result.commit) == (True, True, True, repo.head.sha)
    assert result.url == f"{hub.url}/me/small"
    assert hub.repos.keys() == {NAME}
    assert [commit.title for commit in repo.commits] == ["initial commit", "Model trained by stvqa"]
    assert repo.tags == {"v1.0": repo.head.sha}
    assert repo.files.keys() == {
        ".gitattributes", "README.md", "config.json", "model.safetensors", "tokenizer.json", "provenance/push.json",
        "training/train.json", "training/curves.jsonl", "training/report.html",
    }  # fmt: skip
    assert holds(hub, training)
    assert repo.head.files["model.safetensors"].lfs
    assert not repo.head.files["config.json"].lfs


def test_a_second_push_makes_no_commit_and_sends_nothing(hub, training, send):
    first = send(training, tag="v1")
    hub.requests.clear()
    second = send(training, tag="v1")
    assert (second.committed, second.commit) == (False, first.commit)
    assert hub.requests.keys() == {"info", "tree", "refs", "resolve"}


def test_the_card_names_the_repository_and_nothing_of_this_machine(hub, training, send):
    send(training)
    files = hub.repos[NAME].files
    card = split_card(files["README.md"].decode(), name="card")
    assert 'from_pretrained("me/small")' in card.written
    assert "A model trained from `base vlm`" in card.written
    assert card.metadata["library_name"] == "transformers"
    record = json.loads(files["training/train.json"])
    assert (record["recipe"]["model"], record["data"]["origin"], record["error"]) == ("base vlm", "demo", "")
    assert record["data"]["notes"] == ["rows of demo: 8"]
    assert files["training/report.html"] == b"<p>grpo of base vlm in small-grpo</p>"
    assert json.loads(files["tokenizer.json"])["vocab"] == {"/home": 0, "~": 1}
    told = {path for path, data in files.items() if b"/home/ada" in data or str(training.parent).encode() in data}
    assert told == set()


def test_what_only_looks_like_a_path_in_a_picture_stays(hub, tmp_path, send):
    folder = write_training(tmp_path / "out", base="/set")
    (folder / "report.html").write_text('<img src="data:;base64,iVBO/set9j/sety"><p>/set/x</p>', encoding="utf-8")
    send(folder)
    page = hub.repos[NAME].files["training/report.html"]
    assert page == b'<img src="data:;base64,iVBO/set9j/sety"><p>set/x</p>'


def test_a_path_that_yaml_has_broken_is_found(hub, tmp_path, send):
    folder = write_training(tmp_path / "out", base="/home/ada/a folder/of many words")
    card = folder / "model" / "README.md"
    card.write_text(
        card.read_text(encoding="utf-8").replace("model: /home/ada/a folder/of", "model: /home/ada/a\n  folder/of"),
        encoding="utf-8",
    )
    send(folder)
    assert "model: of many words\n" in hub.repos[NAME].files["README.md"].decode()


def test_an_adapter_keeps_its_settings_and_its_base_loses_the_path(hub, tmp_path, send):
    send(write_training(tmp_path / "out", adapter=True))
    files = hub.repos[NAME].files
    config = json.loads(files["adapter_config.json"])
    assert config == {"base_model_name_or_path": "base vlm", "target_modules": r"\w+_proj", "r": 4}
    assert hub.repos[NAME].head.files["adapter_model.safetensors"].lfs


def test_the_base_of_an_adapter_that_nobody_else_has_is_told(tmp_path, training):
    here = write_training(tmp_path / "here", adapter=True)
    there = write_training(tmp_path / "there", adapter=True, base="Qwen/Qwen2.5-VL-3B-Instruct")
    assert local_base(files_of(here)) == "/home/ada/models/base vlm"
    assert local_base(files_of(there)) is None
    assert local_base(files_of(training)) is None


def test_what_others_wrote_on_the_hub_outlives_the_next_push(hub, training, send, tmp_path):
    hub.add(NAME, {"README.md": b"---\nlicense: apache-2.0\n---\n# My words\n"})
    send(training)
    repo = hub.repos[NAME]
    blob = repo.head.files[".gitattributes"]
    repo.commit("by hand", {**repo.head.files, "notes.txt": blob})
    result = send(write_training(tmp_path / "small-again", seed=9))
    card = split_card(repo.files["README.md"].decode(), name="card")
    assert (card.metadata["license"], card.after) == ("apache-2.0", "# My words")
    assert "notes.txt" in repo.files
    assert "model.safetensors" in result.changes.changed
    assert not send(write_training(tmp_path / "two" / "small-again", seed=9)).committed


def test_shards_of_another_count_leave_none_behind(hub, tmp_path, send):
    send(write_training(tmp_path / "three", shards=3))
    result = send(write_training(tmp_path / "two", shards=2))
    assert "model-00003-of-00003.safetensors" in result.changes.removed
    weights = [path for path in hub.repos[NAME].files if path.endswith(".safetensors")]
    assert weights == ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


def test_a_name_that_holds_another_model_is_refused(hub, training, send):
    repo = hub.add(NAME, {"pytorch_model.bin": b"weights"})
    with pytest.raises(InputError, match=r"holds what stvqa did not put there \(pytorch_model.bin\)"):
        send(training)
    assert len(repo.commits) == 2


@pytest.mark.parametrize("stray", ["adapter_config.json", "pytorch_model.bin", "model-00001-of-00002.safetensors"])
def test_files_that_readers_would_load_instead_are_refused(hub, training, send, stray):
    send(training)
    repo = hub.repos[NAME]
    repo.commit("by hand", {**repo.head.files, stray: repo.head.files["config.json"]})
    with pytest.raises(InputError, match=stray):
        send(training)


def test_public_only_when_asked_and_a_tag_never_moves(hub, training, send, tmp_path):
    assert send(training, public=True, tag="v1").private is False
    with pytest.raises(InputError, match="is public: say --public"):
        send(training)
    with pytest.raises(InputError, match="--tag v1 names another version"):
        send(write_training(tmp_path / "other", seed=9), public=True, tag="v1")


@pytest.mark.parametrize("kind", ["info", "create", "tree", "refs", "preupload", "batch", "upload", "commit", "tag"])
@pytest.mark.parametrize("status", [503, 0])
def test_passing_trouble_is_passed(hub, training, send, kind, status):
    hub.fail(kind, status=status, times=2)
    result = send(training, tag="v1")
    assert holds(hub, training)
    assert len(hub.repos[NAME].commits) == 2
    assert hub.repos[NAME].tags == {"v1": result.commit}


def test_trouble_that_stays_leaves_the_repository_and_sends_nothing_twice(hub, training, send):
    hub.fail("commit", status=503, times=1000)
    with pytest.raises(HubError, match=r"has trouble.*run the same command again"):
        send(training)
    assert list(hub.repos[NAME].files) == [".gitattributes"]
    assert send.waits == [1, 2, 4, 8]
    hub.heal()
    hub.requests.clear()
    send(training)
    assert holds(hub, training)
    assert hub.requests["upload"] == 0


def test_what_is_refused_is_told(hub, training, send):
    with pytest.raises(HubError, match="may not write to me/small"):
        send(training, token=READER)
    hub.fail("tag", status=403, times=1000)
    with pytest.raises(HubError, match=r"; the model is there, as commit \w{8}, without the tag v1$"):
        send(training, tag="v1")
    assert holds(hub, training)


def test_weights_that_were_cut_off_are_refused(training):
    path = training / "model" / "model.safetensors"
    for damage in (path.read_bytes()[:-1], b"", b"\xff" * 40, tensors() + b"x"):
        path.write_bytes(damage)
        with pytest.raises(InputError, match=r"model\.safetensors is cut off.*half a model is not pushed"):
            prepare_model(files_of(training), repo="me/small")


def test_a_shard_that_was_lost_is_refused(tmp_path):
    folder = write_training(tmp_path / "out", shards=2)
    (folder / "model" / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(InputError, match="lacks model-00002-of-00002"):
        prepare_model(files_of(folder), repo="me/small")


def test_a_dry_run_holds_the_same_bytes_and_can_itself_be_pushed(hub, training, send, tmp_path):
    remote = Remote("me/small", kind=MODEL, endpoint=hub.url, token=WRITER)
    write_content(
        plan_push(prepare_model(files_of(training), repo="me/small"), remote=remote).content, tmp_path / "dry"
    )
    assert hub.repos == {}
    send(training)
    sent = {path: data for path, data in hub.repos[NAME].files.items() if path != ".gitattributes"}
    dry = {path.relative_to(tmp_path / "dry").as_posix(): path for path in (tmp_path / "dry").rglob("*")}
    assert {path: file.read_bytes() for path, file in dry.items() if file.is_file()} == sent
    assert pushed_model_files(training) is None
    again = prepare_model(pushed_model_files(tmp_path / "dry"), repo="me/small")
    assert not push(again, remote=remote).committed
