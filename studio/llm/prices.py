"""What tokens cost, by the lists that providers publish (prices.toml). What stands in no list is unknown."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from studio.llm.endpoint import Endpoint

FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class TokenPrice:
    """Dollars for a million tokens; upto: most tokens of a question for which they count."""

    model: str
    input: float
    output: float
    upto: int


def usd(endpoint: Endpoint, model: str, tokens_in: int, tokens_out: int) -> float | None:
    """Dollars for so many tokens; 0 on a machine of one's own, None where no list says it."""
    if endpoint.local:
        return 0.0
    fitting = [p for p in lists().get(endpoint.price_list, ()) if p.model == model and tokens_in <= p.upto]
    if not fitting:
        return None
    price = min(fitting, key=lambda p: p.upto)
    return round((tokens_in * price.input + tokens_out * price.output) / 1e6, 8)


def models(price_list: str) -> tuple[str, ...]:
    """The models that a list names, in its order."""
    return tuple(dict.fromkeys(price.model for price in lists().get(price_list, ())))


@cache
def lists() -> dict[str, tuple[TokenPrice, ...]]:
    """Every list by its name."""
    found = tomllib.loads(FILE.read_text("utf-8"))
    return {
        name: tuple(
            TokenPrice(row["model"], row["input"] * rate, row["output"] * rate, row["upto"]) for row in table["price"]
        )
        for name, table in found.items()
        for rate in (table.get("usd_per_unit", 1.0),)
    }
