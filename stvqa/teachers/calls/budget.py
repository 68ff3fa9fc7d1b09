"""What may still be spent.

    budget = Budget(prices, max_usd=5.0, max_calls=None)
    intent = budget.intent(key, request, output_tokens=60)
    ledger.claim([intent], fits=budget.fits)         # FULL where what it may cost does not fit
    budget.exhausted(ledger.totals(), intent)        # BudgetError

A call is let through if all that was paid, all that may be billed, all that calls under way may cost at most, and all
that this one may cost at most stay within the limit. The ledger adds that up, over all runs, processes, batches and
files that use it. So the limit is never passed, unless a server counts more tokens than it was allowed to give, or
counts an image by another rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from stvqa.errors import BudgetError, CallError
from stvqa.store.ledger import Fits
from stvqa.store.ledger_answers import Total
from stvqa.store.ledger_counts import Most
from stvqa.store.ledger_rows import Intent
from stvqa.teachers.calls.contract import CallRequest
from stvqa.teachers.calls.counting import count_most
from stvqa.teachers.calls.prices import Prices

__all__ = ["Budget"]


class Budget:
    """Limits over all that a ledger ever paid. Holds nothing but them; safe to use from any thread."""

    def __init__(self, prices: Prices, *, max_usd: float | None, max_calls: int | None) -> None:
        self.prices = prices
        self.max_usd = max_usd
        self.max_calls = max_calls

    def check(self, model: str) -> None:
        """Whether the limit can be kept with this model.

        Raises:
            CallError: its price is unknown, so nobody can say what a call costs.
        """
        if self.max_usd is not None and self.prices.of(model) is None:
            raise self._unknown(model, "")

    def check_paid(self, totals: Sequence[Total]) -> None:
        """Whether the limit can be kept beside what was paid before.

        Raises:
            CallError: nobody can say what that cost.
        """
        for total in totals:
            if self.max_usd is not None and self.prices.of(total.model) is None:
                raise self._unknown(total.model, ", which was asked in this folder before,")

    def _unknown(self, model: str, which: str) -> CallError:
        return CallError(
            f"--max-usd {self.max_usd:g}: the price of {model}{which} is unknown (the list is as known on "
            f"{self.prices.as_known}): add it with --prices FILE, or limit the number of calls with --max-calls"
        )

    def intent(self, key: str, request: CallRequest, *, output_tokens: int, batched: bool = False) -> Intent:
        """What the ledger takes down before a call is sent, with the most that it may cost.

        Args:
            key: of the call.
            request: the call.
            output_tokens: the limit that is sent with it.
            batched: at the batch's price.
        """
        tokens = count_most(request, self.prices.of(request.model))
        return Intent(key, request.stage, request.purpose, request.model, Most(tokens, output_tokens), batched)

    @property
    def fits(self) -> Fits | None:
        """`admits`, or None where there is no limit."""
        return None if self.max_usd is None and self.max_calls is None else self.admits

    def admits(self, totals: Sequence[Total], intent: Intent) -> bool:
        """Whether a call fits beside what was paid and what is under way."""
        if self.max_calls is not None and _calls(totals) + 1 > self.max_calls:
            return False
        return self.max_usd is None or self._usd(totals) + self._usd_of(intent) <= self.max_usd

    def exhausted(self, totals: Sequence[Total], intent: Intent) -> BudgetError:
        """The message for a call that does not fit."""
        kept = "every answer is kept, and the same command with a higher limit goes on from here"
        calls, lost, held = _calls(totals), sum(total.lost for total in totals), sum(total.held for total in totals)
        if self.max_calls is not None and calls + 1 > self.max_calls:
            told = [f"{lost:,} of them without an answer" if lost else "", f"{held:,} under way" if held else ""]
            which = f" ({', '.join(filter(None, told))})" if lost or held else ""
            return BudgetError(f"--max-calls {self.max_calls}: this run has made {calls:,} calls{which}: {kept}")
        held_usd = sum(self.prices.held_usd(total) or 0.0 for total in totals)
        estimated = sum(self.prices.estimated_usd(total) or 0.0 for total in totals)
        told = [
            f"${estimated:.4f} of it estimated, at most" if estimated else "",
            f"${held_usd:.4f} of it for calls that a batch or a file has under way, at most" if held_usd else "",
        ]
        which = f" ({'; '.join(filter(None, told))})" if estimated or held_usd else ""
        return BudgetError(
            f"--max-usd {self.max_usd:g}: this run has spent ${self._usd(totals):.4f}{which}, and the next call may "
            f"cost ${self._usd_of(intent):.4f}: {kept}"
        )

    def _usd(self, totals: Sequence[Total]) -> float:
        """All that was paid or may be billed, and all that is set aside; unknown prices were refused before."""
        return sum((self.prices.usd([total]) or 0.0) + (self.prices.held_usd(total) or 0.0) for total in totals)

    def _usd_of(self, intent: Intent) -> float:
        price = self.prices.of(intent.model)
        if price is None:
            return 0.0
        read, written = intent.most
        return price.usd(input_tokens=read, output_tokens=written, batched=intent.batched)


def _calls(totals: Sequence[Total]) -> int:
    """Calls that were paid, may be billed, or are under way."""
    return sum(total.answers + total.lost + total.held for total in totals)
