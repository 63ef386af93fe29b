"""What a run will cost and what it did cost, by the row's price list and the provider's rules.

Reference clips are billed beside the result: each counts at most 5 s divided by the number of references, as the
provider's price page has it (2026-05-26). Only finished tasks are billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.catalogue import Model, rules
from studio.domain import JSON, Asset, Kind, Request
from studio.engines.alibaba.bodies import images_at_most

CAP_S = {1: 5.0, 2: 2.5, 3: 1.65, 4: 1.25, 5: 1.0}
"""Number of references -> most billed seconds of each clip."""


def input_s(request: Request, model: Model, inputs: Mapping[str, Asset]) -> float:
    """Seconds of input clips that are billed."""
    way = model.engine.get("billed")
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
    billed, pictures = input_s(request, model, inputs), images_at_most(request, model)
    return rules.price(request, model, inputs, input_s=billed, images=pictures, region=region)


def rates(request: Request, model: Model, region: str) -> dict[str, float]:
    """Dollars by unit for this request. Kept in the handle, so that usage becomes money after any restart."""
    return {unit: line.usd for unit, line in rules.price_lines(request, model, region=region).items()}


def actual(usage: JSON, rates: Mapping[str, float]) -> float | None:
    """Dollars billed for what the task reports as used; None where it reports nothing usable."""
    fixed = rates.get("run", 0.0)
    if (images := _number(usage, "image_count")) is not None and "image" in rates:
        return round(images * rates["image"] + fixed, 6)
    taken = _number(usage, "input_video_duration") or 0.0
    made = _number(usage, "output_video_duration", "video_duration")
    if not made:
        billed = _number(usage, "duration")  # the billed total: input and output
        made = None if billed is None else billed - taken
    if made is None or "second" not in rates:
        return None
    return round(made * rates["second"] + taken * rates.get("input_second", 0.0) + fixed, 6)


def _number(usage: Mapping[str, Any], *names: str) -> float | None:
    """The first of these that is a number, or a number written as text."""
    for name in names:
        try:
            return float(usage[name])
        except (KeyError, TypeError, ValueError):
            continue
    return None
