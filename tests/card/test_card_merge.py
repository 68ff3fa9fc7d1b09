from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stvqa.card.escape import escaped, plain
from stvqa.card.merge import BEGIN, END, Card, join_card, merge_cards, split_card
from stvqa.errors import InputError

NEW = Card(
    {
        "pretty_name": "set",
        "license": "apache-2.0",
        "tags": ["stvqa", "spatial"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*"}]}],
        "dataset_info": {"config_name": "default", "splits": [{"name": "train", "num_examples": 3}]},
    },
    "",
    "# set",
    "",
)


def merged(old, *, before=NEW.metadata, new=NEW):
    return split_card(join_card(merge_cards(new, split_card(old, name="card"), before=before)), name="card")


def test_text_outside_of_the_marks_stays():
    old = f"---\npretty_name: set\n---\n\nMine, above.\n\n{BEGIN}\n# old\n{END}\n\n## Mine, below\n"
    found = merged(old)
    assert (found.before, found.written, found.after) == ("Mine, above.", "# set", "## Mine, below")


def test_a_card_without_marks_is_all_its_owners():
    found = merged("# My data\n\nHello.\n", before=None)
    assert found.after == "# My data\n\nHello."
    assert found.written == "# set"


def test_owners_metadata_stay_and_data_bound_ones_follow_the_data():
    old = join_card(NEW._replace(metadata=NEW.metadata | {
        "license": "mit", "mine": [1, 2], "tags": ["spatial", "favourite"], "dataset_info": {"splits": []},
        "configs": [*NEW.metadata["configs"], {"config_name": "extra", "data_files": "extra/*"}],
    }))  # fmt: skip
    found = merged(old).metadata
    assert found["license"] == "mit"
    assert found["mine"] == [1, 2]
    assert found["tags"] == ["spatial", "favourite"]
    assert found["dataset_info"] == NEW.metadata["dataset_info"]
    assert [item["config_name"] for item in found["configs"]] == ["default", "extra"]


def test_what_stvqa_wrote_itself_is_written_anew():
    new = NEW._replace(metadata=NEW.metadata | {"license": "cc-by-4.0", "tags": ["stvqa", "grpo"], "added": 1})
    found = merged(join_card(NEW), new=new).metadata
    assert (found["license"], found["tags"], found["added"]) == ("cc-by-4.0", ["stvqa", "grpo"], 1)


def test_what_its_owner_took_out_stays_out():
    metadata = {key: value for key, value in NEW.metadata.items() if key != "license"}
    assert "license" not in merged(join_card(NEW._replace(metadata=metadata))).metadata


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{BEGIN}\n# set\n", "one of stvqa's two marks"),
        (f"{END}\n{BEGIN}\n", "one of stvqa's two marks"),
        ("---\na: [1\n---\n", "not valid YAML"),
        ("---\n- 1\n---\n", "no table"),
        ("---\na: 1\n", "never end"),
    ],
)
def test_a_broken_card_is_one_message(text, told):
    with pytest.raises(InputError, match=told):
        split_card(text, name="README.md of me/set")


WORDS = st.sampled_from(["pretty_name", "license", "tags", "mine", "configs", "language"])
VALUES = st.one_of(st.text("abc", max_size=3), st.lists(st.sampled_from(["stvqa", "x", "y"]), max_size=3, unique=True))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="<-\r", categories=("L", "N", "P", "S")), max_size=20)


@given(st.dictionaries(WORDS.filter(lambda key: key != "configs"), VALUES), TEXTS, TEXTS, st.booleans())
def test_merging_twice_changes_nothing(metadata, before, after, marked):
    old = Card(metadata, before.strip(), "# old", after.strip())
    text = join_card(old) if marked else before
    once = join_card(merge_cards(NEW, split_card(text, name="card"), before=None))
    assert join_card(merge_cards(NEW, split_card(once, name="card"), before=NEW.metadata)) == once


@given(st.text())
def test_escaped_text_never_makes_markup(text):
    found = str(escaped(text))
    assert not set(found) & set("<>`*[]|\n\r\\")
    assert "\u202e" not in plain(text)


def test_a_licence_is_its_owners_with_its_name_and_link():
    ours = {"license": "other", "license_name": "cc-by-4.0-annotations", "license_link": "LICENSE.md"}
    new = Card(ours, "", "", "")
    assert merge_cards(new, Card({"license": "mit"}, "", "", "")).metadata == {"license": "mit"}
    edited = Card({**ours, "license": "cc-by-sa-4.0", "license_link": "TERMS.md"}, "", "", "")
    assert merge_cards(new, edited, before=ours).metadata["license_link"] == "TERMS.md"
    later = {**ours, "license_name": "cc-by-4.0-annotations-2"}
    assert merge_cards(Card(later, "", "", ""), new, before=ours).metadata == later


def test_norwegian_stays_norwegian():
    """To YAML 1.1, `no` and `on` are truth values; the Hub reads 1.2."""
    card = split_card("---\nlanguage:\n- en\n- no\nswitch: on\ngated: false\nwide: truer\n---\n", name="card")
    assert card.metadata == {"language": ["en", "no"], "switch": "on", "gated": False, "wide": "truer"}
    assert split_card(join_card(card), name="card").metadata == card.metadata
