"""All files of a set beside its Parquet: README.md, LICENSE.md, croissant.json, figures, the recipe.

    card_files(Path("runs/demo/dataset"), read_run_file(Path("runs/demo"))).keys()
    # README.md, LICENSE.md, croissant.json, figures/categories.svg, figures/example-1.jpg, ..., provenance/recipe.yaml

The same set and run.json give the same bytes; no time and no path of a machine goes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stvqa.card.charts import bars
from stvqa.card.croissant import croissant_text
from stvqa.card.examples import find_examples
from stvqa.card.facts import SetFacts, Standing, read_facts
from stvqa.card.merge import Card, join_card
from stvqa.card.metadata import LICENCE_FILE, metadata
from stvqa.card.provenance import published_run, recipe_yaml
from stvqa.card.terms import licence_file
from stvqa.card.text import CardInput, card_text
from stvqa.records import Erratum
from stvqa.store import RunFile, atomic_file

__all__ = ["CARD_FILE", "RECIPE_FILE", "CardFiles", "card_files", "write_card"]

CARD_FILE = "README.md"
CROISSANT_FILE = "croissant.json"
RECIPE_FILE = "provenance/recipe.yaml"
_CHART = "figures/categories.svg"
_HUB = "https://huggingface.co"


class CardFiles(dict[str, bytes]):
    """Path below the set's folder to content, and the card in its parts."""

    def __init__(self, files: dict[str, bytes], *, card: Card) -> None:
        super().__init__(files)
        self.card = card


def card_files(
    dataset: Path,
    run_file: RunFile | None,
    *,
    facts: SetFacts | None = None,
    repo: str = "",
    hub: str = _HUB,
    standing: Standing | None = None,
    errata: Sequence[Erratum] = (),
) -> CardFiles:
    """Writes every file that goes with a set's Parquet, in memory.

    Args:
        dataset: the folder that holds `data/`.
        run_file: how the set was made; None where nobody knows.
        facts: of the set, where they have been read already.
        repo: `USER/NAME` on the Hub; empty while there is none.
        hub: address of the Hub.
        standing: what proving the set again said.
        errata: rows that readers marked as wrong.

    Raises:
        InputError: the set is empty, damaged, or lacks an image that would be shown.
    """
    facts = facts or read_facts(dataset)
    run = published_run(run_file) if run_file else None
    title = repo.rpartition("/")[2] or (run.name if run else dataset.resolve().name)
    examples = find_examples(dataset)
    given = CardInput(title, facts, examples, run, repo=repo, standing=standing, errata=tuple(errata))
    card = Card(metadata(facts, title=title, dataset=dataset), "", card_text(given), "")
    files = {
        CARD_FILE: join_card(card).encode(),
        LICENCE_FILE: licence_file(facts).encode(),
        CROISSANT_FILE: croissant_text(given, hub=hub).encode(),
        _CHART: bars("Rows by category and level", facts.categories).encode(),
        **{example.figure: example.picture for example in examples},
    }
    if run:
        files[RECIPE_FILE] = recipe_yaml(run).encode()
    return CardFiles(files, card=card)


def write_card(dataset: Path, run_file: RunFile) -> None:
    """Writes the card and what belongs to it into a set's folder; one without rows has nothing to tell of.

    Raises:
        InputError: the set is damaged.
        StorageError: the folder cannot be written.
    """
    if not any((dataset / "data").glob("*.parquet")):
        return
    for path, content in card_files(dataset, run_file).items():
        with atomic_file(dataset / path) as file:
            file.write(content)
