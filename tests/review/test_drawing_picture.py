"""A drawing painted by the server: the page's own outlines, its words as text, whatever is in them."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.review import drawing_picture
from studio.review.drawing import Drawing, parse
from tests.review.drawings import DRAWING, FIGURE, STROKE
from tests.support.node import computed

RED = {"color": "#ff3b30", "size": 0.02}
OUTLINES = """
import { outline } from "JS_URL/review/shapes.js";
const result = given.shapes.map((shape) => outline(shape, 16 / 9).d);
"""


def elements(drawing: Drawing, width: int, height: int) -> ElementTree.Element:
    return ElementTree.fromstring(drawing_picture.to_svg(drawing, width, height))  # noqa: S314 - our own


def numbers(path: str) -> list[float]:
    for letter in "MQLHVAZ":
        path = path.replace(letter, " ")
    return [float(word) for word in path.split()]


def walk(seed: int, count: int) -> dict[str, Any]:
    """A stroke as a trembling hand draws it, with turns and rests."""
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.02, (count, 2)) * (random.random((count, 1)) > 0.2)
    places = np.clip(np.cumsum(steps, 0) + 0.5, 0, 1)
    points = [[round(float(x), 4), round(float(y), 4), round(float(random.random()), 2)] for x, y in places]
    return {"type": "stroke", "points": points, "color": "#ff3b30", "size": float(random.choice([0.005, 0.01, 0.02]))}


def test_the_server_has_the_pages_outlines() -> None:
    """To a hundredth of a unit: strokes from a dot to a long scribble, and every figure."""
    examples: list[dict[str, Any]] = [walk(seed, count) for seed, count in enumerate([1, 2, 3, 4, 9, 40, 200, 600])]
    examples += [walk(seed, 2 + seed) for seed in range(20, 60)]
    collect = settings(max_examples=60, deadline=None, database=None, derandomize=True)(
        given(STROKE | FIGURE)(lambda shape: examples.append(shape))
    )
    collect()
    drawings = [parse({"shapes": [shape]}) for shape in examples]
    found = computed(OUTLINES, {"shapes": [d.as_json()["shapes"][0] for d in drawings]})
    for drawing, path in zip(drawings, found, strict=True):
        svg = elements(drawing, 1600, 900)
        own = svg[-1].get("d") or ""
        assert len(numbers(own)) == len(numbers(path)), drawing
        assert max(abs(a - b) for a, b in zip(numbers(own), numbers(path), strict=True)) < 0.03, drawing


@settings(max_examples=25, deadline=None)
@given(DRAWING, st.integers(16, 400), st.integers(16, 400))
def test_every_drawing_can_be_painted(value: dict[str, Any], width: int, height: int) -> None:
    drawing = parse(value)
    svg = elements(drawing, width, height)
    assert {element.tag.rpartition("}")[2] for element in svg.iter()} <= {"svg", "path", "text", "tspan"}
    assert drawing_picture.raster(drawing, width, height).size == (width, height)


def test_shapes_lie_where_they_were_drawn() -> None:
    """On a grey picture of 400 by 200: a box from a quarter to three quarters, its halo around it."""
    box = {"type": "box", "from": [0.25, 0.25], "to": [0.75, 0.75], **RED}
    picture = np.array(drawing_picture.draw(Image.new("RGB", (400, 200), "#808080"), parse({"shapes": [box]})))
    red = (picture[..., 0] > 240) & (picture[..., 1] < 90)
    rows, columns = np.nonzero(red)
    assert (columns.min(), columns.max() + 1) == (98, 302)
    assert (rows.min(), rows.max() + 1) == (48, 152)
    assert picture[100, 200].tolist() == [128, 128, 128]
    assert picture[100, 97].max() < 80  # the halo


def test_words_are_painted_as_words() -> None:
    """Latin and Chinese have their letters, markup is written out, an empty row leaves one free."""

    def ink(text: str) -> np.ndarray:
        words = {"type": "text", "at": [0.1, 0.1], "text": text, "color": "#ffffff", "size": 0.2}
        return np.array(drawing_picture.raster(parse({"shapes": [words]}), 400, 200))[..., 3] > 128

    assert ink("Hi").sum() > 200 and ink("镜头").sum() > 600
    assert ink("<b>x</b>").sum() > 2 * ink("x").sum()
    rows = np.nonzero(ink("A\n\nA").any(axis=1))[0]
    assert math.isclose(rows.max() - rows.min(), 2 * 50 + 33, abs_tol=2)
