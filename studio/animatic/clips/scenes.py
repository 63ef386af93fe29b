"""Scenes on the move: a shot's words composed, seen by its camera, with weather, flicker and caption."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from studio.animatic.clips import camera, camera_view, reference_portraits
from studio.animatic.clips.camera_view import Overlay, Planes
from studio.animatic.clips.film import Painter
from studio.animatic.draw import particles, scene, shine
from studio.animatic.draw.caption import draft_mark, strip
from studio.animatic.order import Order
from studio.animatic.text.reading import PromptReading

BUDGET = 2.6
"""Area in frames of all layers over the background that may be warped for each frame; nearby layers are merged
beyond it. It keeps drawing cheaper than encoding."""


def painter(
    reading: PromptReading, *, size: tuple[int, int], seed: int, seconds: float, fps: int, overlay: Overlay
) -> Painter:
    """Draws the frames of one shot made from words."""
    width, height = size
    path = camera.path(reading.moves, seconds=seconds, seed=seed, prompt=reading.prompt)
    result = scene.compose(reading, width, height, seed, overscan=path.overscan(width, height))
    layers = [(layer.rgba, layer.depth) for layer in result.layers]
    plates = to_plates(layers, width * height, followed=followed_layer(result, reading))
    view = camera_view.View(plates, path, frames=round(seconds * fps))
    weather = Weather(result.particles, seed) if result.particles else None
    lights = Lights(result.shines, seconds)

    def paint(n: int, canvas: Planes) -> None:
        view.draw(n, canvas)
        if result.flicker:
            flicker(canvas[0], result.flicker, n / fps, seed)
        lights.composite(canvas, n / fps, view.pose)
        if weather:
            weather.composite(canvas, n / fps)
        overlay.composite(canvas)

    return paint


def overlay(order: Order, reading: PromptReading, *, label: str = "") -> Overlay:
    """The caption strip with the DRAFT mark, or the mark alone where the user wants no caption."""
    if not order.params.get("caption", True):
        return draft_overlay((order.width, order.height))
    portraits = reference_portraits.of(reading, order.inputs.get("references", []))
    result = strip(reading, order.width, order.height, label=label, portraits=portraits)
    return Overlay(result.overlay, result.box)


def draft_overlay(size: tuple[int, int]) -> Overlay:
    """The DRAFT mark alone."""
    result = draft_mark(*size)
    return Overlay(result.overlay, result.box)


class Lights:
    """Beams that sweep and lamps that are lit, over the planes of a frame, where the camera sees them."""

    def __init__(self, shines: tuple[shine.Shine, ...], seconds: float) -> None:
        self._shines, self._seconds = shines, max(0.1, seconds)

    def composite(self, canvas: Planes, time_s: float, pose: camera.CameraPose) -> None:
        """Darken the frame while its lamp is not lit, then add the light of this moment."""
        if not self._shines:
            return
        t = time_s / self._seconds
        gain = shine.level(self._shines, t)
        if gain < 0.999:
            for plane, rest in zip(canvas, (16, 128, 128), strict=True):
                cv2.convertScaleAbs(plane, dst=plane, alpha=gain, beta=rest * (1 - gain))
        for one in self._shines:
            dx, dy, size = pose.seen(one.depth)
            at = (0.5 + (one.x - 0.5) * size + dx, 0.5 + (one.y - 0.5) * size + dy)
            camera_view.tint(canvas, shine.cover(canvas[0].shape, one, at, time_s, t), shine.WARM)


class Weather:
    """Rain, snow and the like over the planes of a frame."""

    def __init__(self, kind: particles.Particles, seed: int) -> None:
        self._kind, self._seed = kind, seed

    def composite(self, canvas: Planes, time_s: float) -> None:
        """Blend the particles of this moment over the frame."""
        alpha = particles.cover(canvas[0].shape, self._kind, self._seed, time_s)
        camera_view.tint(canvas, alpha, self._kind.colour)


def flicker(luma: np.ndarray, strength: float, time_s: float, seed: int) -> None:
    """Brighten and darken the frame as firelight does: smooth waves of 2 to 7 Hz, at most about 6 %."""
    waves = sum(
        math.sin(math.tau * hz * time_s + seed % 7 + hz) * size for hz, size in ((2.3, 0.5), (4.1, 0.3), (6.7, 0.2))
    )
    gain = 1 + 0.06 * strength * waves
    cv2.convertScaleAbs(luma, dst=luma, alpha=gain, beta=16 * (1 - gain))


def to_plates(
    layers: Sequence[tuple[np.ndarray, float]], frame_pixels: int, *, followed: int | None = None
) -> list[camera_view.Plate]:
    """RGBA layers with depths, far to near, as plates: merged where many of them would cost more than they show.

    followed: number of the layer whose subject a tracking camera keeps in the frame.
    """
    result = [
        replace(one, followed=n == followed)
        for n, (rgba, depth) in enumerate(layers)
        if (one := camera_view.plate(rgba, depth=depth)) is not None
    ]
    while sum(one.y.size for one in result[1:]) > BUDGET * frame_pixels:
        gaps = [
            (result[i + 1].depth - result[i].depth, i)
            for i in range(len(result) - 1)
            if result[i].followed == result[i + 1].followed
        ]
        if len(result) <= 2 or not gaps:
            break
        i = min(gaps)[1]
        result[i : i + 2] = [camera_view.merged(result[i], result[i + 1])]
    return result


def followed_layer(result: scene.Scene, reading: PromptReading) -> int | None:
    """The layer of the figures when the camera tracks them; None otherwise."""
    if not any(move.kind.startswith("tracking") for move in reading.moves):
        return None
    return next((n for n, layer in enumerate(result.layers) if layer.name == "figures"), None)
