"""Vehicles, buildings, furniture and small things: behind the people, on a table, hanging, or as the subject."""

from __future__ import annotations

import numpy as np

from studio.animatic import artwork
from studio.animatic.artwork import STAND_IN, Drawing
from studio.animatic.draw import carried, sprites
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.carried import SHINING
from studio.animatic.draw.flora import leaf_colour
from studio.animatic.draw.palette import mix, scale
from studio.animatic.draw.placing import is_close, shot_facts, shot_of
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.sketch import Sketch
from studio.animatic.text import locations
from studio.animatic.text.reading import Thing, listed

WORKSHOP = listed("car truck bike train rocket machine tractor")
"""Vehicles that stand under a roof, in a workshop."""
AT_HORIZON = listed("lighthouse castle temple cabin tree")
"""What stands far off, where people are the subject."""
MAX_LARGE_THINGS = 4
"""How many kinds of large things stand in one frame."""


MOUNT_TALL = 0.6
"""In persons: what is as tall is ridden."""


def table_before(plan: ScenePlan, canvas: Canvas) -> None:
    """The table people sit, eat or talk at, in front of them."""
    at_table = ("sitting", "drinking", "working", "talking")
    seated = [f for f in plan.reading.figures if not f.animal and f.posture in at_table]
    dining = any(f.posture in ("sitting", "drinking") for f in seated)
    named = plan.reading.has("table") or (plan.reading.setting in ("cafe", "teahouse", "bar") and dining)
    shot = shot_of(plan)
    if not (named and seated) or plan.reading.close or shot == "aerial":
        return
    top = 0.80 if is_close(shot) else 0.775
    wood = mix(plan.palette.at((142, 100, 68), 0.74), plan.palette.near, 0.12)
    half = plan.dx(min(0.62, 0.26 + 0.12 * sum(f.count for f in seated)))
    canvas.strip((0.5, top), half, (0.5, top + 0.05), half * 1.12, mix(wood, plan.palette.light, 0.22))
    canvas.rect(0.5 - half * 1.12, top + 0.05, 0.5 + half * 1.12, top + 0.075, wood)
    for k in (-0.98, 0.98):
        canvas.line([(0.5 + k * half, top + 0.07), (0.5 + k * half, plan.bottom)], scale(wood, 0.75), 0.02)
    held = {f.holds for f in plan.reading.figures}
    small = [t for t in plan.reading.objects if t.small and t.kind not in held][:4]
    for n, thing in enumerate(small or [Thing("cup"), Thing("plate")]):
        x = 0.5 + half * (-0.5 + (n + 0.5) / max(1, len(small or [1, 2])))
        _small(plan, canvas, thing, x, top + 0.03, 0.085 if is_close(shot) else 0.05)


def ridden(plan: ScenePlan) -> set[str]:
    """The kinds that are ridden, so that they are drawn with their riders."""
    riders = any(f.posture == "riding" and not f.animal for f in plan.reading.figures)
    kinds = {f.kind for f in plan.reading.figures if f.animal and f.drawing and f.drawing.tall > MOUNT_TALL}
    text = plan.reading.prompt.lower()
    wheels = any(w in text for w in ("bike", "bicycle", "motor", "cycl", "scooter", "单车", "自行车", "摩托"))
    bikes = {"bike"} & {t.kind for t in plan.reading.objects}
    if not riders:
        return set()
    return kinds or bikes or ({"bike"} if wheels else {"horse"})


def light(plan: ScenePlan, s: Sketch) -> None:
    """Light a finished sketch: strong rims against a low sun, silhouettes when the prompt wants them."""
    p = plan.palette
    staged = plan.reading.setting == "stage"
    silhouette = bool({"backlit"} & set(plan.reading.light)) or staged
    if silhouette:
        dark = 0.2 if staged and is_close(shot_of(plan)) else 0.4 if staged else 0.72
        s.veil(np.full(s.alpha.shape, 255, np.uint8), mix(p.near, p.haze, 0.12), dark)
    rim = 0.85 if silhouette or p.sun_height < 0.2 else 0.5 if p.brightness > 0.4 else 0.62
    tint = mix(p.light, (255, 255, 255), 0.2)
    if p.lamps and "neon" in plan.reading.light:
        tint = (255, 120, 190)
    s.composite(light_from=plan.light.side, rim=tint, rim_amount=rim, shade=mix(p.near, p.haze, 0.15), shade_amount=0.5)


