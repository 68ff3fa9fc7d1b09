from __future__ import annotations

import base64
import hashlib
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from report_runs import HOSTILE, hostile_question, hostile_rows, hostile_run, many_rows, packed, picture, write_set

from stvqa.errors import InputError, StorageError
from stvqa.records import Errata, ImageReference, Rejection, Vote
from stvqa.report.page import contents as page_contents
from stvqa.report.page import write as page_write
from stvqa.report.page import write_report
from stvqa.report.page.entries import question_entry, row_entry, written_entry
from stvqa.report.page.refused import read_refusals
from stvqa.report.page.shell import data_block, read_shell
from stvqa.report.page.thumbnails import side_for, thumbnails
from stvqa.store import read_run_file, write_part
from stvqa.store.errata import read_errata

BLOCK = re.compile(r'<script type="application/json" id="([\w-]+)">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return hostile_run(tmp_path_factory.mktemp("page") / "run")


@pytest.fixture(scope="module")
def page(run):
    write_report(run, out=run / "report.html")
    return (run / "report.html").read_text(encoding="utf-8")


def blocks(text):
    return {name: json.loads(content) for name, content in BLOCK.findall(text)}


def entry_of(item):
    return row_entry(item.row, split=item.split, image=0)


def test_the_summary_counts_what_the_page_holds(run, tmp_path):
    summary = write_report(run, out=tmp_path / "x.html")
    assert (summary.rows, summary.images, summary.missing, summary.refused) == (13, 13, 2, 153)
    assert summary.image_pixels == 640
    assert summary.megabytes == pytest.approx((tmp_path / "x.html").stat().st_size / 1e6, abs=0.01)


def test_blocks_hold_every_row_in_the_order_of_the_set(page):
    found = blocks(page)
    assert [entry["id"] for entry in found["rows-0"]] == found["index"]["ids"]
    assert len(found["rows-0"]) == 13
    assert {entry["question"] for entry in found["rows-0"]} == {item.row.question_only for item in hostile_rows()}
    assert found["meta"]["digest"] == hashlib.sha256("\n".join(sorted(found["index"]["ids"])).encode()).hexdigest()[:16]


def test_rows_beyond_one_block_are_all_there(tmp_path, monkeypatch):
    monkeypatch.setattr(page_contents, "_ROWS_PER_BLOCK", 4)
    write_set(tmp_path, many_rows(10))
    write_report(tmp_path / "dataset", out=tmp_path / "x.html")
    found = blocks((tmp_path / "x.html").read_text(encoding="utf-8"))
    rows = [entry["id"] for number in range(3) for entry in found[f"rows-{number}"]]
    assert rows == found["index"]["ids"]
    assert found["meta"]["rows_per_block"] == 4


def test_no_markup_of_the_data_stands_in_the_file(page):
    data = "".join(content for _, content in BLOCK.findall(page))
    assert not set("<>&\u2028\u2029") & set(data)
    for name in HOSTILE[:3]:
        assert name not in page
    assert "<title>&lt;i&gt;run&lt;/i&gt; &amp; co: stvqa report</title>" in page


@pytest.mark.parametrize("value", [*HOSTILE, "]]>", "<!--", "</SCRIPT >"])
def test_a_block_gives_back_what_was_put_in(value):
    text = data_block("x", {"a": value})
    assert text.count("<") == 2
    assert blocks(text) == {"x": {"a": value}}


@given(st.text())
def test_no_text_ends_its_block(value):
    text = data_block("x", [value])
    assert (text.count("<"), text.count(">")) == (2, 2)
    assert blocks(text) == {"x": [value]}


def test_the_policy_allows_our_script_and_style_and_nothing_else(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    for directive, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy


def test_the_page_names_no_other_file_or_host():
    shell = read_shell(title="x")
    text = shell.head + shell.script + shell.tail
    assert re.findall(r"https?://[^\"'\s]+", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"<link|<iframe|@import|url\(", text)


def test_one_image_is_carried_once(tmp_path):
    graph = hostile_question(1, "cup")
    rows = [packed(1, graph), packed(1, graph.model_copy(update={"text": "Another question of the same image?"}))]
    write_set(tmp_path, rows)
    summary = write_report(tmp_path / "dataset", out=tmp_path / "x.html")
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert summary.images == 1
    assert text.count('id="image-0"') == 1
    data = base64.b64decode(re.search(r'id="image-0">([^<]*)<', text)[1])
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("WEBP", (320, 240))


def test_a_set_without_its_column_of_images_shows_boxes_on_empty_frames(tmp_path):
    import pyarrow.parquet as pq

    write_set(tmp_path, many_rows(3))
    file = next((tmp_path / "dataset" / "data").iterdir())
    pq.write_table(pq.read_table(file).drop_columns(["images"]), file)
    summary = write_report(tmp_path / "dataset", out=tmp_path / "x.html")
    assert (summary.rows, summary.images, summary.missing) == (3, 3, 3)


def test_without_images_there_is_no_image_and_no_side(run, tmp_path):
    summary = write_report(run, out=tmp_path / "x.html", images=False)
    assert (summary.image_pixels, summary.missing) == (0, 0)
    assert 'id="image-' not in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    for name in ("a", "b"):
        write_report(run, out=tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_proved_row_says_so_with_claims_and_objects():
    entry = entry_of(packed(0, hostile_question(1, "cup")))
    assert entry.verdict == "proved"
    assert [option.verdict for option in entry.options] == ["true", "false"]
    assert entry.options[0].claim == "the cup is to the left of the table in the image"
    assert entry.options[0].objects == (0, 1)
    assert entry.relationships == ("cup next to table",)


def test_twins_that_no_colour_tells_apart_are_called_by_their_ids():
    from scenes import scene, thing

    cups = [thing("cup.1", (0, 0, 50, 50)), thing("cup.2", (200, 0, 250, 50)), thing("table.1", (100, 0, 150, 50))]
    entry = question_entry(hostile_question(1, "x").model_copy(update={"focus": scene(cups)}), image=None)
    assert [item.name for item in entry.objects] == ["cup.1", "cup.2", "table"]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"program": ""}, "teacher's word"),
        ({"program": "{}"}, "does not hold"),
        ({"program": "not json"}, "does not hold"),
        ({"answer_only": "B"}, "does not hold"),
        ({"answer_only": "Z"}, "does not hold"),
        ({"options": ("Left of it", "To the right", "Both")}, "does not hold"),
    ],
)
def test_a_row_whose_program_does_not_give_the_answer_is_told(change, verdict):
    item = packed(0, hostile_question(1, "cup"))
    entry = entry_of(item.model_copy(update={"row": item.row.model_copy(update=change)}))
    assert entry.verdict == verdict
    assert [option.text for option in entry.options] == list(change.get("options", item.row.options))


