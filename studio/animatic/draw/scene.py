"""A reading composed into layers, far to near, ready to be moved by a camera or flattened into a still.

The same reading, size and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from studio.animatic.draw import figures, particles, shine, skies
from studio.animatic.draw.canvas import field_noise, mixed, plain, stage, tinted, with_alpha
from studio.animatic.draw.palette import Palette, mix, palette_for
from studio.animatic.draw.particles import Particles
from studio.animatic.draw.placing import is_close, shot_facts
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.shine import Shine
from studio.animatic.draw.skies import Air, Light
from studio.animatic.places import elsewhere, grounds, nature, scenery, set_pieces, town, waters
from studio.animatic.text import locations
from studio.animatic.text.reading import LAMPS, PromptReading


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
    particles: what falls or floats in front, or None. shines: light that moves during the shot.
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
    shines: tuple[Shine, ...] = ()


PAINTERS: dict[str, Callable[[ScenePlan], None]] = {
    painter.__name__: painter
    for painter in (
        town.city, town.street, town.village, nature.forest, waters.sea, nature.mountains, nature.desert,
        nature.snowfield, nature.field, waters.lake, nature.garden, nature.road, nature.sky, grounds.pitch,
        grounds.graveyard, grounds.station, grounds.ruins, grounds.cave, set_pieces.window, set_pieces.stairs,
        set_pieces.stage, set_pieces.product, elsewhere.underwater, elsewhere.space,
    )
}  # fmt: skip
PAINTERS |= {name: partial(scenery.paint, place=name) for name in scenery.names()}
PAINTERS |= {"spaceport": nature.desert, "studio": elsewhere.backdrop, "": elsewhere.backdrop}
"""A place's name -> who paints it."""
WITHOUT_SKY = ("", "studio", "product", "stage", "cave", "greenhouse", "underwater", "space")
"""Places without a sky that have no roof either, as locations.toml counts."""


def compose(reading: PromptReading, width: int, height: int, seed: int, *, overscan: float = 1.25) -> Scene:
    """Draw a reading at width x height px. Layers are `overscan` times larger, so a camera has room to move."""
    rng = np.random.default_rng(seed)
    place = locations.place(reading)
    reading = replace(reading, settings=(place, *(s for s in reading.settings if s != place)))
    palette = palette_for(reading, rng)
    at = stage(width, height, overscan)
    horizon = _horizon(reading, rng)
    light = _light(reading, palette, horizon, rng)
    plan = ScenePlan(at, palette, light, Air(at, palette, light, rng), rng, horizon, reading)
    plan.open = is_close(reading.shot_size) or reading.shot_size == "aerial" or reading.angle == "high"
    plan.defocus = shot_facts(reading.shot_size).get("blur", 0.0)
    if outdoors(reading.setting):
        above = skies.sky(at, palette, light, plan.horizon, rng, clouds=_clouds(reading, rng))
        if any(t.kind == "fireworks" for t in reading.objects):
            skies.fireworks(above, palette, rng, horizon)
        plan.add(above, 0.0, "sky", glow=0.0)
    PAINTERS[reading.setting](plan)
    focus = figures.draw(plan)
    if "fog" in reading.weather:
        _fog(plan)
    layers = sorted(plan.layers, key=lambda layer: layer[1])
    made = tuple(Layer(with_alpha(_graded(c.rgb, palette), c.alpha), depth, name) for c, depth, name in layers)
    falling = _particles(reading, palette, rng)
    at_rest = (light.x, light.y)
    shines = tuple(_shines(plan))
    return Scene(width, height, overscan, seed, made, palette, focus, at_rest, _flicker(reading), falling, shines)


def _flicker(reading: PromptReading) -> float:
    """How much the light flickers: 0 steady .. 1."""
    if "candle" in reading.light:
        return 0.8
    if "storm" in reading.weather:
        return 0.5
    if "neon" in reading.light:
        return 0.25
    burning = any(t.state == "flickers" for t in reading.objects) or reading.has("fire", "candle", "match", "lantern")
    return 0.7 if burning else 0.0


def outdoors(place: str) -> bool:
    """Whether a place has a sky, and so weather."""
    return place not in WITHOUT_SKY and not locations.has(place, "roof")


def _shines(plan: ScenePlan) -> Iterator[Shine]:
    """Lights that the words set in motion: beams where lighthouses and searchlights stand, lamps lit or put out."""
    reading = plan.reading
    states = {t.state for t in reading.objects if t.kind in LAMPS}
    beam = next((t for t in reading.objects if t.kind == "beam"), None)
    tower = next((t for t in reading.objects if t.kind == "lighthouse"), None)
    if (beam or (tower and tower.state == "sweeps")) and plan.tower and reading.setting != "lamproom":
        turning = "sweeps" in {beam.state if beam else "", tower.state if tower else ""}
        yield Shine(*plan.tower, 1.9, "sweeps" if turning else "beam")
    elif beam and plan.shines:
        yield Shine(plan.shines[0][0], plan.shines[0][1], 1.9, beam.state if beam.state == "sweeps" else "beam")
    for state in ("lit", "dark"):
        if state in states:
            x, y, reach = plan.shines[0] if plan.shines else (0.5, 0.45, 0.7)
            yield Shine(x, y, min(1.2, reach), state)


def _horizon(reading: PromptReading, rng: np.random.Generator) -> float:
    """y of the horizon: by angle and shot size, else a little above or below the middle."""
    base = float(rng.uniform(0.50, 0.62))
    if reading.angle == "low":
        base = 0.74
    elif reading.angle == "high":
        base = 0.26
    return shot_facts(reading.shot_size).get("horizon", base)


