"""What everything that draws scenery works with: the frame, its colours and light, and the layers made so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from studio.animatic.draw.canvas import Canvas, Stage, noise
from studio.animatic.draw.palette import NAMED, RGB, Palette, mix
from studio.animatic.draw.skies import Air, Light
from studio.animatic.text.reading import PromptReading

SUBJECT = 0.64
"""The depth of the figures; scenery above it stands in front of them."""


@dataclass
class ScenePlan:
    """A frame being painted. horizon: y of the frame. defocus: blur of the farthest layer, units; 0 is all sharp.

    open: True where nothing may stand in front of the figures (close shots). ground: colour under the figures' feet.
    shines: lamps and fires that were painted: x, y and the reach of their light in units. tower: a lighthouse's lamp.
    """

    at: Stage
    palette: Palette
    light: Light
    air: Air
    rng: np.random.Generator
    horizon: float
    reading: PromptReading
    defocus: float = 0.0
    open: bool = False
    ground: RGB = (120, 110, 100)
    layers: list[tuple[Canvas, float, str]] = field(default_factory=list)
    shines: list[tuple[float, float, float]] = field(default_factory=list)
    tower: tuple[float, float] | None = None

    def canvas(self, base: RGB, depth: float) -> Canvas:
        """An empty layer whose hidden ground is this colour as seen at this depth."""
        return Canvas(self.at, self.palette.at(base, depth))

    def add(self, canvas: Canvas, depth: float, name: str, *, glow: float = 1.0) -> None:
        """Finish a layer: air and grain on it, lens blur by its distance from the subject."""
        if depth > SUBJECT + 0.05 and self.open:
            return
        self.air.over(canvas, depth, amount=glow)
        blur = self.defocus * max(0.0, SUBJECT - depth) / SUBJECT if depth < SUBJECT else 0.006 * (depth - SUBJECT)
        if name != "figures":
            canvas.soften(blur)
        self.layers.append((canvas, depth, name))

    def tone(self, colour: RGB, depth: float) -> RGB:
        """A colour at this depth, turned a little so that neighbours differ."""
        change = float(self.rng.uniform(-0.05, 0.05))
        return mix(self.palette.at(colour, depth), self.palette.light if change > 0 else self.palette.near, abs(change))

    def xs(self, count: int) -> np.ndarray:
        """x positions over the whole width with overscan."""
        return np.linspace(self.at.left, 1 - self.at.left, count)

    @property
    def x_span(self) -> tuple[float, float]:
        return self.at.left, 1 - self.at.left

    @property
    def bottom(self) -> float:
        """y just below the layer."""
        return 1 - self.at.top + 0.02

    @property
    def wide(self) -> float:
        """How many units fit across the frame: 1.78 at 16:9."""
        return self.at.width / self.at.unit

    def dx(self, units: float) -> float:
        """Units as a share of the frame's width."""
        return self.at.ux(units)

    def dy(self, units: float) -> float:
        """Units as a share of the frame's height."""
        return self.at.uy(units)

    def skyline(self, y: float, rise: float, *, rough: float = 0.5, count: int = 220) -> tuple[np.ndarray, np.ndarray]:
        """A random ridge: x and y, `rise` units above and below y."""
        waves = max(1.0, self.wide)
        curve = noise(self.rng, int(count * waves), octaves=6, roughness=rough)
        return self.xs(len(curve)), y - self.dy(rise) * curve

    def below(self, canvas: Canvas, xs: np.ndarray, ys: np.ndarray, colour: RGB) -> None:
        """Fill from a curve down to the bottom of the layer."""
        canvas.polygon(np.column_stack((np.r_[xs, xs[-1], xs[0]], np.r_[ys, self.bottom, self.bottom])), colour)

    def land(self, colour: RGB, *, depth: float = 0.5, y: float | None = None, rough: float = 0.006) -> Canvas:
        """The ground from the horizon to the bottom, darker towards the viewer; added by the caller."""
        y = self.horizon if y is None else y
        own = next((c.name for c in self.reading.colours if c.noun and c.noun == self.reading.setting), "")
        colour = mix(colour, NAMED[own], 0.65) if own in NAMED else colour
        canvas = self.canvas(colour, depth)
        xs, ys = self.skyline(y, rough)
        self.below(canvas, xs, ys, self.palette.at(colour, depth))
        canvas.wash(y, y + 0.16, self.palette.at(colour, 0.72), 0.7)
        canvas.wash(y + 0.18, 1.08, mix(self.palette.at(colour, 0.9), self.palette.near, 0.55), 0.72)
        self.ground = self.palette.at(colour, 0.7)
        return canvas

    def strokes(
        self, canvas: Canvas, y: float, colour: RGB, count: int, *, amount: float = 0.25, flat: float = 1.0
    ) -> None:
        """Brush strokes lying on the ground, longer and wider apart towards the viewer; amount: how far to colour."""
        base = self.ground
        for t in self.rng.random(count) ** 1.7:
            sy = y + t * (1.05 - y)
            length = self.dx((0.03 + 0.30 * t) * float(self.rng.uniform(0.5, 1.5)))
            x = float(self.rng.uniform(*self.x_span))
            thick = self.dy((0.001 + 0.008 * t) * flat)
            ground = mix(self.palette.haze, base, min(1, 0.35 + t))
            shade = mix(ground, colour, amount * float(self.rng.uniform(0.4, 1)))
            upper, lower = (x - length * 0.2, sy - thick), (x + length * 0.1, sy + thick)
            canvas.polygon([(x - length, sy), upper, (x + length, sy), lower], shade)