def test_a_claim_about_an_object_that_is_not_there_has_no_verdict():
    item = packed(0, hostile_question(1, "cup"))
    program = item.row.program.replace('"object":"table.1"', '"object":"ghost.1"', 1)
    entry = entry_of(item.model_copy(update={"row": item.row.model_copy(update={"program": program})}))
    assert (entry.verdict, entry.options[0].verdict) == ("does not hold", "")
    assert "ghost.1" in entry.options[0].why


def test_votes_count_in_the_options_of_the_row():
    votes = (Vote(verifier="v", choice=0), Vote(verifier="v", choice=1, mirrored=True), Vote(verifier="v", choice=None))
    entry = entry_of(packed(1, hostile_question(1, "cup", votes=votes)))
    assert (entry.answer, entry.in_mirror) == (1, 0)
    assert [vote.choice for vote in entry.votes] == [1, 0, None]


def test_facets_and_words_of_the_index(page):
    index = blocks(page)["index"]
    counts = {
        name: {value: column["codes"].count(code) for code, value in enumerate(column["values"])}
        for name, column in index["facets"].items()
    }
    assert counts["verdict"] == {"proved": 11, "teacher's word": 1, "does not hold": 1}
    assert counts["verifier"] == {"all right": 5, "not all right": 4, "not asked": 4}
    assert counts["blind"] == {"right without the image": 4, "wrong without the image": 4, "not asked": 5}
    assert list(counts["level"]) == ["easy", "medium", "hard"]
    assert counts["split"] == {"train": 12, "val": 1}
    assert any(HOSTILE[4] in words for words in index["words"])


