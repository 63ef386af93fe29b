"""A reading composed into layers, far to near, ready to be moved by a camera or flattened into a still.

The same reading, size and seed give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.engines.draft import particles
from studio.engines.draft.canvas import Canvas, noise, stage
from studio.engines.draft.palette import Palette, mix, palette_for
from studio.engines.draft.particles import Particles
from studio.engines.draft.words import Reading


@dataclass(frozen=True)
class Layer:
    """rgba: uint8 (H', W', 4), straight alpha, at overscan size. depth: 0 far .. 1 near. name: what is on it."""

    rgba: np.ndarray
    depth: float
    name: str


@dataclass(frozen=True)
class Scene:
    """Layers far to near, and what a mover needs. Positions are shares of the visible frame (0..1).

    focus: where the subject is. light_at: the sun, moon or main lamp. flicker: 0 steady .. 1 firelight or storm.
    particles: what falls or floats in front, or None.
    """

    width: int
    height: int
    overscan: float
    seed: int
    layers: tuple[Layer, ...]
    palette: Palette
    focus: tuple[float, float]
    light_at: tuple[float, float]
    flicker: float = 0.0
    particles: Particles | None = None


def compose(reading: Reading, width: int, height: int, seed: int, *, overscan: float = 1.25) -> Scene:
    """Draw a reading at width x height px. Layers are `overscan` times larger, so a camera has room to move."""
    rng = np.random.default_rng(seed)
    palette = palette_for(reading, rng)
    at = stage(width, height, overscan)
    sky = Canvas(at, palette.sky_low)
    sky.alpha[:] = 255
    sky.wash(0.6, 0.2, palette.sky_mid, 1.0)
    sky.wash(0.2, -0.1, palette.sky_top, 1.0)
    layers = [Layer(sky.rgba(), 0.0, "sky")]
    for i, depth in enumerate((0.2, 0.45, 0.7)):
        hill = Canvas(at, mix(palette.haze, palette.near, depth))
        xs = np.linspace(at.left, 1 - at.left, 200)
        ys = 0.5 + 0.13 * i + noise(rng, 200) * 0.08
        hill.polygon(
            np.column_stack((np.r_[xs, xs[-1], xs[0]], np.r_[ys, 1.5, 1.5])), mix(palette.haze, palette.near, depth)
        )
        layers.append(Layer(hill.rgba(), depth, "hill"))
    return Scene(width, height, overscan, seed, tuple(layers), palette, (0.5, 0.6), (0.7, 0.3))


def still(scene: Scene, *, time_s: float = 0.0) -> np.ndarray:
    """The visible frame as uint8 RGB (height, width, 3), with its particles as they are at time_s."""
    left = (scene.layers[0].rgba.shape[1] - scene.width) // 2
    top = (scene.layers[0].rgba.shape[0] - scene.height) // 2
    rows, cols = slice(top, top + scene.height), slice(left, left + scene.width)
    frame = np.ascontiguousarray(scene.layers[0].rgba[rows, cols, :3])
    for layer in scene.layers[1:]:
        over = layer.rgba[rows, cols]
        alpha = over[..., 3].astype(np.float32) * np.float32(1 / 255)
        frame = cv2.blendLinear(frame, np.ascontiguousarray(over[..., :3]), 1 - alpha, alpha)
    if scene.particles is not None:
        particles.paint(frame, scene.particles, scene.seed, time_s)
    return frame
