"""From what annotators left to a scene graph: names agreed on, boxes clipped, duplicates merged, triples resolved.

    findings = Findings("vg:1")
    scene = assemble_scene(frame, objects, triples, findings=findings)   # SceneGraph or Rejection
    findings.rejections                                                  # the parts that were refused

Shared by all sources of human annotation; each translates its files into `RawObject` and `RawTriple`.
"""

from stvqa.sources.assembly.findings import Findings
from stvqa.sources.assembly.framing import agree_on_frame
from stvqa.sources.assembly.raw import RawObject, RawTriple, SceneFrame
from stvqa.sources.assembly.scene import assemble_scene, object_ids

__all__ = ["Findings", "RawObject", "RawTriple", "SceneFrame", "agree_on_frame", "assemble_scene", "object_ids"]
