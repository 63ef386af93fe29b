"""Rain, snow, dust and the like in front of a scene, for any moment: drawn in place, the same for the same seed.

A frame of a clip asks for its own time, so that drops fall evenly whatever the frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.animatic.draw.palette import RGB

SHIFT = 4


@dataclass(frozen=True)
class Particles:
    """kind: rain, snow, dust, leaves, petals, sparks, bubbles or fireflies. density 0..1.

    wind: sideways speed as a share of the fall, -1..1 (positive to the right).
    """

    kind: str
    density: float
    colour: RGB
    wind: float = 0.15


# kind: count at density 1, fall in frame heights/s, size in frame heights, opacity, sideways swing in frame heights
_KINDS: dict[str, tuple[int, float, float, float, float]] = {
    "rain": (420, 1.9, 0.0014, 0.34, 0.0),
    "snow": (300, 0.13, 0.0040, 0.85, 0.02),
    "dust": (90, -0.015, 0.0022, 0.45, 0.02),
    "leaves": (34, 0.12, 0.0085, 0.95, 0.06),
    "petals": (46, 0.09, 0.0065, 0.95, 0.06),
    "sparks": (60, -0.22, 0.0022, 0.9, 0.03),
    "bubbles": (44, -0.10, 0.0055, 0.5, 0.012),
    "fireflies": (30, 0.0, 0.0035, 0.9, 0.03),
}


def paint(image: np.ndarray, particles: Particles, seed: int, time_s: float) -> None:
    """Draw the particles of this moment into image (uint8, H x W x 3 RGB or H x W with luma), in place."""
    _blend(image, _drawn(image.shape[:2], particles, seed, time_s), particles.colour, _KINDS[particles.kind][3])


def cover(shape: tuple[int, ...], particles: Particles, seed: int, time_s: float) -> np.ndarray:
    """How much the particles of this moment hide of each pixel: uint8 (height, width), for movers of planes."""
    return cv2.convertScaleAbs(_drawn(shape, particles, seed, time_s), alpha=_KINDS[particles.kind][3])


def _drawn(shape: tuple[int, ...], particles: Particles, seed: int, time_s: float) -> np.ndarray:
    """The particles in white on black, the near ones brighter."""
    count, fall, size, _, swing = _KINDS[particles.kind]
    height, width = shape[:2]
    rng = np.random.default_rng([seed, 7])
    count = max(1, int(count * particles.density * min(1.6, max(0.5, width / height)) / 1.4))
    x, y, near, phase = rng.random((4, count))
    near = near**2
    speed = fall * (0.55 + 0.9 * near)
    y = (y + speed * time_s) % 1.08 - 0.04
    drift = particles.wind * np.abs(speed) * time_s * height / width
    x = (x + drift + swing * np.sin(phase * 6.28 + time_s * (0.8 + phase))) % 1.08 - 0.04
    radius = np.maximum(0.55, size * (0.5 + 1.3 * near) * height)
    layer = np.zeros((height, width), np.uint8)
    if particles.kind == "rain":
        _streaks(layer, np.stack((x * width, y * height), 1), radius, near, particles.wind)
        return layer
    for i in range(count):
        _one(layer, particles, (x[i] * width, y[i] * height), radius[i], float(near[i]), float(phase[i]), time_s)
    return layer


def _streaks(layer: np.ndarray, at: np.ndarray, radius: np.ndarray, near: np.ndarray, wind: float) -> None:
    """Rain: all streaks of like distance in one call, far ones first."""
    length = layer.shape[0] * (0.03 + 0.06 * near)
    ends = at + np.stack((length * wind, length), 1)
    lines = np.round(np.stack((at, ends), 1) * (1 << SHIFT)).astype(np.int32)
    steps = np.minimum((near * 5).astype(int), 4)
    for step in np.unique(steps):
        mine = steps == step
        wide = max(1, round(float(radius[mine].mean())))
        cv2.polylines(layer, list(lines[mine]), False, int(133 + 27 * step), wide, cv2.LINE_AA, SHIFT)


def _one(
    layer: np.ndarray, p: Particles, at: tuple[float, float], radius: float, near: float, phase: float, time_s: float
) -> None:
    """One particle into the coverage layer."""
    value = int(120 + 135 * near)
    start = (round(at[0] * (1 << SHIFT)), round(at[1] * (1 << SHIFT)))
    if p.kind in ("leaves", "petals"):
        turn = 360 * phase + 90 * time_s * (phase - 0.5) * 2
        squash = 0.35 + 0.4 * abs(np.sin(phase * 9 + time_s * 2))
        axes = (round(radius * (1 << SHIFT)), round(max(0.6, radius * squash) * (1 << SHIFT)))
        cv2.ellipse(layer, start, axes, turn, 0, 360, value, -1, cv2.LINE_AA, SHIFT)
    elif p.kind == "bubbles":
        cv2.circle(layer, start, round(radius * (1 << SHIFT)), value, max(1, round(radius / 4)), cv2.LINE_AA, SHIFT)
    else:
        if p.kind in ("fireflies", "sparks"):
            value = int(value * (0.55 + 0.45 * np.sin(time_s * 5 + phase * 40)))
        cv2.circle(layer, start, round(radius * (1 << SHIFT)), value, -1, cv2.LINE_AA, SHIFT)


def _blend(image: np.ndarray, cover: np.ndarray, colour: RGB, opacity: float) -> None:
    """image moved to colour by cover * opacity, only where something was drawn."""
    rows, cols = np.nonzero(cover)
    weight = cover[rows, cols].astype(np.float32) * (opacity / 255)
    if image.ndim == 3:
        old = image[rows, cols].astype(np.float32)
        image[rows, cols] = (old + (np.asarray(colour, np.float32) - old) * weight[:, None] + 0.5).astype(np.uint8)
    else:
        old = image[rows, cols].astype(np.float32)
        luma = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
        image[rows, cols] = (old + (luma - old) * weight + 0.5).astype(np.uint8)
