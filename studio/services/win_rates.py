"""What votes say of models: how often each was preferred, how sure that is, and for how much money. Pure functions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.store.comparisons import VotePair

FEW_VOTES = 10
"""Below so many, a rate is hardly more than chance."""
Z_95 = 1.96
"""Standard deviations to both sides that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class WinRate:
    """votes: judgements against another model; wins: of those, a tie as a half. low, high: between these the true rate
    lies in 95 of 100 such cases (Wilson's score interval). usd: mean price of the judged runs, None where that of one
    is unknown. per_usd: rate divided by that price; None where it is free or unknown."""

    model: str
    votes: int
    wins: float
    rate: float
    low: float
    high: float
    usd: float | None
    per_usd: float | None
    few: bool


@dataclass
class _Tally:
    votes: int = 0
    wins: float = 0.0
    usd: dict[str, float | None] = field(default_factory=dict[str, float | None])


def win_rates(pairs: Sequence[VotePair]) -> list[WinRate]:
    """One for each model, the highest rate first, then the one with more votes. Two runs of one model say nothing."""
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for pair in pairs:
        if pair.winner_model == pair.loser_model:
            continue
        winner, loser = tallies[pair.winner_model], tallies[pair.loser_model]
        winner.wins += 0.5 if pair.tie else 1.0
        loser.wins += 0.5 if pair.tie else 0.0
        for tally, run, usd in ((winner, pair.winner, pair.winner_usd), (loser, pair.loser, pair.loser_usd)):
            tally.votes += 1
            tally.usd[run] = usd
    return sorted((_rate(model, t) for model, t in tallies.items()), key=lambda r: (-r.rate, -r.votes, r.model))


def _rate(model: str, tally: _Tally) -> WinRate:
    rate = tally.wins / tally.votes
    low, high = wilson(rate, tally.votes)
    prices = list(tally.usd.values())
    known = [usd for usd in prices if usd is not None]
    mean = sum(known) / len(known) if len(known) == len(prices) else None
    per_usd = rate / mean if mean else None
    return WinRate(model, tally.votes, tally.wins, rate, low, high, mean, per_usd, tally.votes < FEW_VOTES)


def wilson(rate: float, count: int) -> tuple[float, float]:
    """Wilson's score interval of 95 % for a share of `count` trials. Source: Wilson, JASA 22 (1927)."""
    spread = Z_95**2 / count
    centre = (rate + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * math.sqrt(rate * (1 - rate) / count + spread / (4 * count))
    return max(0.0, centre - half), min(1.0, centre + half)
