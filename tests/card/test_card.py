from __future__ import annotations

import json
import re
import shutil

import datasets
import pyarrow.parquet as pq
import pytest
import yaml
from markdown_it import MarkdownIt
from published_sets import publish_set, run_file

from stvqa.card import Standing, card_files, read_facts, split_card, write_card
from stvqa.card.verification import verification_in
from stvqa.errors import InputError
from stvqa.records import Erratum
from stvqa.store import StageEntry, StageStatistics
from stvqa.store.run_file import CallsSummary, ModelUsage


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return publish_set(tmp_path_factory.mktemp("set"))


def rendered(files):
    """The card as HTML, by a Markdown reader that lets HTML through as the Hub's does."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(body(files))


def body(files):
    return split_card(files["README.md"].decode(), name="card").written


def head(files):
    return split_card(files["README.md"].decode(), name="card").metadata


def table(html, column):
    """Rows of the table whose first head is `column`, as lists of cells without markup."""
    for found in re.findall(r"<table>(.*?)</table>", html, re.DOTALL):
        rows = [
            re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)
            for line in re.findall(r"<tr>(.*?)</tr>", found, re.DOTALL)
        ]
        rows = [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in rows]
        if rows[0][0] == column:
            return rows
    raise AssertionError(f"no table of {column}")


def test_tables_say_what_the_parquet_holds(dataset):
    rows = [row for path in sorted((dataset / "data").iterdir()) for row in pq.read_table(path).to_pylist()]
    html = rendered(card_files(dataset, run_file()))
    counts = {line[0]: line[4] for line in table(html, "category")[1:]}
    for category in {row["category"] for row in rows}:
        assert counts[category] == str(sum(row["category"] == category for row in rows))
    assert counts["all"] == str(len(rows))
    [_, letters] = table(html, "options")
    assert letters[1:3] == [str(sum(row["answer_only"] == letter for row in rows)) for letter in "AB"]
    assert [line[:2] for line in table(html, "split")[1:]] == [["train", "6"], ["val", "2"]]


def test_metadata_agree_with_the_files(dataset):
    found = head(card_files(dataset, run_file(), repo="me/STVQA-tiny"))
    assert found["pretty_name"] == "STVQA-tiny"
    assert found["size_categories"] == ["n<1K"]
    info = found["dataset_info"]
    assert [item["name"] for item in info["features"]] == pq.read_schema(next((dataset / "data").iterdir())).names
    assert {item["name"]: item["num_examples"] for item in info["splits"]} == {"train": 6, "val": 2}
    assert info["download_size"] == sum(path.stat().st_size for path in (dataset / "data").iterdir())
    assert {"name": "options", "sequence": "string"} in info["features"]
    assert {"name": "images", "dtype": "image"} in info["features"]


def _info_of(dataset):
    """What the card's head says of the data, and the fingerprint by itself."""
    info = split_card((dataset / "README.md").read_text(encoding="utf-8"), name="card").metadata["dataset_info"]
    return info.pop("description"), info


@pytest.mark.parametrize("whole", [True, False], ids=["the card of a run", "the card of the stage alone"])
def test_a_rebuilt_set_is_never_taken_for_the_one_before(tmp_path, whole):
    """One folder, one cache of `datasets`, two sets that agree in all figures of their cards."""
    made = {}
    for word in ("cup", "mug", "pot", "hat", "cat", "dog", "box", "pan", "jar", "can", "bag", "bed"):
        dataset = publish_set(tmp_path / word, rows=4, names=(word, "table"))
        write_card(dataset, run_file())
        description, info = _info_of(dataset)
        twin = next((other for other, (_, known) in made.items() if known == info), None)
        made[word] = (description, info)
        if twin:
            break
    assert made[word][0] != made[twin][0]
    run, cache, loaded = tmp_path / "run", tmp_path / "cache", []
    for name in (twin, word, word):
        shutil.rmtree(run, ignore_errors=True)
        dataset = publish_set(run, rows=4, names=(name, "table"))
        if whole:
            write_card(dataset, run_file())
        loaded.append(datasets.load_dataset(str(dataset), cache_dir=str(cache)))
        assert set(loaded[-1]) == {"train", "val"}
        assert all(name in row["question_only"] for split in loaded[-1].values() for row in split)
    assert loaded[2]["train"].cache_files == loaded[1]["train"].cache_files  # what is the same is not unpacked again


