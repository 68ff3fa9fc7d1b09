"""The notebooks run from top to bottom on a demo set, and stand in git without outputs."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from stvqa.recipe import Recipe
from stvqa.runner import run_recipe
from stvqa.stages import STAGES


@pytest.fixture(scope="module")
def demo_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "explored"
    stages = (
        STAGES["load"](source="demo", limit=20),
        STAGES["prune"](),
        STAGES["plan"](n=30),
        STAGES["generate"](),
        STAGES["check"](),
        STAGES["select"](n=30, val_share=0.2),
        STAGES["package"](),
    )
    run_recipe(Recipe(name="explored", seed=5, stages=stages), out=out, scheduler="sync")
    return out


@pytest.fixture
def executed(checkout, demo_run, tmp_path, monkeypatch):
    """Runs a notebook in a kernel of its own that writes nowhere but here."""
    monkeypatch.setenv("STVQA_RUN", str(demo_run))
    monkeypatch.setenv("PYTHONPATH", str(checkout))
    for name in ("HF_HOME", "IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))

    def execute(name):
        notebook = nbformat.read(checkout / "notebooks" / name, as_version=4)
        folder = {"metadata": {"path": str(checkout / "notebooks")}}
        return NotebookClient(notebook, timeout=300, kernel_name="python3", resources=folder).execute()

    return execute


def outputs(notebook, kind):
    return [item for cell in notebook.cells for item in cell.get("outputs", []) if item.output_type == kind]


@pytest.mark.slow
def test_explore_shows_questions_distributions_and_refusals(executed):
    notebook = executed("01_explore.ipynb")
    text = "".join(item.text for item in outputs(notebook, "stream") if item.name == "stdout")
    assert "30 questions about" in text
    assert "refused in all" in text
    assert "→ holds" in text
    assert "distractor-not-refuted" in text or "answer-not-proved" in text
    assert not [item.text for item in outputs(notebook, "stream") if "Warning" in item.text]
    pictures = [item for item in outputs(notebook, "display_data") if "image/png" in item.data]
    assert len(pictures) == 2


@pytest.mark.slow
def test_rewards_shows_what_parts_pay_and_what_hacks_earn(executed):
    notebook = executed("02_rewards.ipynb")
    text = "".join(item.text for item in outputs(notebook, "stream") if item.name == "stdout")
    assert "malformed                 not well-formed: tag-missing" in text
    assert "within the limit of 0.15" in text
    assert "6 completions, 0 without a usable truth" in text
    assert not [item.text for item in outputs(notebook, "stream") if "Warning" in item.text]
    assert len([item for item in outputs(notebook, "display_data") if "image/png" in item.data]) == 4


def test_notebooks_stand_in_git_without_outputs(checkout):
    paths = sorted((checkout / "notebooks").glob("*.ipynb"))
    assert paths
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(not cell.outputs and cell.execution_count is None for cell in code), path.name
