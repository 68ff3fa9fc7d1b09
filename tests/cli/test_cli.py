"""The command line as users meet it: in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from stvqa.recipe import load_recipe
from stvqa.resources import resource_folder

COMMANDS = ("build", "demo", "doctor", "explain", "push", "report", "schemas", "score", "verify")


@pytest.fixture
def call(checkout, tmp_path):
    """Runs stvqa in an empty folder and gives what subprocess gives."""

    def run(*words, **options):
        environment = {**os.environ, "PYTHONPATH": str(checkout), **options.pop("environment", {})}
        command = [sys.executable, "-m", "stvqa", *map(str, words)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300, **options
        )

    return run


@pytest.fixture(scope="session")
def demo_run(checkout, tmp_path_factory):
    """A small run of the demo source, shared by the tests that only read it."""
    folder = tmp_path_factory.mktemp("built")
    words = ["build", "--source", "demo", "--n", "24", "--out", "runs/small", "--scheduler", "threads", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "stvqa", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return folder / "runs" / "small", json.loads(done.stdout)


def test_help_names_the_commands_and_imports_nothing_heavy(checkout):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "stvqa", "--help"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", done.stdout, re.MULTILINE)
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    heavy = {"dask", "datasets", "distributed", "numpy", "openai", "pyarrow", "pydantic", "scipy", "shapely", "torch"}
    assert "typer" in imported
    assert imported & heavy == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(call, command):
    done = call(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: stvqa {command}")


def test_version(call):
    assert call("--version").stdout == "stvqa 0.1.0\n"


@pytest.mark.parametrize(
    "words",
    [
        ("nothing",),
        ("build",),
        ("build", "--n", "0"),
        ("build", "--n", "many"),
        ("build", "--n", "5", "--source", "coco"),
        ("build", "--n", "5", "--sauce", "demo"),
        ("verify", "--jason"),
    ],
)
def test_wrong_usage_is_2(call, words):
    done = call(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("build", "--n", "5", "--recipe", "dema"), "did you mean 'demo'"),
        (("build", "--n", "5", "--recipe", "none.yaml"), "none.yaml is not a file"),
        (("build", "--n", "5", "--source", "demo", "--set", "prune.per_from=3"), "did you mean 'per_form'"),
        (("build", "--n", "5", "--source", "demo", "--set", "nonsense"), "STAGE.KEY=VALUE"),
        (("build", "--n", "5", "--source", "demo", "--teacher", "gpt-4o"), "OPENAI_API_KEY"),
        (("build", "--n", "5", "--source", "demo", "--teacher", "gpt-4o"), "--base-url"),
        (("build", "--n", "5", "--source", "demo", "--workers", "0"), "at least one worker is needed"),
        (("build", "--n", "5", "--source", "demo", "--set", "load.stage=3"), "`stage` is the stage's name"),
        (("build", "--n", "5", "--source", "demo", "--out", "/proc/x"), "cannot write /proc/x: no folder"),
        (("verify", "--verifier", "gpt-4o"), "there is no run in ./runs"),
        (("build", "--n", "5", "--source", "vg", "--root", "nowhere"), "nowhere does not exist"),
        (("build", "--n", "5", "--source", "demo", "--scheduler", "fast"), "--scheduler fast"),
        (("verify",), "there is no run in ./runs"),
        (("verify", "nowhere"), "nowhere is not a folder"),
        (("explain", "abc"), "there is no run in ./runs"),
    ],
)
def test_what_the_user_can_mend_is_one_message_and_1(call, words, expected):
    done = call(*words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("stvqa: ")
    assert done.stderr.count("\n") == 1
    assert expected in done.stderr


def test_debug_shows_where(call):
    for words in (("verify", "--debug"), ("--debug", "verify")):
        done = call(*words)
        assert done.returncode == 1
        assert "Traceback" in done.stderr
        assert "InputError" in done.stderr


def test_a_file_where_the_run_should_go(call, tmp_path):
    (tmp_path / "runs").write_text("", encoding="utf-8")
    done = call("build", "--source", "demo", "--n", "5", "--out", "runs/x")
    assert done.returncode == 1
    assert "a file stands" in done.stderr


def test_schemas_are_written_and_checked(call, tmp_path, checkout):
    assert call("schemas", "--check").returncode == 0
    folder = tmp_path / "schemas"
    stale = call("schemas", "--check", "--folder", folder)
    assert stale.returncode == 1
    assert "row.schema.json: not current" in stale.stdout
    assert call("schemas", "--folder", folder).returncode == 0
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert written == {path.name: path.read_bytes() for path in (checkout / "schemas").glob("*.schema.json")}
    (folder / "old.schema.json").write_text("{}", encoding="utf-8")
    assert call("schemas", "--check", "--folder", folder).returncode == 1
    assert "old.schema.json: of no record: remove it" in call("schemas", "--folder", folder).stdout
    assert (folder / "old.schema.json").read_text(encoding="utf-8") == "{}"
    assert json.loads((folder / "row.schema.json").read_text(encoding="utf-8"))["title"] == "Row"


def test_doctor_never_shows_a_key(call):
    done = call("doctor", "--json", environment={"OPENAI_API_KEY": "sk-secret", "HF_TOKEN": ""})
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["environment"]["OPENAI_API_KEY"] == "set"
    assert found["environment"]["HF_TOKEN"] == "not set"  # noqa: S105 (a word, no password)
    assert "sk-secret" not in done.stdout + done.stderr
    assert "cores" in call("doctor").stdout


@pytest.mark.parametrize("name", ["demo", "stvqa-7k"])
def test_every_recipe_of_build_that_comes_along_is_valid(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.stages[0].name == "load"


def test_every_recipe_that_comes_along_is_tried_here_or_with_train():
    named = {path.stem for path in resource_folder("pipelines").glob("*.yaml")}
    assert named == {"demo", "stvqa-7k", "grpo-lora-1gpu", "grpo-paper-3b", "grpo-paper-7b", "grpo-tiny", "sft-paper"}


def test_build_verify_explain(call, demo_run):
    run, result = demo_run
    assert result["rows"] == 24
    assert result["run"]["state"] == "complete"
    assert (run / "dataset" / "README.md").is_file()

    verified = call("verify", run)
    assert verified.returncode == 0
    assert verified.stdout.endswith("0 failures\n")
    assert json.loads(call("verify", run, "--json", "--verifier", "rules").stdout)["failures"] == []

    again = call("build", "--source", "demo", "--n", "24", "--out", run)
    assert again.returncode == 0
    assert "24 rows" in again.stdout
    assert again.stderr.count("complete before, not run again") == 7

    plan = json.loads(call("build", "--source", "demo", "--n", "24", "--out", run, "--plan", "--json").stdout)
    assert [stage["complete"] for stage in plan["stages"]] == [True] * 7


def test_demo_files_are_read_by_build(call, tmp_path):
    made = call("demo", "--n", "12", "--out", "vg", "--anomalies", "0.1", "--json")
    assert made.returncode == 0, made.stderr
    report = json.loads(made.stdout)
    assert report["images"] == 12
    assert sum(report["planted"].values()) > 0
    assert (tmp_path / "vg" / "image_data.json").is_file()
    words = (
        "--source",
        "vg",
        "--root",
        "vg",
        "--teacher",
        "rules",
        "--n",
        "10",
        "--out",
        "runs/vg",
        "--scheduler",
        "sync",
    )
    built = call("build", *words)
    assert built.returncode == 0, built.stderr
    refused = json.loads((tmp_path / "runs" / "vg" / "run.json").read_text(encoding="utf-8"))["stages"][0]["statistics"]
    assert refused["rejected"] or refused["rejected_parts"] or refused["counts"]
    assert call("demo", "--n", "2", "--out", "vg", "--anomalies", "2").returncode == 2


def test_the_newest_run_is_meant(call, demo_run, tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(demo_run[0])
    assert call("verify").returncode == 0


def test_a_row_that_does_not_hold_is_1(call, demo_run, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = tmp_path / "set" / "data"
    data.mkdir(parents=True)
    for path in (demo_run[0] / "dataset" / "data").iterdir():
        table = pq.read_table(path)
        ids = pa.array(["0" * 16, *table["row_id"].to_pylist()[1:]])
        pq.write_table(table.set_column(table.schema.get_field_index("row_id"), "row_id", ids), data / path.name)
    done = call("verify", tmp_path / "set")
    assert done.returncode == 1
    assert "0000000000000000" in done.stdout


def test_a_reader_that_goes_away_is_no_error(checkout, demo_run):
    command = f"{sys.executable} -m stvqa doctor | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode in (0, 141)


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_ctrl_c_is_one_line_and_130_and_the_same_command_goes_on(call, checkout, tmp_path, scheduler):
    words = ["build", "--source", "demo", "--n", "60", "--out", "runs/x", "--scheduler", scheduler, "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "stvqa", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not list(tmp_path.glob("runs/x/01-load-*/*")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "stvqa: interrupted; the same command goes on where it stopped"
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("runs/x/07-*"))
    done = call(*words)
    assert done.returncode == 0, done.stderr
    assert "60 rows" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount a small disk")
@pytest.mark.parametrize("scheduler", ["sync", "processes"])
def test_a_full_disk_is_one_message_and_the_same_command_goes_on(call, tmp_path, scheduler):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)], check=False).returncode != 0:
        pytest.skip("this machine forbids mounting")
    words = (
        "build",
        "--source",
        "demo",
        "--n",
        "24",
        "--out",
        disk / "run",
        "--scheduler",
        scheduler,
        "--workers",
        "1",
    )
    try:
        full = call(*words)
        left = [path.name for path in disk.rglob("*.tmp")]
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        again = call(*words)
        verified = call("verify", disk / "run")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert full.returncode == 1
    assert "the disk is full" in full.stderr.splitlines()[-1]
    assert "Traceback" not in full.stderr
    assert left == []
    assert again.returncode == 0, again.stderr
    assert "complete before, not run again" in again.stderr
    assert verified.stdout.endswith("0 failures\n")


def test_a_shortfall_prints_its_table_and_keeps_every_row(call):
    done = call("build", "--source", "demo", "--n", "500", "--set", "load.limit=3", "--out", "runs/short")
    assert done.returncode == 1
    assert "relation" in done.stderr
    assert "every valid row is kept" in done.stderr
    assert call("verify", "runs/short").returncode == 0


def test_bytes_do_not_depend_on_pythons_salted_hash(call, tmp_path):
    for salt in ("1", "2"):
        done = call(
            "build", "--source", "demo", "--n", "120", "--seed", "7", "--set", "load.limit=12", "--set", "check.images=false",
            "--scheduler", "sync", "--out", f"runs/{salt}", environment={"PYTHONHASHSEED": salt},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    for stage in ("02-prune", "05-check", "06-select", "07-package"):
        one, other = (
            [path.read_bytes() for folder in sorted((tmp_path / "runs" / salt).glob(f"{stage}-*")) for path in sorted(folder.glob("part-*.parquet"))]
            for salt in ("1", "2")
        )  # fmt: skip
        assert one == other, stage
    assert call("verify", "runs/1").returncode == 0
