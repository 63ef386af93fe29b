"""The tables of words, places, colours and shapes are whole: a row that nothing can read fails here, not in a draft."""

from __future__ import annotations

import pytest

from studio.animatic import tables
from studio.animatic.draw import shapes
from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.palette import NAMED
from studio.animatic.draw.poses import pose_of
from studio.animatic.draw.scene import INDOORS, OUTDOORS
from studio.animatic.text.lexicon import phrases
from studio.animatic.text.reader import read

PLACES = {*INDOORS, *OUTDOORS}
GREY = (120, 120, 120)


@pytest.mark.parametrize("group", sorted(set(tables.load("draw/shapes")) - {"ink"}))
def test_shapes_have_a_kind_its_sizes_points_and_an_ink(group: str) -> None:
    sizes = {"blob": 0, "oval": 2, "soft": 2, "stroke": 1, "ring": 2}
    inks = shapes.Inks(Appearance(GREY, GREY, GREY, GREY, GREY))
    for shape in shapes.shapes(group):
        assert len(shape.sizes) == sizes[shape.kind] and shape.points.shape[1] == 2
        assert all(0 <= channel <= 255 for channel in inks[shape.ink])


def test_every_hour_has_palettes_and_every_colour_word_a_colour() -> None:
    for hour in tables.load("draw/palettes")["hours"]:
        assert read(hour).time_of_day == hour
    assert {m["colour"] for m in phrases().values() if "colour" in m} <= set(NAMED)
    assert {*tables.load("draw/palettes")["grey"]} == {"day", "night"}


def test_places_of_the_table_can_be_drawn() -> None:
    table = tables.load("text/locations")
    finer = {name for facts in table["place"].values() for name in facts.get("finer", "").split()}
    likely = {row.partition(":")[0] for row in table["likely"]["rows"]}
    at_home = {place for row in table["habitat"].values() for place in row.values()}
    assert {*table["place"], *finer, *likely, *at_home} <= PLACES
    assert {facts["dark"] for facts in table["place"].values() if "dark" in facts} <= {"night", "dusk"}


def test_verbs_mean_postures_that_have_a_pose() -> None:
    assert all(pose_of(posture) is not pose_of("?") for posture in tables.load("text/words")["verbs"])
