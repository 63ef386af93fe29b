"""What a request costs by its row's price list. Pure functions over data; dollars throughout.

A list in credits is turned into dollars by the row's own rate when it is read. What a provider reports as used becomes
money by `rates`, which an engine keeps in its handle, so that it counts after any restart.
"""

from __future__ import annotations

from collections.abc import Mapping

from studio.catalogue.conditions import all_hold
from studio.catalogue.schema import Model, Price
from studio.domain import Asset, Kind, Request


def price(
    request: Request, model: Model, assets: Mapping[str, Asset], *, input_s: float = 0.0, **context: object
) -> float | None:
    """US dollars for one run, from the row's price list; None where no line fits or a quantity is unknown.

    A call that may bring several outputs is priced as if all came. input_s: seconds of input clips that the provider
    bills (its own rule). context: region and the like.
    """
    count = outputs(request, model)
    quantities = {
        "second": _seconds(request, model, assets),
        "input_second": input_s,
        "image": float(count),
        "run": 1.0,
        "megapixel": (request.width or 0) * (request.height or 0) / 1e6 * count or None,
    }
    lines = price_lines(request, model, **context)
    if not lines:
        return None
    total = 0.0
    for unit, line in lines.items():
        quantity = quantities.get(unit) if line.quantity is None else line.quantity * count
        if quantity is None:
            return None
        total += quantity * model.usd(line)
    return round(total, 6)


def clips_s(request: Request, assets: Mapping[str, Asset]) -> float:
    """Seconds of all input clips, for providers that bill them like the result."""
    found = (assets[i] for ids in request.media().values() for i in ids if i in assets)
    return sum(asset.duration_s or 0.0 for asset in found if asset.kind == Kind.VIDEO)


def outputs(request: Request, model: Model) -> int:
    """How many files one run may bring, and cost."""
    rule = model.outputs
    if rule is None or not all_hold(request, rule.when):
        return 1
    return int(request.params.get(rule.param) or 1)


def price_lines(request: Request, model: Model, **context: object) -> dict[str, Price]:
    """The line of the price list that counts for each unit: the first whose conditions all hold."""
    lines: dict[str, Price] = {}
    for line in model.prices:
        if all_hold(request, line.when, context):
            for unit in (line.unit, *line.also):
                lines.setdefault(unit, line)
    return lines


def rates(request: Request, model: Model, **context: object) -> dict[str, float]:
    """Dollars for one of each unit that the row prices for this request, and for a credit where it has a rate."""
    found = {unit: model.usd(line) for unit, line in price_lines(request, model, **context).items()}
    return found | ({"credit": model.credit_usd} if model.credit_usd else {})


def billed(used: Mapping[str, float], rates: Mapping[str, float]) -> float | None:
    """Dollars for what a provider reports as used, by unit; None where it reports a unit without a rate, or none."""
    if not used or not set(used) <= set(rates):
        return None
    return round(sum(quantity * rates[unit] for unit, quantity in used.items()), 6)


def _seconds(request: Request, model: Model, assets: Mapping[str, Asset]) -> float | None:
    if (own := model.durations) and own.open and request.params.get(own.open):
        return own.max
    if request.duration_s:
        return request.duration_s
    for name in ("audio_file", "video"):
        if (i := getattr(request, name)) and i in assets:
            return assets[i].duration_s
    return None
