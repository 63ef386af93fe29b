"""The size of a result that follows its input: the input's shape, at as many pixels as the tier asked for, else as the
row's own default."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio.catalogue.schema import FreeSize, Model
from studio.domain import Asset, Request, Task


def size(request: Request, model: Model, inputs: Mapping[str, Asset]) -> tuple[int, int]:
    """Width and height to make, in pixels: those asked for, else of the input that the task follows, else the row's."""
    if request.width and request.height:
        return request.width, request.height
    of_tier = ((s.width, s.height) for s in model.sizes if request.tier and s.tier == request.tier)
    default = next(of_tier, None) or model.default_size or (1024, 1024)
    if model.follows_input(request.task, "size") and (ratio := _ratio(request, inputs)):
        return following(model, ratio, default)
    return default


def following(model: Model, ratio: float, default: tuple[int, int]) -> tuple[int, int]:
    """The row's size for this shape (width over height). A row that takes any size has the shape itself, one that lists
    its sizes the nearest of those with about as many pixels."""
    pixels = default[0] * default[1]
    if model.free_size:
        return _fitted(model.free_size, ratio, pixels)
    near = [(s.width, s.height) for s in model.sizes if 0.7 < s.width * s.height / pixels < 1.4]
    return min(near, key=lambda s: abs(math.log(s[0] / s[1]) - math.log(ratio)), default=default)


def _ratio(request: Request, inputs: Mapping[str, Asset]) -> float | None:
    """Width over height of the clip that is worked on, else of the first input that has a shape."""
    media = request.media()
    first = [*media.get("video", ())] if request.task == Task.VIDEO_TO_VIDEO else []
    assets = (inputs[i] for i in [*first, *(i for ids in media.values() for i in ids)] if i in inputs)
    return next((a.width / a.height for a in assets if a.width and a.height), None)


def _fitted(free: FreeSize, ratio: float, pixels: int) -> tuple[int, int]:
    """The size of this shape and about this many pixels that lies within the bounds."""
    longest = free.max_aspect or free.max_side / free.min_side
    ratio = min(max(ratio, 1 / longest), longest)
    sides = [math.sqrt(pixels * ratio), math.sqrt(pixels / ratio)]
    scale = max(1.0, free.min_side / min(sides)) * min(1.0, free.max_side / max(sides))
    width, height = (_step(side * scale, free) for side in sides)
    while width * height > (free.max_pixels or width * height):
        width, height = (max(free.multiple, s - free.multiple) for s in (width, height))
    return width, height


def _step(side: float, free: FreeSize) -> int:
    low, high = math.ceil(free.min_side / free.multiple), free.max_side // free.multiple
    return min(max(round(side / free.multiple), low), high) * free.multiple
