"""Sizes as a person picks them (a shape and a tier) and as a request carries them (width and height).

A row either lists sizes, takes any size within bounds, takes only a tier (the shape follows the input), or none of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.catalogue import Model
from studio.catalogue.rows import FreeSize, Size
from studio.domain import JSON, Task

AUTO, CUSTOM = "auto", "custom"
"""Shapes beside W:H: as the input is, and width and height as typed."""

SHAPES = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
FREE_TIERS = {"480p": 480, "720p": 720, "1080p": 1080, "1K": 1024, "1.3K": 1280, "2K": 2048}
"""Tier -> shorter side in pixels, for rows that take any size."""


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
        same = [s for s in self.listed if s.aspect == aspect]
        return next((s for s in same if s.tier == tier), same[0] if same else None)

    def nearest(self, width: int, height: int) -> Size | None:
        """The offered size closest in shape, then in number of pixels."""
        ratio, pixels = width / height, width * height
        return min(
            self.listed,
            key=lambda s: (round(abs(s.width / s.height / ratio - 1), 2), abs(s.width * s.height - pixels)),
            default=None,
        )


def offered(model: Model, task: Task) -> Sizes:
    """The shapes and tiers of a row, in its order."""
    if model.sizes:
        listed = model.sizes
    elif model.free_size:
        listed = _within(model.free_size)
    else:
        return Sizes((), model.tiers, ())
    aspects, tiers = dict.fromkeys(s.aspect for s in listed), dict.fromkeys(s.tier for s in listed)
    auto = model.follows_input(task, "size")
    return Sizes(tuple(aspects), tuple(tiers), listed, model.free_size is not None, auto)


def default(model: Model, sizes: Sizes) -> Size | None:
    """The offered size that stands for the row's own default."""
    if model.default_size:
        return sizes.nearest(*model.default_size)
    tier = model.default_tier
    return next((s for s in sizes.listed if s.tier == tier), sizes.listed[0] if sizes.listed else None)


def fields(model: Model, task: Task, values: JSON) -> JSON:
    """The size part of a request from a form's aspect, tier, width and height; {} where the row takes none."""
    sizes = offered(model, task)
    aspect, tier = values.get("aspect"), values.get("tier")
    tier = None if tier == AUTO else tier
    if not sizes.listed:
        return {"tier": tier} if sizes.tiers and tier else {}
    if sizes.custom and aspect == CUSTOM:
        return {k: int(values[k]) if values.get(k) else None for k in ("width", "height")}
    if sizes.auto and aspect == AUTO:
        return {"tier": tier} if tier in sizes.tiers else {}
    start = default(model, sizes)
    found = sizes.find(aspect, tier or (start and start.tier)) or start
    return {"width": found.width, "height": found.height} if found else {}


def values(model: Model, task: Task, body: JSON) -> JSON:
    """A request's size as form values of this row: the very size where the row has it, else the nearest it has."""
    sizes = offered(model, task)
    start = default(model, sizes)
    width, height, aspect, tier = (body.get(k) for k in ("width", "height", "aspect", "tier"))
    if not sizes.listed:
        return {"tier": tier if tier in sizes.tiers else model.default_tier} if sizes.tiers else {}
    if width and height:
        exact = next((s for s in sizes.listed if (s.width, s.height) == (width, height)), None)
        if exact is None and model.free_size and legal(width, height, model.free_size):
            return {"aspect": CUSTOM, "tier": start and start.tier, "width": width, "height": height}
        start = exact or sizes.nearest(width, height)
    elif aspect in sizes.aspects:
        start = sizes.find(aspect, tier or (start and start.tier))
    elif sizes.auto:
        return {"aspect": AUTO, "tier": tier if tier in sizes.tiers else AUTO}
    if start is None:
        return {}
    return {"aspect": start.aspect, "tier": start.tier, "width": start.width, "height": start.height}


def legal(width: int, height: int, free: FreeSize) -> bool:
    """Whether a size lies within the bounds of a row."""
    sides = all(free.min_side <= s <= free.max_side and s % free.multiple == 0 for s in (width, height))
    pixels = (free.min_pixels or 0) <= width * height <= (free.max_pixels or width * height)
    return sides and pixels and max(width / height, height / width) <= (free.max_aspect or 1e9) + 1e-9


def _within(free: FreeSize) -> tuple[Size, ...]:
    found: list[Size] = []
    for tier, short in FREE_TIERS.items():
        for shape in SHAPES:
            w, h = map(int, shape.split(":"))
            scale = short / min(w, h)
            width, height = (max(1, round(side * scale / free.multiple)) * free.multiple for side in (w, h))
            if (tier.endswith("p") or w == h) and legal(width, height, free):
                found.append(Size(tier=tier, aspect=shape, width=width, height=height))
    return tuple(found)