def test_refusals_are_counted_in_full_and_drawn_evenly(run):
    found = read_refusals(run, read_run_file(run))
    assert [(kind.stage, kind.reason, kind.count, kind.shown) for kind in found.kinds] == [
        ("load", "box-outside", 150, 100),
        ("generate", "claims-unreadable", 1, 1),
        ("generate", "no-words", 1, 1),
        ("check", "option-also-true", 1, 1),
    ]
    drawn = [int(item.rejection.record_id.split("/")[1]) for item in found.shown[:100]]
    assert drawn == sorted(drawn)
    assert min(drawn) < 10
    assert max(drawn) >= 140


def test_refused_questions_find_their_graph_again(run):
    shown = {item.rejection.reason: item for item in read_refusals(run, read_run_file(run)).shown}
    checked = question_entry(shown["option-also-true"].question, image=None)
    assert [item.name for item in checked.objects] == ["refused <b>cup</b>", "table"]
    unworded = question_entry(shown["no-words"].question, image=None)
    assert unworded.question == "not worded: relation, axis"
    assert unworded.options[0].text == "the unworded is to the left of the table in the image"
    assert shown["box-outside"].question is None
    written = shown["claims-unreadable"]
    entry = written_entry(written.written, written.question, image=None)
    assert (entry.question, entry.answer, entry.verdict) == ("Where is the cup?", 1, "not decided")
    assert [(option.text, option.claim) for option in entry.options] == [
        ("Here", "here(cup.1)"),
        ("There", "there(<u>)"),
    ]
    assert len(entry.objects) == 2


def test_a_damaged_list_of_refusals_is_said(run, tmp_path):
    copy = hostile_run(tmp_path / "run")
    (copy / "01-load-0" / "rejected.parquet").write_bytes(b"PAR1")
    (copy / "03-generate-0" / "part-00000.parquet").write_bytes(b"PAR1")
    found = read_refusals(copy, read_run_file(copy))
    assert len(found.unreadable) == 2
    assert {kind.stage for kind in found.kinds} == {"generate", "check"}
    write_report(copy, out=tmp_path / "x.html")
    assert len(blocks((tmp_path / "x.html").read_text(encoding="utf-8"))["meta"]["unreadable"]) == 2


def test_a_run_without_a_set_shows_what_it_refused(tmp_path):
    run = hostile_run(tmp_path / "run", state="failed")
    for file in (run / "dataset" / "data").iterdir():
        file.unlink()
    (run / "dataset" / "data").rmdir()
    summary = write_report(run, out=tmp_path / "x.html")
    assert (summary.rows, summary.refused) == (0, 153)
    assert blocks((tmp_path / "x.html").read_text(encoding="utf-8"))["meta"]["run"]["state"] == "failed"


def test_a_set_without_rows_is_a_page_that_says_so(tmp_path):
    run = hostile_run(tmp_path / "run", rows=[packed(0, hostile_question(0, "cup"))])
    data = run / "dataset" / "data"
    file = next(data.iterdir())
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(file).slice(0, 0), file)
    assert write_report(run, out=tmp_path / "x.html").rows == 0


