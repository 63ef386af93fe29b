"""Who and what stands in the frame, how large and where, by shot size and count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.animatic import artwork
from studio.animatic.draw import carried, flocks, hands, people, sprites, things
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import mix
from studio.animatic.draw.placing import Placement, is_close, places, shot_of
from studio.animatic.draw.plan import SUBJECT, ScenePlan
from studio.animatic.draw.sketch import Sketch
from studio.animatic.draw.wardrobe import appearance_of
from studio.animatic.text.reading import Figure

FLAT = ("lying", "crawling", "swimming", "falling")
INSERTS = ("close-up", "extreme close-up", "")


def draw(plan: ScenePlan) -> tuple[float, float]:
    """Put everybody and everything on layers of the plan; the focus point (the main subject's face or middle)."""
    canvas = plan.canvas(plan.palette.near, SUBJECT)
    back = plan.canvas(plan.palette.near, 0.6)
    focus = things.stand(plan, back, canvas)
    if plan.reading.crowd and plan.reading.setting != "pitch":
        _crowd(plan, back)
    if back.alpha.any():
        plan.add(back, 0.6, "things", glow=0.5)
    focus = _figures(plan, canvas) or focus
    things.table_before(plan, canvas)
    if "hand" in plan.reading.parts and plan.reading.shot_size in INSERTS and not plan.reading.people:
        hands.draw(plan, canvas)
    if canvas.alpha.any():
        plan.add(canvas, SUBJECT, "figures", glow=0.35)
    if shot_of(plan) == "over-the-shoulder":
        _shoulder(plan)
    return focus or (0.5, 0.55)


def _figures(plan: ScenePlan, canvas: Canvas) -> tuple[float, float] | None:
    """Draw all figures, the farther ones first; the place of the first one's head."""
    mounted = things.ridden(plan)
    if shot_of(plan) == "over-the-shoulder" and plan.reading.people == 1 and any(t.small for t in plan.reading.objects):
        return None
    everyone = [f for f in plan.reading.figures for _ in range(f.count)]
    everyone = [f for f in everyone if f.kind not in mounted and not _inside(plan, f)]
    if shot_of(plan) == "over-the-shoulder" and sum(not f.animal for f in everyone) > 1:
        everyone.remove(next(f for f in everyone if not f.animal))
    fliers = [f for f in everyone if flocks.airborne(f)]
    ground = [f for f in everyone if not flocks.airborne(f)]
    focus = flocks.draw(plan, canvas, fliers, alone=not ground) if fliers else None
    if not ground:
        return focus
    spots = places(plan, ground)
    order = sorted(range(len(ground)), key=lambda i: spots[i].y)
    for i in order:
        _one(plan, canvas, ground[i], spots[i], i, mounted)
    first = spots[0]
    drawing = ground[0].drawing
    tall = drawing.tall * 0.85 if drawing else 0.9
    return first.x, first.y - plan.dy(first.height * tall)


def _inside(plan: ScenePlan, figure: Figure) -> bool:
    """Drivers sit inside their vehicle."""
    vehicle = any(t.drawing and t.drawing.group == "vehicle" for t in plan.reading.objects)
    return vehicle and figure.posture == "driving" and not figure.animal


def _one(plan: ScenePlan, canvas: Canvas, figure: Figure, place: Placement, index: int, mounted: set[str]) -> None:
    """One figure with its shadow, mount and seat."""
    shot = shot_of(plan)
    if not is_close(shot) and figure.posture not in ("flying", "swimming"):
        things.shadow(plan, canvas, place.x, place.y, place.height * (0.22 if not figure.animal else 0.3))
    if figure.animal:
        _animal(plan, canvas, figure, place, index)
        return
    lift, size = 0.0, size_of(figure)
    alone = all(f.young for f in plan.reading.figures if not f.animal)
    if is_close(shot) and alone:
        size = max(size, 0.82)
    if figure.posture == "riding" and mounted:
        place = _rider_placement(plan, place, next(iter(mounted)))
        lift = _mount(plan, canvas, figure, place, next(iter(mounted)))
    if figure.posture == "flying":
        lift = 0.35
    posture = carried.posture_of(figure)
    if plan.reading.close and posture in ("raising", "waving", "jumping", "dancing", "throwing"):
        posture = "standing"  # an arm before the face hides what a close shot is for
    if lift and "bike" not in mounted:  # riders sit a little forward of the middle
        place = replace(place, x=place.x + place.facing * plan.dx(0.05 * place.height))
    if is_close(shot) and size < 1 and alone:  # a child's head is as high in a close frame as a grown-up's
        place = replace(place, y=place.y - plan.dy(place.height * (1 - size)))
    if is_close(shot) and posture in FLAT:
        if plan.reading.close:
            posture = "standing"  # the head fills the frame, whatever the body does
        else:
            place = replace(place, y=0.80)
    s = _sketch(canvas, place, size, lift)
    if people.pose_of(posture).seat:
        _seat(plan, s)
    appearance = appearance_of(plan, figure, index)
    away = posture == "back" and shot not in ("close-up", "extreme close-up")
    people.person(s, appearance, posture, away=away, face=place.height * plan.at.unit * size > 110)
    things.light(plan, s)
    if figure.holds and plan.reading.setting != "product":
        carried.draw(plan, canvas, figure, posture, replace(place, height=place.height * size))


def size_of(figure: Figure) -> float:
    """How tall somebody is beside an adult."""
    if figure.kind == "baby":
        return 0.4
    if figure.young:
        return 0.5 + 0.026 * min(figure.age, 12) if figure.age else 0.66
    return 0.95 if figure.kind == "elder" else 1.0


def _sketch(canvas: Canvas, place: Placement, size: float, lift: float) -> Sketch:
    y = place.y - canvas.stage.uy(place.height * lift)
    return Sketch(canvas, place.x, y, place.height * size, facing=place.facing)


def _seat(plan: ScenePlan, s: Sketch) -> None:
    """A plain block or bench to sit on."""
    wood = mix(plan.ground, plan.palette.near, 0.45)
    s.poly([(-0.20, 0.0), (-0.21, 0.262), (0.13, 0.262), (0.12, 0.0)], wood)
    s.poly([(-0.23, 0.235), (-0.23, 0.27), (0.15, 0.27), (0.15, 0.235)], mix(wood, plan.palette.light, 0.2))


def _animal(plan: ScenePlan, canvas: Canvas, figure: Figure, place: Placement, index: int) -> None:
    """An animal on its feet. In a close shot of it alone its face fills the frame."""
    drawing = figure.drawing
    if drawing is None:
        return
    tall = drawing.tall * (0.55 if figure.age else 1.0)
    close = shot_of(plan) in ("close-up", "extreme close-up")
    if plan.reading.people and is_close(shot_of(plan)):  # beside a person nothing is cut off above
        most = 0.82 / tall
        place = Placement(place.x, min(place.y, 1.04), min(place.height, 1.3, max(most, 0.4)), place.facing)
    face = close and plan.reading.people == 0 and len(plan.reading.figures) == 1
    if face:
        tall = 0.72 / place.height if drawing.face else tall
        place = replace(place, y=0.44 + plan.dy(0.5 * tall * place.height))
    up = plan.dy(0.14) if figure.posture in ("flying", "jumping") else 0.0
    s = Sketch(canvas, place.x, place.y - up, place.height, facing=place.facing, reach=(2.2, max(2.3, tall * 1.2)))
    tilt = {"running": 6.0, "flying": -8.0, "jumping": -12.0}.get(figure.posture, 0.0) + (index % 3 - 1) * 1.5
    sprites.paint(plan, s, drawing, height=tall, colour=figure.colour, tilt=0.0 if face else tilt, face=face)
    things.light(plan, s)


SADDLES = {"horse": 0.56, "camel": 0.62, "elephant": 0.92, "bike": 0.8}
"""Where a rider sits, as a share of the mount's height."""


def _rider_placement(plan: ScenePlan, place: Placement, kind: str) -> Placement:
    """The place of a rider, smaller where the head would leave the frame."""
    drawing = artwork.find(kind)
    up = drawing.tall * SADDLES.get(kind, 0.6) + 0.72 if drawing else 1.0
    return replace(place, height=min(place.height, (place.y - 0.06) / plan.dy(up)))


def _mount(plan: ScenePlan, canvas: Canvas, figure: Figure, place: Placement, kind: str) -> float:
    """Draw what is ridden; how far the rider is lifted, in persons."""
    drawing = artwork.find(kind)
    if drawing is None:
        return 0.0
    given = next((f.colour for f in plan.reading.figures if f.kind == kind), "")
    given = given or next((t.colour for t in plan.reading.objects if t.kind == kind), "")
    s = Sketch(canvas, place.x, place.y, place.height, facing=place.facing, reach=(1.6, 2.3))
    sprites.paint(plan, s, drawing, height=drawing.tall, colour=given)
    things.light(plan, s)
    return drawing.tall * SADDLES.get(kind, 0.6) - 0.26


def _shoulder(plan: ScenePlan) -> None:
    """The near, dark shoulder and head of an over-the-shoulder shot, on the side away from the subject."""
    canvas = plan.canvas(plan.palette.near, 0.9)
    side = -plan.light.side
    people_in = [f for f in plan.reading.figures if not f.animal]
    figure = people_in[0] if people_in else Figure("person")
    height = 3.3
    s = Sketch(canvas, 0.5 + side * min(0.40, plan.dx(0.58)), 0.10 + plan.dy(height), height, facing=int(-side))
    people.person(s, appearance_of(plan, figure, 0), "back", away=True)
    s.veil(np.full(s.alpha.shape, 255, np.uint8), plan.palette.near, 0.55)
    s.composite(
        light_from=plan.light.side, rim=plan.palette.light, rim_amount=0.4, shade=plan.palette.near, shade_amount=0.4
    )
    canvas.soften(0.006)
    plan.layers.append((canvas, 0.9, "shoulder"))


def _crowd(plan: ScenePlan, canvas: Canvas) -> None:
    """A mass of people in rows; before a stage they are seen from behind, arms up."""
    rng, hall = plan.rng, plan.reading.setting == "stage"
    rows = ((0.72, 0.15), (0.80, 0.22), (0.90, 0.34)) if not hall else ((0.90, 0.24), (0.99, 0.34), (1.10, 0.46))
    for y, height in rows:
        count = int(plan.wide / (height * (0.42 if not hall else 0.36))) + 2
        for i, x in enumerate(np.linspace(plan.at.left, 1 - plan.at.left, count)):
            posture = ("waving" if rng.random() < 0.4 else "back") if hall else "walking"
            at, tall = float(x + rng.uniform(-0.3, 0.3) / count), height * float(rng.uniform(0.9, 1.1))
            spot = Placement(at, y, tall, 1 if rng.random() < 0.5 else -1)
            s = _sketch(canvas, spot, 1.0, 0.0)
            people.person(s, appearance_of(plan, Figure("person", posture=posture), i), posture, away=hall)
            far = mix(plan.palette.near, plan.palette.haze, max(0.0, 0.9 - y))
            s.veil(np.full(s.alpha.shape, 255, np.uint8), far, 0.75 if hall else 0.35)
            p = plan.palette
            s.composite(light_from=plan.light.side, rim=p.light, rim_amount=0.5, shade=p.near, shade_amount=0.4)
