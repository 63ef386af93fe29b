"""The artwork table of assets/artwork: which drawings there are, what they are called, how large they are.

Read when first asked for: importing this module costs nothing. Drawings become pictures in draw/sprites.py.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "artwork"
STAND_IN = "stand-in"
"""The kind of a thing that is named but not known: a soft shape with its word."""
PERSON_M = 1.75
TALLEST_M = 4.0
"""From here on heights grow slower than in life, so that a ship fits into a frame with people."""


@dataclass(frozen=True)
class Drawing:
    """One drawing. group: animal, vehicle, building, large or small. stance: ground, air or water.

    metres: its height as it stands. aspect: width by height. face: the drawing of its face alone, or "".
    """

    name: str
    group: str
    stance: str
    metres: float
    aspect: float
    faces_right: bool = False
    face: str = ""

    @property
    def tall(self) -> float:
        """Its height in persons, as it is drawn beside them."""
        metres = self.metres if self.metres < TALLEST_M else TALLEST_M + 0.35 * (self.metres - TALLEST_M)
        return max(metres / PERSON_M, 0.1)

    @property
    def turns(self) -> bool:
        """Whether it has a front that looks where it goes."""
        return self.group in ("animal", "vehicle")


STANDS_IN = Drawing(STAND_IN, "large", "ground", 1.4, 1.0)


@cache
def _table() -> dict[str, dict]:
    return json.loads((FOLDER / "names.json").read_text("utf-8"))


@cache
def drawings() -> dict[str, Drawing]:
    """Every drawing by its name."""
    fields = Drawing.__dataclass_fields__
    rows = _table()["drawings"].items()
    return {name: Drawing(name, **{k: v for k, v in row.items() if k in fields}) for name, row in rows}


@cache
def names() -> dict[str, str]:
    """What things are called in English and Chinese, lower case -> the drawing's name."""
    by_name: dict[str, str] = {}
    for name, row in _table()["drawings"].items():
        by_name |= {called: name for called in row["names"] if called not in by_name}
    return by_name


def find(kind: str) -> Drawing | None:
    """The drawing of a kind of thing or animal; None where there is none."""
    if kind == STAND_IN:
        return STANDS_IN
    return drawings().get(_table()["kinds"].get(kind, kind))


def is_animal(kind: str) -> bool:
    return _group(kind) == "animal"


def is_small(kind: str) -> bool:
    """True for what stands on a table or lies in a hand."""
    return _group(kind) == "small"


def _group(kind: str) -> str:
    drawing = find(kind)
    return drawing.group if drawing else ""


@cache
def svg(name: str) -> tuple[str, tuple[float, float, float, float]]:
    """A drawing's SVG elements and the box they fill: x, y, width, height."""
    row = _svgs()[name]
    return row["svg"], tuple(row["box"])


@cache
def _svgs() -> dict[str, dict]:
    return json.loads(gzip.decompress((FOLDER / "drawings.json.gz").read_bytes()))


@cache
def nouns() -> dict[str, str]:
    """English nouns of one to three words that can be seen, each with a mark. From WordNet 3.1.

    "@" for people, "~" for clothes, "+" where the last word says what it is (a fire truck is a truck), "" for the
    others (a sea horse is no horse).
    """
    lines = gzip.decompress((FOLDER / "nouns.txt.gz").read_bytes()).decode().split("\n")
    return {line.lstrip("@~+"): line[0] if line[0] in "@~+" else "" for line in lines}
