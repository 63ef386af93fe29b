"""What is asked for a shot without the newer fields stays as it was: no take becomes stale by an update."""

from __future__ import annotations

import pytest

from studio.storyboard import plan
from studio.storyboard.model import Board, CastMember, Shot, Start, Transition
from tests.storyboard.test_storyboard import ANNA, ASSETS, CATALOGUE

BOARD = Board(
    id="b1",
    title="Quay",
    style="Noir, 35 mm film.",
    seed=7,
    model="test/film",
    cast=(ANNA, CastMember(id="c2", name="Skerry", kind="place", description="a rock in the sea")),
    shots=(
        Shot(id="s0", prompt="@anna waves at @Skerry.", shot_size="Close-up", lens="50 mm", move="Pan left"),
        Shot(id="s1", prompt="gulls cry", dialogue="Every night.", sound="wind; waves", duration_s=3),
        Shot(id="s2", prompt="雨夜，@anna 走来", dialogue='@anna: "走吧。" Tom: "No."', seed=3, duration_s=5),
        Shot(id="s3", prompt="she turns", start=Start(kind="previous"), params={"guidance": 3}, notes="n"),
        Shot(id="s4", prompt="", sound="rain", transition=Transition.WIPE),
    ),
)

ASKED = [
    ("s0", False, "b508c4fe291fe208a6ff4ba3"),
    ("s0", True, "9191fe696ce98622d977f1b3"),
    ("s1", False, "3090f19e378666c07587093f"),
    ("s1", True, "1140c25de297bf0c83622739"),
    ("s2", False, "071844e847c74949ceb36d40"),
    ("s2", True, "3c3a564c9b7eb71daa7896ea"),
    ("s3", False, "5f8ee7d00a41aa967dd40d96"),
    ("s3", True, "a8662d071ad8173bc2939300"),
    ("s4", False, "51c4d3258c83d1fe19b7a64d"),
    ("s4", True, "f4c9f30cc2c1bea88d5955d6"),
]
"""Shot, whether as a draft, and the fingerprint of 30 November 2026, before boards had the newer fields."""


@pytest.mark.parametrize(("shot", "draft", "asked"), ASKED)
def test_a_shot_is_asked_for_as_before(shot: str, draft: bool, asked: str) -> None:
    made = plan.for_shot(BOARD, BOARD.shot(shot), CATALOGUE, ASSETS, previous_frame="a2", draft=draft)
    assert made.fingerprint == asked, made.body


def test_a_film_in_one_run_is_asked_for_as_before() -> None:
    made = plan.one_run(BOARD, "test/film", CATALOGUE, ASSETS)
    assert made.fingerprint == "7c890ddad6c687238d490750", made.body["prompt"]
