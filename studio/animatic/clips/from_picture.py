"""image-to-video: the user's picture with the asked move, cuts between several moves, and a blend into a last frame."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from studio.animatic.clips import camera, prompt_shots, scenes, source_media
from studio.animatic.clips.camera import ease
from studio.animatic.clips.camera_view import Planes
from studio.animatic.clips.film import Painter, ReportProgress
from studio.animatic.clips.picture_view import PictureView
from studio.animatic.order import InputFile, Order
from studio.animatic.text.reader import read_shot
from studio.animatic.text.reading import Move
from studio.animatic.text.shots import ShotSpan

HOLD = 0.18
"""Share of the clip that shows the first picture alone, and the last one, when one blends into the other."""


def clip(order: Order, report: ReportProgress) -> list[str]:
    """The picture, moved; every written shot is a move of its own over it."""
    prompt_shots.make(order, report, painter)
    return []


def painter(order: Order, span: ShotSpan, label: str, start: int, end: int) -> Painter:
    """Draws the picture along the shot's moves."""
    size, reading = (order.width, order.height), read_shot(span)
    first, last = order.inputs["first_frame"][0], order.first("last_frame")
    moves = reading.moves or ((Move("static"),) if last else ())
    path = camera.path(moves, seconds=(end - start) / order.fps, seed=order.seed, prompt=span.text)

    def moved(source: InputFile) -> PictureView:
        return PictureView(source_media.flat(source_media.picture(source)), path, size=size, frames=end - start)

    view, other = moved(first), moved(last) if last else None
    overlay = scenes.overlay(order, reading, label=label)
    spare = _empty_planes(size)

    def paint(n: int, canvas: Planes) -> None:
        share = blend_at((start + n) / max(1, order.frames - 1)) if other else 0.0
        if other and share >= 1:
            other.draw(n, canvas)
        else:
            view.draw(n, canvas)
            if other and share > 0:
                other.draw(n, spare)
                for plane, over in zip(canvas, spare, strict=True):
                    cv2.addWeighted(plane, 1 - share, over, share, 0, dst=plane)
        overlay.composite(canvas)

    return paint


def blend_at(t: float) -> float:
    """How much of the last picture shows at t, 0..1: none at first, all at the end, easing between."""
    return ease(min(1.0, max(0.0, (t - HOLD) / (1 - 2 * HOLD))))


def _empty_planes(size: tuple[int, int]) -> Planes:
    width, height = size
    y, *uv = (np.empty(s, np.uint8) for s in itertools.chain([(height, width)], [(height // 2, width // 2)] * 2))
    return y, uv[0], uv[1]
