"""Scenes on the move: a shot's words composed, seen by its camera, with weather, flicker and caption."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from studio.engines.draft import camera, particles, scene, stage
from studio.engines.draft.caption import draft_mark, strip
from studio.engines.draft.film import Painter
from studio.engines.draft.order import Order
from studio.engines.draft.stage import Overlay, Planes
from studio.engines.draft.words import Reading

BUDGET = 2.4
"""Area in frames of all layers over the background that may be warped for each frame; nearby layers are merged
beyond it. It keeps drawing cheaper than encoding."""


def painter(
    reading: Reading, *, size: tuple[int, int], seed: int, seconds: float, fps: int, overlay: Overlay
) -> Painter:
    """Draws the frames of one shot made from words."""
    width, height = size
    way = camera.path(reading.moves, seconds=seconds, seed=seed, prompt=reading.prompt)
    made = scene.compose(reading, width, height, seed, overscan=way.overscan(width, height))
    plates = to_plates([(layer.rgba, layer.depth) for layer in made.layers], width * height)
    view = View(plates, way, frames=round(seconds * fps))
    weather = Weather(made.particles, seed, size) if made.particles else None

    def paint(n: int, canvas: Planes) -> None:
        view.draw(n, canvas)
        if made.flicker:
            flicker(canvas[0], made.flicker, n / fps, seed)
        if weather:
            weather.lay(canvas, n / fps)
        overlay.lay(canvas)

    return paint


def overlay(order: Order, reading: Reading, text: str, *, label: str = "") -> Overlay:
    """The caption strip with the DRAFT mark, or the mark alone where the user wants no caption."""
    if not order.params.get("caption", True):
        return draft_overlay((order.width, order.height))
    made = strip(reading, order.width, order.height, text, label=label)
    return Overlay(made.overlay, made.box)


def draft_overlay(size: tuple[int, int]) -> Overlay:
    """The DRAFT mark alone."""
    made = draft_mark(*size)
    return Overlay(made.overlay, made.box)


class View:
    """The camera's view of some plates, frame by frame. A camera at rest draws once and copies."""

    def __init__(self, plates: Sequence[stage.Plate], way: camera.Path, *, frames: int) -> None:
        self._plates, self._way, self._last = plates, way, max(1, frames - 1)
        self._kept: Planes | None = None

    def draw(self, n: int, canvas: Planes, besides: camera.Pose | None = None) -> None:
        """Frame n into the planes. besides: a movement on top of the camera's way."""
        if self._kept is None or besides:
            stage.draw(self._plates, self._way.at(min(1.0, n / self._last)) + (besides or camera.Pose()), canvas)
            if self._way.still and not besides:
                y, u, v = canvas
                self._kept = y.copy(), u.copy(), v.copy()
            return
        for plane, kept in zip(canvas, self._kept, strict=True):
            np.copyto(plane, kept)


class Weather:
    """Rain, snow and the like over the planes of a frame."""

    def __init__(self, kind: particles.Particles, seed: int, size: tuple[int, int]) -> None:
        self._cover_of = replace(kind, colour=(255, 255, 255))  # painted white on black it is the coverage itself
        self._seed, self._size = seed, size
        red, green, blue = (c / 255 for c in kind.colour)
        luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        self._colour = 16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748

    def lay(self, canvas: Planes, time_s: float) -> None:
        """Blend the particles of this moment over the frame."""
        width, height = self._size
        cover = np.zeros((height, width), np.uint8)
        particles.paint(cover, self._cover_of, self._seed, time_s)
        half = cv2.resize(cover, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        for plane, alpha, value in zip(canvas, (cover, half, half), self._colour, strict=True):
            cv2.multiply(plane, cv2.bitwise_not(alpha), dst=plane, scale=1 / 255)
            cv2.add(plane, cv2.convertScaleAbs(alpha, alpha=value / 255), dst=plane)


def flicker(luma: np.ndarray, strength: float, time_s: float, seed: int) -> None:
    """Brighten and darken the frame as firelight does: smooth waves of 2 to 7 Hz, at most about 6 %."""
    waves = sum(
        math.sin(math.tau * hz * time_s + seed % 7 + hz) * size for hz, size in ((2.3, 0.5), (4.1, 0.3), (6.7, 0.2))
    )
    gain = 1 + 0.06 * strength * waves
    cv2.convertScaleAbs(luma, dst=luma, alpha=gain, beta=16 * (1 - gain))


def to_plates(layers: Sequence[tuple[np.ndarray, float]], frame_pixels: int) -> list[stage.Plate]:
    """RGBA layers with depths, far to near, as plates: merged where many of them would cost more than they show."""
    left = list(layers)
    while len(left) > 2 and sum(_area(rgba) for rgba, _ in left[1:]) > BUDGET * frame_pixels:
        gaps = [(left[i + 1][1] - left[i][1], i) for i in range(len(left) - 1)]
        _, i = min(gaps)
        (under, far), (over, near) = left[i], left[i + 1]
        depth = far if i == 0 else (far + near) / 2
        left[i : i + 2] = [(over_rgba(under, over), depth)]
    made = (stage.plate(rgba, depth=depth) for rgba, depth in left)
    return [one for one in made if one is not None]


def _area(rgba: np.ndarray) -> int:
    _, _, wide, tall = cv2.boundingRect(np.ascontiguousarray(rgba[..., 3]))
    return wide * tall


def over_rgba(under: np.ndarray, over: np.ndarray) -> np.ndarray:
    """Two straight-alpha RGBA pictures of one size, the second laid over the first."""
    top, bottom = over[..., 3:].astype(np.float32) / 255, under[..., 3:].astype(np.float32) / 255
    alpha = top + bottom * (1 - top)
    colour = over[..., :3] * top + under[..., :3] * (bottom * (1 - top))
    out = np.empty_like(under)
    out[..., :3] = np.clip(colour / np.maximum(alpha, 1e-6) + 0.5, 0, 255)
    out[..., 3] = np.clip(alpha[..., 0] * 255 + 0.5, 0, 255)
    return out
