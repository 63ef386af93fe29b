"""Places whose picture is a table: the layers and rows of scenery.toml, read and drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

from studio.animatic import tables
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import RGB, hexa, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places import fittings
from studio.animatic.places.waters import water

_NUMBER = r"[+-]?\d*\.?\d+"
_X = re.compile(
    rf"(?P<lit>~)?(?P<share>{_NUMBER})(?P<more>[+-]\d*\.?\d+(?![\d.u]))?(?:(?P<turned>~)?(?P<units>[+-]\d*\.?\d+)u)?$"
)
_Y = re.compile(rf"(?P<horizon>h)?(?P<share>{_NUMBER}(?!u))?(?:(?P<units>[+-]\d*\.?\d+)u)?$")
_STEP = re.compile(r"@(?P<depth>[\d.]+)|\+(?P<other>[#\w]+)\*(?P<share>[\d.]+)|\*(?P<factor>[\d.]+)")
At = tuple[float, float]
Position = Callable[[str, str], At]


@dataclass(frozen=True)
class Row:
    """One row of the table. points: x and y as they are written."""

    verb: str
    ink: str
    sizes: tuple[float, ...]
    points: tuple[tuple[str, str], ...]


@dataclass
class Painter:
    """A place being drawn. inks: colours by name, mixed when first asked for."""

    plan: ScenePlan
    own: dict[str, str]
    inks: dict[str, RGB] = field(default_factory=dict)

    def ink(self, text: str) -> RGB:
        """The colour of an ink of the table."""
        night, _, day = text.partition("|")
        if day:
            return self.ink(night if self.plan.palette.lamps else day)
        base = re.match(r"[#\w]+", text)
        colour = self._named(base[0] if base else text)
        for step in _STEP.finditer(text):
            if step["depth"]:
                colour = self.plan.palette.at(colour, float(step["depth"]))
            elif step["other"]:
                colour = mix(colour, self._named(step["other"]), float(step["share"]))
            else:
                colour = scale(colour, float(step["factor"]))
        return colour

    def _named(self, name: str) -> RGB:
        if name.startswith("#"):
            return hexa(name[1:])
        if name == "ground":
            return self.plan.ground
        if name not in self.inks:
            if name == "front":
                self.inks[name] = self.plan.palette.at(fittings.chosen(self.plan, "fronts"), 0.6)
            elif text := self.own.get(name) or _table()["ink"].get(name):
                self.inks[name] = self.ink(text)
            else:
                self.inks[name] = getattr(self.plan.palette, name)
        return self.inks[name]

    def layer(self, layer: dict[str, Any]) -> None:
        """Draw one layer and add it to the plan."""
        plan, depth = self.plan, layer["at"]
        if "walls" in layer:
            wall, floor, edge = layer["walls"].split()
            canvas, self.inks["lit"] = fittings.walls(plan, self.ink(wall), self.ink(floor), edge=float(edge))
        elif "land" in layer or "water" in layer:
            colour, at = (layer.get("land") or layer["water"]).split()
            y = self.at("0", at)[1]
            ground = plan.land(self.ink(colour), depth=depth, y=y, rough=0.0) if "land" in layer else None
            canvas = ground or water(plan, y, depth, self.ink(colour))
        else:
            canvas = plan.canvas(self.ink(layer.get("base", "near")), depth)
        if stops := [stop.split() for stop in layer.get("backdrop", ())]:
            canvas.alpha[:] = 255
            canvas.rgb = gradient(plan.at, [(float(y), self.ink(ink)) for y, ink in stops])
        for text in layer["rows"]:
            self.draw(canvas, row(text), self.at)
        if layer.get("always"):  # it stands in front of the figures in close shots as well
            plan.layers.append((canvas, depth, "foreground"))
        else:
            plan.add(canvas, depth, layer.get("name", "scenery"), glow=layer.get("glow", 1.0))

    def at(self, x: str, y: str) -> At:
        """A position of the frame as the table writes it."""
        side, across, down = self.plan.light.side, _X.match(x), _Y.match(y)
        if not across or not down:
            raise ValueError(f"no position: {x} {y}")
        left = 0.5 + side * float(across["share"]) if across["lit"] else float(across["share"])
        left += float(across["more"] or 0) + self.plan.dx(float(across["units"] or 0)) * (
            side if across["turned"] else 1
        )
        top = (self.plan.horizon if down["horizon"] else 0.0) + float(down["share"] or 0)
        return left, top + self.plan.dy(float(down["units"] or 0))

    def draw(self, c: Canvas, row: Row, position: Position, *, times: float = 1.0) -> None:
        """Draw a row. position: where its points are; times: how much larger than written its sizes are."""
        plan, points = self.plan, [position(x, y) for x, y in row.points]
        if row.verb in ("put", "turn", "along"):
            self._things(c, row, points)
            return
        if fitting := fittings.FITTINGS.get(row.verb):
            fitting(plan, c, self.ink(row.ink), row.sizes, points)
            return
        colour, sizes = self.ink(row.ink), [size * times for size in row.sizes]
        if row.verb == "rect":
            for (x0, y0), (x1, y1) in zip(points[::2], points[1::2], strict=True):
                c.rect(x0, y0, x1, y1, colour)
        elif row.verb == "poly":
            c.polygon(points, colour)
        elif row.verb == "line":
            c.line(points, colour, sizes[0])
        elif row.verb in ("oval", "ring"):
            outline = fittings.oval(plan, *points[0], sizes[-2], sizes[-1])
            c.polygon(outline, colour) if row.verb == "oval" else c.line(outline, colour, sizes[0])
        elif row.verb in ("glow", "lamp") and (row.verb == "glow" or plan.palette.lamps):
            c.glow(*points[0], sizes[0], colour, row.sizes[1])
            if row.verb == "lamp":
                plan.shines.append((*points[0], sizes[2]))
        elif row.verb == "shine":
            plan.shines.append((*points[0], sizes[0]))
        elif row.verb == "disc":
            for x, y in points:
                c.circle(x, y, sizes[0], colour)

    def _things(self, c: Canvas, row: Row, points: list[At]) -> None:
        """Draw a thing of the table at each point, or along the whole width."""
        plan, larger, varies = self.plan, *(*row.sizes, 1.0)[:1], *(*row.sizes, 0.0, 0.0)[1:2]
        flip = plan.light.side if row.verb == "turn" else 1.0
        if row.verb == "along":
            points = [(x, points[0][1]) for x in np.arange(*plan.x_span, plan.dx(larger))]
            larger = 1.0
        for x, y in points:
            x += float(plan.rng.uniform(-varies, varies)) if varies else 0.0
            for text in _table()["things"][row.ink]:
                self.draw(
                    c, globals()["row"](text), partial(_upwards, plan, (x, y), (flip * larger, larger)), times=larger
                )


def paint(plan: ScenePlan, place: str) -> None:
    """Draw a place of scenery.toml."""
    facts = _table()["places"][place]
    painter = Painter(plan, facts.get("ink", {}))
    for layer in facts["layers"]:
        if _applies(plan, layer.get("when", "")) and not (layer.get("unless") and _applies(plan, layer["unless"])):
            painter.layer(layer)
    if "ground" in facts:
        plan.ground = painter.ink(facts["ground"])


def names() -> list[str]:
    """The places of the table."""
    return list(_table()["places"])


@cache
def row(text: str) -> Row:
    """A row of the table taken apart."""
    head, _, points = text.partition(": ")
    verb, ink, *sizes = head.split()
    pairs = [point.split() for point in points.split(",")]
    return Row(verb, ink, tuple(map(float, sizes)), tuple((x, y) for x, y in pairs))


def _table() -> dict[str, Any]:
    return tables.load("places/scenery")


def _applies(plan: ScenePlan, condition: str) -> bool:
    """Whether the prompt has one of these words, or the shot is of this kind."""
    if condition in ("", "pov"):
        return not condition or plan.reading.shot_size == "pov"
    prompt = plan.reading.prompt.lower()
    return any(word in prompt for word in _table()["words"][condition].split(", "))


def _upwards(plan: ScenePlan, foot: At, times: At, x: str, y: str) -> At:
    """A position of a thing: units from its foot, y upwards."""
    return foot[0] + plan.dx(float(x)) * times[0], foot[1] - plan.dy(float(y)) * times[1]
