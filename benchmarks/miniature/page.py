"""docs/miniature.md and its charts, from the settings and the result files alone.

    write_page(Path("docs/miniature.md"), settings, Path("benchmarks/miniature/results"))

A test writes the page again and compares it, so that it cannot say anything else than the results do.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from miniature.chart import lines_chart, mean_curve
from miniature.claims import CLAIMS, Claim, answer, beside, verdict
from miniature.intervals import Interval, difference, mean_of
from miniature.jobs import HACK_LIMIT, Book, first, is_trained, main_arms
from miniature.results import Group, Result, WarmStartResult, read_results, read_warm_start
from miniature.settings import Arm, Settings
from stvqa.store.atomic import atomic_file

__all__ = ["Page", "page_of", "write_page"]

_CHARTS = (
    ("accuracy", "measured/accuracy", "Accuracy of sampled answers to questions not met before, while training", True),
    ("boxes", "measured/boxes", "Boxes of a scene, while training", False),
    ("overlap", "measured/mean_iou", "Mean IoU of the boxes that a question needs, while training", False),
)


_PUBLISHED = 0.033
"""Dense over sparse in the paper, 7B, mean of 14 benchmarks."""

_GROUPS: tuple[Group, ...] = ("tuning", "choice", "main")


class Judged(NamedTuple):
    """A claim and what came out."""

    claim: Claim
    unseen: Interval | None
    harder: Interval | None
    verdict: str


class Page(NamedTuple):
    """The page's text, and its charts by file name."""

    text: str
    charts: Mapping[str, str]


def write_page(path: Path, settings: Settings, results: Path) -> None:
    """Writes the page, and its charts into the folder beside it that has its name.

    Raises:
        InputError: a result file is damaged.
        StorageError: it cannot be written.
    """
    page = page_of(settings, results, folder=path.stem)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        file.write(page.text.encode())
    for name, text in page.charts.items():
        (path.parent / path.stem).mkdir(exist_ok=True)
        with atomic_file(path.parent / path.stem / name) as file:
            file.write(text.encode())


def page_of(settings: Settings, results: Path, *, folder: str) -> Page:
    """The page and its charts.

    Args:
        folder: of the charts, as the page names it.
    """
    warm_start = read_warm_start(results)
    book = Book(settings, read_results(results), warm_start=warm_start.digest if warm_start else None)
    view = _View(settings, book)
    charts = {
        f"{name}.svg": chart
        for name, figure, title, in_percent in _CHARTS
        if (chart := view.chart(figure, title, in_percent))
    }
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Markdown, from figures and the experiment's own settings)
    )
    environment.filters.update(percent=percent, points=points, gain=gain, number=number, share=share, mean=mean)
    template = environment.get_template("page.md.jinja")
    return Page(template.render(**_values(view, warm_start, charts, folder)), charts)


def _values(view: _View, warm_start: WarmStartResult | None, charts: Mapping[str, str], folder: str) -> dict[str, Any]:
    settings, book = view.settings, view.book
    groups = {group: (len([1 for of, *_ in book.done if of == group]), book.count(group)) for group in _GROUPS}
    done = list(book.done.values())
    return {
        "settings": settings,
        "warm_start": warm_start,
        "groups": groups,
        "complete": all(have == wanted for have, wanted in groups.values()),
        "begun": any(have for have, _ in groups.values()),
        "compared": groups["main"][0] > 0,
        "arms": view.arms,
        "view": view,
        "judged": view.judged(),
        "published": _PUBLISHED,
        "beside": beside,
        "answer": answer(view.over(CLAIMS[0].first, CLAIMS[0].second, "unseen")),
        "chosen": book.chosen,
        "default": first(settings.choice.variants),
        "hack_limit": HACK_LIMIT,
        "charts": [(f"{folder}/{name}.svg", title) for name, _, title, _ in _CHARTS if f"{name}.svg" in charts],
        "machines": sorted({f"{item.machine}, {item.threads} threads a training" for item in done}),
        "devices": sorted({item.device for item in done}),
        "seconds": view.seconds(),
        "hours": sum(item.seconds_training + item.seconds_looking for item in done) / 3600,
        "versions": sorted({f"{name} {text}" for item in done for name, text in item.versions.items()}),
    }


