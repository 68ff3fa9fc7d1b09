"""What a push leaves in the repository."""

from __future__ import annotations

import hashlib
import json

import pytest
import yaml
from hub_server import WRITER
from published_sets import publish_run, publish_set, run_file

from stvqa.card import Standing, split_card
from stvqa.errors import InputError
from stvqa.hub import Remote, check_names, plan_push, prepare, write_content

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the client's own uploads


def test_one_private_commit_with_everything(hub, run, send):
    result = send(run, tag="v1.0")
    repo = hub.repos["me/tiny"]
    assert (result.committed, result.created, result.private, result.commit) == (True, True, True, repo.head.sha)
    assert repo.private
    assert len(repo.commits) == 2  # the first is the Hub's own
    assert repo.tags == {"v1.0": repo.head.sha}
    files = repo.files
    for path in sorted((run / "dataset" / "data").iterdir()):
        assert files[f"data/{path.name}"] == path.read_bytes()
    assert {
        "README.md", "LICENSE.md", "croissant.json", "figures/categories.svg", "figures/example-1.jpg",
        "provenance/recipe.yaml", "provenance/run.json", "provenance/push.json",
    } <= files.keys()  # fmt: skip
    card = split_card(files["README.md"].decode(), name="card")
    assert 'load_dataset("me/tiny")' in card.written
    assert card.metadata["pretty_name"] == "tiny"
    assert "it proved 8 rows again and found no faults" in card.written
    noted = json.loads(files["provenance/push.json"])["files"]
    assert noted == {
        path: hashlib.sha256(data).hexdigest()
        for path, data in files.items()
        if path not in (".gitattributes", "provenance/push.json")
    }
    assert b"/home/ada" not in files["provenance/run.json"]


def test_a_second_push_makes_no_commit(hub, run, send):
    first = send(run, tag="v1")
    hub.requests.clear()
    second = send(run, tag="v1")
    assert (second.committed, second.commit) == (False, first.commit)
    assert not second.changes
    assert hub.requests.keys() == {"info", "tree", "refs", "resolve"}


def test_another_version_replaces_files_and_leaves_none_behind(hub, run, other_run, send):
    send(run, tag="v1")
    result = send(other_run, tag="v2")
    repo = hub.repos["me/tiny"]
    assert "data/val-00000-of-00001.parquet" in result.changes.removed
    assert sorted(path for path in repo.files if path.startswith("data/")) == ["data/train-00000-of-00001.parquet"]
    assert repo.at("v1").files["data/val-00000-of-00001.parquet"]
    assert len(repo.commits) == 3


def test_public_only_when_asked(hub, run, send):
    assert send(run, public=True).private is False
    assert hub.repos["me/tiny"].private is False
    with pytest.raises(InputError, match="is public: say --public"):
        send(run)


def test_a_private_repository_is_opened_when_asked(hub, run, send):
    send(run)
    assert send(run, public=True).committed is False
    assert hub.repos["me/tiny"].private is False


def test_an_existing_card_is_merged(hub, run, send):
    hub.add("me/tiny", {"README.md": b"---\nlicense: mit\nmine: [1]\n---\n# My words\n"})
    send(run)
    card = split_card(hub.repos["me/tiny"].files["README.md"].decode(), name="card")
    assert card.after == "# My words"
    assert (card.metadata["license"], card.metadata["mine"]) == ("mit", [1])
    assert card.metadata["configs"][0]["data_files"][0]["split"] == "train"


def test_edits_on_the_hub_outlive_the_next_push(hub, run, other_run, send):
    send(run)
    repo = hub.repos["me/tiny"]
    text = (
        repo.files["README.md"].decode().replace("language:\n- en", "language:\n- en\n- de")
        + "\n## Thanks\n\nTo all.\n"
    )
    blob = repo.head.files["README.md"]._replace(data=text.encode())
    repo.commit("by hand", {**repo.head.files, "README.md": blob, "notes.txt": blob})
    send(other_run)
    card = split_card(repo.files["README.md"].decode(), name="card")
    assert card.after == "## Thanks\n\nTo all."
    assert card.metadata["language"] == ["en", "de"]
    assert card.metadata["dataset_info"]["splits"][0]["num_examples"] == 3
    assert "notes.txt" in repo.files
    assert not send(other_run).committed


