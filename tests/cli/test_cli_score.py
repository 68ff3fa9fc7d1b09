"""`stvqa score`, in a process of its own and from within."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from truths import completion, scene_text

from stvqa.errors import InputError, StorageError
from stvqa.rewards import find_reward
from stvqa.rewards.score_file import score_file

BOXES = {"cup.1": (100, 100, 200, 200), "dog.1": (300, 100, 400, 300)}
GOLD = f"<scene>{scene_text(BOXES)}</scene>\n<answer>(B) To the left</answer>"
PARTS = ["format", "count", "accuracy", "spatial", "total"]


def line(text, **changes):
    return json.dumps({"completion": text, "gold": GOLD, "image_width": 640, "image_height": 480, **changes})


EARLIER = json.dumps(dict.fromkeys(PARTS, 1.0)) + "\n"
LINES = [
    line(completion(BOXES, "(B) To the left")),
    line(completion(BOXES, "(A) To the right"), extra="ignored"),
    line(""),
    line(completion(BOXES, "(B) To the left"), gold="<answer>(B) To the left</answer>"),
    line(
        completion(BOXES, "To the left"),
        gold=GOLD.replace("(B) To the left", "B"),
        options=["To the right", "To the left"],
    ),
]


@pytest.fixture
def call(checkout, tmp_path):
    def run(*words):
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        command = [sys.executable, "-m", "stvqa", "score", *map(str, words)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def test_one_line_out_for_each_line_in(call, tmp_path):
    (tmp_path / "in.jsonl").write_text("\n".join(LINES) + "\n")
    done = call("--reward", "dense", "--similarity", "vocabulary", "--in", "in.jsonl", "--out", "out.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    scores = [json.loads(text) for text in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [list(score) for score in scores] == [PARTS] * 5
    assert scores[0] == dict.fromkeys(PARTS, 1.0)
    assert scores[1] == {"format": 1, "count": 1, "accuracy": 0, "spatial": 0, "total": pytest.approx(0.15)}
    assert scores[2] == dict.fromkeys(PARTS, 0.0)
    assert scores[3] == {"format": 1, "count": None, "accuracy": 1, "spatial": None, "total": None}
    assert scores[4]["total"] == 1
    assert "5 lines scored with dense" in done.stdout
    assert "1 without a total: the gold scene cannot be used: missing" in done.stdout


def test_the_summary_as_json_and_a_function_of_ones_own(call, tmp_path):
    (tmp_path / "in.jsonl").write_text(line("four") + "\n")
    (tmp_path / "lengths.py").write_text("def length(completion, truth):\n    return len(completion) / truth.width\n")
    done = call("--reward", "lengths.length", "--in", "in.jsonl", "--out", "out.jsonl", "--json")
    assert json.loads(done.stdout) == {
        "lines": 1,
        "means": {**dict.fromkeys(PARTS), "total": 4 / 640},
        "unusable": {},
    }
    assert json.loads((tmp_path / "out.jsonl").read_text()) == {**dict.fromkeys(PARTS), "total": 4 / 640}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{", "line 2 of .*in.jsonl is not JSON"),
        ("[1]", "line 2 .* is a JSON list"),
        ("", "line 2 .* is empty"),
        ("[" * 100_000, "line 2 .* is not JSON"),
        ('"\\xff"', "line 2 .* is not JSON"),
        (line("x", gold=3), "line 2 .*: gold is 3, it has to be a text"),
        (json.dumps({"gold": GOLD}), "line 2 .*: completion is missing"),
        (line("x", image_width=0), "line 2 .*: image_width is 0"),
        (line("x", image_height=1.5), "line 2 .*: image_height is 1.5"),
        (line("x", image_height=True), "line 2 .*: image_height is True"),
        (line("x", image_height="480"), "line 2 .*: image_height is '480'"),
        (line("x", image_height=float("inf")), "line 2 .*: image_height is inf"),
        (line("x", options="A"), "line 2 .*: options is 'A'"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_lost(tmp_path, bad, message):
    (tmp_path / "in.jsonl").write_text("\n".join([LINES[0], bad, LINES[0]]))
    (tmp_path / "out.jsonl").write_text(EARLIER)
    with pytest.raises(InputError, match=message):
        score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", find_reward("sparse"))
    assert (tmp_path / "out.jsonl").read_text() == EARLIER
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize("text", ["my notes\n", '{"total": 1}\n', "[" * 100_000])
def test_a_file_of_something_else_is_not_replaced(tmp_path, text):
    (tmp_path / "in.jsonl").write_text(LINES[0])
    (tmp_path / "out.jsonl").write_text(text)
    with pytest.raises(StorageError, match="is not a file of scores: move it away"):
        score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", find_reward("sparse"))
    assert (tmp_path / "out.jsonl").read_text() == text


def test_scores_take_the_place_of_earlier_ones_and_never_of_a_link(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(LINES[0])
    score_file(source, target, find_reward("sparse"))
    score_file(source, target, find_reward("paper"))
    target.rename(tmp_path / "kept.jsonl")
    target.symlink_to("kept.jsonl")
    with pytest.raises(StorageError, match="a link stands"):
        score_file(source, target, find_reward("paper"))
    assert target.is_symlink()


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b'{"completion": "\xff"}\n')
    with pytest.raises(InputError, match=r"line 1 .* is not JSON"):
        score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", find_reward("sparse"))


def test_empty_files_and_lines_at_the_end(tmp_path):
    (tmp_path / "in.jsonl").write_text("\ufeff" + LINES[0] + "\r\n\n\n", encoding="utf-8")
    assert score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", find_reward("paper")).lines == 1
    (tmp_path / "in.jsonl").write_text("")
    summary = score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", find_reward("paper"))
    assert (summary.lines, summary.means["total"]) == (0, None)
    assert (tmp_path / "out.jsonl").read_text() == ""


def test_what_is_not_there_is_said(call):
    done = call("--in", "nowhere.jsonl", "--out", "out.jsonl")
    assert done.returncode == 1
    assert done.stderr.startswith("stvqa: cannot read nowhere.jsonl (No such file or directory)")
    assert call("--reward", "dense").returncode == 2
    assert "choose one of dense" in call("--reward", "x", "--in", "a", "--out", "b").stderr


def test_scores_do_not_take_the_place_of_the_completions(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(LINES[0] + "\n")
    with pytest.raises(InputError, match=r"--in and --out are both .*in\.jsonl"):
        score_file(path, tmp_path / "." / "in.jsonl", find_reward("dense"))
    assert path.read_text() == LINES[0] + "\n"


@pytest.mark.parametrize("reward", ["paper", "dense", "sparse"])
def test_letters_before_options_do_not_count(tmp_path, reward):
    """The paper's set may hold them."""
    scores = []
    for options in (["Left", "Right"], ["(A) Left", "(B) Right"]):
        lines = [
            line(completion(BOXES, said), gold=GOLD.replace("(B) To the left", "(B) Right"), options=options)
            for said in ("(B) Right", "Right", "B", "(A) Left", "A or B")
        ]
        (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
        score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", find_reward(reward))
        scores.append([json.loads(text) for text in (tmp_path / "out.jsonl").read_text().splitlines()])
    assert scores[0] == scores[1]
    read = 0 if reward == "paper" else 1  # it compares texts
    assert [item["accuracy"] for item in scores[0]] == [1, read, read, 0, 0]
