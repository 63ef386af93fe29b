"""The farthest layer: sky with its light, clouds and stars; and the air that lies between the layers."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.animatic.draw.canvas import Canvas, Stage, field_noise, mixed
from studio.animatic.draw.palette import RGB, Palette, mix, scale


@dataclass(frozen=True)
class Light:
    """Where the main light stands in the frame, how wide its glow is (units), and whether its disc is seen."""

    x: float
    y: float
    spread: float
    disc: str = ""  # sun, moon or nothing

    @property
    def side(self) -> float:
        """-1 from the left .. 1 from the right."""
        return 1.0 if self.x >= 0.5 else -1.0


def gradient(at: Stage, stops: list[tuple[float, RGB]]) -> np.ndarray:
    """Rows of colour from top to bottom, smooth between the stops (y of the frame, colour); uint8 (H, W, 3)."""
    ys = (np.arange(at.full_height) + 0.5 - (at.full_height - at.height) / 2) / at.height
    places = [y for y, _ in stops]
    rows = np.stack([np.interp(ys, places, [c[k] for _, c in stops]) for k in range(3)], axis=1)
    # A ripple of half a step along x, different per row, breaks the bands that 8 bits would show.
    ripple = (np.indices((at.full_height, 64)).sum(0) * 37 % 64) / 64
    tile = np.floor(rows[:, None, :] + ripple[..., None]).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.tile(tile, (1, at.full_width // 64 + 1, 1))[:, : at.full_width])


def sky(at: Stage, p: Palette, light: Light, horizon: float, rng: np.random.Generator, *, clouds: float) -> Canvas:
    """The sky down to the horizon, its light and its clouds (0 none .. 1 closed)."""
    canvas = Canvas(at, p.sky_low)
    canvas.alpha[:] = 255
    h = max(0.12, horizon)
    stops = [(h - 1.05, scale(p.sky_top, 0.9)), (h * 0.08, p.sky_top), (h * 0.58, p.sky_mid), (h, p.sky_low)]
    canvas.rgb = gradient(at, stops)
    if p.brightness < 0.4:
        _stars(canvas, rng, horizon, 1 - clouds)
    canvas.glow(light.x, light.y, light.spread * 1.9, p.light, 0.42 * (0.5 + 0.5 * p.brightness))
    canvas.glow(light.x, light.y, light.spread * 0.7, p.light, 0.5)
    if light.disc and clouds < 0.9:
        radius = 0.038 if light.disc == "moon" else 0.046
        canvas.circle(light.x, light.y, radius, mix(p.light, (255, 255, 255), 0.5))
        if light.disc == "moon":
            for dx, dy, r in ((-0.3, -0.2, 0.22), (0.28, 0.18, 0.3), (0.05, -0.5, 0.14)):
                spot = mix(p.light, p.sky_mid, 0.16)
                canvas.circle(light.x + at.ux(dx * radius), light.y + at.uy(dy * radius), r * radius, spot)
    if clouds > 0.04:
        _clouds(canvas, p, light, horizon, rng, clouds)
    return canvas


def _stars(canvas: Canvas, rng: np.random.Generator, horizon: float, clear: float) -> None:
    at = canvas.stage
    count = int(170 * clear * at.full_width / at.full_height)
    for x, y, size in zip(rng.random(count), rng.random(count) ** 1.4, rng.random(count) ** 3, strict=True):
        px, py = x * at.full_width, y * (horizon * at.height + (at.full_height - at.height) / 2)
        if 0 <= py < at.full_height:
            radius, colour = max(0.6, (0.0006 + 0.0016 * size) * at.unit), 0.2 + 0.8 * size
            canvas.circle_px((px, py), radius, mix((120, 135, 175), (255, 250, 240), colour))


def fireworks(canvas: Canvas, p: Palette, rng: np.random.Generator, horizon: float) -> None:
    """Three or four bursts over the horizon: rays that fall a little, each ending in a spark."""
    at = canvas.stage
    tints: tuple[RGB, ...] = ((255, 120, 96), (255, 214, 120), (120, 200, 255), (232, 130, 255))
    for i in range(int(rng.integers(3, 5))):
        x, y = float(rng.uniform(0.12, 0.88)), horizon * float(rng.uniform(0.18, 0.62))
        size, tint = float(rng.uniform(0.10, 0.21)), tints[i % len(tints)]
        canvas.glow(x, y, size * 1.8, tint, 0.5)
        for angle in np.linspace(0, 2 * np.pi, 26, endpoint=False) + float(rng.uniform(0, 1)):
            t = np.linspace(0.25, float(rng.uniform(0.8, 1.05)), 7)
            xs, ys = t * np.cos(angle), t * np.sin(angle) + 0.22 * t**2
            ray = np.column_stack((x + at.ux(size) * xs, y + at.uy(size) * ys))
            canvas.line(ray, mix(tint, p.sky_mid, 0.25), 0.0022)
            canvas.circle(ray[-1][0], ray[-1][1], 0.0045, mix(tint, (255, 255, 255), 0.6))


def _clouds(canvas: Canvas, p: Palette, light: Light, horizon: float, rng: np.random.Generator, amount: float) -> None:
    """Banks of cloud, lit from the light's side, painted small and scaled up."""
    at = canvas.stage
    height, width = max(24, at.full_height // 5), max(24, at.full_width // 5)
    stretched = field_noise(rng, height, max(8, round(width / 2.6)), cells=4.5, octaves=5)
    body = cv2.resize(stretched, (width, height), interpolation=cv2.INTER_CUBIC)
    edge = 0.62 - 0.36 * amount
    cover = np.clip((body - edge) / 0.15, 0, 1)
    cover = cover * cover * (3 - 2 * cover)
    lift = np.roll(body, (2, -3 if light.x > 0.5 else 3), axis=(0, 1))
    lit = np.clip(0.5 + (body - lift) * 5.0, 0, 1)[..., None]
    ys = (np.arange(height) / height * at.full_height - (at.full_height - at.height) / 2) / at.height
    fade = np.clip((horizon - ys) / 0.16, 0, 1)[:, None] * (0.85 if amount < 0.6 else 1.0)
    moonlit = 0.62 if p.brightness > 0.4 else 0.2
    glow = mix(mix(p.sky_low, p.light, moonlit), (255, 255, 255), 0.25 * p.brightness if p.brightness > 0.4 else 0.0)
    under = mix(p.sky_mid, scale(p.haze, 0.72), 0.6)
    tone = np.asarray(under, np.float32) * (1 - lit) + np.asarray(glow, np.float32) * lit
    size = at.full_width, at.full_height
    weight = cv2.resize((cover * fade).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    weight = np.clip(weight, 0, 1) * np.float32(0.9)
    over = cv2.resize(tone.clip(0, 255).astype(np.uint8), size, interpolation=cv2.INTER_CUBIC)
    canvas.rgb = mixed(canvas.rgb, over, weight)


class Air:
    """What the air does to a layer: glow of the light over far things, paper grain over all. Built once per frame."""

    def __init__(self, at: Stage, p: Palette, light: Light, rng: np.random.Generator) -> None:
        self.palette = p
        small = (max(8, at.full_width // 16), max(8, at.full_height // 16))
        xs = np.linspace(at.left, 1 - at.left, small[0])[None] * at.width
        ys = np.linspace(at.top, 1 - at.top, small[1])[:, None] * at.height
        far = np.hypot(xs - light.x * at.width, ys - light.y * at.height) / at.unit
        self.glow = np.exp(-((far / (light.spread * 1.35)) ** 2)).astype(np.float32)
        self.size = (at.full_width, at.full_height)
        # Grain is made once at 512 px and tiled: fine tooth plus slow mottling, about +-5 levels.
        tooth = rng.normal(0, 2.1, (512, 512)).astype(np.float32)
        mottle = np.pad(rng.normal(0, 1, (512, 512)).astype(np.float32), 32, mode="wrap")
        wash = np.ascontiguousarray(cv2.GaussianBlur(mottle, (0, 0), 9)[32:-32, 32:-32])
        grain = tooth + wash / (wash.std() + 1e-6) * 1.9
        reps = (at.full_height // 512 + 1, at.full_width // 512 + 1)
        full = np.tile(grain, reps)[: at.full_height, : at.full_width]
        self.plus = cv2.merge([np.clip(full, 0, 255).astype(np.uint8)] * 3)
        self.minus = cv2.merge([np.clip(-full, 0, 255).astype(np.uint8)] * 3)

    def over(self, canvas: Canvas, depth: float, *, amount: float = 1.0) -> None:
        """Let the light bleed over the layer (more, the farther) and put the grain on it."""
        strength = amount * (1 - depth) ** 1.2 * 0.62
        if strength > 0.03:
            colour = mix(self.palette.haze, self.palette.light, 0.72)
            weight = cv2.resize(self.glow * np.float32(strength), self.size, interpolation=cv2.INTER_LINEAR)
            canvas.tint(weight, colour)
        canvas.rgb = cv2.subtract(cv2.add(canvas.rgb, self.plus), self.minus)
