"""croissant.json: the set for machines, after MLCommons' Croissant 1.0 and its vocabulary for responsible AI.

    croissant(card)["recordSet"][1]["field"][2]["dataType"]     # "sc:ImageObject"

Fields follow the specification at docs.mlcommons.org/croissant: Parquet files are FileObjects with their own
sha256, a FileSet for each split gathers them, and one RecordSet tells the columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stvqa import __version__
from stvqa.card.facts import SetFacts
from stvqa.card.terms import citations, source_lines
from stvqa.card.text import CardInput

__all__ = ["croissant", "croissant_text"]

_REPO = "repo"
_SPLITS = "splits"
_ROWS = "rows"
_NO_HASH = "https://github.com/mlcommons/croissant/issues/80"
"""What the specification's own examples give as the hash of a git repository, which has none."""

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

_TYPES = {
    "rating": "sc:Integer", "image_width": "sc:Integer", "image_height": "sc:Integer", "coco_id": "sc:Integer",
    "margin": "sc:Float", "blind_correct": "sc:Boolean", "images": "sc:ImageObject",
}  # fmt: skip
"""Columns that hold something else than text."""

_PREPARED = (
    "Boxes are clipped to the image, duplicates merged, and anomalies refused by name; what was refused is counted in "
    "run.json."
)
_CHOSEN = (
    "Questions are chosen by quota over categories and levels, answer letters spread evenly, and cues that answer a "
    "question without its image evened out."
)
_PROVED = (
    "A program over the scene graph says of each option that it is true, false or too close to call; a question is "
    "kept if exactly one option is true and all others are false."
)

_REPEATED = frozenset({"options"})


def croissant_text(card: CardInput, *, hub: str) -> str:
    """The file's text."""
    return json.dumps(croissant(card, hub=hub), indent=2, ensure_ascii=False) + "\n"


def croissant(card: CardInput, *, hub: str) -> dict[str, Any]:
    """The file as a dict.

    Args:
        hub: address of the Hub that the set is, or will be, at.
    """
    facts = card.facts
    lines = source_lines(facts)
    url = f"{hub}/datasets/{card.repo or 'USER/NAME'}"
    licences = dict.fromkeys(
        licence.url or f"{url}/blob/main/LICENSE.md"
        for line in lines
        for licence in (line.terms.annotations, line.terms.images)
    )
    sources = " and ".join(dict.fromkeys(line.terms.title for line in lines))
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": card.title,
        "description": f"{facts.rows:,} questions about space on {facts.images:,} images, from {sources}; "
        f"{card.proved:,} answers carry a program that proves them.",
        "url": url,
        "license": list(licences),
        "version": __version__,
        "inLanguage": "en",
        "keywords": ["spatial reasoning", "visual question answering", "scene graphs"],
        "isLiveDataset": False,
        "citeAs": citations(facts),
        "creator": {"@type": "Organization", "name": card.repo.partition("/")[0] or "whoever publishes this set"},
        **_responsible(card),
        "distribution": list(_distribution(facts, url)),
        "recordSet": [_split_records(facts), _row_records(facts)],
    }


def _distribution(facts: SetFacts, url: str) -> Iterator[dict[str, Any]]:
    yield {
        "@type": "cr:FileObject",
        "@id": _REPO,
        "name": _REPO,
        "description": "The set's repository.",
        "contentUrl": url,
        "encodingFormat": "git+https",
        "sha256": _NO_HASH,
    }
    yield {
        "@type": "cr:FileSet",
        "@id": "parquet-files",
        "name": "parquet-files",
        "description": "The set's rows.",
        "containedIn": {"@id": _REPO},
        "encodingFormat": "application/x-parquet",
        "includes": "data/*.parquet",
    }
    for file in facts.files:
        yield {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "description": f"{file.rows:,} rows.",
            "contentUrl": f"{url}/resolve/main/{file.path}",
            "contentSize": f"{file.size} B",
            "encodingFormat": "application/x-parquet",
            "sha256": file.sha256,
        }


def _split_records(facts: SetFacts) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": _SPLITS,
        "name": _SPLITS,
        "description": "Names of the splits; no image stands in two.",
        "dataType": "cr:Split",
        "key": {"@id": f"{_SPLITS}/name"},
        "field": [{"@type": "cr:Field", "@id": f"{_SPLITS}/name", "name": "name", "dataType": "sc:Text"}],
        "data": [{f"{_SPLITS}/name": split} for split in facts.splits],
    }


def _row_records(facts: SetFacts) -> dict[str, Any]:
    split = {
        "@type": "cr:Field",
        "@id": f"{_ROWS}/split",
        "name": "split",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": "parquet-files"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": r"data/(train|val)-.+\.parquet$"},
        },
        "references": {"field": {"@id": f"{_SPLITS}/name"}},
    }
    return {
        "@type": "cr:RecordSet",
        "@id": _ROWS,
        "name": _ROWS,
        "description": "One question about one image.",
        "key": {"@id": f"{_ROWS}/row_id"},
        "field": [split, *(_field(column) for column in facts.columns)],
    }


def _field(column: str) -> dict[str, Any]:
    source: dict[str, Any] = {"fileSet": {"@id": "parquet-files"}, "extract": {"column": column}}
    if column == "images":
        source["transform"] = {"jsonPath": "bytes"}
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{_ROWS}/{column}",
        "name": column,
        "dataType": _TYPES.get(column, "sc:Text"),
        "source": source,
    }
    return field | ({"repeated": True} if column in _REPEATED else {})


def _responsible(card: CardInput) -> dict[str, Any]:
    """What responsible use needs to know, in the words of Croissant's RAI vocabulary 1.0."""
    facts, lines = card.facts, source_lines(card.facts)
    models = [name for name in (*facts.teachers, *facts.verifiers) if name != "rules"]
    limits = list(dict.fromkeys(limit for line in lines for limit in line.terms.limits))
    people = any(line.terms.people for line in lines)
    return {
        "rai:dataCollection": "; ".join(f"{line.terms.title}: {line.terms.about}" for line in lines) + ".",
        "rai:dataCollectionType": ["Secondary Data Analysis"] if people else ["Software Collection"],
        "rai:dataPreprocessingProtocol": _PREPARED,
        "rai:dataManipulationProtocol": _CHOSEN,
        "rai:dataAnnotationProtocol": _PROVED,
        "rai:machineAnnotationTools": [f"stvqa {__version__}", *dict.fromkeys(models)],
        "rai:annotationsPerItem": "1",
        "rai:dataLimitations": limits or ["See the card."],
        "rai:dataBiases": [
            "Categories and levels follow quotas, not the world.",
            *(["Photographs are skewed in place, time and who they show."] if people else []),
        ],
        "rai:personalSensitiveInformation": "Photographs may show people; nobody is named."
        if people
        else "None: the images are drawings of made-up scenes.",
        "rai:dataUseCases": ["Training and testing of spatial reasoning in vision-language models."],
        "rai:dataSocialImpact": "Not fit to judge a model's safety in driving, robotics or wherever a mistake harms.",
        "rai:dataReleaseMaintenancePlan": "Mistakes that readers mark are published as errata; releases are tagged.",
    }
