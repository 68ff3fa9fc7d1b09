from __future__ import annotations

import pytest

from stvqa.resources import read_resource, resource_folder


@pytest.mark.parametrize("kind", ["pipelines", "prompts", "schemas"])
def test_resources_of_a_checkout(checkout, kind):
    assert resource_folder(kind) == checkout / kind


def test_reading(checkout):
    assert read_resource("pipelines", "demo.yaml") == (checkout / "pipelines" / "demo.yaml").read_text(encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"none\.yaml"):
        read_resource("pipelines", "none.yaml")


def test_the_wheels_copy_comes_first(tmp_path, monkeypatch):
    inside = tmp_path / "stvqa" / "_data" / "pipelines"
    beside = tmp_path / "pipelines"
    monkeypatch.setattr("stvqa.resources.__file__", str(tmp_path / "stvqa" / "resources.py"))
    with pytest.raises(FileNotFoundError, match="install it again"):
        resource_folder("pipelines")
    beside.mkdir()
    assert resource_folder("pipelines") == beside
    inside.mkdir(parents=True)
    assert resource_folder("pipelines") == inside
