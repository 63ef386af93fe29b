"""Who and what stands in the frame, how large and where, by shot size and count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.engines.draft import animals, carried, hands, people, props
from studio.engines.draft.canvas import Canvas
from studio.engines.draft.flocks import AIRBORNE, flock
from studio.engines.draft.flora import leaf_colour
from studio.engines.draft.gear import SHINING
from studio.engines.draft.palette import mix, scale
from studio.engines.draft.placing import CLOSE, HEIGHTS, Place, places, shot_of
from studio.engines.draft.plan import SUBJECT, Plan
from studio.engines.draft.reading import Figure, Thing, listed
from studio.engines.draft.sketch import Sketch
from studio.engines.draft.wardrobe import look_of

SHUT = listed(
    "room kitchen cafe office bedroom bathroom corridor stairs lamproom hospital classroom lab workshop church cellar lift "
    "carcabin traincabin cockpit gym shop teahouse bar window"
)
"""Places with a roof and walls, where no ship stands beside the people."""
FURNITURE = listed(
    "piano fire beacon door statue easel drum machine mirror tv clock ladder bench telescope sign snowman cart train car "
    "truck bike rocket"
)
PROVIDED = {
    "station": ("train",), "classroom": ("table", "chair"), "church": ("bench",),
    "bedroom": ("bed",), "hospital": ("bed",), "carcabin": ("car",), "traincabin": ("train",), "stage": ("drum",),
}  # fmt: skip
"""What a place brings along by itself."""


def draw(plan: Plan) -> tuple[float, float]:
    """Put everybody and everything on layers of the plan; the focus point (the main subject's face or middle)."""
    canvas = plan.canvas(plan.palette.near, SUBJECT)
    back = plan.canvas(plan.palette.near, 0.6)
    focus = _things(plan, back, canvas)
    if plan.reading.crowd and plan.reading.setting != "pitch":
        _crowd(plan, back)
    if back.alpha.any():
        plan.add(back, 0.6, "things", glow=0.5)
    focus = _figures(plan, canvas) or focus
    if "hand" in plan.reading.parts and plan.reading.close and not plan.reading.people:
        hands.draw(plan, canvas)
    if canvas.alpha.any():
        plan.add(canvas, SUBJECT, "figures", glow=0.35)
    if shot_of(plan) == "over-the-shoulder":
        _shoulder(plan)
    return focus or (0.5, 0.55)


def _figures(plan: Plan, canvas: Canvas) -> tuple[float, float] | None:
    """Draw all figures, the farther ones first; the place of the first one's head."""
    mounted = _mount(plan)
    everyone = [f for f in plan.reading.figures for _ in range(f.count) if f.kind not in mounted]
    if shot_of(plan) == "over-the-shoulder" and sum(not f.animal for f in everyone) > 1:
        everyone.remove(next(f for f in everyone if not f.animal))
    fliers = [f for f in everyone if f.kind in AIRBORNE]
    ground = [f for f in everyone if f.kind not in AIRBORNE]
    focus = flock(plan, canvas, fliers, alone=not ground) if fliers else None
    if not ground or _hidden(plan):
        return focus
    spots = places(plan, ground)
    order = sorted(range(len(ground)), key=lambda i: spots[i].y)
    for i in order:
        _one(plan, canvas, ground[i], spots[i], i, mounted)
    first = spots[0]
    tall = animals.height_of(ground[0].kind) if ground[0].animal else 0.9
    return first.x, first.y - plan.dy(first.height * tall)


def _hidden(plan: Plan) -> bool:
    """Drivers sit inside their car."""
    things = {t.kind for t in plan.reading.objects}
    inside = all(f.posture == "driving" for f in plan.reading.figures if not f.animal)
    return bool(inside and things & {"car", "truck", "bus", "train", "plane", "rocket"})


def _mount(plan: Plan) -> set[str]:
    """The kinds that are ridden, so that they are drawn with their riders."""
    riders = any(f.posture == "riding" and not f.animal for f in plan.reading.figures)
    kinds = {f.kind for f in plan.reading.figures if f.kind in ("horse", "camel", "elephant")}
    bikes = {"bike"} & {t.kind for t in plan.reading.objects}
    if not riders:
        return set()
    return kinds or bikes or ({"horse"} if any(w in plan.reading.prompt for w in ("马", "horse")) else {"bike"})


def _one(plan: Plan, canvas: Canvas, figure: Figure, place: Place, index: int, mounted: set[str]) -> None:
    """One figure with its shadow, mount and seat."""
    shot = shot_of(plan)
    if shot not in CLOSE and figure.posture not in ("flying", "swimming"):
        shadow(plan, canvas, place.x, place.y, place.height * (0.22 if not figure.animal else 0.3))
    if figure.animal:
        _beast(plan, canvas, figure, place, index)
        return
    lift, size = 0.0, size_of(figure)
    alone = all(f.young for f in plan.reading.figures if not f.animal)
    if shot in CLOSE and alone:
        size = max(size, 0.82)
    if figure.posture == "riding" and mounted:
        lift = _steed(plan, canvas, figure, place, next(iter(mounted)))
    if figure.posture == "flying":
        lift = 0.35
    posture = carried.posture_of(figure)
    if lift:  # riders sit a little forward of the middle
        place = replace(place, x=place.x + place.facing * plan.dx(0.05 * place.height))
    if shot in CLOSE and size < 1 and alone:  # a child's head is as high in a close frame as a grown-up's
        place = replace(place, y=place.y - plan.dy(place.height * (1 - size)))
    s = _sketch(canvas, place, size, lift)
    if people.pose_of(posture).seat:
        _seat(plan, s)
    look = look_of(plan, figure, index)
    away = posture == "back" and shot not in ("close-up", "extreme close-up")
    people.person(s, look, posture, away=away, face=place.height * plan.at.unit * size > 110)
    _light(plan, s)
    if figure.holds and plan.reading.setting != "product":
        given = next((t.colour for t in plan.reading.objects if t.kind == figure.holds), "")
        carried.draw(plan, canvas, figure, posture, replace(place, height=place.height * size), given)


AFLOAT = ("boat", "ship")
IN_AIR = ("plane", "balloon", "rocket", "helicopter", "ufo")


def size_of(figure: Figure) -> float:
    """How tall somebody is beside an adult."""
    if figure.kind == "baby":
        return 0.4
    if figure.young:
        return 0.5 + 0.026 * min(figure.age, 12) if figure.age else 0.66
    return 0.95 if figure.kind == "elder" else 1.0


def _sketch(canvas: Canvas, place: Place, size: float, lift: float) -> Sketch:
    y = place.y - canvas.stage.uy(place.height * lift)
    return Sketch(canvas, place.x, y, place.height * size, facing=place.facing)


def _light(plan: Plan, s: Sketch) -> None:
    """Light a finished sketch: strong rims against a low sun, silhouettes when the prompt wants them."""
    p = plan.palette
    silhouette = bool({"backlit"} & set(plan.reading.light)) or plan.reading.setting == "stage"
    if silhouette:
        s.veil(np.ones(s.alpha.shape, np.float32), mix(p.near, p.haze, 0.12), 0.72)
    rim = 0.85 if silhouette or p.sun_height < 0.2 else 0.5 if p.brightness > 0.4 else 0.62
    tint = mix(p.light, (255, 255, 255), 0.2)
    if p.lamps and "neon" in plan.reading.light:
        tint = (255, 120, 190)
    s.lay(light_from=plan.light.side, rim=tint, rim_amount=rim, shade=mix(p.near, p.haze, 0.15), shade_amount=0.5)


def _seat(plan: Plan, s: Sketch) -> None:
    """A plain block or bench to sit on."""
    wood = mix(plan.ground, plan.palette.near, 0.45)
    s.poly([(-0.20, 0.0), (-0.21, 0.262), (0.13, 0.262), (0.12, 0.0)], wood)
    s.poly([(-0.23, 0.235), (-0.23, 0.27), (0.15, 0.27), (0.15, 0.235)], mix(wood, plan.palette.light, 0.2))


def _beast(plan: Plan, canvas: Canvas, figure: Figure, place: Place, index: int) -> None:
    close = shot_of(plan) in ("close-up", "extreme close-up")
    if plan.reading.people and shot_of(plan) in CLOSE:
        place = Place(place.x, min(place.y, 1.08), min(place.height, 1.3), place.facing)
    if figure.age:
        place = replace(place, height=place.height * 0.55)
    build = animals.BUILDS.get(figure.kind)
    if close and build and plan.reading.people == 0:  # bring the head, not the flank, to the middle
        shift = plan.dx(1.7 * place.height * (build.long / 2 + build.neck * 0.6)) * place.facing
        head = build.tall + build.neck * np.sin(build.rise)
        place = Place(place.x - shift, 0.46 + plan.dy(head * place.height * 1.7), place.height * 1.7, place.facing)
    up = plan.dy(0.14) if figure.posture == "flying" else 0.0
    s = Sketch(canvas, place.x, place.y - up, place.height, facing=place.facing, reach=(2.2, 2.3))
    colour = plan.palette.at(animals.colour_of(figure.kind, figure.colour), 0.74)
    animals.animal(s, figure.kind, figure.posture, colour, index * 0.37 % 1)
    _light(plan, s)


def _steed(plan: Plan, canvas: Canvas, figure: Figure, place: Place, kind: str) -> float:
    """Draw what is ridden; how far the rider is lifted, in persons."""
    s = Sketch(canvas, place.x, place.y, place.height, facing=place.facing, reach=(1.4, 2.0))
    if kind == "bike":
        props.prop(s, "bike", plan.palette.at((52, 58, 70), 0.74), glass=plan.palette.sky_mid, dark=plan.palette.near)
        _light(plan, s)
        return 0.20
    given = next((f.colour for f in plan.reading.figures if f.kind == kind), "")
    animals.animal(
        s,
        kind,
        "running" if figure.posture == "running" else "walking",
        plan.palette.at(animals.colour_of(kind, given), 0.74),
        0.2,
    )
    _light(plan, s)
    return animals.BUILDS[kind].tall - 0.26


def _shoulder(plan: Plan) -> None:
    """The near, dark shoulder and head of an over-the-shoulder shot, on the side away from the subject."""
    canvas = plan.canvas(plan.palette.near, 0.9)
    side = -plan.light.side
    people_in = [f for f in plan.reading.figures if not f.animal]
    figure = people_in[0] if people_in else Figure("person")
    height = 3.3
    s = Sketch(canvas, 0.5 + side * min(0.40, plan.dx(0.58)), 0.10 + plan.dy(height), height, facing=int(-side))
    people.person(s, look_of(plan, figure, 0), "back", away=True)
    s.veil(np.ones(s.alpha.shape, np.float32), plan.palette.near, 0.55)
    s.lay(light_from=plan.light.side, rim=plan.palette.light, rim_amount=0.4, shade=plan.palette.near, shade_amount=0.4)
    canvas.soften(0.006)
    plan.layers.append((canvas, 0.9, "shoulder"))


def _crowd(plan: Plan, canvas: Canvas) -> None:
    """A mass of people in rows; before a stage they are seen from behind, arms up."""
    rng, hall = plan.rng, plan.reading.setting == "stage"
    rows = ((0.72, 0.15), (0.80, 0.22), (0.90, 0.34)) if not hall else ((0.90, 0.24), (0.99, 0.34), (1.10, 0.46))
    for y, height in rows:
        count = int(plan.wide / (height * (0.42 if not hall else 0.36))) + 2
        for i, x in enumerate(np.linspace(plan.at.left, 1 - plan.at.left, count)):
            figure = Figure(
                "person", posture=("waving" if hall and rng.random() < 0.4 else "back" if hall else "walking")
            )
            spot = Place(
                float(x + rng.uniform(-0.3, 0.3) / count),
                y,
                height * float(rng.uniform(0.9, 1.1)),
                1 if rng.random() < 0.5 else -1,
            )
            s = _sketch(canvas, spot, 1.0, 0.0)
            people.person(s, look_of(plan, figure, i), figure.posture, away=hall)
            s.veil(
                np.ones(s.alpha.shape, np.float32),
                mix(plan.palette.near, plan.palette.haze, 0.9 - y if y < 0.9 else 0.0),
                0.75 if hall else 0.35,
            )
            s.lay(
                light_from=plan.light.side,
                rim=plan.palette.light,
                rim_amount=0.5,
                shade=plan.palette.near,
                shade_amount=0.4,
            )


def _things(plan: Plan, back: Canvas, front: Canvas) -> tuple[float, float] | None:
    """Vehicles and buildings behind the people; small things as the subject when nobody is there."""
    focus = None
    ridden = _mount(plan)
    alone = not plan.reading.figures
    held = {f.holds for f in plan.reading.figures if f.holds}
    shut = plan.reading.setting in SHUT
    large = [t for t in plan.reading.objects if t.kind in props.LARGE and t.kind not in ridden and t.kind not in held]
    if plan.reading.setting in ("street", "city") and plan.palette.lamps:
        large = [t for t in large if t.kind != "lamp"]
    if shut or plan.reading.setting in ("product", "studio"):
        wheels = ("car", "truck", "bike", "train", "rocket")
        large = [
            t for t in large if t.kind in FURNITURE and (t.kind not in wheels or plan.reading.setting == "workshop")
        ]
    if plan.reading.setting in ("forest", "garden", "field", "lake") or plan.reading.shot_size == "aerial":
        large = [t for t in large if t.kind != "tree" or (t.count == 1 and plan.reading.shot_size != "aerial"
                                                          and plan.reading.setting != "forest")]  # fmt: skip
    if plan.reading.setting in PROVIDED:
        large = [t for t in large if t.kind not in PROVIDED[plan.reading.setting]]
    small = [t for t in plan.reading.objects if t.kind in props.SMALL and t.kind not in held]
    for n, thing in enumerate(large[:3]):
        focus = _large(plan, back, thing, n, alone=alone and n == 0) or focus
    if plan.reading.shot_size == "over-the-shoulder" and small and plan.reading.people == 1:
        return _tabletop(plan, front, small)
    near = plan.reading.close or plan.reading.shot_size in ("medium", "") or plan.reading.setting == ""
    if small and (plan.reading.setting == "product" or (alone and near)):
        focus = _tabletop(plan, front, small)
    elif small and alone:
        _hung(plan, front, small)
    elif small and shut and not plan.reading.close and plan.reading.setting not in ("window", "stairs", "carcabin"):
        _beside(plan, front, small[:3])
    return focus


def _large(plan: Plan, canvas: Canvas, thing: Thing, n: int, *, alone: bool) -> tuple[float, float]:
    """Vehicles, tents, towers: on the ground, on the water, or in the air."""
    half, tall = props.LARGE[thing.kind]
    unit = HEIGHTS[shot_of(plan)] if shot_of(plan) not in CLOSE else 0.8
    if alone:
        unit = min(0.5 / tall, 0.62 * plan.wide / (2 * half)) * (0.62 if shot_of(plan) == "wide" else 1.0)
    if thing.kind == "beacon":
        unit = {"extreme close-up": 0.95, "close-up": 0.72}.get(plan.reading.shot_size, 0.36) if alone else 0.40
    unit = (
        min(unit, 0.92 * (max(plan.horizon + plan.dy(0.14), 0.2) - 0.03) / plan.dy(tall))
        if thing.kind == "lighthouse"
        else unit
    )
    if thing.kind in AFLOAT and plan.reading.shot_size in ("wide", "aerial", ""):
        unit *= 0.34 if thing.state == "far" else 0.55
    elif thing.state == "far":
        unit *= 0.4
    count = min(thing.count, 8)
    unit = min(unit, 0.94 * plan.wide / (2.25 * half * count))
    if thing.kind in ("lighthouse", "castle", "temple", "cabin", "tree") and not alone:
        unit = min(unit, 0.16)
    x0 = (
        0.5
        if alone or thing.kind == "beacon"
        else 0.5 + (0.27 + 0.1 * n) * (plan.light.side if n % 2 == 0 else -plan.light.side)
    )
    focus = (x0, 0.6)
    for i in range(count):
        x = x0 + (i - (count - 1) / 2) * plan.dx(2.25 * half * unit) if count > 1 else x0
        y = max(plan.horizon + plan.dy(0.10), 0.80 if alone else 0.76)
        if thing.kind in IN_AIR:
            y = 0.44 + 0.14 * ((i * 7) % 3) / 2 if thing.kind != "rocket" else 0.66
        elif thing.kind == "beacon":
            y = 0.92 if alone and plan.reading.close else 0.80
        elif thing.kind in AFLOAT:
            y = plan.horizon + plan.dy(0.02 if thing.state == "far" else 0.06 + 0.08 * alone)
        elif thing.kind in ("lighthouse", "castle", "temple", "cabin", "tree"):
            y = plan.horizon + plan.dy(0.05 if not alone else 0.14)
        if thing.kind not in (*IN_AIR, *AFLOAT):
            shadow(plan, canvas, x, y, unit * half * 1.1)
        s = Sketch(canvas, x, y, unit, facing=int(plan.light.side), reach=(half * 1.2, tall * 1.3))
        _paint_prop(plan, s, thing)
        focus = (x, y - plan.dy(unit * tall * 0.5)) if i == 0 else focus
        if thing.kind == "fire":
            canvas.glow(x, y - plan.dy(0.1), 0.5, (255, 150, 60), 0.6)
            plan.shines.append((x, y - plan.dy(0.1), 0.8))
        if thing.kind == "beacon":
            canvas.glow(x, y - plan.dy(unit * 0.92), unit * 1.5, carried.LIGHT, 0.5)
            plan.shines.append((x, y - plan.dy(unit * 0.92), 1.1))
    return focus


def _hung(plan: Plan, canvas: Canvas, small: list[Thing]) -> None:
    """Small things in a wide view without people: lanterns hang in a row, others stand small on the ground."""
    for n, thing in enumerate(t for t in small[:3] for _ in range(2 if t.kind == "lantern" else 1)):
        hangs = thing.kind == "lantern"
        x = 0.5 + (0.12 if n % 2 else -0.12) * (1 + n // 2)
        y = plan.horizon - plan.dy(0.10) if hangs else max(plan.horizon + 0.14, 0.78)
        s = Sketch(canvas, x, y, 0.13 if hangs else 0.10, reach=(2.0, 2.0))
        carried.paint(plan, s, thing)
        if thing.kind in SHINING:
            canvas.glow(x, y - plan.dy(0.06), 0.24, carried.LIGHT, 0.45)
            plan.shines.append((x, y - plan.dy(0.06), 0.4))


def _beside(plan: Plan, canvas: Canvas, small: list[Thing]) -> None:
    """Small things on a table at the side of the people indoors."""
    x, top = 0.5 + 0.31 * plan.light.side, 0.84
    wood = mix(plan.palette.at((128, 90, 62), 0.74), plan.palette.near, 0.2)
    half = plan.dx(0.06 + 0.06 * len(small))
    canvas.rect(x - half, top, x + half, top + plan.dy(0.02), mix(wood, plan.palette.light, 0.2))
    for k in (-0.86, 0.86):
        canvas.line([(x + k * half, top), (x + k * half, 1.05)], wood, 0.012)
    for i, thing in enumerate(small):
        s = Sketch(canvas, x + plan.dx(0.12 * (i - (len(small) - 1) / 2)), top, 0.1, reach=(2.0, 1.6))
        carried.paint(plan, s, thing)
        if thing.kind in SHINING:
            canvas.glow(x, top - plan.dy(0.05), 0.2, carried.LIGHT, 0.4)
            plan.shines.append((x, top - plan.dy(0.05), 0.4))


def _tabletop(plan: Plan, canvas: Canvas, small: list[Thing]) -> tuple[float, float]:
    """Products in a row, the first the largest and in the middle."""
    items = [t for t in small for _ in range(min(t.count, 6))][:7]
    size = min(
        {"close-up": 0.62, "extreme close-up": 0.85, "wide": 0.34}.get(shot_of(plan), 0.50),
        0.94 * plan.wide / (len(items) * 1.05),
    )
    order = sorted(range(len(items)), key=lambda i: i)
    step = plan.dx(size * 1.02)
    for i in order:
        place = (i + 1) // 2 * (1 if i % 2 else -1) if len(items) % 2 else i - (len(items) - 1) / 2
        x = 0.5 + place * step
        scale_of = size * (1.0 if i == 0 or len(items) > 2 else 0.92)
        shadow(plan, canvas, x, 0.815, scale_of * 0.5, strength=0.5)
        s = Sketch(canvas, x, 0.82, scale_of, reach=(1.1, 1.2))
        _paint_prop(plan, s, items[i])
        if items[i].kind in SHINING:
            canvas.glow(x, 0.82 - plan.dy(scale_of * 0.6), scale_of * 0.9, carried.LIGHT, 0.5)
            plan.shines.append((x, 0.82 - plan.dy(scale_of * 0.6), scale_of * 1.4))
    return 0.5, 0.82 - plan.dy(size * 0.55)


def _paint_prop(plan: Plan, s: Sketch, thing: Thing) -> None:
    p = plan.palette
    own = (
        leaf_colour(plan.reading)
        if thing.kind == "tree" and not thing.colour
        else props.colour_of(thing.kind, thing.colour)
    )
    colour = p.at(own, 0.74)
    glass = mix(mix(p.sky_mid, p.near, 0.4), p.light, 0.1)
    props.prop(s, thing.kind, colour, glass=glass, dark=scale(p.near, 0.8), lamps=p.lamps)
    if thing.kind == "fire" or thing.kind in SHINING:
        s.lay(light_from=1, rim=p.light, rim_amount=0.0, shade=p.near, shade_amount=0.0)
    else:
        _light(plan, s)


def shadow(plan: Plan, canvas: Canvas, x: float, y: float, half: float, *, strength: float = 0.42) -> None:
    """A soft shadow on the ground, drawn out away from a low light; half: half its width in units."""
    low = 1.0 - min(1.0, plan.palette.sun_height / 0.5)
    away = -plan.light.side * half * low * 0.9
    rx, ry = half * (1 + 0.9 * low), max(0.004, half * 0.16)
    (cx, cy), u = plan.at.px([(x + plan.dx(away), y)])[0], plan.at.unit
    x0, x1 = max(0, int(cx - rx * u)), min(plan.at.full_width, int(cx + rx * u) + 1)
    y0, y1 = max(0, int(cy - ry * u)), min(plan.at.full_height, int(cy + ry * u) + 1)
    if x1 <= x0 or y1 <= y0:
        return
    gx, gy = (np.arange(x0, x1) - cx) / (rx * u), (np.arange(y0, y1) - cy) / (ry * u)
    top = (
        np.clip(1 - np.sqrt(gx[None] ** 2 + gy[:, None] ** 2), 0, 1) ** 0.9
        * strength
        * (0.5 + 0.5 * plan.palette.brightness)
        * 1.3
    )
    under = canvas.alpha[y0:y1, x0:x1].astype(np.float32) / 255
    out = top + under * (1 - top)
    share = (top / np.maximum(out, 1e-4))[..., None]
    dark = np.asarray(mix(plan.palette.near, plan.ground, 0.18), np.float32)
    part = canvas.rgb[y0:y1, x0:x1]
    canvas.rgb[y0:y1, x0:x1] = (part * (1 - share) + dark * share + 0.5).astype(np.uint8)
    canvas.alpha[y0:y1, x0:x1] = (out * 255 + 0.5).astype(np.uint8)