def test_words_in_the_runs_own_card_are_sent(hub, tmp_path, send):
    folder = publish_run(tmp_path, rows=4)
    from stvqa.card import write_card

    write_card(folder / "dataset", run_file())
    path = folder / "dataset" / "README.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n## How we use it\n", encoding="utf-8")
    send(folder)
    files = hub.repos["me/tiny"].files
    assert split_card(files["README.md"].decode(), name="card").after == "## How we use it"
    assert not send(folder).committed


def test_a_name_that_holds_other_content_is_refused(hub, run, send):
    repo = hub.add("me/tiny", {"data.csv": b"a,b\n", "README.md": b"# Other\n"})
    with pytest.raises(InputError, match=r"holds what stvqa did not put there \(data.csv\)"):
        send(run)
    assert len(repo.commits) == 2


def test_files_that_readers_would_take_for_the_sets_are_refused(hub, run, send):
    send(run)
    repo = hub.repos["me/tiny"]
    blob = repo.head.files["README.md"]
    repo.commit("by hand", {**repo.head.files, "data/train-99999.parquet": blob})
    with pytest.raises(InputError, match="train-99999"):
        send(run)


def test_files_in_the_way_are_refused(hub, run, send):
    hub.add("me/tiny", {"LICENSE.md": b"All mine.\n"})
    with pytest.raises(InputError, match=r"LICENSE\.md"):
        send(run)
    assert hub.repos["me/tiny"].files["LICENSE.md"] == b"All mine.\n"


def test_a_tag_never_moves(hub, run, other_run, send):
    send(run, tag="v1")
    with pytest.raises(InputError, match="--tag v1 names another version"):
        send(other_run, tag="v1")
    assert len(hub.repos["me/tiny"].commits) == 2
    send(other_run, tag="v2")
    with pytest.raises(InputError, match="--tag v1 names another version"):
        send(other_run, tag="v1")


@pytest.mark.parametrize(
    "name", ["tiny", "me/", "/tiny", "a/b/c", "me/ti--ny", "me/tiny.", "-me/x", "me/<script>", "me/ti ny"]
)
def test_names_are_checked_before_any_work(name):
    with pytest.raises(InputError, match="write USER/NAME"):
        check_names(name)


def test_names_of_tags_are_checked():
    check_names("me/tiny", tag="v1.0")
    with pytest.raises(InputError, match="--tag v 1"):
        check_names("me/tiny", tag="v 1")


def test_a_dry_run_holds_the_same_bytes(hub, run, ready, send, tmp_path):
    remote = Remote("me/tiny", endpoint=hub.url, token=WRITER)
    planned = plan_push(ready(run), remote=remote)
    write_content(planned.content, tmp_path / "push")
    assert hub.repos == {}
    assert planned.changes.added == tuple(sorted(planned.content))
    send(run)
    found = {
        path.relative_to(tmp_path / "push").as_posix(): path.read_bytes()
        for path in (tmp_path / "push").rglob("*")
        if path.is_file()
    }
    sent = {path: data for path, data in hub.repos["me/tiny"].files.items() if path != ".gitattributes"}
    assert found == sent
    again = plan_push(ready(run), remote=remote)
    assert not again.changes
    write_content(again.content, tmp_path / "push")


