"""report.html in a real headless Chromium. Without one (`apt-get install chromium`) these tests are skipped.

The browser is closed when the module ends, since playwright keeps an event loop running in its thread meanwhile.
"""

from __future__ import annotations

import json

import pytest
from browser import chromium
from report_runs import HOSTILE, hostile_question, hostile_run, many_rows, packed, write_set

from stvqa.records import Errata
from stvqa.report.page import write_report
from stvqa.store.errata import read_errata

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium here: apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Containers run tests as root and with a small /dev/shm.
        opened = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory):
    run = hostile_run(tmp_path_factory.mktemp("pages") / "run")
    write_report(run, out=run / "report.html")
    return run / "report.html"


@pytest.fixture
def visit(browser):
    """Opens a page in a fresh profile; whatever it complains of, or asks a network for, fails the test."""
    contexts, complaints = [], []

    def visit(path, **options):
        context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                complaints.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None
            ),
        )
        page.goto(path.as_uri())
        page.wait_for_function("performance.getEntriesByName('stvqa-ready').length > 0")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


def told(page, view="questions"):
    return page.locator(f"#view-{view} .shown").inner_text()


def check(page, value, view="questions"):
    group = page.locator(f"#view-{view} .value", has_text=value)
    page.evaluate("for (const node of document.querySelectorAll('.facet')) node.open = true")
    group.locator("input").check()


def question_shown(page, view="questions"):
    return page.locator(f"#view-{view} .detail .question").inner_text()


def test_opens_with_the_first_question_its_boxes_and_its_program(visit, hostile_page):
    page = visit(hostile_page)
    assert told(page) == "13 questions"
    detail = page.locator("#view-questions .detail")
    assert detail.locator(".picture rect.box").count() == 2
    assert detail.locator(".picture .name").all_inner_texts() == [HOSTILE[0], "table"]
    assert detail.locator(".option.right .option-words").inner_text() == f"Left of it, {HOSTILE[0]}"
    assert detail.locator(".option .verdict").all_inner_texts() == ["true", "false"]
    assert "is to the left of the table in the image" in detail.locator(".option.right .claim").inner_text()
    assert page.evaluate("document.querySelector('.detail .picture img').naturalWidth") == 320


def test_markup_in_names_is_shown_and_never_run(visit, hostile_page):
    page = visit(hostile_page)
    seen = []
    for _ in range(13):
        seen.append(question_shown(page))
        page.keyboard.press("j")
    page.keyboard.press("s")
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.keyboard.press("4")
    shown = page.evaluate("JSON.parse(document.getElementById('index').textContent).question")
    for name in HOSTILE:
        assert any(name in question for question in shown)
    assert any(HOSTILE[0] in question for question in seen)
    assert any(HOSTILE[4].replace("\u200d", "⟨U+200D⟩") in question for question in seen), "what is unseen is shown"
    assert page.evaluate("window.hacked") is None
    assert page.title() == "<i>run</i> & co: stvqa report"
    assert page.locator("#name").inner_text() == "<i>run</i> & co"
    assert page.locator("main i, main b, main script, main iframe, main object").count() == 0


