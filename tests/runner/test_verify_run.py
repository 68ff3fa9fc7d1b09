"""Whole runs with models as verifiers, over real HTTP on loopback: from a finished run to a verified one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import pytest
from model_brains import ChatCall
from model_server import Faults, ModelServer, Traits
from verifier_brain import always_a, first_by_text, honest, over_http, uniform

from stvqa.cli.app import run as command_line
from stvqa.errors import CallError, ShortfallError
from stvqa.recipe import load_recipe, parse_setting, recipe_of_run
from stvqa.records import Question
from stvqa.report import verify_dataset
from stvqa.runner import run_recipe
from stvqa.store import read_part, read_run_file
from stvqa.store.dataset import read_dataset
from stvqa.teachers.calls import CallOptions

N = 12


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A run of the demo source without a verifier, with three times the questions it needs."""
    out = tmp_path_factory.mktemp("built") / "run"
    words = (f"plan.n={N}", f"select.n={N}", "plan.reserve=3", "load.limit=5")
    run_recipe(load_recipe("demo", [parse_setting(text) for text in words]), out=out, scheduler="sync")
    return out


@pytest.fixture(scope="module")
def questions(built):
    parts = sorted(next(built.glob("05-check*")).glob("part-*.parquet"))
    return [item for part in parts for item in read_part(part, model=Question)]


@pytest.fixture(scope="module")
def brain(questions):
    """Several models behind one server, by name."""
    wrong = [item.question_id for item in questions[::4]]
    minds = {
        "honest": honest(questions, blind=first_by_text),
        "sceptic": honest(questions, wrong_about=wrong, blind=first_by_text),
        "uniform": uniform(),
        "always-a": always_a,
        "rambler": lambda seen: "I would say A, or maybe B",
    }
    return over_http(lambda seen: minds[seen.model](seen), questions)


@pytest.fixture
def run(built, tmp_path):
    """A copy of the run, to be verified."""
    shutil.copytree(built, tmp_path / "run")
    return tmp_path / "run"


def verify(run, server, *models, settings=(), **options):
    content = read_run_file(run).recipe
    given = [parse_setting(text) for text in ("verify.canary_share=0.2", *settings)]
    recipe = recipe_of_run(content, given, origin=run, verifiers=models)
    calls = CallOptions(base_url=server.url, **{"concurrency": 8, "backoff_seconds": 0.01, **options})
    return run_recipe(recipe, out=run, scheduler="sync", calls=calls)


def rows(run):
    return [item.row for item in read_dataset(run / "dataset")]


def dataset_bytes(run):
    return {path.name: path.read_bytes() for path in sorted((run / "dataset").rglob("*.parquet"))}


def test_a_finished_run_is_verified_in_its_folder(run, brain):
    before = {row.row_id for row in rows(run)}
    with ModelServer(brain=brain) as server:
        summary = verify(run, server, "sceptic")
        billed = server.counts.answered.total()
    assert summary.reused == ("load", "prune", "plan", "generate", "check")
    assert summary.rows == N
    entry = summary.run_file.stage("verify")
    figures = entry.statistics.figures
    assert entry.statistics.calls == sum(figures["votes"][kind] for kind in ("image", "mirrored", "blind", "canary"))
    assert summary.run_file.calls.calls == billed  # with the call that finds out whether the model sees images
    assert entry.statistics.input_tokens > 0
    assert set(entry.prompts) == {"verifier/system", "verifier/user", "blind/system", "blind/user"}
    assert figures["refused"]["verifier-disagrees"] > 0
    assert figures["canaries"]["planted"] >= N * 0.2
    published = rows(run)
    assert len(published) == N
    assert {row.row_id for row in published} != before
    for row in published:
        votes = json.loads(row.votes)
        assert row.verifier == "sceptic"
        assert row.blind_correct in (True, False)
        seen = [vote for vote in votes if not vote["blind"] and not vote["mirrored"]]
        assert [row.options[vote["choice"]] for vote in seen] == [row.answer_text_only] * len(seen)
        assert any(vote["mirrored"] for vote in votes) <= any(
            word in f"{row.question_only} {row.options}".lower() for word in ("left", "right")
        )
    assert verify_dataset(run / "dataset").failures == ()
    assert summary.run_file.stage("select").statistics.figures["reserve"] == 0


def test_no_planted_answer_is_published(run, brain, questions):
    with ModelServer(brain=brain) as server:
        verify(run, server, "honest", settings=["verify.canary_share=1"])
    answers = {(item.image_id, item.text, *sorted(item.options)): item.options[item.answer] for item in questions}
    published = rows(run)
    assert len(published) == N
    for row in published:
        assert row.answer_text_only == answers[row.image_id, row.question_only, *sorted(row.options)]
    assert read_run_file(run).stage("verify").statistics.figures["canaries"]["planted"] >= N


