"""Planned questions for tests: prospects of small scenes, and parts that hold a plan."""

from __future__ import annotations

from scenes import scene

from stvqa.records import Prospect, SceneGraph
from stvqa.sources.demo.source import DemoSource
from stvqa.stages.contract import StageContext
from stvqa.stages.plan import Plan
from stvqa.stages.prune import Prune
from stvqa.store import write_part

KITCHEN = {
    "man.1": (100, 200, 260, 900),
    "dog.1": (500, 700, 700, 880),
    "cup.1": (800, 300, 850, 360),
    "table.1": (740, 370, 990, 600),
}
KITCHEN_TRIPLES = [("cup.1", "on", "table.1"), ("man.1", "looking at", "dog.1")]


def prospects_of(*graphs: SceneGraph, seed=3) -> list[Prospect]:
    found = Prune(min_area_share=0, max_area_share=1).run(iter(graphs), StageContext(seed=seed))
    return [item for item in found if isinstance(item, Prospect)]


def kitchen(image_id="test:1") -> list[Prospect]:
    return prospects_of(scene(KITCHEN, KITCHEN_TRIPLES, image_id=image_id))


def demo_scenes(count, seed=7) -> list[SceneGraph]:
    source = DemoSource(seed=seed)
    return [
        item
        for partition in source.partitions(limit=count)
        for item in source.read(partition)
        if isinstance(item, SceneGraph)
    ]


def planned_parts(folder, prospects, *, n, seed=7, questions_per_call=4, **options):
    """Parts of a plan for n rows."""
    folder.mkdir(parents=True, exist_ok=True)
    pool = folder / "pool.parquet"
    write_part(pool, prospects, model=Prospect)
    stage = Plan(n=n, questions_per_call=questions_per_call, **options)
    parts = []
    for number, batch in enumerate(stage.run([pool], StageContext(seed=seed))):
        parts.append(folder / f"part-{number:05d}.parquet")
        write_part(parts[-1], batch, model=Prospect)
    return parts
