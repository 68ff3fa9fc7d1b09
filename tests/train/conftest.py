"""One small set and one tiny model for all tests of training; one thread, since tests run side by side."""

from __future__ import annotations

import pytest
from training_sets import write_set

pytest.importorskip("torch")
pytest.importorskip("trl")


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/train/" in str(item.path):
            # What these libraries tell each other of their next versions is not ours to mend.
            for module in ("transformers", "trl", "torch", "peft", "accelerate", "huggingface_hub", "datasets"):
                for kind in ("FutureWarning", "DeprecationWarning", "UserWarning"):
                    item.add_marker(pytest.mark.filterwarnings(f"ignore::{kind}:{module}"))
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """`datasets` unpacks sets into a cache; not into that of whoever runs the tests."""
    import datasets

    before = datasets.config.HF_DATASETS_CACHE
    datasets.config.HF_DATASETS_CACHE = tmp_path_factory.mktemp("cache")
    yield
    datasets.config.HF_DATASETS_CACHE = before


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def tiny(run, tmp_path_factory):
    """A tiny model made of the set's text."""
    from stvqa.train import load_train_recipe, prepare

    recipe = load_train_recipe("grpo-tiny")
    folder = tmp_path_factory.mktemp("model") / "tiny"
    prepare(recipe, origin=str(run), tiny=folder)
    return folder
