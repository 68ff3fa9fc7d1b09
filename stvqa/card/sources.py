"""Where scene graphs come from, and on what terms: one entry for each source.

terms_of("vg").annotations.name      # "CC BY 4.0"
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CITATIONS", "Licence", "SourceTerms", "terms_of"]


class Licence(NamedTuple):
    """A licence.

    Attributes:
        tag: as the Hub's metadata call it; `other` where it has no name there.
        url: its text; empty where there is none.
    """

    name: str
    tag: str
    url: str


class SourceTerms(NamedTuple):
    """What a card has to say of a source.

    Attributes:
        hub: entries of `source_datasets` in the Hub's metadata.
        annotators: entries of `annotations_creators`.
        images_terms: a sentence on who the images belong to.
        citations: keys of `CITATIONS`.
        limits: sentences on what the source lacks.
        people: whether its images show people.
    """

    title: str
    about: str
    hub: tuple[str, ...]
    annotators: tuple[str, ...]
    annotations: Licence
    images: Licence
    images_terms: str
    citations: tuple[str, ...]
    limits: tuple[str, ...]
    people: bool


_CC_BY = Licence("CC BY 4.0", "cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/")
_APACHE = Licence("Apache-2.0", "apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
_OWN_TERMS = Licence("the images' own terms", "other", "")

_FLICKR = (
    "The images are photographs that Visual Genome took from Flickr, by way of YFCC100M and COCO. Each stays under the "
    "terms that its owner chose there; the licence of the annotations does not cover them."
)
_NOT_EXHAUSTIVE = (
    "Visual Genome is not exhaustive: what nobody annotated may still be in the image. An absence is never taken for a "
    "proof, and counts and “is there no ...” are not asked of it."
)
_BOXES = (
    "Boxes and triples were drawn by crowd workers and hold mistakes, which carry over to the answers that rest on "
    "them."
)
_PHOTOGRAPHS = (
    "The photographs are what people put on Flickr before 2014: mostly Western, mostly by day, and skewed in who and "
    "what they show."
)

_DRAWN = (
    "The images are plain drawings of simple scenes. The set shows and tests how things work; what a model learns or "
    "scores on it says nothing about photographs."
)

_VISUAL_GENOME = SourceTerms(
    title="Visual Genome",
    about="photographs with boxes, names, attributes and relationships from crowd workers",
    hub=("visual_genome",),
    annotators=("crowdsourced", "machine-generated"),
    annotations=_CC_BY,
    images=_OWN_TERMS,
    images_terms=_FLICKR,
    citations=("visual-genome",),
    limits=(_NOT_EXHAUSTIVE, _BOXES, _PHOTOGRAPHS),
    people=True,
)

_SOURCES: dict[str, SourceTerms] = {
    "demo": SourceTerms(
        title="stvqa's demo scenes",
        about="scenes that stvqa lays out in 3D and renders itself, with exact truth beside them",
        hub=("original",),
        annotators=("machine-generated",),
        annotations=_APACHE,
        images=_APACHE,
        images_terms="The images were drawn by stvqa and come under the same licence as stvqa itself.",
        citations=(),
        limits=(_DRAWN,),
        people=False,
    ),
    "vg": _VISUAL_GENOME,
    "vg150": _VISUAL_GENOME._replace(
        title="Visual Genome (VG150)",
        about="photographs of Visual Genome, its annotations reduced to 150 kinds of objects and 50 predicates",
        hub=("JosephZ/vg150_train_sgg_prompt", "visual_genome"),
    ),
    "gqa": _VISUAL_GENOME._replace(
        title="GQA scene graphs",
        about="photographs of Visual Genome, with its annotations as GQA cleaned them",
        hub=("gqa", "visual_genome"),
        citations=("gqa", "visual-genome"),
    ),
}


def terms_of(source: str) -> SourceTerms:
    """Terms of a source; for one that is not in the table, words that promise nothing."""
    known = _SOURCES.get(source)
    if known is not None:
        return known
    return SourceTerms(
        title=source,
        about="a source that stvqa does not know",
        hub=(),
        annotators=("machine-generated",),
        annotations=Licence("the source's own terms", "other", ""),
        images=_OWN_TERMS,
        images_terms="Whoever publishes this set has to say what terms its images are under.",
        citations=(),
        limits=(),
        people=True,
    )


CITATIONS: dict[str, str] = {
    "visual-genome": """@article{krishna2017visual,
  title   = {Visual Genome: Connecting Language and Vision Using Crowdsourced Dense Image
             Annotations},
  author  = {Krishna, Ranjay and Zhu, Yuke and Groth, Oliver and Johnson, Justin and Hata, Kenji
             and Kravitz, Joshua and Chen, Stephanie and Kalantidis, Yannis and Li, Li-Jia
             and Shamma, David A. and Bernstein, Michael S. and Fei-Fei, Li},
  journal = {International Journal of Computer Vision},
  volume  = {123},
  number  = {1},
  pages   = {32--73},
  year    = {2017},
  doi     = {10.1007/s11263-016-0981-7}
}""",
    "gqa": """@inproceedings{hudson2019gqa,
  title     = {{GQA}: A New Dataset for Real-World Visual Reasoning and Compositional Question Answering},
  author    = {Hudson, Drew A. and Manning, Christopher D.},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition},
  year      = {2019}
}""",
    "paper": """@article{batra2025spatialthinker,
  title   = {{SpatialThinker}: Reinforcing {3D} Reasoning in Multimodal {LLMs} via Spatial Rewards},
  author  = {Batra, Hunar and Tu, Haoqin and Chen, Hardy and Lin, Yuanze and Xie, Cihang
             and Clark, Ronald},
  journal = {arXiv preprint arXiv:2511.07403},
  year    = {2025}
}""",
}
"""BibTeX entries by key; `paper` is the one whose columns and method the set follows."""