def test_the_policy_stops_what_is_put_into_the_page_all_the_same(browser, hostile_page, tmp_path):
    text = hostile_page.read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(
        text.replace("</main>", "</main><script>window.hacked = true</script><img src=x onerror='window.hacked=true'>"),
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto(broken.as_uri())
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#view-questions .line").count() > 0
    page.close()


def test_filters_count_combine_and_clear(visit, hostile_page):
    page = visit(hostile_page)
    check(page, "hard")
    assert told(page) == "2 of 13 questions"
    check(page, "medium")
    assert told(page) == "5 of 13 questions"
    check(page, "val")
    assert told(page) == "1 of 13 questions"
    assert question_shown(page).startswith(f"Is the {HOSTILE[1]}")
    assert page.locator(".place").inner_text() == "1 of 1"
    page.get_by_role("button", name="Clear all").click()
    assert told(page) == "13 questions"
    assert page.locator(".place").inner_text() == "13 of 13"
    check(page, "does not hold")
    assert question_shown(page).startswith("Is the cup with a wrong answer")
    assert "does not give this answer alone" in page.locator(".proof").inner_text()
    check(page, "teacher's word")
    assert told(page) == "2 of 13 questions"


def test_search_finds_words_names_and_ids_in_any_case(visit, hostile_page):
    page = visit(hostile_page)
    page.keyboard.press("/")
    page.keyboard.type("ASTRONAUT table")
    assert told(page) == "1 of 13 questions"
    page.locator("#view-questions input[type=search]").fill("test:23")
    assert question_shown(page).startswith("Is the cup without a program")
    page.locator("#view-questions input[type=search]").fill("no such thing")
    assert told(page) == "0 of 13 questions"
    assert "Nothing passes these filters." in page.locator("#view-questions .detail").inner_text()


def test_votes_are_shown_with_what_was_right_in_the_mirror(visit, hostile_page):
    page = visit(hostile_page)
    rows = page.locator(".votes tbody tr")
    assert rows.count() == 3
    cells = [line.locator("td").all_inner_texts() for line in rows.all()]
    assert cells[0] == ["judge-a", "as they stand", "shown", "A right", "(A) <b>left</b>"]
    assert cells[1] == ["judge-a", "rotated by 1", "mirrored", "A wrong", "B"]
    assert cells[2][2:4] == ["not shown", "A right"]
    check(page, "not all right")
    assert told(page) == "4 of 13 questions"


def test_keys_go_through_the_questions_and_switch_views(visit, hostile_page):
    page = visit(hostile_page)
    first = question_shown(page)
    page.keyboard.press("j")
    second = question_shown(page)
    page.keyboard.press("ArrowDown")
    assert len({first, second, question_shown(page)}) == 3
    page.keyboard.press("ArrowUp")
    page.keyboard.press("k")
    assert question_shown(page) == first
    page.keyboard.press("k")
    assert question_shown(page) == first
    page.keyboard.press("End")
    assert page.locator("#view-questions .place").inner_text() == "13 of 13"
    page.keyboard.press("Home")
    assert question_shown(page) == first
    page.keyboard.press("b")
    page.keyboard.press("b")
    assert page.locator(".detail rect.box").count() == 0
    page.keyboard.press("3")
    assert page.locator("#view-figures").is_visible()
    assert page.locator("#view-figures svg.chart").count() >= 8
    page.keyboard.press("4")
    assert "because" not in page.locator("#view-run").inner_text()
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    assert page.locator("#view-questions").is_visible()


def test_marks_are_kept_and_exported_as_errata(visit, hostile_page, tmp_path):
    page = visit(hostile_page)
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.locator(".mark-panel select").select_option("two-right")
    page.locator(".mark-panel input").fill('the "cup" is </script> elsewhere')
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    page.locator(".grid").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.press("m")
    assert page.locator("#marked").inner_text() == "2"
    page.reload()
    assert page.locator("#marked").inner_text() == "2"
    with page.expect_download() as download:
        page.keyboard.press("e")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "-i-run-i-co.errata.json"
    errata = read_errata(path)
    assert errata.set == "<i>run</i> & co"
    assert [item.reason for item in errata.errata] == ["two-right", "answer-wrong"]
    assert errata.errata[0].comment == 'the "cup" is </script> elsewhere'
    ids = page.evaluate("JSON.parse(document.getElementById('index').textContent).ids")
    assert [item.row_id for item in errata.errata] == ids[1:3]


def test_marks_of_others_come_with_the_page_or_from_a_file(visit, tmp_path):
    run = hostile_run(tmp_path / "run")
    page = visit(written(run, tmp_path / "plain.html"))
    ids = page.evaluate("JSON.parse(document.getElementById('index').textContent).ids")
    errata = Errata(set="x", set_digest="0", errata=[{"row_id": ids[0], "comment": "no"}, {"row_id": "gone"}])
    file = tmp_path / "x.errata.json"
    file.write_text(errata.model_dump_json(), encoding="utf-8")
    page.locator("#import").set_input_files(file)  # files are read in the background
    page.get_by_text("1 mark loaded; 1 row not in this set").wait_for()
    assert page.locator("#marked").inner_text() == "1"
    page.locator("#import").set_input_files({"name": "odd.json", "mimeType": "text/plain", "buffer": b"{}"})
    page.get_by_text("odd.json is not an errata file").wait_for()
    again = visit(written(run, tmp_path / "marked.html", errata=[errata]))
    assert again.locator("#marked").inner_text() == "1"
    again.keyboard.press("m")  # taken away, and it stays away
    again.reload()
    assert again.locator("#marked").inner_text() == "0"


def written(run, out, **options):
    return write_report(run, out=out, **options).out


def test_images_are_decoded_only_where_they_are_seen(visit, tmp_path):
    write_set(tmp_path, many_rows(300))
    page = visit(written(tmp_path / "dataset", tmp_path / "many.html"))
    assert told(page) == "300 questions"
    page.wait_for_load_state("load")
    assert page.locator("script[id^=image-]").count() == 300
    assert 0 < page.locator("img").count() < 30
    page.locator(".grid").first.evaluate("node => { node.scrollTop = node.scrollHeight }")
    page.locator(".line", has_text="cup 299").wait_for()
    assert 0 < page.locator("img").count() < 30


def test_what_is_missing_is_a_tile_and_boxes_are_drawn_all_the_same(visit, hostile_page):
    page = visit(hostile_page)
    page.locator("#view-questions input[type=search]").fill("cup without image")
    assert page.locator(".detail .no-image").inner_text() == "no image"
    assert page.locator(".detail rect.box").count() == 2


def test_the_refused_are_listed_by_stage_and_reason(visit, hostile_page):
    page = visit(hostile_page)
    page.keyboard.press("2")
    assert told(page, "refused") == "103 refused records"
    assert "drawn from 153" in page.locator("#view-refused .listing-bar").inner_text()
    check(page, "option-also-true", view="refused")
    detail = page.locator("#view-refused .detail")
    assert question_shown(page, "refused").startswith("Is the refused <b>cup</b>")
    assert f"also true: {HOSTILE[0]}" in detail.inner_text()
    assert detail.locator("rect.box").count() == 2
    page.locator("#view-refused").get_by_role("button", name="Clear all").click()
    check(page, "no-words", view="refused")
    assert question_shown(page, "refused") == "not worded: relation, axis"
    check(page, "claims-unreadable", view="refused")
    page.keyboard.press("j")
    assert question_shown(page, "refused") == "Where is the cup?"
    assert "as written there(<u>)" in detail.locator(".option.right").inner_text()


def test_charts_follow_the_filters(visit, hostile_page):
    page = visit(hostile_page)
    check(page, "hard")
    page.keyboard.press("3")
    figures = page.locator("#view-figures")
    assert "Over the 2 questions that pass the filters, of 13." in figures.inner_text()
    assert figures.locator("figure", has_text="Cost").locator("tbody td").all_inner_texts() == [
        "verify",
        "judge-a",
        "42",
        "9,000",
        "800",
        "0.0123",
    ]
    verified = figures.locator("figure", has=page.get_by_text("Verification", exact=True)).inner_text()
    assert "1 of 10" in verified
    assert "4.2 % (at 95 % confidence)" in verified
    assert "50 % of 2" in figures.locator("figure", has_text="blind run").inner_html()


def test_a_run_that_failed_or_is_not_complete_says_so(visit, tmp_path):
    run = hostile_run(tmp_path / "run", state="failed")
    page = visit(written(run, tmp_path / "failed.html"))
    assert f"The run ended with an error. because {HOSTILE[0]}" in page.locator("#notices").inner_text()
    assert page.evaluate("window.hacked") is None


def test_narrow_windows_show_one_thing_at_a_time(visit, hostile_page):
    page = visit(hostile_page)
    page.set_viewport_size({"width": 400, "height": 800})
    assert not page.locator("#view-questions .detail").is_visible()
    page.locator("#view-questions .line").nth(2).click()
    assert page.locator("#view-questions .detail .question").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.get_by_role("button", name="Back").click()
    assert page.locator("#view-questions .line").first.is_visible()


def test_every_control_has_a_name(visit, hostile_page):
    page = visit(hostile_page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, [role=listbox]')].filter((node) =>
            !(node.innerText || node.textContent || node.getAttribute('aria-label') || node.closest('label')?.textContent)).length"""
    )
    assert nameless == 0
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_link_to_a_row_opens_it(visit, hostile_page):
    page = visit(hostile_page)
    ids = page.evaluate("JSON.parse(document.getElementById('index').textContent).ids")
    page.goto("about:blank")
    page.goto(f"{hostile_page.as_uri()}#{ids[5]}")
    assert ids[5] in page.locator("#view-questions .detail").inner_text()


def test_signs_that_turn_text_round_are_shown_and_turn_nothing(visit, tmp_path):
    write_set(tmp_path, [packed(1, hostile_question(1, "cup\u202e gnorw"))])
    page = visit(written(tmp_path / "dataset", tmp_path / "turned.html"))
    assert question_shown(page) == "Is the cup⟨U+202E⟩ gnorw to the left or to the right of the table?"
    assert "\u202e" not in page.locator("#view-questions").inner_text()


@pytest.mark.parametrize("sign", ["\x1b", "\u200b", "\u00ad", "\U000e0041", "\u2028"])
def test_signs_that_nobody_sees_are_shown_by_their_numbers(visit, tmp_path, sign):
    write_set(tmp_path, [packed(1, hostile_question(1, f"cup{sign}s"))])
    page = visit(written(tmp_path / "dataset", tmp_path / "unseen.html"))
    assert f"cup⟨U+{ord(sign):04X}⟩s" in question_shown(page)
    assert sign not in page.locator("#view-questions").inner_text()


def test_a_category_that_was_wanted_and_has_no_row_is_in_the_chart(visit, tmp_path):
    run = hostile_run(tmp_path / "run")
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    select = {**told["stages"][-1], "stage": "select"}
    select["statistics"] = {**select["statistics"], "figures": {"wanted": {"relation": 13, "depth": 4, "count": 0}}}
    told["stages"].append(select)
    (run / "run.json").write_text(json.dumps(told), encoding="utf-8")
    page = visit(written(run, tmp_path / "wanted.html"))
    page.keyboard.press("3")
    chart = page.locator("#view-figures figure", has_text="Questions by category and level").locator("svg")
    assert chart.get_attribute("aria-label") == "relation 13; depth 0"


def test_a_margin_is_told_once(visit, hostile_page):
    page = visit(hostile_page)
    assert page.locator(".option.right .claim").inner_text().count("margin") == 1


def test_a_comment_is_kept_while_it_is_typed(visit, hostile_page):
    page = visit(hostile_page)
    page.keyboard.press("m")
    page.locator(".mark-panel input").press_sequentially("it is beh")
    page.reload()
    assert page.locator(".mark-panel input").input_value() == "it is beh"
