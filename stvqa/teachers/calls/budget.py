"""What may still be spent.

    budget = Budget(prices, max_usd=5.0, max_calls=None)
    budget.begin(ledger.spent())
    await budget.admit(ticket)        # waits while calls under way may leave room; else BudgetError
    budget.land(ticket, model="gpt-4o", answer=answer)

A call is let through if all that was paid, all that calls under way may cost at most, and all that this one may
cost at most stay within the limit. So the limit is never passed, unless a server counts more tokens than it was
allowed to give, or counts an image by another rule.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from stvqa.errors import BudgetError, CallError
from stvqa.store.ledger_rows import Answer, Spent
from stvqa.teachers.calls.contract import CallRequest
from stvqa.teachers.calls.counting import count_input
from stvqa.teachers.calls.prices import Prices

__all__ = ["Budget", "Ticket"]


class Ticket(NamedTuple):
    """What one call may cost at most, in US dollars; 0 where nobody asked for a limit."""

    usd: float


class Budget:
    """Limits over all that a ledger ever paid; used by one event loop."""

    def __init__(self, prices: Prices, *, max_usd: float | None, max_calls: int | None) -> None:
        self.prices = prices
        self.max_usd = max_usd
        self.max_calls = max_calls
        self._calls = 0
        self._usd = 0.0
        self._uncounted_usd = 0.0
        self._held_calls = 0
        self._held_usd = 0.0
        self._landed = asyncio.Event()

    def check(self, model: str) -> None:
        """Whether the limit can be kept with this model.

        Raises:
            CallError: its price is unknown, so nobody can say what a call costs.
        """
        if self.max_usd is not None and self.prices.of(model) is None:
            raise CallError(
                f"--max-usd {self.max_usd:g}: the price of {model} is unknown (the list is as known on "
                f"{self.prices.as_known}): add it with --prices FILE, or limit the number of calls with --max-calls"
            )

    def begin(self, spent: list[Spent]) -> None:
        """Takes down what was paid before; answers that nobody counted stay at the most that they may have cost."""
        self._calls = sum(one.calls for one in spent)
        self._usd = sum(self._known_usd(one) for one in spent) + self._uncounted_usd

    def _known_usd(self, one: Spent) -> float:
        """What answers cost as far as it is known; those of earlier processes without a count are taken for nothing."""
        price = self.prices.of(one.model)
        if price is None:
            return 0.0
        return price.usd(
            input_tokens=one.input_tokens,
            output_tokens=one.output_tokens,
            cached_tokens=one.cached_tokens,
            batched=one.batched,
        )

    def ticket(self, request: CallRequest, *, output_tokens: int, batched: bool = False) -> Ticket:
        """The most that a call may cost.

        Args:
            request: the call.
            output_tokens: the limit that is sent with it.
            batched: at the batch's price.
        """
        price = self.prices.of(request.model)
        if self.max_usd is None or price is None:
            return Ticket(0.0)
        tokens = count_input(request, price).high
        return Ticket(price.usd(input_tokens=tokens, output_tokens=output_tokens, batched=batched))

    def has_room(self, ticket: Ticket) -> bool:
        """Whether the call fits beside what was paid and what is under way."""
        if self.max_calls is not None and self._calls + self._held_calls + 1 > self.max_calls:
            return False
        return self.max_usd is None or self._usd + self._held_usd + ticket.usd <= self.max_usd

    def hold(self, ticket: Ticket) -> None:
        """Sets aside what the call may cost."""
        self._held_calls += 1
        self._held_usd += ticket.usd

    async def admit(self, ticket: Ticket) -> None:
        """Sets aside what the call may cost, once it fits.

        Raises:
            BudgetError: it does not fit, and no call is under way that may turn out cheaper.
        """
        while not self.has_room(ticket):
            if not self._held_calls:
                raise self.exhausted(ticket)
            self._landed.clear()
            await self._landed.wait()
        self.hold(ticket)

    def land(self, ticket: Ticket, *, model: str, answer: Answer | None) -> None:
        """Takes down what a call did cost: nothing where it brought no answer, the most where nobody counted."""
        self._held_calls -= 1
        self._held_usd -= ticket.usd
        if answer is not None:
            self._calls += 1
            self._usd += self._paid(ticket, model, answer)
            if answer.input_tokens is None or answer.output_tokens is None:
                self._uncounted_usd += ticket.usd
        self._landed.set()

    def _paid(self, ticket: Ticket, model: str, answer: Answer) -> float:
        price = self.prices.of(model)
        if price is None or answer.input_tokens is None or answer.output_tokens is None:
            return ticket.usd
        return price.usd(
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            cached_tokens=answer.cached_tokens or 0,
            batched=answer.batched,
        )

    def exhausted(self, ticket: Ticket) -> BudgetError:
        """The message for a call that does not fit."""
        kept = "every answer is kept, and the same command with a higher limit goes on from here"
        if self.max_calls is not None and self._calls + 1 > self.max_calls:
            return BudgetError(f"--max-calls {self.max_calls}: this run has made {self._calls:,} calls: {kept}")
        return BudgetError(
            f"--max-usd {self.max_usd:g}: this run has spent ${self._usd:.4f}, and the next call may cost "
            f"${ticket.usd:.4f}: {kept}"
        )