@pytest.mark.parametrize(
    ("source", "licence", "told"),
    [
        ("vg", "other", "Flickr"),
        ("vg150", "other", "VG150"),
        ("gqa", "other", "hudson2019gqa"),
        ("demo", "apache-2.0", "drawn by stvqa"),
    ],
)
def test_each_source_has_its_terms(tmp_path, source, licence, told):
    files = card_files(publish_set(tmp_path, rows=4, source=source), run_file())
    assert head(files)["license"] == licence
    assert ("cc-by-4.0" in head(files).get("license_name", "")) == (source != "demo")
    assert told in body(files)
    assert ("krishna2017visual" in body(files)) == (source != "demo")
    assert "batra2025spatialthinker" in body(files)
    assert ("visual_genome" in head(files)["source_datasets"]) == (source != "demo")


def test_models_are_named_with_their_terms(tmp_path):
    dataset = publish_set(tmp_path, rows=4, teacher="gpt-4.1-mini", verifier="gpt-4o", blind_correct=False)
    files = card_files(dataset, run_file())
    for text in (body(files), files["LICENSE.md"].decode()):
        assert "the model gpt-4.1-mini: the terms of whoever serves" in text
        assert "gpt-4o" in text
    assert "a model was right in 0.0% of 4 questions" in body(files)


def test_a_set_without_a_model_says_that_it_is_verified_by_proofs_alone(dataset):
    assert "verified by its proofs alone" in body(card_files(dataset, run_file()))


def test_what_the_verifier_measured_is_shown(dataset):
    figures = {
        "verifiers": ["gpt-4o", "qwen"], "policy": "two_of", "judged": 80, "accepted": 70, "undecided": ["a"],
        "refused": {"verifier-disagrees": 9},
        "canaries": {"planted": 40, "accepted": 1, "undecided": 0, "rate": 0.025, "low": 0.0044, "high": 0.1288},
        "label_error": {"estimate": 0.0033, "upper": 0.0312, "confidence": 0.95},
        "categories": {"relation": {"judged": 80, "accepted": 70, "rate": 0.875, "blind_correct": 8, "blind_by_chance": 0.25,
                                    "mirrored": 40, "planted": 30, "planted_accepted": 1,
                                    "label_error": {"estimate": 0.0044, "upper": 0.0412}},
                       "depth": {"judged": 9, "accepted": 9, "rate": 1.0, "planted": 0, "planted_accepted": 0,
                                 "label_error": {"estimate": None, "upper": 1.0}},
                       "size": {"judged": 9, "accepted": 9, "rate": 1.0, "label_error": {"estimate": 0.0, "upper": 0.02}}},
        "votes": {"image": 200, "mirrored": 40, "blind": 160, "canary": 80, "unparsed": 3},
        "kappa": {"verdicts": 0.71, "choices": None},
    }  # fmt: skip
    usage = ModelUsage(calls=480, input_tokens=96_000, output_tokens=960, cached_tokens=10, usd=0.25)
    verify = StageEntry(
        number=3, stage="verify", folder="03-verify-0123", hash="0" * 64,
        statistics=StageStatistics(records_in=90, records_out=70, figures=figures, calls=480, input_tokens=96_000,
                                   output_tokens=960, usd=0.25, models={"gpt-4o": usage}),
    )  # fmt: skip
    html = rendered(card_files(dataset, run_file(stages=(*run_file().stages, verify))))
    found = dict(line[:2] for line in table(html, "figure")[1:])
    assert found["accept rate"] == "70 of 79 (88.6%)"
    assert found["planted wrong answers accepted"].startswith("1 of 40 (2.5%)")
    assert found["wrong labels among the accepted"].startswith(
        "at most 3.12% (95% confidence), all categories together"
    )
    ends = {line[0]: line[-2:] for line in table_all(html) if len(line) == 8}
    assert ends["relation"] == ["1 of 30", "4.12%"]
    assert ends["depth"] == ["0 of 0", "-"]
    assert ends["size"] == ["-", "-"]  # of an older run.json, whose bound was by all categories
    assert "by the wrong answers that were planted among its own questions" in html
    assert found["Cohen's kappa of the two verifiers' verdicts"] == "0.71"
    assert found["Cohen's kappa of the two verifiers' choices"] == "not defined"
    assert "480 calls of models at 0.25 US dollars; 12,000 input tokens for each row" in html
    assert ["verify", "gpt-4o", "480", "96,000", "10", "960", "0.25"] in table_all(html)
    assert "proofs alone" not in html


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ({"estimate": None, "upper": 1.0}, "not known: no wrong answer was planted"),
        ({"estimate": 0.0, "upper": 1.0}, "no bound: too few wrong answers were planted"),
    ],
)
def test_a_bound_that_says_nothing_is_no_figure(bound, told):
    found = verification_in({"judged": 3, "accepted": 3, "label_error": bound})
    line = next(line for line in found.lines if line.name == "wrong labels among the accepted")
    assert line.value.startswith(told)
    assert "%" not in line.value


