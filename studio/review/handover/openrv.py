"""OpenRV: the OpenTimelineIO timeline with every drawing as an annotation over its frame, in RV's own shapes.

RV finds the size of its picture by a track named MediaTrack, counts a film's frames from 1, and reads places in units
of the picture's bounds: here nine of them high, x to the right and y upwards from the centre.
Source: OpenRV, src/plugins/rv-packages/otio_reader (annotation_hook.py and the schemas beside it), August 2026.
"""

# pyright: basic
# OpenTimelineIO has no types.

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from studio.review.drawing import Figure, Shape, Stroke, Words
from studio.review.drawing_picture import BASELINE
from studio.review.handover import otio
from studio.review.handover.model import HandoverComment, ReviewHandover
from studio.review.handover.sequence import Placed, lay_out
from studio.review.handover.text import legible

TRACK, FIRST_FRAME = "MediaTrack", 1
HEIGHT = 9.0
"""Units of a picture's height: RV's own of a picture of 16:9 without bounds, which is 16 wide."""
THINNEST, BY_PRESSURE = 0.4, 1.2
"""Width of a stroke as a part of its size: without pressure, and what full pressure adds (the page's pen)."""
GHOSTS = 5

Json = dict[str, Any]


def write(review: ReviewHandover) -> bytes:
    """The timeline with annotations as JSON; media are relative to the file."""
    made = json.loads(otio.serialised(otio.timeline(review, track_name=TRACK, first=FIRST_FRAME)))
    made["global_start_time"] = None
    for clip, placed in zip(made["tracks"]["children"][0]["children"], lay_out(review), strict=True):
        width = HEIGHT * _aspect(placed)
        for media in clip["media_references"].values():
            media["available_image_bounds"] = {
                "OTIO_SCHEMA": "Box2d.1",
                "min": {"OTIO_SCHEMA": "V2d.1", "x": -width / 2, "y": -HEIGHT / 2},
                "max": {"OTIO_SCHEMA": "V2d.1", "x": width / 2, "y": HEIGHT / 2},
            }
        clip["effects"] += [_annotation(placed, comment) for comment in placed.comments if comment.drawing]
    return json.dumps(made, ensure_ascii=False, indent=1).encode("utf-8")


def _annotation(placed: Placed, comment: HandoverComment) -> Json:
    first, _ = placed.span(comment)
    begin, length = (
        {"OTIO_SCHEMA": "RationalTime.1", "rate": float(placed.rate), "value": float(n)}
        for n in (FIRST_FRAME + first, 1)
    )
    span = {"OTIO_SCHEMA": "TimeRange.1", "start_time": begin, "duration": length}
    shapes = comment.drawing.shapes if comment.drawing else ()
    layers = [
        _layer(shape, _aspect(placed))
        | {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{comment.id}/{number}")), "layer_range": span}
        | {"visible": True, "soft_deleted": False}
        for number, shape in enumerate(shapes)
    ]
    return {
        "OTIO_SCHEMA": "Annotation.1",
        "metadata": {"wan_studio": {"comment": comment.id}},
        "name": legible(comment.author),
        "effect_name": "Annotation.1",
        "enabled": True,
        "visible": True,
        "layers": layers,
        "hold": False,
        "ghost": False,
        "ghost_before": GHOSTS,
        "ghost_after": GHOSTS,
    }


def _layer(shape: Shape, aspect: float) -> Json:
    colour, size = _rgba(shape.color), shape.size * HEIGHT
    if isinstance(shape, Stroke):
        points = [
            {"OTIO_SCHEMA": "Point.1", "width": size * (THINNEST + BY_PRESSURE * pressure), **_xy((x, y), aspect)}
            for x, y, pressure in shape.points
        ]
        return {"OTIO_SCHEMA": "Paint.2", "points": points, "rgba": colour, "type": "COLOR", "brush": "circle"}
    if isinstance(shape, Words):
        x, y = shape.at
        return {
            "OTIO_SCHEMA": "Text.1",
            "anchor": _position((x, y + BASELINE * shape.size), aspect),
            "text": legible(shape.text),
            "font_family": "",
            "font_size": size,
            "font_weight": "NORMAL",
            "font_style": "NORMAL",
            "text_decoration": "NONE",
            "text_align": "LEFT",
            "inner_color": colour,
        }
    return _figure(shape, colour, size, aspect)


def _figure(shape: Figure, colour: list[float], size: float, aspect: float) -> Json:
    ends = {"start_position": _position(shape.start, aspect), "end_position": _position(shape.end, aspect)}
    if shape.type == "line":
        return {"OTIO_SCHEMA": "Line.1", **ends, "border_color": colour, "width": size}
    if shape.type == "arrow":
        look = {"inner_color": colour, "border_color": colour, "width": size, "border_width": 0.0}
        return {"OTIO_SCHEMA": "Arrow.1", **ends, **look}
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(shape.start, shape.end, strict=True))
    corners = {"min": _position((left, bottom), aspect), "max": _position((right, top), aspect)}
    look = {"inner_color": [*colour[:3], 0.0], "border_color": colour, "border_width": size}
    if shape.type == "box":
        return {"OTIO_SCHEMA": "Rectangle.1", **corners, **look, "corner_radius": 0.0}
    return {"OTIO_SCHEMA": "Ellipse.1", **corners, **look}


def _position(at: Sequence[float], aspect: float) -> Json:
    return {"OTIO_SCHEMA": "Position.1", **_xy(at, aspect)}


def _xy(at: Sequence[float], aspect: float) -> dict[str, float]:
    """Parts of width and height from the top left -> units from the centre, y upwards."""
    return {"x": (at[0] - 0.5) * HEIGHT * aspect, "y": (0.5 - at[1]) * HEIGHT}


def _rgba(colour: str) -> list[float]:
    return [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)] + [1.0]


def _aspect(placed: Placed) -> float:
    item = placed.item
    return item.width / item.height if item.width and item.height else 16 / 9
