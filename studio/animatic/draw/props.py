"""Vehicles, buildings that stand alone, and things on a table. 1.0 is a person's height for large things; small things
are drawn 1.0 tall and scaled by whoever places them."""

from __future__ import annotations

from studio.animatic.draw import gear, landmarks, monuments, wares
from studio.animatic.draw.palette import NAMED, RGB, mix
from studio.animatic.draw.sketch import Sketch
from studio.animatic.text.reading import listed

LARGE: dict[str, tuple[float, float]] = {
    "car": (1.4, 0.9),
    "truck": (1.8, 1.5),
    "bus": (2.6, 1.7),
    "bike": (0.6, 0.65),
    "train": (4.2, 1.9),
    "boat": (1.7, 1.9),
    "plane": (3.2, 1.2),
    "rocket": (0.6, 2.6),
    "balloon": (0.9, 2.4),
    "tent": (0.9, 0.85),
    "lighthouse": (1.0, 3.2),
    "cabin": (1.4, 1.7),
    "temple": (1.6, 3.0),
    "castle": (2.6, 2.8),
    "tree": (1.3, 2.6),
    "piano": (0.9, 0.75),
    "chair": (0.3, 0.55),
    "table": (0.6, 0.45),
    "fire": (0.4, 0.5),
    "lamp": (0.3, 1.9),
    **monuments.SIZES,
}
"""Half width and height, in persons."""

SMALL = frozenset(gear.SMALL_PAINTERS) | listed(
    "bottle cup phone watch shoe box lipstick fruit cake bowl laptop book headphones flower guitar ball"
)
OWN: dict[str, RGB] = {
    "car": (176, 52, 46),
    "truck": (70, 104, 132),
    "bus": (214, 158, 62),
    "bike": (52, 54, 62),
    "train": (84, 96, 112),
    "boat": (176, 104, 68),
    "plane": (228, 232, 236),
    "rocket": (232, 232, 236),
    "balloon": (214, 84, 66),
    "tent": (224, 142, 62),
    "lighthouse": (240, 236, 228),
    "cabin": (132, 92, 66),
    "temple": (160, 62, 50),
    "castle": (150, 142, 136),
    "tree": (86, 132, 74),
    "piano": (36, 34, 38),
    "chair": (120, 84, 60),
    "table": (140, 98, 66),
    "fire": (255, 150, 50),
    "lamp": (60, 60, 66),
    "bottle": (70, 122, 104),
    "cup": (240, 236, 228),
    "phone": (38, 40, 48),
    "watch": (196, 168, 110),
    "shoe": (232, 232, 232),
    "box": (192, 146, 100),
    "lipstick": (186, 34, 58),
    "fruit": (206, 54, 44),
    "cake": (244, 214, 202),
    "bowl": (226, 230, 232),
    "laptop": (150, 154, 162),
    "book": (58, 92, 130),
    "headphones": (44, 44, 52),
    "flower": (214, 66, 86),
    "guitar": (186, 116, 60),
    "ball": (238, 236, 230),
    **gear.SMALL_COLOURS,
    **monuments.COLOURS,
}


def colour_of(kind: str, named: str) -> RGB:
    """Its usual colour, or the one the prompt gives."""
    return NAMED.get(named) or OWN.get(kind, (140, 130, 120))


def prop(s: Sketch, kind: str, c: RGB, *, glass: RGB, dark: RGB, lamps: bool = False) -> None:
    """Draw one. c: its colour; glass: what windows show; dark: tyres, shade."""
    painters = {
        "car": landmarks.car,
        "truck": landmarks.truck,
        "bus": landmarks.bus,
        "bike": landmarks.bike,
        "boat": landmarks.boat,
        "plane": landmarks.plane,
        "rocket": landmarks.rocket,
        "balloon": landmarks.balloon,
        "tent": landmarks.tent,
        "lighthouse": landmarks.lighthouse,
        "cabin": landmarks.cabin,
        "temple": landmarks.temple,
        "castle": landmarks.castle,
        "tree": landmarks.tree,
        "piano": landmarks.piano,
        "chair": landmarks.chair,
        "table": landmarks.table,
        "fire": landmarks.fire,
        "lamp": landmarks.lamp,
        "bottle": wares.bottle,
        "cup": wares.cup,
        "phone": wares.phone,
        "watch": wares.watch,
        "shoe": wares.shoe,
        "box": wares.boxed,
        "lipstick": wares.lipstick,
        "fruit": wares.fruit,
        "cake": wares.cake,
        "bowl": wares.bowl,
        "laptop": wares.laptop,
        "book": wares.book,
        "headphones": wares.headphones,
        "flower": wares.flower,
        "guitar": wares.guitar,
        "ball": wares.ball,
        **gear.SMALL_PAINTERS,
        **monuments.PAINTERS,
    }
    painters[kind](s, c, glass, mix(dark, (20, 20, 24), 0.5), lamps)
