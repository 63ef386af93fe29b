"""What a run will cost and what it did cost, by the row's price list and the provider's rules.

Reference clips are billed beside the result: each counts at most 5 s divided by the number of references, as the
provider's price page has it (2026-05-26). Only finished tasks are billed.
"""

from __future__ import annotations

from collections.abc import Mapping

from studio.catalogue import Model, pricing
from studio.domain import JSON, Asset, Kind, Request
from studio.engines.strict_json import number

CAP_S = {1: 5.0, 2: 2.5, 3: 1.65, 4: 1.25, 5: 1.0}
"""Number of references -> most billed seconds of each clip."""


MAX_BILLED_S, MAX_BILLED_IMAGES = 3600.0, 1000.0
"""More than any task can use: the longest clip has 30 s, the longest series 12 pictures."""


def input_s(request: Request, model: Model, inputs: Mapping[str, Asset]) -> float:
    """Seconds of input clips that are billed."""
    way = model.engine.get("billed")
    if way == "whole":
        return round(pricing.clips_s(request, inputs), 3)
    if way == "video":
        return sum(inputs[i].duration_s or 0.0 for i in request.media().get("video", ()) if i in inputs)
    if way not in ("references", "clips"):
        return 0.0
    found = [inputs[i] for i in request.references if i in inputs]
    clips = [a for a in found if a.kind == Kind.VIDEO]
    cap = CAP_S.get(len(found) if way == "references" else len(clips), 0.0)
    return round(sum(min(a.duration_s or 0.0, cap) for a in clips), 3)


def estimate(request: Request, model: Model, inputs: Mapping[str, Asset], region: str) -> float | None:
    """Dollars for one run, before it is made; for a set of pictures, as if all came."""
    return pricing.price(request, model, inputs, input_s=input_s(request, model, inputs), region=region)


def rates(request: Request, model: Model, region: str) -> dict[str, float]:
    """Dollars by unit for this request. Kept in the handle, so that usage becomes money after any restart.

    Units with a tier (second@1080) are those of the row's other tiers, since the task tells which one it billed.
    """
    found = pricing.rates(request, model, region=region)
    tiers = {str(t) for line in model.prices if (t := line.when.get("tier"))} - {request.tier}
    for tier in sorted(t for t in tiers if t.removesuffix("P").isdecimal()):
        other = request.model_copy(update={"tier": tier})
        lines = pricing.price_lines(other, model, region=region)
        found |= {f"{unit}@{tier.removesuffix('P')}": line.usd for unit, line in lines.items() if "tier" in line.when}
    return found


def actual(usage: JSON, rates: Mapping[str, float]) -> float | None:
    """Dollars billed for what the task reports as used; None where it reports nothing usable."""
    tier = number(usage.get("SR"))
    rates = {unit: rates.get(f"{unit}@{tier:g}", usd) if tier else usd for unit, usd in rates.items()}
    fixed = rates.get("run", 0.0)
    if (images := _amount(usage, MAX_BILLED_IMAGES, "image_count")) is not None and "image" in rates:
        return round(images * rates["image"] + fixed, 6)
    taken = _amount(usage, MAX_BILLED_S, "input_video_duration") or 0.0
    made = _amount(usage, MAX_BILLED_S, "output_video_duration", "video_duration")
    if not made:
        billed = _amount(usage, MAX_BILLED_S, "duration")  # the billed total: input and output
        made = None if billed is None or billed < taken else billed - taken
    if made is None or "second" not in rates:
        return None
    return round(made * rates["second"] + taken * rates.get("input_second", 0.0) + fixed, 6)


def _amount(usage: Mapping[str, object], most: float, *names: str) -> float | None:
    """The first of these that is a number a task can have used."""
    found = (number(usage.get(name)) for name in names)
    return next((value for value in found if value is not None and value <= most), None)