def test_asked_again_nothing_is_paid_again(run, brain):
    with ModelServer(brain=brain) as server:
        verify(run, server, "honest")
        billed = server.counts.answered.total()
        shutil.rmtree(next(run.glob("06-verify*")))
        again = verify(run, server, "honest")
        assert server.counts.answered.total() == billed
    assert again.rows == N


def test_a_budget_stops_and_the_next_run_goes_on(run, brain, tmp_path):
    shutil.copytree(run, tmp_path / "other")
    with ModelServer(brain=brain) as server:
        with pytest.raises(CallError, match="--max-calls"):
            verify(run, server, "sceptic", max_calls=20)
        assert server.counts.answered.total() <= 20
        verify(run, server, "sceptic")
        assert server.counts.as_json()["billed_twice"] == 0
    with ModelServer(brain=brain) as server:
        verify(tmp_path / "other", server, "sceptic")
    assert dataset_bytes(run) == dataset_bytes(tmp_path / "other")


def test_calls_that_fail_leave_rows_undecided_until_the_next_run(run, brain):
    with ModelServer(brain=brain, faults=Faults(rates={"server-error": 0.15}, seed=3)) as server:
        with pytest.raises(ShortfallError):
            verify(run, server, "honest", tries=1, settings=["select.n=36", "plan.n=36", "plan.reserve=1"])
        figures = read_run_file(run).stage("verify").statistics.figures
        assert figures["undecided"]
        assert figures["refused"] == {}
        server.api.faults = Faults()
        with pytest.raises(ShortfallError):  # one wording of an image stands twice, whatever the calls do
            verify(run, server, "honest", tries=1, settings=["select.n=36", "plan.n=36", "plan.reserve=1"])
        after = read_run_file(run).stage("verify").statistics.figures
        assert after["undecided"] == []
        assert after["accepted"] == figures["accepted"] + len(figures["undecided"])
        assert server.counts.as_json()["billed_twice"] == 0


def test_two_verifiers_over_one_server(run, brain):
    with ModelServer(brain=brain) as server:
        summary = verify(run, server, "honest", "sceptic")
    assert {row.verifier for row in rows(run)} == {"honest, sceptic"}
    kappa = summary.run_file.stage("verify").statistics.figures["kappa"]
    assert set(kappa) == {"verdicts", "choices"}


def test_a_verifier_that_rambles_is_named(run, brain):
    with ModelServer(brain=brain) as server, pytest.raises(CallError, match=r"rambler.*name no option"):
        verify(run, server, "rambler")
    assert read_run_file(run).state == "failed"


