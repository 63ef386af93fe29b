"""Sizes as a person picks them (a shape and a tier) and as a request carries them (width and height).

A row either lists sizes, takes any size within bounds, takes only a tier (the shape follows the input), or none of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from studio.catalogue import Model
from studio.catalogue.schema import FreeSize, Size
from studio.domain import JSON, Task

AUTO, CUSTOM = "auto", "custom"
"""Shapes beside W:H: as the input is, and width and height as typed."""

ASPECTS = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
SIZED_INPUTS = ("image", "images", "first_frame", "last_frame", "video")
"""Inputs that have a shape which a result can follow."""

FREE_TIERS = {"480p": 480, "720p": 720, "1080p": 1080, "1K": 1024, "1.3K": 1280, "2K": 2048}
"""Tier -> shorter side in pixels, for rows that take any size."""


def as_object(value: object) -> JSON:
    """What a browser sent where it should have sent an object; {} where it is none."""
    return cast("JSON", value) if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Sizes:
    """What a form offers for a row and task. listed: every offered size. custom: width and height may also be typed.
    auto: the input decides where the user leaves it open."""

    aspects: tuple[str, ...]
    tiers: tuple[str, ...]
    listed: tuple[Size, ...]
    custom: bool = False
    auto: bool = False

    def find(self, aspect: str | None, tier: str | None) -> Size | None:
        """The offered size with this shape and tier; a tier that the shape lacks falls back to the shape's first."""
        matching = [s for s in self.listed if s.aspect == aspect]
        return next((s for s in matching if s.tier == tier), matching[0] if matching else None)

    def nearest(self, width: int, height: int) -> Size | None:
        """The offered size closest in shape, then in number of pixels."""
        ratio, pixels = width / height, width * height
        return min(
            self.listed,
            key=lambda s: (round(abs(s.width / s.height / ratio - 1), 2), abs(s.width * s.height - pixels)),
            default=None,
        )


def can_follow_input(model: Model, task: Task, media: object) -> bool:
    """Whether a result can take an input's shape: the row can, and the form holds such an input or asks for one."""
    files = as_object(media)
    sized_inputs = {name: spec for name, spec in model.inputs_for(task).items() if name in SIZED_INPUTS}
    return model.follows_input(task, "size") and any(spec.min or files.get(name) for name, spec in sized_inputs.items())


def sizes_for(model: Model, task: Task, media: object = None) -> Sizes:
    """The shapes and tiers of a row, in its order. media: the files that the form holds, by input."""
    if model.sizes:
        listed = model.sizes
    elif model.free_size:
        listed = _free_sizes(model.free_size)  # pyright: ignore[reportArgumentType] - frozen, so hashable
    else:
        return Sizes((), model.tiers, ())
    aspects, tiers = dict.fromkeys(s.aspect for s in listed), dict.fromkeys(s.tier for s in listed)
    return Sizes(
        tuple(aspects), tuple(tiers), listed, model.free_size is not None, can_follow_input(model, task, media)
    )


def default(model: Model, sizes: Sizes) -> Size | None:
    """The offered size that stands for the row's own default."""
    if model.default_size:
        return sizes.nearest(*model.default_size)
    tier = model.default_tier
    return next((s for s in sizes.listed if s.tier == tier), sizes.listed[0] if sizes.listed else None)


def choices(model: Model, task: Task, values: JSON) -> dict[str, list[str]]:
    """What the controls `aspect` and `tier` offer for these values: a tier only where the shape has it.

    Where the row asks for a tier, none is left to the input. With a size typed by hand no tier counts; they are still
    listed, for the page then hides them.
    """
    sizes = sizes_for(model, task, values.get("media"))
    if not sizes.listed:
        return {"aspect": [], "tier": _if_several(sizes.tiers)}
    aspect = values.get("aspect")
    aspect_tiers = [t for t in sizes.tiers if any((s.aspect, s.tier) == (aspect, t) for s in sizes.listed)]
    open_tier = sizes.auto and aspect == AUTO and not model.tiers
    tiers = [AUTO, *sizes.tiers] if open_tier else aspect_tiers or list(sizes.tiers)
    counts = not open_tier or model.sizes  # a row without named sizes takes the very size of the input
    return {
        "aspect": _if_several([*[AUTO] * sizes.auto, *sizes.aspects, *[CUSTOM] * sizes.custom]),
        "tier": tiers if counts and max(len(sizes.tiers), len(tiers)) > 1 else [],
    }


def _if_several(names: Iterable[str]) -> list[str]:
    """The names if there is a choice between them, else none."""
    choices = list(names)
    return choices if len(choices) > 1 else []


def resolve(model: Model, task: Task, values: JSON) -> JSON:
    """The values with a shape and a tier that are offered together, so that what is lit is what is sent.

    A tier that the shape lacks gives way to the nearest; a shape of the input without such an input, to the default.
    """
    resolved = dict(values)
    sizes = sizes_for(model, task, values.get("media"))
    start = default(model, sizes)
    if sizes.listed and start and values.get("aspect") not in choices(model, task, values)["aspect"]:
        resolved["aspect"] = start.aspect
    tiers = choices(model, task, resolved)["tier"]
    if tiers and values.get("tier") not in tiers and resolved.get("aspect") != CUSTOM:
        resolved["tier"] = _nearest_tier(sizes, tiers, values.get("tier"), start.tier if start else model.default_tier)
    return resolved


