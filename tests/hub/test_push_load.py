"""A pushed set comes back from the Hub as it was, in processes of their own and with a fresh cache."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest
from hub_server import WRITER

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the client's own uploads


def expected(dataset):
    """What dev/digest_set.py has to find, from the Parquet itself."""
    splits = {}
    for path in sorted((dataset / "data").iterdir()):
        found = hashlib.sha256()
        rows = pq.read_table(path).to_pylist()
        for row in rows:
            image = row.pop("images")
            found.update(json.dumps(row, sort_keys=True).encode())
            found.update(hashlib.sha256(image["bytes"]).digest())
        splits[path.name.split("-")[0]] = {"rows": len(rows), "sha256": found.hexdigest(), "first_image": [1000, 1000]}
    return splits


@pytest.fixture
def environment(hub, tmp_path, checkout):
    """Of a user whose cache is empty and whose Hub is the loopback one."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
    return {
        **kept,
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "fresh"),
        "HF_TOKEN": WRITER,
        "PYTHONPATH": str(checkout),
        "NO_PROXY": "127.0.0.1",
    }


def load(python, name, checkout, environment):
    script = checkout / "dev" / "digest_set.py"
    command = [str(python), str(script), str(name)]
    alone = {key: value for key, value in environment.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_rows_and_image_bytes_come_back(hub, run, send, checkout, environment):
    send(run)
    assert load(sys.executable, "me/tiny", checkout, environment)["splits"] == expected(run / "dataset")


def test_with_the_oldest_datasets_that_trl_admits(hub, run, send, checkout, environment):
    python = checkout / ".venv-oldest" / "bin" / "python"
    if not python.is_file():
        pytest.skip("dev/oldest-datasets.sh has not been run: .venv-oldest is not there")
    send(run)
    assert load(python, "me/tiny", checkout, environment)["splits"] == expected(run / "dataset")


def stvqa(*words, environment, **options):
    command = [sys.executable, "-m", "stvqa", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=240, **options)


@pytest.fixture(scope="module")
def demo(tmp_path_factory, checkout):
    """A small run of the demo source, whose rows can be proved."""
    folder = tmp_path_factory.mktemp("demo") / "small"
    words = ["build", "--source", "demo", "--n", "16", "--out", folder, "--scheduler", "sync"]
    done = stvqa(*words, environment={**os.environ, "PYTHONPATH": str(checkout)})
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_holds_its_card_already(demo):
    files = {path.relative_to(demo / "dataset").as_posix() for path in (demo / "dataset").rglob("*") if path.is_file()}
    assert {"README.md", "LICENSE.md", "croissant.json", "figures/example-1.jpg", "provenance/recipe.yaml"} <= files
    assert "16 multiple-choice questions" in (demo / "dataset" / "README.md").read_text(encoding="utf-8")


def test_a_dry_run_loads_without_any_hub(demo, tmp_path, checkout, environment):
    words = ["push", demo / "dataset", "--dry-run", "--out", tmp_path / "push", "--json"]
    done = stvqa(*words, environment=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["compared_with"] == "nothing"
    assert (tmp_path / "push" / "provenance" / "run.json").is_file()
    found = load(sys.executable, tmp_path / "push", checkout, environment | {"HF_HUB_OFFLINE": "1"})
    assert sum(split["rows"] for split in found["splits"].values()) == 16


def test_the_command_pushes_by_environment_alone(hub, demo, environment):
    """With Xet on, which this Hub does not offer: the push goes on by plain HTTP."""
    done = stvqa("push", demo, "--repo", "me/small", "--tag", "v1", "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    repo = hub.repos["me/small"]
    assert (result["commit"], result["committed"], result["private"]) == (repo.head.sha, True, True)
    assert repo.tags == {"v1": repo.head.sha}
    assert "sending them by plain HTTP" in done.stderr
    assert WRITER not in done.stderr + done.stdout
    again = stvqa("push", demo, "--repo", "me/small", "--tag", "v1", environment=environment)
    assert "no commit was made" in again.stdout
    assert len(repo.commits) == 2
    dry = stvqa("push", demo, "--repo", "me/small", "--dry-run", environment=environment)
    assert "files are there already" in dry.stdout


def test_a_push_that_is_killed_leaves_nothing_and_the_next_one_goes_on(hub, demo, environment):
    hub.fail("upload", status=503, times=10_000, skip=1, before=None)
    environment = {**environment, "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-m", "stvqa", "push", str(demo), "--repo", "me/small"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while hub.requests["upload"] < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    assert hub.requests["upload"] >= 2
    assert list(hub.repos["me/small"].files) == [".gitattributes"]
    hub.heal()
    done = stvqa("push", demo, "--repo", "me/small", environment=environment)
    assert done.returncode == 0, done.stderr
    assert len(hub.repos["me/small"].commits) == 2
    for path in (demo / "dataset" / "data").iterdir():
        assert hub.repos["me/small"].files[f"data/{path.name}"] == path.read_bytes()


def test_the_recipe_that_goes_along_makes_the_same_set(demo, tmp_path, environment):
    done = stvqa("push", demo, "--dry-run", "--out", tmp_path / "push", environment=environment)
    assert done.returncode == 0, done.stderr
    card = (tmp_path / "push" / "README.md").read_text(encoding="utf-8")
    [command] = [line for line in card.splitlines() if line.startswith("stvqa build")]
    words = command.replace("RUN", str(tmp_path / "again")).split()[1:]
    made = stvqa(*words, "--scheduler", "sync", environment=environment, cwd=tmp_path / "push")
    assert made.returncode == 0, made.stderr
    for path in (demo / "dataset" / "data").iterdir():
        assert (tmp_path / "again" / "dataset" / "data" / path.name).read_bytes() == path.read_bytes()
