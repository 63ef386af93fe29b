"""The tables of words, places, colours and shapes are whole: a row that nothing can read fails here, not in a draft."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.animatic import tables
from studio.animatic.draw import shapes
from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.palette import NAMED
from studio.animatic.draw.poses import pose_of
from studio.animatic.draw.scene import PAINTERS, compose
from studio.animatic.effects.filters import LOOKS
from studio.animatic.places import fittings, scenery
from studio.animatic.sound.bed import SOUNDS
from studio.animatic.text.lexicon import phrases
from studio.animatic.text.reader import read

PLACES = {*PAINTERS}
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


SHAPES = {"rect", "poly", "line", "disc", "oval", "ring", "glow", "lamp", "shine", "put", "turn", "along"}


def test_rows_of_scenery_have_a_verb_that_is_drawn_and_things_that_exist() -> None:
    table = tables.load("places/scenery")
    rows = [text for place in table["places"].values() for layer in place["layers"] for text in layer["rows"]]
    for row in map(scenery.row, [*rows, *(text for thing in table["things"].values() for text in thing)]):
        assert row.verb in SHAPES or row.verb in fittings.FITTINGS
        assert row.verb not in ("put", "turn", "along") or row.ink in table["things"]


@pytest.mark.parametrize("place", scenery.names())
@pytest.mark.parametrize("words", ["", "books, boxing, an alarm, night", "pov"])
def test_every_layer_of_scenery_draws(place: str, words: str) -> None:
    reading = replace(read(words), settings=(place,))
    assert len(compose(reading, 96, 54, 3).layers) > 1


@pytest.mark.parametrize("look", sorted(tables.load("effects/looks")))
def test_looks_change_a_picture_and_more_with_a_larger_amount(look: str) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    once, stronger = (LOOKS[look](picture, amount).astype(int) for amount in (0.5, 1.5))
    assert once.shape == picture.shape and np.abs(once - picture).max() > 4
    assert (stronger != once).any() or not any(step.endswith("a") for step in tables.load("effects/looks")[look])


def test_rules_of_context_leave_meanings_that_the_vocabulary_has() -> None:
    categories = {category for meanings in phrases().values() for category in meanings}
    for rule in tables.load("text/contexts")["rule"]:
        assert rule["words"] and ("means" in rule) != ("without" in rule)
        left = rule.get("means", "").partition(" ")[0] or rule.get("without")
        assert left is None or left in categories


def test_every_shot_size_has_a_row_and_every_sound_a_maker() -> None:
    assert {m["shot"] for m in phrases().values() if "shot" in m} | {""} == set(tables.load("draw/shots"))
    assert {m["sound"] for m in phrases().values() if "sound" in m} <= set(SOUNDS)
