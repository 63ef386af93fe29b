"""A film needs several models of a family: a shot names the sister that makes it as it is meant, and takes it over."""

from __future__ import annotations

import pytest

from studio.catalogue import load
from studio.storyboard import model_choice
from studio.storyboard.commands import ChooseModels
from studio.storyboard.model import Board, CastMember, Shot, ShotStatus, Start

ROWS = load()
EDA = CastMember(id="c1", name="eda", references=("face",))
LATER = Start(kind="previous")


@pytest.mark.parametrize(
    ("model", "prompt", "start", "sister"),
    [
        ("wan2.7-t2v", "a calm sea", Start(), None),
        ("wan2.7-t2v", "@eda waves", Start(), "wan2.7-r2v"),
        ("wan2.6-t2v", "@eda waves", Start(), "wan2.6-r2v"),
        ("wan2.7-t2v", "@eda waves", LATER, "wan2.7-i2v"),
        ("wan2.7-r2v", "a calm sea", Start(), "wan2.7-t2v"),
        ("wan2.7-r2v", "@eda waves", LATER, None),
        ("wan2.6-r2v", "@eda waves", LATER, "wan2.6-i2v"),
        ("wan2.6-r2v", "@nobody waves", Start(), "wan2.6-t2v"),
    ],
)
def test_the_sister_does_what_the_shot_asks_for(model: str, prompt: str, start: Start, sister: str | None) -> None:
    shot = Shot(id="s", prompt=prompt, start=start)
    board = Board(id="b", cast=(EDA,), shots=(shot,), model=f"alibaba/{model}")
    found = model_choice.sibling(board, shot, ROWS)
    assert (found and found.id) == (sister and f"alibaba/{sister}")


def test_the_models_of_several_shots_are_one_edit() -> None:
    good = Shot(id="s1", status=ShotStatus.APPROVED)
    board = Board(id="b", shots=(good, Shot(id="s2"), Shot(id="s3", model="draft/animatic")))
    made, _ = ChooseModels(op="fit", same="", models={"s1": "alibaba/wan2.7-r2v", "s2": "alibaba/wan2.7-t2v"}).apply(
        board
    )
    assert made.shots[0].status == ShotStatus.APPROVED
    assert [s.model for s in made.shots] == ["alibaba/wan2.7-r2v", "alibaba/wan2.7-t2v", "draft/animatic"]
