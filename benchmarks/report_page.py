"""How long report.html takes to write, how large it is, and how quickly it opens and answers in Chromium.

    python benchmarks/report_page.py runs/demo-7000     # a run that is there
    python benchmarks/report_page.py --n 7000           # builds one first (some ten minutes on two cores)

Writing is timed on the clock, with the processor's seconds and the peak memory of the process beside it. Opening and
answering are timed by the browser's own clock (`performance.now()`), from the start of the navigation, or from the
click, until the frame after the next has been drawn. The median of `--repeat` fresh profiles is shown, and the slowest.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from stvqa.recipe import load_recipe, parse_setting
from stvqa.report.page import ReportSummary, write_report
from stvqa.runner import run_recipe

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TIMED = """async ([name, words]) => {{
    const drawn = {drawn};
    const begun = performance.now();
    {action}
    await drawn();
    return performance.now() - begun;
}}"""
CHECK = """[...document.querySelectorAll('#view-questions .value')].find((node) => node.innerText.startsWith(name))
        .querySelector('input').click();"""
SEARCH = """const box = document.querySelector('#view-questions input[type=search]');
    box.value = words; box.dispatchEvent(new Event('input'));"""
NEXT = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));"
SCROLL = "document.querySelector('#view-questions .grid').scrollTop = 300000;"

ACTIONS: tuple[tuple[str, str, list[str]], ...] = (
    ("filter: category relation", CHECK, ["relation", ""]),
    ("filter: and level hard", CHECK, ["hard", ""]),
    ("search, first time", SEARCH, ["", "red"]),
    ("search, two words", SEARCH, ["", "red left"]),
    ("search cleared", SEARCH, ["", ""]),
    ("scroll half way down", SCROLL, ["", ""]),
    ("next question", NEXT, ["", ""]),
    ("sheet of pictures", "document.querySelector('#view-questions .layout').click();", ["", ""]),
    ("figures", "document.querySelector('[data-view=figures]').click();", ["", ""]),
)


class Opened(NamedTuple):
    """Milliseconds of one visit: until usable, until the last image is there, and of each action."""

    ready: float
    complete: float
    actions: list[float]


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?", help="a run; without one it is built")
    parser.add_argument("--n", type=int, default=7000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    options = parser.parse_args()
    if options.chromium is None:
        parser.error("no chromium here: apt-get install chromium, or name one with --chromium")
    with tempfile.TemporaryDirectory() as folder:
        run = options.run or build(Path(folder) / "run", n=options.n, workers=options.workers)
        page = Path(folder) / "report.html"
        show_writing(*written(run, page))
        show_visits(list(visits(page, chromium=options.chromium, repeat=options.repeat)))


def build(out: Path, *, n: int, workers: int) -> Path:
    """A demo set of n rows, two a scene."""
    settings = [f"load.limit={n // 2}", f"plan.n={n}", f"select.n={n}"]
    run_recipe(load_recipe("demo", [parse_setting(text) for text in settings]), out=out, workers=workers)
    return out


def written(run: Path, page: Path) -> tuple[ReportSummary, float, float]:
    """The summary, the processor's seconds and peak megabytes."""
    begun = time.process_time()
    summary = write_report(run, out=page)
    return summary, time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show_writing(summary: ReportSummary, cpu_seconds: float, peak_mb: float) -> None:
    """One line a figure."""
    print(f"rows                      {summary.rows:>10,}")
    print(f"images                    {summary.images:>10,}   at most {summary.image_pixels} pixels")
    print(f"refused                   {summary.refused:>10,}")
    print(f"written in                {summary.seconds:>10.1f} s ({cpu_seconds:.1f} s of processor)")
    print(f"size                      {summary.megabytes:>10.1f} MB")
    print(f"memory at most            {peak_mb:>10.0f} MB")


def visits(page: Path, *, chromium: str, repeat: int) -> Iterator[Opened]:
    """Opens the page in fresh profiles."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for _ in range(repeat):
            yield visit(browser, page)
        browser.close()


def visit(browser: Browser, path: Path) -> Opened:
    """One visit with every action once."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(path.as_uri(), wait_until="load")
    ready = page.evaluate("performance.getEntriesByName('stvqa-ready')[0].startTime")
    complete = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    actions = [timed(page, action, words) for _, action, words in ACTIONS]
    context.close()
    return Opened(ready, complete, actions)


def timed(page: Page, action: str, words: list[str]) -> float:
    """Milliseconds until the frame after the next, by the browser's clock."""
    taken: Any = page.evaluate(TIMED.format(drawn=DRAWN, action=action), words)
    return float(taken)


def show_visits(opened: list[Opened]) -> None:
    """Median and slowest of each."""
    print(f"\n{'milliseconds by the browser':<30}{'median':>10}{'slowest':>10}")
    columns = {
        "open: can be used": [item.ready for item in opened],
        "open: last image read": [item.complete for item in opened],
        **{name: [item.actions[place] for item in opened] for place, (name, _, _) in enumerate(ACTIONS)},
    }
    for name, values in columns.items():
        print(f"{name:<30}{statistics.median(values):>10.0f}{max(values):>10.0f}")


if __name__ == "__main__":
    main()