@pytest.fixture
def stvqa(tmp_path, monkeypatch, capsys):
    """The command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    def call(*words, command="verify"):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            command_line([command, *map(str, words)])
        return Done(end.value.code, *capsys.readouterr())

    return call


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def test_killed_by_the_system_and_gone_on(checkout, stvqa, run, brain, tmp_path):
    shutil.copytree(run, tmp_path / "undisturbed")
    words = ("--verifier", "sceptic", "--scheduler", "sync", "--no-report", "--concurrency", "4")
    with ModelServer(brain=brain) as server:
        done = stvqa(tmp_path / "undisturbed", "--base-url", server.url, *words)
        assert done.returncode == 0, done.stderr
    with ModelServer(brain=brain, traits=Traits(latency_seconds=0.02)) as server:
        in_flight = 0
        for kill_at in (8, 25):
            child = subprocess.Popen(
                [sys.executable, "-m", "stvqa", "verify", str(run), "--base-url", server.url, *words],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(checkout)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while server.counts.answered.total() < kill_at and child.poll() is None:
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
            in_flight += 4
            child.wait()
        done = stvqa(run, "--base-url", server.url, *words)
        assert done.returncode == 0, done.stderr
        assert server.counts.as_json()["billed_twice"] <= in_flight
    assert dataset_bytes(run) == dataset_bytes(tmp_path / "undisturbed")
    assert "wrong labels among the accepted" in done.stdout
    assert "planted wrong answers accepted" in done.stdout


def test_a_set_without_its_run_is_asked_about_and_not_changed(stvqa, run, brain, tmp_path):
    folder = tmp_path / "downloaded"
    shutil.copytree(run / "dataset", folder)
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
    with ModelServer(brain=brain) as server:
        good = stvqa(folder, "--verifier", "honest", "--base-url", server.url)
        assert (good.returncode, good.stdout.splitlines()[-1]) == (0, "0 failures"), good.stderr
        billed = server.counts.answered.total()
        again = stvqa(folder, "--verifier", "honest", "--base-url", server.url)
        assert again.stdout == good.stdout
        assert server.counts.answered.total() == billed
        bad = stvqa(folder, "--verifier", "sceptic", "--base-url", server.url, "--json")
    assert bad.returncode == 1
    report = json.loads(bad.stdout)
    assert report["rows"] == N
    assert 0 < len(report["failures"]) == N - report["accepted"]
    assert {item["reason"] for item in report["failures"]} <= {"verifier-disagrees", "mirror-disagrees"}
    after = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
    assert after == before


def test_a_set_is_not_refused_for_replies_that_nobody_can_read(stvqa, run, brain):
    with ModelServer(brain=brain) as server:
        rambled = stvqa(run / "dataset", "--verifier", "rambler", "--base-url", server.url)
    assert rambled.returncode == 1
    assert "verifier rambler: " in rambled.stderr
    assert "replies name no option, for example “" in rambled.stderr
    assert "failures" not in rambled.stdout


def test_mistakes_are_one_message(stvqa, run):
    cases = [
        (("--verifier", "gpt-4o"), "OPENAI_API_KEY"),
        (("--verifier", "rules", "--verifier", "gpt-4o"), "once for each"),
        (("--verifier", "gpt-4o", "--verifier", "gpt-4o"), "stands twice"),
        (("--verifier", "gpt-4o", "--set", "verify.polcy=paper"), "policy"),
        (("--verifier", "gpt-4o", "--base-url", "http://127.0.0.1:9/v1"), "nobody answers"),
    ]
    for words, said in cases:
        done = stvqa(run, *words, "--scheduler", "sync")
        assert done.returncode == 1, words
        assert done.stdout == ""
        assert said in done.stderr.splitlines()[-1], done.stderr
        assert "Traceback" not in done.stderr


def test_a_build_may_name_its_verifier(stvqa, tmp_path):
    with ModelServer(brain=over_http(uniform(3))) as server:
        done = stvqa(
            *("--source", "demo", "--n", 8, "--out", tmp_path / "built", "--scheduler", "sync", "--no-report"),
            *("--verifier", "uniform", "--base-url", server.url),
            *(
                "--set",
                "load.limit=4",
                "--set",
                "plan.reserve=4",
                "--set",
                "verify.policy=paper",
                "--set",
                "verify.mirror=false",
            ),
            command="build",
        )
    assert done.returncode == 0, done.stderr
    assert {row.verifier for row in rows(tmp_path / "built")} == {"uniform"}
    assert "accept rate" in done.stdout


def test_a_plan_says_what_a_verification_would_ask_and_asks_nothing(stvqa, run):
    done = stvqa(run, "--verifier", "gpt-4o", "--plan", "--scheduler", "sync")
    assert done.returncode == 0, done.stderr
    lines = [line.split()[:3] for line in done.stdout.splitlines() if line.startswith("verify ")]
    assert lines == [["verify", "vote", "gpt-4o"], ["verify", "canary", "gpt-4o"], ["verify", "blind", "gpt-4o"]]
    assert not list(run.glob("06-verify*"))


def test_calls_go_out_by_file_and_their_answers_come_back(stvqa, run, brain, tmp_path):
    """Wave after wave: what a wave asks is known once the answers to the wave before are there."""
    out, back = tmp_path / "calls.jsonl", tmp_path / "answers.jsonl"
    words = (run, "--verifier", "honest", "--scheduler", "sync", "--no-report", "--batch-out", out)
    words += ("--set", "verify.max_blind_share=1")  # nothing is replaced
    done, waves = stvqa(*words), 0
    while out.exists():
        assert done.returncode == 0, done.stderr
        calls = [json.loads(line) for line in out.read_text().splitlines()]
        back.write_text("".join(json.dumps(answered(call, brain)) + "\n" for call in calls))
        out.unlink()
        done, waves = stvqa(*words, "--batch-in", back), waves + 1
    assert done.returncode == 0, done.stderr
    assert waves == 3  # votes; mirror and a first blind answer; the other blind answers
    assert {row.verifier for row in rows(run)} == {"honest"}


def answered(call, brain):
    """A line of the Batch API's output for a line of its input."""
    messages = call["body"]["messages"]
    texts, images = [], []
    for message in messages:
        content = (
            message["content"]
            if isinstance(message["content"], list)
            else [{"type": "text", "text": message["content"]}]
        )
        texts.append("".join(part["text"] for part in content if part["type"] == "text"))
        images += [
            base64.b64decode(part["image_url"]["url"].split(",", 1)[1])
            for part in content
            if part["type"] == "image_url"
        ]
    seen = ChatCall(
        key=call["custom_id"],
        model=call["body"]["model"],
        system=texts[0],
        user=texts[1],
        last=texts[-1],
        images=tuple(images),
        schema=None,
        wants_json=False,
        body=call["body"],
    )
    choice = {"index": 0, "message": {"role": "assistant", "content": brain(seen)}, "finish_reason": "stop"}
    body = {
        "id": "x",
        "object": "chat.completion",
        "model": "m",
        "choices": [choice],
        "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
    }
    return {
        "id": "r",
        "custom_id": call["custom_id"],
        "response": {"status_code": 200, "request_id": "q", "body": body},
        "error": None,
    }