def table_all(html):
    lines = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)] for line in lines
    ]


def test_the_day_of_the_prices_is_told(dataset):
    paid = StageStatistics(calls=3, input_tokens=30, output_tokens=3, usd=1.5)
    stages = (run_file().stages[0].model_copy(update={"statistics": paid}), run_file().stages[1])
    calls = CallsSummary(calls=3, usd=1.5, prices_as_known="2026-01-31")
    text = body(card_files(dataset, run_file(stages=stages, calls=calls)))
    assert "3 calls of models at 1.50 US dollars (prices as known on 2026-01-31)" in text


def test_an_unknown_price_stays_unknown(dataset):
    paid = StageStatistics(calls=3, input_tokens=30, output_tokens=3, usd=None)
    stages = (run_file().stages[0].model_copy(update={"statistics": paid}), run_file().stages[1])
    assert "3 calls of models at a price that is not known" in body(card_files(dataset, run_file(stages=stages)))


HOSTILE = ("<script>alert(1)</script>", 'a "quoted" | *name* _x_ `tick` [link](http://x.y) 🚲 שולחן\u202e')


def test_names_are_data(tmp_path):
    text = f"Is {HOSTILE[0]} --- left of {HOSTILE[1]}?\n---\n# heading <img src=x onerror=alert(1)> <!-- stvqa: end -->"
    dataset = publish_set(tmp_path, rows=4, names=HOSTILE, text=text, teacher="<b>m</b>|x", options=HOSTILE)
    files = card_files(dataset, run_file(), errata=[Erratum(row_id="</code><script>", comment="<i>|\n# x")])
    html = rendered(files)
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "<em>" not in html.split("Three rows")[1].split("Verification")[0]
    assert 'href="http://x.y' not in html
    assert "alert(1)" in html
    assert "🚲" in html
    assert "שולחן" in html
    assert "\u202e" not in html
    assert html.count("<h1>") == 1
    assert len(table(html, "row")[1]) == 3
    assert head(files)["configs"]
    json.loads(files["croissant.json"])
    assert "<script" not in files["figures/categories.svg"].decode()


def test_paths_of_the_machine_stay_here(dataset):
    files = card_files(dataset, run_file())
    for path, content in files.items():
        assert b"/home/ada" not in content, path
    recipe = yaml.safe_load(files["provenance/recipe.yaml"])
    assert recipe["stages"][0] == {"stage": "load", "source": "vg", "root": None}
    assert "stvqa build --recipe provenance/recipe.yaml --n 8 --seed 7 --root DIR --out RUN" in body(files)