def _nearest_tier(sizes: Sizes, tiers: list[str], wanted: object, default: str | None) -> str | None:
    """The tier among `tiers` that comes next to the wanted one, by the row's own order; the default for none."""
    order = list(sizes.tiers)
    target = str(wanted) if wanted in order else default
    if target is None or target not in order or target in tiers:
        return target if target in tiers else tiers[0]
    position = order.index(target)
    return min(tiers, key=lambda t: abs(order.index(t) - position) if t in order else len(order))


def to_request(model: Model, task: Task, values: JSON) -> JSON:
    """The size part of a request from a form's aspect, tier, width and height; {} where the row takes none."""
    values = resolve(model, task, values)
    sizes = sizes_for(model, task, values.get("media"))
    aspect, tier = values.get("aspect"), values.get("tier")
    tier = None if tier == AUTO else tier
    if not sizes.listed:
        return {"tier": tier} if sizes.tiers and tier else {}
    if sizes.custom and aspect == CUSTOM:
        return {k: int(values[k]) if values.get(k) else None for k in ("width", "height")}
    if sizes.auto and aspect == AUTO:
        return {"tier": tier} if tier in sizes.tiers and (model.sizes or model.tiers) else {}
    start = default(model, sizes)
    size = sizes.find(aspect, tier or (start and start.tier)) or start
    return {"width": size.width, "height": size.height} if size else {}


def from_request(model: Model, task: Task, body: JSON, *, chosen_aspect: str | None = None) -> JSON:
    """A request's size as form values of this row: the very size where the row has it, else the nearest it has.

    chosen_aspect: the shape that was chosen by name elsewhere. Then a size of this name comes before the same pixels
    typed by hand, which only what was typed by hand becomes.
    """
    sizes = sizes_for(model, task, {k: v for k, v in body.items() if k in SIZED_INPUTS})
    start = default(model, sizes)
    width, height, aspect = (body.get(k) for k in ("width", "height", "aspect"))
    tier = _offered_tier(body.get("tier"), sizes.tiers)
    if not sizes.listed:
        if tier is None and width and height:
            tier = _tier_of_size(width, height, sizes.tiers)
        return {"tier": tier or model.default_tier} if sizes.tiers else {}
    if width and height:
        exact = next((s for s in sizes.listed if (s.width, s.height) == (width, height)), None)
        same_aspect = [s for s in sizes.listed if s.aspect == chosen_aspect]
        if exact is None and same_aspect:
            same_tier = [s for s in same_aspect if s.tier == tier]
            exact = (
                same_tier[0] if same_tier else min(same_aspect, key=lambda s: abs(s.width * s.height - width * height))
            )
        if exact is None and model.free_size and is_allowed(width, height, model.free_size):
            return {"aspect": CUSTOM, "tier": start and start.tier, "width": width, "height": height}
        start = exact or sizes.nearest(width, height)
    elif aspect in sizes.aspects:
        start = sizes.find(aspect, tier or (start and start.tier))
    elif sizes.auto:
        return {"aspect": AUTO, "tier": tier or AUTO}
    if start is None:
        return {}
    return {"aspect": start.aspect, "tier": start.tier, "width": start.width, "height": start.height}


def _offered_tier(wanted: object, tiers: Iterable[str]) -> str | None:
    """The offered tier of this name; providers write 720P or 720p."""
    return next((tier for tier in tiers if tier.casefold() == str(wanted).casefold()), None)


def _tier_of_size(width: int, height: int, tiers: Iterable[str]) -> str | None:
    """The tier nearest to this size: 720P names the shorter side, 1K the side of a square with as many pixels. None
    where no tier is a number of this kind."""
    distances: dict[str, float] = {}
    for tier in tiers:
        if named := re.fullmatch(r"(\d+(?:\.\d+)?)([pk])", tier.casefold()):
            asked = min(width, height) if named[2] == "p" else math.sqrt(width * height) / 1024
            distances[tier] = abs(math.log(float(named[1]) / asked))
    return min(distances, key=lambda tier: distances[tier], default=None)


def is_allowed(width: int, height: int, free: FreeSize) -> bool:
    """Whether a size lies within the bounds of a row."""
    sides = all(free.min_side <= s <= free.max_side and s % free.multiple == 0 for s in (width, height))
    pixels = (free.min_pixels or 0) <= width * height <= (free.max_pixels or width * height)
    return sides and pixels and max(width / height, height / width) <= (free.max_aspect or 1e9) + 1e-9


@lru_cache(maxsize=64)
def _free_sizes(free: FreeSize) -> tuple[Size, ...]:
    sizes: list[Size] = []
    for tier, short_side in FREE_TIERS.items():
        for aspect in ASPECTS:
            w, h = map(int, aspect.split(":"))
            scale = short_side / min(w, h)
            width, height = (max(1, round(side * scale / free.multiple)) * free.multiple for side in (w, h))
            if (tier.endswith("p") or w == h) and is_allowed(width, height, free):
                sizes.append(Size(tier=tier, aspect=aspect, width=width, height=height))
    return tuple(sizes)
