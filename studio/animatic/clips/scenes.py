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
    way = camera.path(reading.moves, seconds=seconds, seed=seed, prompt=reading.prompt)
    made = scene.compose(reading, width, height, seed, overscan=way.overscan(width, height))
    layers = [(layer.rgba, layer.depth) for layer in made.layers]
    plates = to_plates(layers, width * height, followed=followed_layer(made, reading))
    view = View(plates, way, frames=round(seconds * fps))
    weather = Weather(made.particles, seed) if made.particles else None
    lights = Lights(made.shines, seconds)

    def paint(n: int, canvas: Planes) -> None:
        view.draw(n, canvas)
        if made.flicker:
            flicker(canvas[0], made.flicker, n / fps, seed)
        lights.lay(canvas, n / fps, view.pose)
        if weather:
            weather.lay(canvas, n / fps)
        overlay.lay(canvas)

    return paint


def overlay(order: Order, reading: PromptReading, *, label: str = "") -> Overlay:
    """The caption strip with the DRAFT mark, or the mark alone where the user wants no caption."""
    if not order.params.get("caption", True):
        return draft_overlay((order.width, order.height))
    portraits = reference_portraits.of(reading, order.inputs.get("references", []))
    made = strip(reading, order.width, order.height, label=label, portraits=portraits)
    return Overlay(made.overlay, made.box)


def draft_overlay(size: tuple[int, int]) -> Overlay:
    """The DRAFT mark alone."""
    made = draft_mark(*size)
    return Overlay(made.overlay, made.box)


class View:
    """The camera's view of some plates, frame by frame. A camera at rest draws once and copies."""

    def __init__(self, plates: Sequence[camera_view.Plate], way: camera.Path, *, frames: int) -> None:
        self._plates, self._way, self._last = plates, way, max(1, frames - 1)
        self._kept: Planes | None = None
        self.pose = way.at(0.0)

    def draw(self, n: int, canvas: Planes, besides: camera.CameraPose | None = None) -> None:
        """Frame n into the planes. besides: a movement on top of the camera's way."""
        self.pose = self._way.at(min(1.0, n / self._last)) + (besides or camera.CameraPose())
        if self._kept is None or besides:
            camera_view.draw(self._plates, self.pose, canvas)
            if self._way.still and not besides:
                y, u, v = canvas
                self._kept = y.copy(), u.copy(), v.copy()
            return
        for plane, kept in zip(canvas, self._kept, strict=True):
            np.copyto(plane, kept)


class Lights:
    """Beams that sweep and lamps that are lit, over the planes of a frame, where the camera sees them."""

    def __init__(self, shines: tuple[shine.Shine, ...], seconds: float) -> None:
        self._shines, self._seconds = shines, max(0.1, seconds)

    def lay(self, canvas: Planes, time_s: float, pose: camera.CameraPose) -> None:
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

    def lay(self, canvas: Planes, time_s: float) -> None:
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
    made = [
        replace(one, followed=n == followed)
        for n, (rgba, depth) in enumerate(layers)
        if (one := camera_view.plate(rgba, depth=depth)) is not None
    ]
    while sum(one.y.size for one in made[1:]) > BUDGET * frame_pixels:
        gaps = [
            (made[i + 1].depth - made[i].depth, i)
            for i in range(len(made) - 1)
            if made[i].followed == made[i + 1].followed
        ]
        if len(made) <= 2 or not gaps:
            break
        i = min(gaps)[1]
        made[i : i + 2] = [camera_view.merged(made[i], made[i + 1])]
    return made


def followed_layer(made: scene.Scene, reading: PromptReading) -> int | None:
    """The layer of the figures when the camera tracks them; None otherwise."""
    if not any(move.kind.startswith("tracking") for move in reading.moves):
        return None
    return next((n for n, layer in enumerate(made.layers) if layer.name == "figures"), None)
