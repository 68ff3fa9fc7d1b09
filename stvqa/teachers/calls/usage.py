"""Sums of what was paid, in the shape of run.json.

usage_of(ledger.spent(keys), from_ledger=Counter({"gpt-4o": 12}), prices=prices)["gpt-4o"].usd    # 1.02
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from stvqa.store.ledger_answers import Spent, Total
from stvqa.store.run_file import CallsSummary, ModelUsage
from stvqa.teachers.calls.prices import Prices

__all__ = ["estimate_note", "summary_of", "usage_of"]


def usage_of(spent: Sequence[Spent], *, from_ledger: Mapping[str, int], prices: Prices) -> dict[str, ModelUsage]:
    """By model, in alphabetical order.

    Args:
        spent: of one stage.
        from_ledger: by model, calls that were answered before this run asked.
        prices: the price list.
    """
    usage = {}
    for model in sorted({one.model for one in spent}):
        own = [one for one in spent if one.model == model]
        purposes: Counter[str] = Counter()
        for one in own:
            purposes[one.purpose] += one.calls
        usage[model] = ModelUsage(
            calls=sum(one.calls for one in own),
            from_ledger=from_ledger.get(model, 0),
            uncounted=sum(one.uncounted for one in own),
            lost=sum(one.lost for one in own),
            input_tokens=sum(one.input_tokens for one in own),
            output_tokens=sum(one.output_tokens for one in own),
            cached_tokens=sum(one.cached_tokens for one in own),
            usd=_rounded(prices.usd(own)),
            estimated_usd=_estimated(own, prices),
            purposes=dict(sorted(purposes.items())),
        )
    return usage


def summary_of(spent: Sequence[Spent], *, interrupted: int, prices: Prices) -> CallsSummary:
    """Of everything that a ledger ever paid."""
    return CallsSummary(
        calls=sum(one.calls for one in spent),
        input_tokens=sum(one.input_tokens for one in spent),
        output_tokens=sum(one.output_tokens for one in spent),
        usd=_rounded(prices.usd(spent)),
        estimated_usd=_estimated(spent, prices),
        uncounted=sum(one.uncounted for one in spent),
        lost=sum(one.lost for one in spent),
        interrupted=interrupted,
        prices_as_known=prices.as_known.isoformat(),
    )


def estimate_note(model: str, totals: Sequence[Total], *, prices: Prices) -> str:
    """One sentence about what was asked of a model and not counted; "" where everything was."""
    own = [total for total in totals if total.model == model]
    uncounted, lost = sum(total.uncounted for total in own), sum(total.lost for total in own)
    if not uncounted + lost:
        return ""
    what = [
        f"{uncounted:,} answers without a credible number of tokens" if uncounted else "",
        f"{lost:,} tries without an answer that may be billed" if lost else "",
    ]
    usd = _estimated(own, prices)
    cost = "" if usd is None else f", ${usd:,.4f}"
    return f"{model}: {' and '.join(filter(None, what))} are counted at the most that they can have cost{cost}"


def _estimated(spent: Sequence[Spent | Total], prices: Prices) -> float | None:
    """How much of the cost is an estimate; None where a price is unknown."""
    parts = [prices.estimated_usd(one) for one in spent]
    return None if None in parts else _rounded(sum(part for part in parts if part is not None))


def _rounded(usd: float | None) -> float | None:
    """To a millionth of a dollar: what a sum of floats adds beyond means nothing."""
    return None if usd is None else round(usd, 6)
