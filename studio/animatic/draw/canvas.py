"""One layer being painted: anti-aliased shapes, washes, glows and grain on straight-alpha RGBA.

Positions are in units of the visible frame: x and y run 0..1 from its left top corner, and beyond that into the
overscan. Lengths are in units of the frame's height or, on narrow frames, of 1.1 widths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from studio.animatic.draw.palette import RGB

SHIFT = 4
"""Sub-pixel bits handed to OpenCV: shapes are placed to 1/16 px."""

Points = Sequence[tuple[float, float]] | np.ndarray


@dataclass(frozen=True)
class Stage:
    """The measures of a frame. width, height: visible px. full_*: with overscan. unit: px of length 1.0."""

    width: int
    height: int
    full_width: int
    full_height: int

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @property
    def unit(self) -> float:
        """px: the frame's height, or 1.1 widths on tall frames."""
        return min(self.height, self.width * 1.1)

    @property
    def left(self) -> float:
        """x of the left edge of the overscan (negative)."""
        return -(self.full_width - self.width) / 2 / self.width

    @property
    def top(self) -> float:
        """y of the upper edge of the overscan (negative)."""
        return -(self.full_height - self.height) / 2 / self.height

    def px(self, points: Points) -> np.ndarray:
        """Positions as float px (N, 2) on the overscanned layer."""
        at = np.asarray(points, np.float64).reshape(-1, 2)
        corner = ((self.full_width - self.width) / 2, (self.full_height - self.height) / 2)
        return at * (self.width, self.height) + corner

    def ux(self, length: float) -> float:
        """A length in units as a difference of x."""
        return length * self.unit / self.width

    def uy(self, length: float) -> float:
        """A length in units as a difference of y."""
        return length * self.unit / self.height


def stage(width: int, height: int, overscan: float) -> Stage:
    """The measures for a frame of this size, overscan 1.0 or more."""
    return Stage(width, height, round(width * overscan), round(height * overscan))