def test_a_dry_run_takes_nobodys_folder(ready, run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    content = plan_push(ready(run), remote=None).content
    with pytest.raises(InputError, match="holds no dry run"):
        write_content(content, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "all of it"
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name] == []


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (Standing(rows=8, proved=6, failed=2), "2 of 8 rows of .* do not hold"),
        (Standing(rows=8, proved=7, failed=1, imageless=1), "1 row of .* without an image"),
    ],
)
def test_a_set_that_does_not_hold_is_refused(run, ready, standing, told):
    with pytest.raises(InputError, match=told):
        ready(run, standing=standing)


def test_rows_without_an_image_are_refused_whatever_is_allowed(run, ready):
    with pytest.raises(InputError, match="half a set is not pushed"):
        ready(run, standing=Standing(rows=8, proved=7, failed=1, imageless=1), allow_unverified=True)


def test_an_unverified_set_needs_to_be_allowed_and_says_so(tmp_path, hub, ready, send):
    folder = publish_run(tmp_path, rows=4, program=None, evidence="teacher", teacher="gpt")
    with pytest.raises(InputError, match=r"carry no program, and no model has accepted them.*--allow-unverified"):
        ready(folder, standing=Standing(rows=4, proved=0))
    send(folder, local=ready(folder, standing=Standing(rows=4, proved=0), allow_unverified=True))
    assert "4 rows are not verified" in hub.repos["me/tiny"].files["README.md"].decode()


def test_rows_that_a_model_accepted_are_verified(tmp_path, ready):
    folder = publish_run(tmp_path, rows=4, program=None, evidence="teacher", teacher="gpt", verifier="gpt-4o")
    assert ready(folder, standing=Standing(rows=4, proved=0)).files


def test_a_set_of_an_earlier_recipe_is_refused(tmp_path, ready):
    folder = publish_run(tmp_path, run=run_file(dataset="f" * 64), rows=4)
    with pytest.raises(InputError, match="is of an earlier recipe"):
        ready(folder)


@pytest.mark.parametrize("state", ["running", "failed"])
def test_a_run_that_did_not_end_is_refused(tmp_path, ready, state):
    folder = publish_run(tmp_path, run=run_file(state=state), rows=4)
    with pytest.raises(InputError, match=f"state {state}"):
        ready(folder)


def test_an_empty_set_is_refused(tmp_path):
    dataset = publish_set(tmp_path, rows=0)
    with pytest.raises(InputError, match="holds no data"):
        prepare(dataset, run=None, repo="me/tiny", hub="https://hub.example", standing=Standing(rows=0, proved=0))


def test_a_set_without_its_run_can_be_pushed(tmp_path, hub, run, ready, send):
    send(run, local=ready(run, run=None))
    files = hub.repos["me/tiny"].files
    assert "provenance/run.json" not in files
    assert "The record of how this set was made (run.json) is not there" in files["README.md"].decode()


def test_errata_of_the_run_go_with_it(tmp_path, hub, ready, send):
    folder = publish_run(tmp_path, rows=4)
    from stvqa.store.dataset import read_dataset

    row = next(read_dataset(folder / "dataset", images=False)).row
    marks = {"set": "small", "set_digest": "0" * 16, "errata": [{"row_id": row.row_id}, {"row_id": "elsewhere"}]}
    (folder / "small.errata.json").write_text(json.dumps(marks))
    send(folder)
    files = hub.repos["me/tiny"].files
    assert json.loads(files["errata/small.errata.json"]) == marks
    text = files["README.md"].decode()
    assert "Readers have marked 1 row of this set" in text
    assert "elsewhere" not in text


def test_names_full_of_markup_go_through(tmp_path, hub, send):
    names = ("<script>alert('x')</script>", '"; rm -rf | 🚲 עברית\u202e')
    send(publish_run(tmp_path, rows=4, names=names, options=names))
    files = hub.repos["me/tiny"].files
    card = split_card(files["README.md"].decode(), name="card")
    assert "<script" not in card.written
    assert yaml.safe_load(yaml.safe_dump(card.metadata)) == card.metadata
    json.loads(files["croissant.json"])
