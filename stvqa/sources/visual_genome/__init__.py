"""Official Visual Genome files, v1.0, v1.2 and v1.4: `VisualGenomeSource`."""

from stvqa.sources.visual_genome.source import VisualGenomeSource

__all__ = ["VisualGenomeSource"]