def stand(plan: ScenePlan, back: Canvas, front: Canvas) -> tuple[float, float] | None:
    """Vehicles and buildings behind the people; small things as the subject when nobody is there."""
    focus = None
    with_riders = ridden(plan)
    alone = not plan.reading.figures
    held = {f.holds for f in plan.reading.figures if f.holds}
    shut = locations.has(plan.reading.setting, "roof")
    seats = any(not f.animal for f in plan.reading.figures)
    large = [t for t in plan.reading.objects if not (t.kind in ("table", "chair") and seats)]
    large = [t for t in large if t.large and t.kind not in with_riders and t.kind not in held]
    if plan.reading.setting in ("street", "city") and plan.palette.lamps:
        large = [t for t in large if t.kind != "lamp"]
    if shut or plan.reading.setting in ("product", "studio"):
        large = [t for t in large if _indoors(t, plan.reading.setting)]
    if plan.reading.setting in ("forest", "garden", "field", "lake") or plan.reading.shot_size == "aerial":
        large = [t for t in large if t.kind != "tree" or (t.count == 1 and plan.reading.shot_size != "aerial"
                                                          and plan.reading.setting != "forest")]  # fmt: skip
    if plan.reading.has("rocket") or plan.reading.setting == "kitchen":
        large = [t for t in large if t.kind != "fire"]
    large = [t for t in large if t.kind not in locations.provided(plan.reading.setting)]
    small = [t for t in plan.reading.objects if t.small and t.kind not in held]
    if plan.reading.close and not alone:
        large = [t for t in large if t.kind != STAND_IN]
    large = large[:MAX_LARGE_THINGS]
    in_row = _in_row(plan, large) if alone and len(large) > 1 else []
    for n, thing in enumerate(large):
        place = in_row[n] if in_row else None
        focus = _large_thing(plan, back, thing, n, alone=alone and (n == 0 or bool(in_row)), slot=place) or focus
    if plan.reading.shot_size == "over-the-shoulder" and small and plan.reading.people == 1:
        return _tabletop(plan, front, [t for t in small if t.kind not in held] or small)
    near = plan.reading.close or plan.reading.shot_size in ("medium", "") or plan.reading.setting == ""
    if small and (plan.reading.setting == "product" or (alone and near and not large)):
        if shut and plan.reading.setting not in ("product", "window"):
            _board(plan, front)
        focus = _tabletop(plan, front, small)
    elif (small and alone and not shut) or (small and not shut and not is_close(shot_of(plan))):
        _scattered(plan, front, small)
    elif small and shut and not (plan.reading.close or plan.reading.has("table")) and _has_room(plan):
        _beside(plan, front, small[:3])
    return focus


def _has_room(plan: ScenePlan) -> bool:
    """Whether a side table fits into the place."""
    return plan.reading.setting not in ("window", "stairs", "carcabin")


def _board(plan: ScenePlan, canvas: Canvas) -> None:
    """The edge of a table across the foot of the frame, for things in a room."""
    wood = mix(plan.palette.at((142, 100, 68), 0.74), plan.palette.near, 0.12)
    left, right = plan.x_span
    canvas.rect(left, 0.76, right, 0.86, mix(wood, plan.palette.light, 0.16))
    canvas.rect(left, 0.86, right, plan.bottom, wood)


def _in_row(plan: ScenePlan, large: list[Thing]) -> list[tuple[float, float]]:
    """Things that nobody stands beside, side by side: the middle of each and the room it has, shares of the frame."""
    wide = [t.drawing.tall * t.drawing.aspect * min(t.count, 8) + 0.3 for t in large if t.drawing]
    ends = np.cumsum(wide) / sum(wide) * 0.94 + 0.03
    shares = np.array(wide) / sum(wide) * 0.94
    return [(float(end - share / 2), float(share)) for end, share in zip(ends, shares, strict=True)]


def _indoors(thing: Thing, setting: str) -> bool:
    """Whether something large stands under a roof."""
    group = thing.drawing.group if thing.drawing else ""
    return group == "large" or (thing.kind in WORKSHOP and setting == "workshop")


