"""Drawn looks: pixel art, pencil, cartoon, oil, watercolour, ink, poster. uint8 RGB in and out, the same size.

All of them depend on the picture alone, so that the frames of a clip do not flicker.
"""

from __future__ import annotations

import cv2
import numpy as np

from studio.animatic.effects import tones
from studio.animatic.effects.tones import STEPS

SMOOTHED_PX = 400
"""Shorter side of the copy on which a cartoon's colours are evened out: they are flat, so few pixels are enough."""


def pixel_art(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Large square pixels in few, clear colours."""
    height, width = rgb.shape[:2]
    rows = max(24, round(110 / max(0.4, amount)))
    scale = max(1.0, min(height, width) / rows)
    small = cv2.resize(rgb, (max(1, round(width / scale)), max(1, round(height / scale))), interpolation=cv2.INTER_AREA)
    small = _levels(tones.saturation(tones.contrast(small, 0.5), 0.5), 7)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)


def _levels(rgb: np.ndarray, count: int) -> np.ndarray:
    return tones.curve(rgb, np.round(STEPS * (count - 1)) / (count - 1))


def sketch(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Graphite on paper: the picture divided by its own blur, with soft shading."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    soft = cv2.GaussianBlur(grey, (0, 0), max(1.5, min(grey.shape) / 90))
    lines = cv2.divide(grey, np.maximum(soft, 1), scale=255)
    lines = cv2.LUT(lines, np.clip((STEPS ** (2.2 * max(0.5, amount))) * 255, 0, 255).astype(np.uint8))
    shading = cv2.LUT(soft, np.clip((0.78 + 0.22 * STEPS**0.7) * 255, 0, 255).astype(np.uint8))
    drawn = cv2.multiply(lines, shading, scale=1 / 255)
    return tones.curve(cv2.merge((drawn, drawn, drawn)), STEPS[:, None] * np.array([0.98, 0.97, 0.94], np.float32))


def cartoon(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Flat areas of colour with dark outlines."""
    height, width = rgb.shape[:2]
    part = min(0.5, SMOOTHED_PX / min(height, width))
    small = cv2.resize(rgb, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
    for _ in range(2):
        small = cv2.bilateralFilter(small, 5, 30, 5)
    flat = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    level = cv2.cvtColor(flat, cv2.COLOR_RGB2Lab)
    steps = np.round(STEPS * 8) / 8
    level[..., 0] = cv2.LUT(level[..., 0], ((0.35 * STEPS + 0.65 * steps) * 255).astype(np.uint8))
    flat = tones.saturation(cv2.cvtColor(level, cv2.COLOR_Lab2RGB), 0.6 * amount)
    grey = cv2.medianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), 5)
    block = max(7, min(height, width) // 80 * 2 + 1)
    edges = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, 6)
    edges = cv2.GaussianBlur(cv2.medianBlur(edges, 3), (0, 0), 0.8)
    return tones.scaled(flat, edges.astype(np.float32) / 255 * 0.9 + 0.1)


def oil(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Brush strokes: each pixel takes the calmest of the four squares around it (Kuwahara 1976)."""
    radius = max(2, round(min(rgb.shape[:2]) / 170 * max(0.5, amount)))
    return tones.saturation(tones.contrast(_kuwahara(rgb, radius), 0.4), 0.5)


def _kuwahara(rgb: np.ndarray, radius: int) -> np.ndarray:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    side = radius + 1
    best: np.ndarray | None = None
    out = np.empty_like(rgb)
    for anchor in ((radius, radius), (0, radius), (radius, 0), (0, 0)):
        mean = cv2.boxFilter(grey, -1, (side, side), anchor=anchor)
        spread = cv2.sqrBoxFilter(grey, -1, (side, side), anchor=anchor) - mean * mean
        colour = cv2.boxFilter(rgb, -1, (side, side), anchor=anchor)
        if best is None:
            best, out = spread, colour
            continue
        calmer = (spread < best).astype(np.uint8)
        best = np.minimum(best, spread)
        cv2.copyTo(colour, calmer, out)
    return out


def watercolour(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Pale washes with darker rims, on grained paper."""
    wash = _kuwahara(rgb, max(2, round(min(rgb.shape[:2]) / 130)))
    wash = cv2.GaussianBlur(wash, (0, 0), 1.0)
    grey = cv2.cvtColor(wash, cv2.COLOR_RGB2GRAY)
    rim = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    light = tones.saturation(tones.curve(wash, 0.22 + 0.78 * STEPS**0.85), 0.35 * amount)
    gain = 1 - np.clip(cv2.GaussianBlur(rim, (0, 0), 0.8).astype(np.float32) / 255, 0, 0.5) * 0.9
    return tones.scaled(light, gain * _paper(rgb.shape[:2], 0.035))


def ink(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Black washes on warm rice paper; half-tones bleed."""
    grey = cv2.cvtColor(_kuwahara(rgb, max(2, round(min(rgb.shape[:2]) / 150))), cv2.COLOR_RGB2GRAY)
    soft = cv2.GaussianBlur(grey, (0, 0), min(grey.shape) / 260)
    tone = cv2.addWeighted(grey, 0.6, soft, 0.4, 0)
    value = np.clip(0.04 + (STEPS ** (1.15 * max(0.6, amount))) * 1.25, 0, 1)
    washed = cv2.LUT(tone, (value * 255).astype(np.uint8)).astype(np.float32) / 255
    paper = np.array([244, 236, 220], np.float32) * (washed * _paper(grey.shape, 0.03))[..., None]
    return np.clip(paper, 0, 255).astype(np.uint8)


def _paper(shape: tuple[int, ...], strength: float) -> np.ndarray:
    """A paper's grain as a gain around 1; always the same for a size."""
    noise = np.random.default_rng(11).standard_normal(shape[:2]).astype(np.float32)
    return 1 + strength * cv2.GaussianBlur(noise, (0, 0), 1.2) * 2


def poster(rgb: np.ndarray, amount: float) -> np.ndarray:
    """Few flat, loud colours."""
    calm = cv2.medianBlur(rgb, 5)
    return tones.saturation(_levels(tones.contrast(calm, 0.6), max(3, round(5 / max(0.5, amount)))), 1.0)


STYLES = {
    style.__name__.replace("_", " "): style for style in (pixel_art, sketch, cartoon, oil, watercolour, ink, poster)
}
