"""video-to-video: the user's clip graded or restyled frame by frame; its motion and its sound stay.

One frame is in memory at a time, whatever the clip's length.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from studio.animatic.clips import scenes, source_media
from studio.animatic.clips.camera_view import Planes
from studio.animatic.clips.film import ClipSound, DrawnShot, Painter, ReportProgress, finish
from studio.animatic.effects import edit
from studio.animatic.effects.filters import FilterChain
from studio.animatic.order import Order
from studio.animatic.text.instructions import EditStep, parse
from studio.media import encode

NOT_FOR_CLIPS = ("border",)


def clip(order: Order, report: ReportProgress) -> list[str]:
    """The clip with all steps done to every frame."""
    source = order.inputs["video"][0]
    asked = parse(order.prompt)
    tones_ = [s for s in asked.steps if s.kind not in edit.SHAPES and s.kind != "layout"]
    shapes = [s for s in asked.steps if s.kind in edit.SHAPES and s.kind not in NOT_FOR_CLIPS]
    messages = edit.notes(
        asked, 1, [next(source_media.frames(source, 1.0))] if any(s.target == "sky" for s in asked.steps) else []
    )
    order = _shaped(order, shapes)
    sound = ClipSound(source_media.sound(source)) if order.sound and source_media.has_sound(source) else None
    with_frames = DrawnShot(0, order.frames, lambda: _painter(order, tones_, shapes))
    finish(order, [with_frames], report, sound=sound)
    return messages


def _shaped(order: Order, shapes: list[EditStep]) -> Order:
    """The order at the size that its crop or turn gives, unless the user asked for a size."""
    if not shapes or order.settings.get("width") or order.settings.get("aspect"):
        return order
    probe = np.zeros((order.height, order.width, 3), np.uint8)
    for step in shapes:
        probe = edit.shaped(probe, step)
    tall, wide = (max(64, side // 2 * 2) for side in probe.shape[:2])
    return Order(**{**vars(order), "width": wide, "height": tall})


def _painter(order: Order, tones_: list[EditStep], shapes: list[EditStep]) -> Painter:
    filters = FilterChain(tones_, order.seed)
    pictures = _held(source_media.frames(order.inputs["video"][0], order.fps))
    overlay = scenes.draft_overlay((order.width, order.height))

    def paint(n: int, canvas: Planes) -> None:
        rgb = next(pictures)
        for step in shapes:
            rgb = edit.shaped(rgb, step)
        rgb = filters.apply(source_media.cover(rgb, order.width, order.height), n / order.fps)
        for plane, result in zip(canvas, encode.planes(encode.from_rgb(rgb)), strict=True):
            np.copyto(plane, result)
        overlay.composite(canvas)

    return paint


def _held(pictures: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The pictures, and the last one again and again where the clip is shorter than asked."""
    last = next(pictures)
    yield last
    for last in pictures:
        yield last
    yield from itertools.repeat(last)