def _large_thing(
    plan: ScenePlan, canvas: Canvas, thing: Thing, n: int, *, alone: bool, slot: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Vehicles, tents, towers: on the ground, on the water, or in the air; the middle of the first.

    slot: its middle and its room in a row of things, shares of the frame.
    """
    drawing = thing.drawing
    if drawing is None:
        return 0.5, 0.6
    tall = drawing.tall
    half = tall * drawing.aspect / 2
    count = 1 if thing.kind == "fire" else min(thing.count, 8)
    unit = _unit(plan, thing, drawing, alone=alone)
    room = slot[1] if slot else 0.94
    unit = min(unit, room * plan.wide / (2.25 * half * count), 0.62 / tall)
    aside = (0.27 + 0.1 * n) * (plan.light.side if n % 2 == 0 else -plan.light.side)
    x0 = slot[0] if slot else 0.5 if alone or thing.kind == "beacon" else 0.5 + aside
    reach = plan.dx(2.25 * half * unit) * count / 2
    x0 = float(np.clip(x0, min(0.5, reach), max(0.5, 1 - reach)))
    focus = (x0, 0.6)
    for i in range(count):
        x = x0 + (i - (count - 1) / 2) * plan.dx(2.25 * half * unit)
        y = _foot(plan, thing, drawing, unit, i, alone=alone)
        if drawing.stance == "ground" and thing.kind != "lighthouse":
            shadow(plan, canvas, x, y, unit * half * 1.1)
        if thing.kind == "lighthouse":
            plan.tower = (x, y - plan.dy(unit * tall * 0.8))
            _island(plan, canvas, x, y, unit)
        s = Sketch(canvas, x, y, unit, facing=int(plan.light.side), reach=(half * 1.2 + 0.1, tall * 1.2))
        _paint(plan, s, thing, tall)
        if thing.kind == "train":
            _carriages(plan, canvas, x, y, unit, half, tall)
        if thing.kind == "lighthouse" and plan.palette.brightness < 0.6:
            canvas.glow(*plan.tower, unit * 0.9, carried.LIGHT, 0.7)  # type: ignore[misc]
        focus = (x, y - plan.dy(unit * tall * 0.5)) if i == 0 else focus
        if thing.kind in LIT:
            up, reach, colour = LIT[thing.kind]
            canvas.glow(x, y - plan.dy(unit * tall * up), max(unit * reach, 0.2), colour, 0.5)
            plan.shines.append((x, y - plan.dy(unit * tall * up), max(unit * reach, 0.3)))
    return focus


def _carriages(plan: ScenePlan, canvas: Canvas, x: float, y: float, unit: float, half: float, tall: float) -> None:
    """What the engine pulls: carriages behind it, out of the frame."""
    carriage = artwork.drawings()["railway-carriage"]
    wide = carriage.aspect * tall * 0.86
    for k in range(4):
        behind = -int(plan.light.side) * plan.dx(unit * (half + wide * (k + 0.5)))
        s = Sketch(canvas, x + behind, y, unit, facing=int(plan.light.side), reach=(wide * 0.6, tall))
        sprites.paint(plan, s, carriage, height=tall * 0.86)
        light(plan, s)


LIT = {"fire": (0.4, 1.4, (255, 150, 60)), "beacon": (0.56, 1.5, carried.LIGHT)}
"""What burns: where its light is, as a share of its height, how far it reaches in persons, and its colour."""


def _unit(plan: ScenePlan, thing: Thing, drawing: Drawing, *, alone: bool) -> float:
    """How tall a person beside it would be in the frame, units."""
    shot, half = shot_of(plan), drawing.tall * drawing.aspect / 2
    unit = shot_facts(shot)["person"] if not is_close(shot) else 0.8
    if alone:
        unit = min(0.5 / drawing.tall, 0.62 * plan.wide / (2 * half)) * (0.62 if shot == "wide" else 1.0)
    if thing.kind == "beacon":
        unit = {"extreme close-up": 0.95, "close-up": 0.72}.get(plan.reading.shot_size, 0.36) if alone else 0.40
    if thing.kind == "lighthouse" and plan.reading.shot_size == "aerial":
        return 0.5 / drawing.tall
    if thing.kind == "lighthouse":
        unit = min(unit, (plan.horizon + plan.dy(0.10) - 0.04) / plan.dy(drawing.tall))
    if drawing.group == "building" and not alone:
        unit = min(unit, (plan.horizon - 0.06) / plan.dy(drawing.tall))
    if drawing.stance == "water" and plan.reading.shot_size in ("wide", "aerial", ""):
        unit *= (0.8 if drawing.metres > 8 else 0.9) * (0.45 if thing.state == "far" else 1.0)
    elif thing.state == "far":
        unit *= 0.4
    if drawing.stance == "air" and not plan.reading.close and thing.kind not in ("rocket", "balloon"):
        unit = min(unit, 0.3 / drawing.tall)
    return min(unit, 0.16) if thing.kind in AT_HORIZON and not alone else unit


def _foot(plan: ScenePlan, thing: Thing, drawing: Drawing, unit: float, i: int, *, alone: bool) -> float:
    """y of its foot."""
    if thing.kind == "rocket":
        return 0.66
    if drawing.stance == "air":
        return 0.40 + plan.dy(unit * drawing.tall * 0.3) + 0.07 * ((i * 7) % 3)
    if thing.kind == "beacon":
        return 0.44 + plan.dy(unit * drawing.tall * 0.56) if alone and plan.reading.close else 0.80
    if drawing.stance == "water":
        return plan.horizon + plan.dy(0.02 if thing.state == "far" else 0.06 + 0.08 * alone)
    if thing.kind == "lighthouse" and plan.reading.shot_size == "aerial":
        return 0.64
    if thing.kind in AT_HORIZON or drawing.group == "building":
        return plan.horizon + plan.dy(0.05 if not alone else 0.10 if thing.kind == "lighthouse" else 0.14)
    return max(plan.horizon + plan.dy(0.10), 0.80 if alone else 0.76)


def _scattered(plan: ScenePlan, canvas: Canvas, small: list[Thing]) -> None:
    """Small things in a wide view without people: lanterns hang in a row, others stand small on the ground."""
    for n, thing in enumerate(t for t in small[:3] for _ in range(2 if t.kind == "lantern" else 1)):
        hangs = thing.kind == "lantern"
        x = 0.5 + (0.12 if n % 2 else -0.12) * (1 + n // 2 + bool(plan.reading.figures))
        aloft = thing.kind == "kite"
        y = plan.horizon - plan.dy(0.10) if hangs else 0.3 if aloft else max(plan.horizon + 0.14, 0.78)
        _small(plan, canvas, thing, x, y, 0.13 if hangs else 0.10)


def _beside(plan: ScenePlan, canvas: Canvas, small: list[Thing]) -> None:
    """Small things on a table at the side of the people indoors."""
    x, top = 0.5 + 0.31 * plan.light.side, 0.84
    wood = mix(plan.palette.at((128, 90, 62), 0.74), plan.palette.near, 0.2)
    half = plan.dx(0.06 + 0.06 * len(small))
    canvas.rect(x - half, top, x + half, top + plan.dy(0.02), mix(wood, plan.palette.light, 0.2))
    for k in (-0.86, 0.86):
        canvas.line([(x + k * half, top), (x + k * half, 1.05)], wood, 0.012)
    for i, thing in enumerate(small):
        _small(plan, canvas, thing, x + plan.dx(0.12 * (i - (len(small) - 1) / 2)), top, 0.1)


def _small(plan: ScenePlan, canvas: Canvas, thing: Thing, x: float, y: float, tall: float) -> None:
    """A small thing with its foot at (x, y), tall in units, and the light it sheds."""
    carried.paint(plan, Sketch(canvas, x, y, tall, reach=(2.0, 2.0)), thing)
    if thing.kind in SHINING:
        canvas.glow(x, y - plan.dy(0.5 * tall), 0.22, carried.LIGHT, 0.42)
        plan.shines.append((x, y - plan.dy(0.5 * tall), 0.4))


def _island(plan: ScenePlan, canvas: Canvas, x: float, y: float, unit: float) -> None:
    """The rock a lighthouse stands on: broad and broken where the words name an island, with surf around it."""
    if plan.reading.setting != "sea":
        return
    broad = 2.6 if any(w in plan.reading.prompt.lower() for w in ("island", "rock", "skerry", "岛", "礁")) else 1.5
    rock = mix(plan.palette.at((112, 104, 98), 0.6), plan.palette.near, 0.2)
    foam = mix(plan.palette.at((248, 250, 250), 0.7), plan.palette.light, 0.2)
    t = np.linspace(-1, 1, 26)
    jag = 1 + 0.35 * plan.rng.uniform(-1, 1, 26)
    low = y + plan.dy(unit * 0.22)
    xs = x + plan.dx(unit * broad) * t
    for k in range(3):
        wave = low + plan.dy(unit * (0.05 + 0.05 * k)) + plan.dy(0.004) * np.sin(t * 17 + k * 2)
        reach = 1.06 + 0.07 * k
        line = np.column_stack((x + plan.dx(unit * broad * reach) * t, wave))
        canvas.line(line, foam if k == 0 else mix(foam, plan.ground, 0.3 * k), 0.005)
    tops = y + plan.dy(unit * 0.10) - plan.dy(unit * 0.34) * (1 - np.abs(t) ** 1.6) * jag
    canvas.polygon(np.column_stack((np.r_[xs, xs[::-1]], np.r_[tops, np.full(26, low)])), rock)
    lit, crest = xs[6:20], tops[6:20]
    lower = crest + plan.dy(unit * 0.12)
    canvas.polygon(
        np.column_stack((np.r_[lit, lit[::-1]], np.r_[crest, lower[::-1]])), mix(rock, plan.palette.light, 0.22)
    )


def _tabletop(plan: ScenePlan, canvas: Canvas, small: list[Thing]) -> tuple[float, float]:
    """Products in a row, the first the largest and in the middle."""
    items = [t for t in small for _ in range(min(t.count, 6))][:7]
    size = min(
        {"close-up": 0.62, "extreme close-up": 0.85, "wide": 0.34}.get(shot_of(plan), 0.50),
        0.94 * plan.wide / (len(items) * 1.05),
    )
    step = plan.dx(size * 1.02)
    for i in range(len(items)):
        place = (i + 1) // 2 * (1 if i % 2 else -1) if len(items) % 2 else i - (len(items) - 1) / 2
        x = 0.5 + place * step
        scale_of = size * (1.0 if i == 0 or len(items) > 2 else 0.92)
        shadow(plan, canvas, x, 0.815, scale_of * 0.5, strength=0.5)
        s = Sketch(canvas, x, 0.82, scale_of, reach=(1.1, 1.2))
        _paint(plan, s, items[i], 0.94)
        if items[i].kind in SHINING:
            canvas.glow(x, 0.82 - plan.dy(scale_of * 0.6), scale_of * 0.9, carried.LIGHT, 0.5)
            plan.shines.append((x, 0.82 - plan.dy(scale_of * 0.6), scale_of * 1.4))
    return 0.5, 0.82 - plan.dy(size * 0.55)


def _paint(plan: ScenePlan, s: Sketch, thing: Thing, height: float) -> None:
    """One thing in the light of the scene, `height` tall in the sketch's units; what burns keeps its own colours."""
    if thing.kind == STAND_IN:
        sprites.stand_in(plan, s, thing.label, height=height)
    elif drawing := thing.drawing:
        leaves = leaf_colour(plan.reading) if thing.kind == "tree" and not thing.colour else thing.colour
        burns = thing.kind in LIT or thing.kind in SHINING
        sprites.paint(plan, s, drawing, height=height, colour=leaves, shines=burns)
    if thing.kind in LIT or thing.kind in SHINING:
        s.composite(light_from=1, rim=plan.palette.light, rim_amount=0.0, shade=plan.palette.near, shade_amount=0.0)
    else:
        light(plan, s)


def shadow(plan: ScenePlan, canvas: Canvas, x: float, y: float, half: float, *, strength: float = 0.42) -> None:
    """A soft shadow on the ground, drawn out away from a low light; half: half its width in units."""
    low = 1.0 - min(1.0, plan.palette.sun_height / 0.5)
    away = -plan.light.side * half * low * 0.9
    dark = strength * (0.5 + 0.5 * plan.palette.brightness) * 1.3
    colour = mix(plan.palette.near, plan.ground, 0.18)
    canvas.spot(x + plan.dx(away), y, (half * (1 + 0.9 * low), max(0.004, half * 0.16)), colour, dark, power=0.9)