def test_a_set_alone_needs_no_run(tmp_path):
    write_set(tmp_path, hostile_rows())
    summary = write_report(tmp_path / "dataset", out=tmp_path / "x.html")
    found = blocks((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert (summary.rows, summary.refused) == (13, 0)
    assert found["meta"]["run"] is None
    assert found["meta"]["name"] == "dataset"


def test_bad_inputs_are_one_message_each(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        write_report(tmp_path / "none", out=tmp_path / "x.html")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"run\.json is missing"):
        write_report(tmp_path / "empty", out=tmp_path / "x.html")
    run = hostile_run(tmp_path / "run")
    (run / "run.json").write_text('{"stvqa": ')
    with pytest.raises(InputError, match="is damaged"):
        write_report(run, out=tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()


def test_an_empty_run_is_told(tmp_path):
    run = hostile_run(tmp_path / "run", state="running")
    for file in run.glob("*/rejected.parquet"):
        write_part(file, [], model=Rejection)
    (run / "dataset").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"neither a set nor anything refused \(its state is running\)"):
        write_report(run, out=tmp_path / "x.html")


OLDER = "<!doctype html><html><head><title>demo: stvqa report</title>"
"""How a page of the versions before begins."""


@pytest.mark.parametrize("text", ["my notes", "<title>Report</title>", "<title>a</title><p>stvqa report</title>"])
def test_a_page_of_somebody_else_is_not_replaced(run, tmp_path, text):
    (tmp_path / "x.html").write_text(text)
    with pytest.raises(StorageError, match="is not a page of stvqa: move it away"):
        write_report(run, out=tmp_path / "x.html")
    assert (tmp_path / "x.html").read_text() == text


def test_a_page_of_ours_is_replaced_and_a_link_is_not(run, tmp_path):
    page, target = tmp_path / "x.html", tmp_path / "target.html"
    page.write_text(OLDER)
    for _ in range(2):  # first the page of a version before, then one of this version
        write_report(run, out=page, images=False)
    target.write_text(OLDER)
    page.unlink()
    page.symlink_to(target)
    with pytest.raises(StorageError, match="a link stands"):
        write_report(run, out=page)
    assert page.is_symlink()
    assert target.read_text() == OLDER


def test_a_damaged_set_leaves_an_older_page_alone(tmp_path):
    run = hostile_run(tmp_path / "run")
    (tmp_path / "x.html").write_text(OLDER)
    next((run / "dataset" / "data").iterdir()).write_bytes(b"PAR1")
    with pytest.raises(InputError):
        write_report(run, out=tmp_path / "x.html")
    assert (tmp_path / "x.html").read_text() == OLDER
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "x.html"]


def test_a_place_that_cannot_be_written_is_told(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        write_report(run, out=tmp_path / "file" / "x.html")


def test_thumbnails_keep_their_order_and_tell_damage():
    images = [picture(40, size=(800, 600)), b"", picture(80, size=(200, 900)), b"no image", picture(9)[:300]]
    found = list(thumbnails(images, side=320))
    sizes = [Image.open(io.BytesIO(data)).size if data else None for data in found]
    assert sizes == [(320, 240), None, (71, 320), None, None]


@pytest.mark.parametrize(
    ("count", "side"), [(0, 640), (500, 640), (501, 480), (1500, 480), (3500, 400), (10_000, 400), (10_001, 256)]
)
def test_the_more_images_the_smaller(count, side):
    assert side_for(count) == side


def test_marks_of_errata_files_are_in_the_page(run, tmp_path):
    errata = Errata(set="s", set_digest="d", errata=[{"row_id": "abc", "reason": "box-wrong", "comment": "</script>"}])
    write_report(run, out=tmp_path / "x.html", errata=[errata])
    meta = blocks((tmp_path / "x.html").read_text(encoding="utf-8"))["meta"]
    assert meta["marks"] == {"abc": {"reason": "box-wrong", "comment": "</script>"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file"),
        ("{", "is not an errata file"),
        ('{"format": "other/1", "set": "x", "set_digest": "d", "errata": []}', "at format"),
        ('{"set": "x", "set_digest": "d", "errata": [{"row_id": "a", "reason": "ugly"}]}', "at errata.0.reason"),
    ],
)
def test_errata_files_that_cannot_be_read(tmp_path, text, message):
    if text is not None:
        (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_errata(tmp_path / "x.json")


def test_a_run_from_elsewhere_shows_no_picture_of_this_machine(tmp_path):
    private = tmp_path / "private.jpg"
    private.write_bytes(picture(77))
    run = hostile_run(tmp_path / "run")
    reference = ImageReference(kind="file", location=str(private))
    for source, root in (("demo", None), ("vg", str(tmp_path / "root"))):
        content = {"name": "x", "stages": [{"stage": "load", "source": source, "root": root, "limit": 1}]}
        file = read_run_file(run).model_copy(update={"recipe": content})
        places = page_write._places(run, file)
        referred = [page_contents.ReferredImage(reference, 320, 240)]
        assert list(page_write._referred(referred, places)) == [b""]
    assert list(page_write._referred(referred, page_write._places(run, None))) == [b""]
    content["stages"][0]["root"] = str(tmp_path)
    places = page_write._places(run, file.model_copy(update={"recipe": content}))
    assert list(page_write._referred(referred, places)) == [picture(77)]
