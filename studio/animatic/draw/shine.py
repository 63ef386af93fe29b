"""Light that moves during a shot: a lighthouse's beam that sweeps, lamps that are lit or go out.

Masks are drawn small and scaled up: light has no edges. Everything is a function of the time, so that any frame can be
drawn alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from studio.animatic.draw.palette import RGB

PERIOD_S = 7.0
"""One turn of a lighthouse's lamp."""

SMALL_PX = 200
"""Width of the mask before it is scaled up."""

WARM: RGB = (255, 226, 160)


@dataclass(frozen=True)
class Shine:
    """x, y: where it stands, shares of the frame at rest. reach: units. state: "sweeps", "lit", "dark" or "beam".

    depth: of the layer it belongs to, 0 far .. 1 near.
    """

    x: float
    y: float
    reach: float
    state: str
    depth: float = 0.6


def level(shines: tuple[Shine, ...], t: float) -> float:
    """How bright the picture is at t (0..1 of the shot) while lamps are lit or go out: 1 is as painted."""
    out = 1.0
    for one in shines:
        if one.state == "lit":
            out = min(out, 0.38 + 0.62 * _eased(t / 0.4))
        elif one.state == "dark":
            out = min(out, 1 - 0.62 * _eased((t - 0.45) / 0.3))
    return out


def cover(shape: tuple[int, ...], one: Shine, at: tuple[float, float], time_s: float, t: float) -> np.ndarray:
    """How much of this light lies on each pixel, uint8 (height, width). at: where it stands in the frame now."""
    height, width = shape[:2]
    wide, tall = SMALL_PX, max(8, round(SMALL_PX * height / width))
    unit = min(tall, wide * 1.1)
    x, y = at[0] * wide, at[1] * tall
    small = np.zeros((tall, wide), np.uint8)
    if one.state in ("sweeps", "beam"):
        turn = math.tau * time_s / PERIOD_S if one.state == "sweeps" else 0.0
        for half in (0.35, 0.35 + math.pi):
            _cone(small, (x, y), half + turn, unit * one.reach)
        small = cv2.GaussianBlur(small, (0, 0), 1.6)
    else:
        strength = _eased(t / 0.4) if one.state == "lit" else 1 - _eased((t - 0.45) / 0.3)
        gx, gy = np.arange(wide) - x, np.arange(tall) - y
        fall = np.clip(1 - np.sqrt(gx[None] ** 2 + gy[:, None] ** 2) / (unit * one.reach), 0, 1) ** 2
        small = (fall * 150 * strength).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _cone(small: np.ndarray, at: tuple[float, float], angle: float, length: float) -> None:
    """A cone of light that turns about an upright axis: long when it points sideways, a flare when it comes at us."""
    side, towards = math.cos(angle), math.sin(angle)
    spread = length * (0.03 + 0.07 * abs(side))
    end = at[0] + length * side, at[1] + length * 0.10 * towards
    layer = np.zeros_like(small)
    points = [at, (end[0], end[1] - spread), (end[0], end[1] + spread)]
    bright = int(40 + 90 * abs(side))
    cv2.fillPoly(layer, [np.round(np.array(points) * 16).astype(np.int32)], bright, cv2.LINE_AA, 4)
    gx, gy = np.arange(small.shape[1]) - at[0], np.arange(small.shape[0]) - at[1]
    far = np.sqrt(gx[None] ** 2 + gy[:, None] ** 2) / max(1.0, length * max(0.3, abs(side)))
    flare = np.clip(1 - far * 5, 0, 1) ** 2 * 200 * max(0.0, towards)  # the lamp looks at us
    np.maximum(small, (layer * np.clip(1.05 - far, 0, 1) + flare).clip(0, 255).astype(np.uint8), out=small)


def _eased(t: float) -> float:
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)
