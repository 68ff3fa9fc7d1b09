"""The page that goes with a set: card, licence, figures and Croissant file, written from run.json and the Parquet.

    for path, content in card_files(Path("runs/demo/dataset"), run_file).items(): ...

Nothing here talks to the Hub; `stvqa.hub` sends what is made here.
"""

from stvqa.card.facts import SetFacts, Standing, read_facts
from stvqa.card.files import CARD_FILE, RECIPE_FILE, card_files, write_card
from stvqa.card.merge import Card, join_card, merge_cards, split_card
from stvqa.card.provenance import published_run, scrubbed

__all__ = [
    "CARD_FILE",
    "RECIPE_FILE",
    "Card",
    "SetFacts",
    "Standing",
    "card_files",
    "join_card",
    "merge_cards",
    "published_run",
    "read_facts",
    "scrubbed",
    "split_card",
    "write_card",
]
