"""The demo source: 3D scenes from a seed, drawn with a pinhole camera, annotated exhaustively, with exact truth.

    from stvqa.sources.demo import DemoSource, render_image

    graph = next(DemoSource(seed=7).read(DemoSource(seed=7).partitions(limit=1)[0]))
    picture = render_image(graph.image.location)

Modules, from the bottom up: solids (convex parts), model and drawing (one class), furniture, people, animals,
vehicles, tableware, belongings, fixtures (the drawings), kinds (the table of classes), camera, thing (one object in
the world), setting, stage, company, arrange (laying out), visibility (what is seen), scenes, relations, source;
backdrop and render (pictures); annotate, anomalies, export (official Visual Genome files).
"""

from __future__ import annotations

from stvqa.sources.demo.annotate import Noise
from stvqa.sources.demo.export import ExportReport, export_visual_genome
from stvqa.sources.demo.source import DemoSource, render_image
from stvqa.sources.demo.truth import ImageTruth, ObjectTruth, truth_of

__all__ = [
    "DemoSource",
    "ExportReport",
    "ImageTruth",
    "Noise",
    "ObjectTruth",
    "export_visual_genome",
    "render_image",
    "truth_of",
]