@pytest.mark.parametrize(
    "path", ["/home/ada/vg", "~/ada/vg", "../ada/vg/", "C:\\ada\\vg", "C:/ada/vg", "\\\\ada\\vg", "file:///ada/vg"]
)
def test_of_a_local_path_the_last_name_is_left(path):
    from stvqa.card import published_run

    told = published_run(run_file(recipe={"stages": [{"stage": "load", "root": path}]}))
    assert told.recipe["stages"][0]["root"] == "vg"


def test_addresses_lose_their_user_and_query():
    from stvqa.card import published_run

    stages = [{"stage": "generate", "base_url": "https://ada:secret@models.example/v1?key=secret"}]
    told = published_run(run_file(recipe={"stages": stages}))
    assert told.recipe["stages"][0]["base_url"] == "https://models.example/v1"


def test_what_is_not_verified_is_said_first(tmp_path):
    dataset = publish_set(tmp_path, rows=4, program=None, evidence="teacher", teacher="gpt")
    facts = read_facts(dataset)
    assert (facts.unverified, facts.with_program) == (4, 0)
    text = body(card_files(dataset, run_file(), facts=facts, standing=Standing(rows=4, proved=0, failed=2)))
    assert text.index("4 rows are not verified") < text.index("## What is in it")
    assert "2 rows did not hold" in text


def test_errata_are_listed(dataset):
    text = body(card_files(dataset, run_file(), errata=[Erratum(row_id="4f0c", comment="the lamp is behind")]))
    assert "Readers have marked 1 row of this set as wrong" in text
    assert "the lamp is behind" in text


def test_placeholders_are_told(tmp_path):
    dataset = publish_set(tmp_path, rows=4, image_hash="")
    assert "4 rows show a plain stand-in" in body(card_files(dataset, run_file()))


def test_same_set_same_bytes(dataset):
    assert card_files(dataset, run_file()) == card_files(dataset, run_file())


def test_write_card_fills_the_folder(tmp_path):
    dataset = publish_set(tmp_path, rows=4)
    write_card(dataset, run_file())
    assert {"README.md", "LICENSE.md", "croissant.json", "data", "figures", "provenance"} == {
        path.name for path in dataset.iterdir()
    }
    for figure in re.findall(r"\]\((figures/[^)]+)\)", (dataset / "README.md").read_text(encoding="utf-8")):
        assert (dataset / figure).stat().st_size


def test_a_folder_without_rows_gets_no_card(tmp_path):
    (tmp_path / "data").mkdir()
    write_card(tmp_path, run_file())
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_damaged_set_is_an_input_error(tmp_path):
    dataset = publish_set(tmp_path, rows=4)
    path = next((dataset / "data").iterdir())
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=path.name):
        card_files(dataset, run_file())


def test_croissant_describes_every_file_and_column(dataset):
    files = card_files(dataset, run_file(), repo="me/tiny", hub="https://hub.example")
    found = json.loads(files["croissant.json"])
    assert found["url"] == "https://hub.example/datasets/me/tiny"
    facts = read_facts(dataset)
    objects = {item["@id"]: item for item in found["distribution"]}
    for file in facts.files:
        assert objects[file.path]["sha256"] == file.sha256
    names = [field["name"] for field in found["recordSet"][1]["field"]]
    assert names == ["split", *facts.columns]
    assert {
        "rai:dataLimitations",
        "rai:dataBiases",
        "rai:dataUseCases",
        "rai:personalSensitiveInformation",
    } <= found.keys()
    references = re.findall(r'"@id": "([^"]+)"', json.dumps({"r": found["recordSet"], "d": found["distribution"]}))
    declared = {item["@id"] for item in found["distribution"]} | {item["@id"] for item in found["recordSet"]}
    declared |= {field["@id"] for item in found["recordSet"] for field in item["field"]}
    assert set(references) <= declared
