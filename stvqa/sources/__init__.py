"""Sources of scene graphs, one contract for all.

    source = open_source("vg", root=Path("/data/vg"), seed=0)
    partitions = source.partitions(limit=1000)
    for item in source.read(partitions[0]):   # SceneGraph or Rejection
        ...

Every source mends what it can and counts it (`SceneGraph.mends`), and refuses the rest by name.
"""

from stvqa.sources.contract import Partition, Source
from stvqa.sources.opening import SourceName, open_source

__all__ = ["Partition", "Source", "SourceName", "open_source"]