def _light(reading: PromptReading, palette: Palette, horizon: float, rng: np.random.Generator) -> Light:
    """Where the sun or moon stands; its disc is seen when the sky is open and the light is low or named."""
    side = 1 if rng.random() < 0.5 else -1
    x = 0.5 + side * float(rng.uniform(0.14, 0.34))
    y = horizon - max(0.03, palette.sun_height * max(0.3, horizon) * 0.9)
    named = {t.kind for t in reading.objects} & {"sun", "moon"}
    disc = "sun" if "sun" in named or palette.sun_height < 0.2 else ""
    disc = "moon" if "moon" in named or palette.brightness < 0.4 else disc
    if {"rain", "storm", "snow", "fog", "cloudy"} & set(reading.weather) and not named:
        disc = ""
    if disc == "moon" and not named and palette.lamps and reading.setting in ("street", "city") and rng.random() < 0.5:
        disc = ""
    spread = 0.26 if disc == "moon" else 0.42 if palette.sun_height < 0.3 else 0.5
    return Light(x, y, spread, disc)


def _clouds(reading: PromptReading, rng: np.random.Generator) -> float:
    amount = {"storm": 1.0, "rain": 0.85, "cloudy": 0.75, "snow": 0.7, "fog": 0.4, "clear": 0.06}
    found = [amount[w] for w in reading.weather if w in amount]
    return max(found) if found else float(rng.uniform(0.25, 0.55))


def _fog(plan: ScenePlan) -> None:
    """Drifts of mist in front of the figures' feet."""
    mist = plan.canvas((255, 255, 255), 0.8)
    mist.rgb[:] = mix(plan.palette.haze, plan.palette.light, 0.25)
    small = field_noise(plan.rng, max(8, plan.at.full_height // 12), max(8, plan.at.full_width // 24), cells=4)
    body = cv2.resize(small, (plan.at.full_width, plan.at.full_height), interpolation=cv2.INTER_CUBIC)
    ys = (np.arange(plan.at.full_height) - (plan.at.full_height - plan.at.height) / 2) / plan.at.height
    band = np.exp(-(((ys - 0.72) / 0.22) ** 2)).astype(np.float32)[:, None]
    mist.alpha = np.clip((body - 0.25) * 260 * band, 0, 150).astype(np.uint8)
    plan.layers.append((mist, 0.8, "mist"))


def _graded(rgb: np.ndarray, palette: Palette) -> np.ndarray:
    """The picture with the palette's saturation and tint, the same for every layer."""
    colour, amount = palette.tint
    if palette.saturation != 1.0:
        grey = cv2.merge([cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)] * 3)
        rgb = cv2.addWeighted(rgb, palette.saturation, grey, 1 - palette.saturation, 0)
    if amount:
        rgb = cv2.addWeighted(rgb, 1 - amount, plain(rgb.shape, colour), amount, 0)
    return rgb


def _particles(reading: PromptReading, palette: Palette, rng: np.random.Generator) -> Particles | None:
    """What falls or floats in front of the picture."""
    wind = float(rng.uniform(-0.12, 0.12)) * (3.0 if {"wind", "storm"} & set(reading.weather) else 1.0)
    white = mix(palette.light, (255, 255, 255), 0.6)
    if reading.setting == "underwater":
        return Particles("bubbles", 0.8, (220, 246, 250), 0.0)
    if not outdoors(reading.setting):
        return None
    if {"rain", "storm"} & set(reading.weather):
        return Particles("rain", 1.0 if "storm" in reading.weather else 0.7, white, wind - 0.1)
    if "snow" in reading.weather:
        return Particles("snow", 0.9, white, wind * 2)
    if "dust" in reading.weather:
        return Particles("dust", 1.0, (240, 204, 150), 0.8)
    blossom = any(w in reading.prompt.lower() for w in ("cherry", "sakura", "petal", "樱花", "花瓣", "桃花"))
    if blossom:
        return Particles("petals", 0.9, palette.at((250, 196, 212), 0.8), wind + 0.3)
    if "autumn" in reading.styles:
        return Particles("leaves", 0.8, palette.at((222, 126, 46), 0.8), wind + 0.3)
    if {"fire"} & {t.kind for t in reading.objects}:
        return Particles("sparks", 0.7, (255, 180, 90), wind)
    if reading.setting in ("forest", "garden", "field") and palette.brightness < 0.5:
        return Particles("fireflies", 0.7, (246, 232, 130), 0.0)
    return None


def still(scene: Scene, *, time_s: float = 0.0) -> np.ndarray:
    """The visible frame as uint8 RGB (height, width, 3), with its particles as they are at time_s."""
    left = (scene.layers[0].rgba.shape[1] - scene.width) // 2
    top = (scene.layers[0].rgba.shape[0] - scene.height) // 2
    rows, cols = slice(top, top + scene.height), slice(left, left + scene.width)
    frame = np.ascontiguousarray(scene.layers[0].rgba[rows, cols, :3])
    for layer in scene.layers[1:]:
        over = layer.rgba[rows, cols]
        frame = mixed(frame, np.ascontiguousarray(over[..., :3]), np.ascontiguousarray(over[..., 3]))
    for one in scene.shines:
        if one.state in ("sweeps", "beam"):  # a still shows lamps as they burn
            frame = tinted(frame, shine.WARM, shine.cover(frame.shape, one, (one.x, one.y), time_s, 0.5))
    if scene.particles is not None:
        particles.paint(frame, scene.particles, scene.seed, time_s)
    return frame
