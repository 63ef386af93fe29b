"""The mask of a drawing: white in boxes, ellipses and the hull of an outline, in the source's own pixels."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from studio.review import drawing
from studio.review.retake_region import Region, mask_png, of_drawing

PEN = {"color": "#ff3b30", "size": 0.01}


def region(*shapes: dict[str, object]) -> Region | None:
    return of_drawing(drawing.parse({"shapes": [PEN | shape for shape in shapes]}))


def mask(found: Region, width: int = 200, height: int = 100) -> np.ndarray:
    with Image.open(io.BytesIO(mask_png(found, width, height))) as picture:
        assert picture.size == (width, height) and picture.format == "PNG"
        return np.array(picture.convert("L"))


def test_a_box_is_white_in_the_sources_pixels_whichever_corner_came_first() -> None:
    found = region({"type": "box", "from": [0.75, 0.6], "to": [0.25, 0.2]})
    assert found
    pixels = mask(found)
    ys, xs = np.nonzero(pixels)
    assert (xs.min(), xs.max(), ys.min(), ys.max()) == (50, 150, 20, 60)
    assert set(np.unique(pixels)) == {0, 255} and (pixels == 255).sum() == 101 * 41


def test_an_ellipse_and_an_outline_that_does_not_close_are_filled() -> None:
    ellipse = region({"type": "ellipse", "from": [0.25, 0.25], "to": [0.75, 0.75]})
    assert ellipse and mask(ellipse)[50, 100] == 255 and mask(ellipse)[27, 52] == 0
    open_line = [[0.2, 0.2, 0.5], [0.8, 0.2, 0.5], [0.8, 0.8, 0.5], [0.3, 0.8, 0.5]]
    outline = region({"type": "stroke", "points": open_line})
    assert outline and mask(outline)[50, 80] == 255 and mask(outline)[10, 10] == 0


def test_several_shapes_are_one_region_and_its_place_has_a_name() -> None:
    found = region(
        {"type": "box", "from": [0.0, 0.0], "to": [0.1, 0.1]}, {"type": "box", "from": [0.2, 0.2], "to": [0.3, 0.3]}
    )
    assert found and mask(found)[5, 10] == 255 and mask(found)[15, 30] == 0 and mask(found)[25, 50] == 255
    assert found.bounds == (0.0, 0.0, 0.3, 0.3) and found.place == "top left"
    right = region({"type": "box", "from": [0.8, 0.4], "to": [1, 0.6]})
    assert right and right.place == "right"


def test_what_only_points_marks_nothing() -> None:
    arrow = {"type": "arrow", "from": [0.1, 0.1], "to": [0.5, 0.5]}
    words = {"type": "text", "at": [0.1, 0.1], "text": "here"}
    dot = {"type": "stroke", "points": [[0.5, 0.5, 0.5]]}
    flat = {"type": "stroke", "points": [[0.1, 0.5, 0.5], [0.5, 0.5, 0.5], [0.9, 0.5, 0.5]]}
    assert region(arrow, words, dot, flat) is None and of_drawing(None) is None
