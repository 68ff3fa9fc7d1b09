"""What calls cost: the price list of `pipelines/prices.toml`.

    prices = load_prices()
    prices.of("gpt-4o-2024-08-06")                            # Price(input=2.5, cached=1.25, output=10.0, ...)
    prices.usd(ledger.spent())                                # 0.0123, or None: unknown, never 0

Prices are US dollars per million tokens.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from stvqa.errors import InputError
from stvqa.records.base import Record
from stvqa.resources import resource_folder
from stvqa.store.ledger_answers import Spent, Total

__all__ = ["ImageCount", "Price", "Prices", "load_prices"]

_PER = 1_000_000
_MOST_BYTES = 1_000_000
_VERSION = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4}|latest|preview)$")


class ImageCount(Record):
    """How a provider counts an image in tokens.

    Attributes:
        kind: `tiles` of 512 pixels, `base + each * tiles`; `patches` of `side` pixels, `factor` tokens each.
        most: patches that are counted at most.
    """

    kind: Literal["tiles", "patches"]
    base: int = 0
    each: int = 0
    side: int = 32
    most: int = 1536
    factor: float = 1.0


class Price(Record):
    """Of one model, US dollars per million tokens.

    Attributes:
        cached: of input tokens that the provider had cached; None: as other input.
        batch: factor of the Batch API's prices; 1 where there is no discount.
    """

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    batch: float = Field(default=1.0, ge=0, le=1)
    image: ImageCount | None = None

    def usd(
        self, *, input_tokens: float, output_tokens: float, cached_tokens: float = 0, batched: bool = False
    ) -> float:
        """Cost of so many tokens; `cached_tokens` are among `input_tokens`."""
        cached = self.input if self.cached is None else self.cached
        total = (input_tokens - cached_tokens) * self.input + cached_tokens * cached + output_tokens * self.output
        return total * (self.batch if batched else 1.0) / _PER


class Prices(Record):
    """The price list.

    Attributes:
        as_known: the day up to which its author knew the prices.
        models: by name; a name also stands for its dated versions.
    """

    as_known: date
    models: dict[str, Price]

    def of(self, model: str) -> Price | None:
        """The price of a model, None where it is unknown. Names of providers before a slash are let pass."""
        name = model.rsplit("/", 1)[-1]
        while name not in self.models and (shorter := _VERSION.sub("", name)) != name:
            name = shorter
        return self.models.get(name)

    def usd(self, spent: Iterable[Spent | Total]) -> float | None:
        """What was paid and what may be billed, at most; None where a price is unknown."""
        total = 0.0
        for one in spent:
            price, estimated = self.of(one.model), self.estimated_usd(one)
            if price is None or estimated is None:
                return None
            total += estimated + price.usd(
                input_tokens=one.input_tokens,
                output_tokens=one.output_tokens,
                cached_tokens=one.cached_tokens,
                batched=one.batched,
            )
        return total

    def estimated_usd(self, one: Spent | Total) -> float | None:
        """How much of it nobody counted: the most that it can be; None where the price is unknown."""
        return self._usd(one, one.most_input, one.most_output)

    def held_usd(self, one: Total) -> float | None:
        """What is set aside for calls under way; None where the price is unknown."""
        return self._usd(one, one.held_input, one.held_output)

    def _usd(self, one: Spent | Total, read: int, written: int) -> float | None:
        price = self.of(one.model)
        return None if price is None else price.usd(input_tokens=read, output_tokens=written, batched=one.batched)


@lru_cache(maxsize=4)
def load_prices(path: Path | None = None) -> Prices:
    """Reads a price list; None: the one that comes with stvqa.

    Raises:
        InputError: no such file, or not of that shape.
    """
    file = path or resource_folder("pipelines") / "prices.toml"
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise InputError(
                f"--prices {file}: it has more than {_MOST_BYTES:,} bytes: write it like pipelines/prices.toml"
            )
        return Prices.model_validate(tomllib.loads(data.decode("utf-8")))
    except FileNotFoundError as error:
        raise InputError(f"--prices {file}: there is no such file") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InputError(f"--prices {file}: {where}: {first['msg']}: write it like pipelines/prices.toml") from error
    except (OSError, ValueError, RecursionError) as error:  # bad UTF-8, bad TOML, endless numbers, arrays in arrays
        raise InputError(f"--prices {file}: it cannot be read as TOML ({error})") from error