class _View:
    """What the template asks of the results.

    Attributes:
        arms: of the comparison, by name.
    """

    def __init__(self, settings: Settings, book: Book) -> None:
        self.settings = settings
        self.book = book
        self.arms: dict[str, Arm] = main_arms(settings, book.chosen.variant or first(settings.choice.variants))

    def average(self, arm: str, read: Callable[[Result], float | None]) -> Interval | None:
        """A figure of an arm over its seeds; one that is not trained has one, and so no interval."""
        found = self.book.results("main", arm)
        return mean_of({item.seed: value for item in found if (value := read(item)) is not None})

    def seen(self, arm: str, look: str, figure: str) -> Interval | None:
        """A figure of a look."""
        return self.average(arm, lambda item: item.looks.get(look, {}).get(figure))

    def last(self, arm: str, figure: str) -> Interval | None:
        """A figure of the last tenth of the training."""
        return self.average(arm, lambda item: item.last.get(figure))

    def category(self, arm: str, category: str) -> Interval | None:
        """Accuracy on unseen scenes in one category."""
        return self.average(arm, lambda item: item.categories.get("unseen", {}).get(category))

    def outcomes(self, arm: str, look: str) -> dict[int, str]:
        """Right and wrong answers of a look, by seed."""
        return {item.seed: item.right[look] for item in self.book.results("main", arm) if look in item.right}

    def over(self, first_arm: str, second_arm: str, look: str) -> Interval | None:
        """Difference in accuracy, paired by seed and question; what needs no seed has the same for all."""
        return difference(*(self._for_each_seed(arm, self.outcomes(arm, look)) for arm in (first_arm, second_arm)))

    def figure_over(self, first_arm: str, second_arm: str, look: str, figure: str) -> Interval | None:
        """Difference in a figure of a look, paired by seed, over seeds alone."""
        found = [
            {
                item.seed: value
                for item in self.book.results("main", arm)
                if (value := item.looks[look].get(figure)) is not None
            }
            for arm in (first_arm, second_arm)
        ]
        return mean_of({seed: found[0][seed] - found[1][seed] for seed in found[0].keys() & found[1].keys()})

    def _for_each_seed(self, arm: str, found: dict[int, str]) -> dict[int, str]:
        if not found or arm not in self.arms or is_trained(self.arms[arm]):
            return found
        return dict.fromkeys(self.settings.main.seeds, next(iter(found.values())))

    def resting(self, arm: str) -> Interval | None:
        """How much more is right after a true graph than after a wrong one."""
        return difference(self.outcomes(arm, "given-right"), self.outcomes(arm, "given-wrong"))

    def without_graph(self, arm: str) -> int:
        """Questions of all seeds together that were answered after an own graph that is wrong, or after none."""
        shares = [item.looks["unseen"]["right_graph"] for item in self.book.results("main", arm)]
        return round(sum(self.settings.data.unseen * (1 - share) for share in shares))

    def judged(self) -> list[Judged]:
        """Every claim whose arms are asked for."""
        found = []
        for claim in CLAIMS:
            if claim.first in self.arms and claim.second in self.arms:
                unseen = self.over(claim.first, claim.second, "unseen")
                found.append(Judged(claim, unseen, self.over(claim.first, claim.second, "harder"), verdict(unseen)))
        return found

    def variant(self, name: str) -> Interval | None:
        """Accuracy of a variant of `dense` on `watch`."""
        found = self.book.results("choice", name)
        return mean_of({item.seed: item.looks["watch"]["accuracy"] for item in found})

    def variant_over_default(self, name: str) -> Interval | None:
        """The same over the default, in the mean: too few seeds for an interval of use."""
        default, found = self.variant(first(self.settings.choice.variants)), self.variant(name)
        return Interval(found.mean - default.mean, None, None, found.seeds) if default and found else None

    def hack(self, name: str) -> float | None:
        """The most that a hack earns under a variant."""
        found = self.book.results("choice", name)
        return found[0].looks["hacks"]["greatest"] if found else None

    def tried(self, arm: str, candidate: str) -> float | None:
        """Accuracy on `watch` of a tuned arm."""
        found = self.book.results("tuning", f"{arm}@{candidate}")
        return found[0].looks["watch"]["accuracy"] if found else None

    def taking(self, candidate: str) -> list[str]:
        """Arms of supervision that took a candidate."""
        return [f"`{arm}`" for arm, taken in (self.book.chosen.sft or {}).items() if taken == candidate]

    def seconds(self) -> dict[str, float]:
        """Median of a training with its looks, by method."""
        times: dict[str, list[float]] = {}
        for (group, name, _), item in self.book.done.items():
            if group == "main" and name in self.arms:
                spent = item.seconds_training + item.seconds_looking
                times.setdefault(self.arms[name].method, []).append(spent)
        return {method: statistics.median(found) for method, found in times.items()}

    def chart(self, figure: str, title: str, in_percent: bool) -> str:
        """Means over seeds of a curve; "" where no arm has it."""
        found = {
            name: mean_curve([item.curve for item in self.book.results("main", name)], figure) for name in self.arms
        }
        lines = {name: line for name, line in found.items() if line}
        return lines_chart(lines, title=title, percent=in_percent) if lines else ""


def percent(found: Interval | None) -> str:
    """`71.2 ± 1.3`, in %."""
    if found is None:
        return ""
    return f"{100 * found.mean:.1f}" + ("" if found.half is None else f" ± {100 * found.half:.1f}")


def mean(found: Interval | None) -> str:
    """`71.2`, in %, without its interval."""
    return share(found.mean if found else None)


def points(found: Interval | None) -> str:
    """`+3.4 (+1.2 to +5.6)`, in points of accuracy."""
    if found is None:
        return ""
    if found.low is None or found.high is None:
        return f"{100 * found.mean:+.1f}"
    return f"{100 * found.mean:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"


def gain(found: Interval | None, digits: int = 3) -> str:
    """`+0.012 (+0.003 to +0.021)`."""
    if found is None:
        return ""
    known = found.low is not None and found.high is not None
    return f"{found.mean:+.{digits}f}" + (f" ({found.low:+.{digits}f} to {found.high:+.{digits}f})" if known else "")


def number(found: Interval | None, digits: int = 2) -> str:
    """`2.31 ± 0.04`."""
    if found is None:
        return ""
    return f"{found.mean:.{digits}f}" + ("" if found.half is None else f" ± {found.half:.{digits}f}")


def share(value: float | None) -> str:
    """`71.2`, in %."""
    return "" if value is None else f"{100 * value:.1f}"
