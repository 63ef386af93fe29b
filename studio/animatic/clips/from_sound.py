"""audio-to-video: the user's sound, kept, and a picture that breathes with its level and shows its spectrum."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from studio.animatic.clips import camera, camera_view, prompt_shots, scenes, source_media
from studio.animatic.clips.camera_view import Planes
from studio.animatic.clips.film import ClipSound, Painter, ReportProgress
from studio.animatic.clips.picture_view import PictureView
from studio.animatic.draw import scene
from studio.animatic.draw.palette import RGB
from studio.animatic.order import Order
from studio.animatic.sound.levels import Levels
from studio.animatic.text import undrawn
from studio.animatic.text.reader import read_shot
from studio.animatic.text.reading import Move, PromptReading
from studio.animatic.text.shots import ShotSpan

ACCENT: RGB = (255, 226, 170)
BREATH, KICK = 0.07, 0.025
"""How much larger the nearest layer gets at full level, and the whole picture on a beat."""

LIGHT = 0.22
"""How much brighter the picture is at full level than in silence."""

BAR_TOP, BAR_FOOT = 0.56, 0.84
"""Where the spectrum's bars may reach to, and stand, as shares of the height; the caption is below."""


def clip(order: Order, report: ReportProgress) -> list[str]:
    """The scene of the words, or the given picture, moving to the sound."""
    source = order.inputs["audio_file"][0]
    report(0.0, "listening")
    levels = Levels(source_media.sound(source), order.frames, order.fps)
    prompt_shots.make(order, report, partial(_painter, levels), sound=ClipSound(source_media.sound(source)))
    return [] if order.first("first_frame") else undrawn.notes(prompt_shots.readings(order))


def _painter(levels: Levels, order: Order, span: ShotSpan, label: str, start: int, end: int) -> Painter:
    reading = read_shot(span)
    view = _view(order, reading, end - start)
    overlay = scenes.overlay(order, reading, label=label)
    bars = Bars((order.width, order.height))

    def paint(n: int, canvas: Planes) -> None:
        level, beat = float(levels.level[start + n]), float(levels.beat[start + n])
        view.draw(n, canvas, camera.CameraPose(near=1 + BREATH * level, zoom=1 + KICK * beat))
        gain = 1 - LIGHT / 2 + LIGHT * level
        cv2.convertScaleAbs(canvas[0], dst=canvas[0], alpha=gain, beta=16 * (1 - gain))
        bars.composite(canvas, levels.bands[start + n])
        overlay.composite(canvas)

    return paint


def _view(order: Order, reading: PromptReading, frames: int) -> camera_view.View | PictureView:
    size = order.width, order.height
    path = camera.path(reading.moves or (Move("static"),), seconds=frames / order.fps, seed=order.seed)
    if given := order.first("first_frame"):
        return PictureView(source_media.flat(source_media.picture(given)), path, size=size, frames=frames)
    result = scene.compose(reading, *size, order.seed, overscan=path.overscan(*size))
    plates = scenes.to_plates([(layer.rgba, layer.depth) for layer in result.layers], size[0] * size[1])
    return camera_view.View(plates, path, frames=frames)


class Bars:
    """The spectrum as a row of light bars, low tones left; heights are drawn to parts of a pixel."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self._top, self._foot = round(BAR_TOP * height) // 2 * 2, round(BAR_FOOT * height) // 2 * 2
        self._left = round(0.14 * width) // 2 * 2
        self._wide = (width - 2 * self._left) // 2 * 2
        rows = np.arange(self._foot - self._top, 0, -1, dtype=np.float32)[:, None] - 0.5
        self._above_foot = np.broadcast_to(rows, (len(rows), self._wide))

    def composite(self, canvas: Planes, bands: np.ndarray) -> None:
        """Blend the bars of this moment over the frame."""
        if self._wide < 2 * len(bands) or self._foot - self._top < 8:
            bands = bands[:: max(1, 2 * len(bands) // max(1, self._wide) + 1)]
        at = np.arange(self._wide) * len(bands) / self._wide
        gap = (at % 1) > 0.72
        heights = np.where(gap, 0.0, 2 + bands[at.astype(int)] * (self._foot - self._top - 2)).astype(np.float32)
        cover = np.clip(heights - self._above_foot + 0.5, 0, 1) * 205
        alpha = cover.astype(np.uint8)
        camera_view.tint(
            camera_view.box_of(canvas, self._left, self._top, self._left + self._wide, self._foot), alpha, ACCENT
        )
