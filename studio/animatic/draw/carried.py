"""Things in people's hands: where the hand is, how large the thing, and the light it sheds."""

from __future__ import annotations

import numpy as np

from studio.animatic.artwork import STAND_IN
from studio.animatic.draw import people, sprites
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import RGB
from studio.animatic.draw.placing import Placement
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.sketch import Sketch
from studio.animatic.text.reading import Figure, Thing

SMALLEST, LARGEST = 0.12, 0.62
"""In persons: what is smaller or taller in life is drawn so tall in a hand, to be seen and to fit."""
SHINING = frozenset({"lantern", "candle", "match", "torch", "glow"})
"""Things that light up what is around them."""
HANGING = frozenset({"lantern", "suitcase", "bucket", "guitar"})
"""What hangs from the hand instead of standing on it."""
RAISED = frozenset({"lantern", "torch"})
TWO_HANDED = frozenset(
    {"newspaper", "map", "book", "box", "laptop", "pot", "plate", "plant", "trumpet", "letter", "camera"}
)
LIGHT: RGB = (255, 196, 104)


def posture_of(figure: Figure) -> str:
    """The posture that holding the thing asks for, where the words leave it open."""
    if figure.holds in ("plate", "bowl", "cake", "pot", "pan") and figure.posture == "drinking":
        return "holding"
    if not figure.holds or figure.posture not in ("", "standing", "holding", "smiling", "talking", "lantern"):
        return "lantern" if figure.holds in RAISED and figure.posture == "climbing" else figure.posture
    if figure.holds in RAISED:
        return "lantern"
    if figure.holds in ("cup", "glass", "bottle") and figure.posture != "holding":
        return "holding"
    if figure.holds == "suitcase":
        return figure.posture or "standing"
    return "reading" if figure.holds in TWO_HANDED else "holding"


def draw(plan: ScenePlan, canvas: Canvas, figure: Figure, posture: str, place: Placement) -> None:
    """Put the figure's thing into its near hand. place: of the figure, with its drawn height."""
    named = next((t for t in plan.reading.objects if t.kind == figure.holds), None)
    thing = named or Thing(figure.holds)
    if thing.drawing is None:
        return
    if thing.kind == "kite":
        _kite(plan, canvas, posture, place, thing)
        return
    hand = people.pose_of(posture).arms[0][1]
    tall = float(np.clip(thing.drawing.tall * 1.3, SMALLEST, LARGEST))
    size = place.height * tall
    drop = 0.92 * tall if thing.kind in HANGING else 0.02 if tall < 0.25 else 0.4 * tall
    x = place.x + place.facing * plan.dx(hand[0] * place.height)
    y = place.y - plan.dy((hand[1] - drop) * place.height)
    s = Sketch(canvas, x, y, size, facing=place.facing, reach=(2.3, 2.2))
    paint(plan, s, thing)
    if thing.kind in SHINING and thing.kind != "glow":
        canvas.glow(x, y - plan.dy(size * 0.5), max(0.12, place.height * 0.34), LIGHT, 0.42)
        plan.shines.append((x, y - plan.dy(size * 0.5), max(0.2, place.height * 0.6)))


def _kite(plan: ScenePlan, canvas: Canvas, posture: str, place: Placement, thing: Thing) -> None:
    """High in the sky, its line in the hand."""
    hand = people.pose_of(posture).arms[0][1]
    start = (place.x + place.facing * plan.dx(hand[0] * place.height), place.y - plan.dy(hand[1] * place.height))
    x, y = start[0] + place.facing * plan.dx(0.34), max(0.22, start[1] - plan.dy(0.34))
    canvas.line([start, ((start[0] + x) / 2, (start[1] + y) / 2 + 0.03), (x, y)], plan.palette.near, 0.002)
    s = Sketch(canvas, x, y, 0.12, facing=place.facing, reach=(2.0, 2.0))
    paint(plan, s, thing)


def paint(plan: ScenePlan, s: Sketch, thing: Thing) -> None:
    """A thing in the light of the scene, 1.0 tall in the sketch; what shines keeps its own."""
    p, shining = plan.palette, thing.kind in SHINING
    if thing.kind == STAND_IN:
        sprites.stand_in(plan, s, thing.label, height=1.0)
    elif thing.drawing:
        sprites.paint(plan, s, thing.drawing, height=1.0, colour=thing.colour, shines=shining)
    s.composite(light_from=plan.light.side, rim=p.light, rim_amount=0.0 if shining else 0.4, shade=p.near,
          shade_amount=0.0 if shining else 0.4)  # fmt: skip