class Canvas:
    """A layer being drawn. base: the colour under transparent pixels, so that soft edges have no dark rim."""

    def __init__(self, at: Stage, base: RGB) -> None:
        self.stage = at
        self.rgb = plain((at.full_height, at.full_width, 3), base)
        self.alpha = np.zeros((at.full_height, at.full_width), np.uint8)

    def polygon(self, points: Points, colour: RGB) -> None:
        """A filled shape."""
        self.fill_px(self.stage.px(points), colour)

    def fill_px(self, px: np.ndarray, colour: RGB) -> None:
        """A filled shape at float px of the layer."""
        at = [np.round(px * (1 << SHIFT)).astype(np.int32)]
        cv2.fillPoly(self.rgb, at, colour, cv2.LINE_AA, SHIFT)
        cv2.fillPoly(self.alpha, at, 255, cv2.LINE_AA, SHIFT)

    def circle_px(self, centre: Sequence[float], radius: float, colour: RGB) -> None:
        """A disc at float px of the layer, radius in px."""
        at = (round(centre[0] * (1 << SHIFT)), round(centre[1] * (1 << SHIFT)))
        cv2.circle(self.rgb, at, max(1, round(radius * (1 << SHIFT))), colour, -1, cv2.LINE_AA, SHIFT)
        cv2.circle(self.alpha, at, max(1, round(radius * (1 << SHIFT))), 255, -1, cv2.LINE_AA, SHIFT)

    def circle(self, x: float, y: float, radius: float, colour: RGB) -> None:
        """A disc; radius in units."""
        self.circle_px(self.stage.px([(x, y)])[0], radius * self.stage.unit, colour)

    def line(self, points: Points, colour: RGB, thickness: float) -> None:
        """An open stroke; thickness in units, at least a pixel."""
        at = [np.round(self.stage.px(points) * (1 << SHIFT)).astype(np.int32)]
        wide = max(1, round(thickness * self.stage.unit))
        cv2.polylines(self.rgb, at, False, colour, wide, cv2.LINE_AA, SHIFT)
        cv2.polylines(self.alpha, at, False, 255, wide, cv2.LINE_AA, SHIFT)

    def strip(self, a: tuple[float, float], half_a: float, b: tuple[float, float], half_b: float, colour: RGB) -> None:
        """A straight strip from a to b, level at both ends; half_a, half_b: half its width there."""
        self.polygon(
            [(a[0] - half_a, a[1]), (a[0] + half_a, a[1]), (b[0] + half_b, b[1]), (b[0] - half_b, b[1])], colour
        )

    def band(self, left: np.ndarray, right: np.ndarray, ys: np.ndarray, colour: RGB) -> None:
        """What lies between two curves that share their y."""
        self.polygon(np.column_stack((np.r_[left, right[::-1]], np.r_[ys, ys[::-1]])), colour)

    def rect(self, x0: float, y0: float, x1: float, y1: float, colour: RGB) -> None:
        """An upright rectangle."""
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def wash(self, y0: float, y1: float, colour: RGB, strength: float) -> None:
        """Blend towards a colour, from nothing at y0 to `strength` at y1 and beyond."""
        height = self.stage.full_height
        ys = (np.arange(height) + 0.5 - (height - self.stage.height) / 2) / self.stage.height
        ramp = np.clip((ys - y0) / (y1 - y0 or 1e-6), 0, 1)
        self.tint((strength * ramp * ramp * (3 - 2 * ramp)).astype(np.float32)[:, None], colour)

    def tint(self, weight: np.ndarray, colour: RGB) -> None:
        """Blend towards a colour by weight 0..1, an array that spreads over (height, width)."""
        self.rgb = tinted(self.rgb, colour, np.broadcast_to(weight, self.alpha.shape))

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float, *, flat: float = 1.0) -> None:
        """Add soft light around a place. radius in units; flat < 1 squeezes it vertically. Alpha is left alone."""
        r = radius * self.stage.unit
        step = max(1, int(r // 48))
        found = self._ellipse(x, y, r, r * flat, step)
        if found is None:
            return
        box, away = found
        fall = np.clip(1 - away, 0, 1) ** 2 * strength
        part = self.rgb[box]
        soft = (fall[..., None] * np.asarray(colour, np.float32)).astype(np.uint8)
        if step > 1:
            soft = cv2.resize(soft, part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        # Screen: light adds without burning out.
        self.rgb[box] = 255 - cv2.multiply(255 - part, 255 - soft, scale=1 / 255)

    def beam(self, points: Points, colour: RGB, strengths: tuple[float, float], blur: float) -> None:
        """A soft beam of light of this shape, its strength from the top to the bottom; blur in px of an eighth."""
        beam = np.zeros(self.alpha.shape, np.uint8)
        cv2.fillPoly(beam, [self.stage.px(points).astype(np.int32)], 255)
        small = cv2.resize(beam, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
        size = self.stage.full_width, self.stage.full_height
        weight = cv2.resize(cv2.GaussianBlur(small, (0, 0), blur), size).astype(np.float32) / 255
        self.tint(weight * np.linspace(*strengths, self.stage.full_height, dtype=np.float32)[:, None], colour)

    def soften(self, radius: float) -> None:
        """Blur the layer as a lens out of focus would; radius in units."""
        sigma = radius * self.stage.unit
        if sigma < 0.5:
            return
        step = max(1, min(8, int(sigma / 1.2)))
        size = (max(1, self.stage.full_width // step), max(1, self.stage.full_height // step))
        soft = cv2.resize(self.rgba(), size, interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(soft, (0, 0), sigma / step)
        wide = (self.stage.full_width, self.stage.full_height)
        soft = cv2.resize(soft, wide, interpolation=cv2.INTER_LINEAR)
        self.rgb, self.alpha = np.ascontiguousarray(soft[..., :3]), np.ascontiguousarray(soft[..., 3])

    def spot(
        self, x: float, y: float, radii: tuple[float, float], colour: RGB, strength: float, *, power: float
    ) -> None:
        """Lay a translucent spot on the layer, strongest in its middle; radii in units. Alpha grows under it."""
        found = self._ellipse(x, y, radii[0] * self.stage.unit, radii[1] * self.stage.unit, 1)
        if found is None:
            return
        box, away = found
        top = np.clip(1 - away, 0, 1) ** power * strength
        under = self.alpha[box].astype(np.float32) / 255
        out = top + under * (1 - top)
        share = (top / np.maximum(out, 1e-4))[..., None]
        self.rgb[box] = (self.rgb[box] * (1 - share) + np.asarray(colour, np.float32) * share + 0.5).astype(np.uint8)
        self.alpha[box] = (out * 255 + 0.5).astype(np.uint8)

    def _ellipse(
        self, x: float, y: float, rx: float, ry: float, step: int
    ) -> tuple[tuple[slice, slice], np.ndarray] | None:
        """The box of an ellipse (radii in px) and how far from its middle each step-th pixel lies; 1 at its edge."""
        cx, cy = self.stage.px([(x, y)])[0]
        x0, x1 = max(0, int(cx - rx)), min(self.stage.full_width, int(cx + rx) + 1)
        y0, y1 = max(0, int(cy - ry)), min(self.stage.full_height, int(cy + ry) + 1)
        if x1 <= x0 or y1 <= y0:
            return None
        gx, gy = (np.arange(x0, x1, step) - cx) / rx, (np.arange(y0, y1, step) - cy) / ry
        return (slice(y0, y1), slice(x0, x1)), np.sqrt(gx[None] ** 2 + gy[:, None] ** 2)

    def rgba(self) -> np.ndarray:
        """The finished layer, straight alpha."""
        return with_alpha(self.rgb, self.alpha)


def plain(shape: tuple[int, ...], colour: RGB) -> np.ndarray:
    """A picture in one colour. By rows: writing three numbers a million times takes six times as long."""
    out = np.empty(shape, np.uint8)
    if out.size:
        out[0] = colour
        out[1:] = out[0]
    return out


def mixed(under: np.ndarray, over: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Two pictures of uint8 (height, width, 3) blended: over by weight, uint8 or float 0..1 (height, width).

    In bytes, which takes a third of the time that OpenCV's blendLinear does with weights in floats.
    """
    share = _bytes3(weight)
    left = cv2.multiply(under, cv2.bitwise_not(share), scale=1 / 255)
    return cv2.add(left, cv2.multiply(over, share, scale=1 / 255))


def tinted(under: np.ndarray, colour: RGB, weight: np.ndarray) -> np.ndarray:
    """A picture of uint8 (height, width, 3) blended towards a colour by weight, uint8 or float 0..1 (height, width)."""
    share = _bytes3(weight)
    left = cv2.multiply(under, cv2.bitwise_not(share), scale=1 / 255)
    return cv2.add(left, cv2.multiply(share, np.array((*colour, 0), np.float64), scale=1 / 255))


def _bytes3(weight: np.ndarray) -> np.ndarray:
    """A weight, uint8 or 0..1, as uint8 for each of three channels."""
    if weight.dtype != np.uint8:
        weight = cv2.convertScaleAbs(np.ascontiguousarray(weight, np.float32), alpha=255)
    return cv2.merge((weight, weight, weight))


def with_alpha(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Both as one RGBA picture. OpenCV does it in a fifth of numpy's time."""
    return cv2.merge((rgb, alpha))


def noise(rng: np.random.Generator, count: int, *, octaves: int = 5, roughness: float = 0.55) -> np.ndarray:
    """A smooth random curve of `count` values within about -1..1: octaves of interpolated noise."""
    total, size, weight = np.zeros(count), 2.0, 1.0
    xs = np.linspace(0, 1, count)
    for octave in range(octaves):
        knots = int(size * 2**octave) + 3
        values = rng.uniform(-1, 1, knots)
        at = xs * (knots - 1)
        low = np.minimum(at.astype(int), knots - 2)
        t = at - low
        t = t * t * (3 - 2 * t)
        total += weight * (values[low] * (1 - t) + values[low + 1] * t)
        weight *= roughness
    return total / 1.6


def field_noise(rng: np.random.Generator, height: int, width: int, *, cells: float, octaves: int = 4) -> np.ndarray:
    """Cloud-like noise 0..1 of this size, float32; cells: blobs across the longer side in the coarsest octave."""
    total = np.zeros((height, width), np.float32)
    weight, sum_of = 1.0, 0.0
    longer = max(height, width)
    for octave in range(octaves):
        n = cells * 2**octave
        grid = rng.random((max(2, round(n * height / longer)) + 1, max(2, round(n * width / longer)) + 1), np.float32)
        total += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        sum_of += weight
        weight *= 0.5
    return np.clip(total / sum_of, 0, 1)
