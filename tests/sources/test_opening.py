"""Sources by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from stvqa.errors import InputError
from stvqa.sources import open_source
from stvqa.sources.vg150 import VG150_HUB_ID, Vg150Source
from stvqa.sources.visual_genome import VisualGenomeSource


def test_vg_with_a_root_reads_official_files(tmp_path: Path) -> None:
    source = open_source("vg", root=tmp_path, seed=0, missing_images="placeholder")
    assert isinstance(source, VisualGenomeSource)
    assert (source.name, source.root, source.missing_images) == ("vg", tmp_path, "placeholder")


def test_vg_without_a_root_is_the_set_of_the_hub() -> None:
    source = open_source("vg", root=None, seed=0)
    assert isinstance(source, Vg150Source)
    assert (source.name, source.path_or_hub_id) == ("vg150", VG150_HUB_ID)


def test_vg150_reads_a_local_copy(tmp_path: Path) -> None:
    source = open_source("vg150", root=tmp_path, seed=0, split="validation")
    assert isinstance(source, Vg150Source)
    assert (source.path_or_hub_id, source.split) == (str(tmp_path), "validation")


def test_gqa_asks_for_a_root(tmp_path: Path) -> None:
    assert open_source("gqa", root=tmp_path, seed=0).name == "gqa"
    with pytest.raises(InputError, match="--root"):
        open_source("gqa", root=None, seed=0)


def test_the_demo_source_has_no_root(tmp_path: Path) -> None:
    assert open_source("demo", root=None, seed=3).name == "demo"
    with pytest.raises(InputError, match="leave out --root"):
        open_source("demo", root=tmp_path, seed=0)
