"""Sizes that a request asks for, against its row: listed ones, free ones within bounds, or the input's own.

Pixels, aspect and tier may all be given; where they contradict one another, none is dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from studio.catalogue.inputs import fail
from studio.catalogue.schema import FreeSize, Model, Size
from studio.domain import Asset, Request
from studio.errors import CapabilityError
from studio.field_errors import short
from studio.messages import Message, term


def size_problems(request: Request, model: Model, _: Mapping[str, Asset]) -> Iterator[CapabilityError]:
    """What the row refuses of the width, height, aspect and tier that a completed request asks for."""
    width, height = request.width, request.height
    if (width is None) != (height is None):
        yield fail("height" if height is None else "width", None, "both", Message("size.both_sides"))
        return
    if width is not None and height is not None:
        named = next((s for s in model.sizes if (s.width, s.height) == (width, height)), None)
        yield from _contradictions(request, model, named)
        if (free := model.free_size) and not named:
            yield from _free_size_problems(width, height, model, free)
        elif free:
            return
        elif model.sizes and not named:
            listed = ", ".join(f"{s.width}x{s.height}" for s in model.sizes)
            message = Message(
                "size.listed", model=term(model.label), listed=listed, width=short(width), height=short(height)
            )
            yield fail("width", f"{short(width)}x{short(height)}", listed, message)
        elif model.size_from_input or not (model.sizes or free):
            yield fail("width", width, None, Message("size.unused", model=term(model.label)))
    elif model.sizes and (request.aspect or request.tier):
        if not request.aspect and request.tier in {s.tier for s in model.sizes}:
            return
        listed = ", ".join(dict.fromkeys(f"{s.aspect} {s.tier}" for s in model.sizes))
        asked = " ".join(filter(None, (request.aspect, request.tier)))
        yield fail(
            "aspect",
            asked,
            listed,
            Message("size.shape_unsupported", model=term(model.label), asked=asked, listed=listed),
        )
    elif request.aspect:
        yield fail(
            "aspect",
            request.aspect,
            None,
            Message("size.no_aspect", model=term(model.label)),
        )
    elif request.tier and not model.tiers:
        yield fail("tier", request.tier, None, Message("size.no_tier", model=term(model.label)))
    if model.tiers and request.tier and request.tier not in model.tiers and not model.sizes:
        listed = ", ".join(model.tiers)
        yield fail(
            "tier",
            request.tier,
            listed,
            Message("size.shape_unsupported", model=term(model.label), asked=request.tier, listed=listed),
        )


def _contradictions(request: Request, model: Model, named: Size | None) -> Iterator[CapabilityError]:
    """Tier or aspect that do not belong to the pixels asked for: one of the two would be dropped silently."""
    for field, asked, own in (
        ("tier", request.tier, named and named.tier),
        ("aspect", request.aspect, named and named.aspect),
    ):
        if not asked or asked == own or (field == "aspect" and not named and _has_aspect(request, asked)):
            continue
        size = f"{short(request.width)}x{short(request.height)}"
        message = Message("size.contradiction", field=term(field), asked=asked[:60], size=size, again=term(field))
        yield fail(field, asked, own, message)


def _has_aspect(request: Request, aspect: str) -> bool:
    """Whether the pixels have this shape, W:H, within two hundredths."""
    matched = re.fullmatch(r"(\d{1,4}):(\d{1,4})", aspect)
    width, height = request.width or 0, request.height or 0
    if not matched or not int(matched[2]) or not (0 < width < 10**6 and 0 < height < 10**6):
        return False
    return abs(width / height * int(matched[2]) - int(matched[1])) <= 0.02 * int(matched[1])


def _free_size_problems(width: int, height: int, model: Model, free: FreeSize) -> Iterator[CapabilityError]:
    for field, side in (("width", width), ("height", height)):
        if not free.min_side <= side <= free.max_side:
            limit = Message("limit.range", low=free.min_side, high=free.max_side)
            yield fail(
                field,
                side,
                limit,
                Message("size.side_range", field=term(field), side=short(side), model=term(model.label), limit=limit),
            )
        elif side % free.multiple:
            near = max(free.multiple, round(side / free.multiple) * free.multiple)
            message = Message(
                "size.multiple",
                field=term(field),
                side=side,
                model=term(model.label),
                multiple=free.multiple,
                near=near,
            )
            yield fail(field, side, free.multiple, message)
    if not all(free.min_side <= side <= free.max_side for side in (width, height)):
        return
    pixels = width * height
    if (free.max_pixels and pixels > free.max_pixels) or (free.min_pixels and pixels < free.min_pixels):
        limit = Message("size.pixels_limit", low=f"{free.min_pixels or 1:,}", high=f"{free.max_pixels or 0:,}")
        yield fail(
            "width",
            f"{width}x{height}",
            limit,
            Message("size.pixels", width=width, height=height, pixels=f"{pixels:,}", limit=limit),
        )
    if free.max_aspect and max(width / height, height / width) > free.max_aspect + 1e-9:
        limit = Message("limit.range", low=f"1:{free.max_aspect:g}", high=f"{free.max_aspect:g}:1")
        yield fail(
            "width", f"{width}x{height}", limit, Message("size.too_narrow", width=width, height=height, limit=limit)
        )
