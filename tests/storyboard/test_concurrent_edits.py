"""An edit whose author saw another value than the one that stands is refused; all others pass."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from studio.errors import Conflict
from studio.storyboard import edit
from studio.storyboard.commands import ChangeShot, PutCastMember, UpdateFilm
from studio.storyboard.model import Board

COMMAND: TypeAdapter[ChangeShot | PutCastMember | UpdateFilm] = TypeAdapter(ChangeShot | PutCastMember | UpdateFilm)


@pytest.fixture
def board() -> Board:
    made, _ = edit.add(Board(id="b1", title="Harbour"), prompt="a harbour", duration_s=4)
    return made


def change(board: Board, **fields: object) -> Board:
    return command(board, op="change", shot=board.shots[0].id, **fields)


def test_what_was_changed_meanwhile_is_not_overwritten(board: Board) -> None:
    theirs = change(board, prompt="a harbour at night")
    with pytest.raises(Conflict, match="prompt"):
        change(theirs, prompt="a harbour at dawn", seen={"prompt": "a harbour"})
    assert theirs.shots[0].prompt == "a harbour at night"


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "a harbour at dawn", "seen": {"prompt": "a harbour at night"}},
        {"prompt": "a harbour at dawn", "seen": {"prompt": " a  harbour at night \n"}},  # as an edit tidied it
        {"prompt": "a harbour at night", "seen": {"prompt": "a harbour"}},  # both want the same
        {"duration_s": 5, "seen": {"duration_s": 4.0000001}},
        {"notes": "fog", "seen": {"notes": ""}},  # another field
        {"prompt": "mine, whatever stands"},  # a program that saw nothing
        {"prompt": "x", "seen": {"no_such_field": 1}},
    ],
)
def test_these_edits_pass(board: Board, fields: dict[str, object]) -> None:
    theirs = change(board, prompt="a harbour at night")
    changed = change(theirs, **fields)
    assert all(getattr(changed.shots[0], name) == value for name, value in fields.items() if name != "seen")


def test_an_approval_names_what_was_looked_at(board: Board) -> None:
    seen = {"status": "draft", "prompt": "a harbour", "duration_s": 4}
    assert change(board, status="approved", seen=seen).shots[0].status == "approved"
    with pytest.raises(Conflict):
        change(change(board, prompt="a harbour at night"), status="approved", seen=seen)


def command(board: Board, **body: object) -> Board:
    return COMMAND.validate_python(body).apply(board)[0]


def test_films_and_cast_are_held_to_it_too(board: Board) -> None:
    theirs = command(board, op="update", title="Theirs")
    with pytest.raises(Conflict):
        command(theirs, op="update", title="Mine", seen={"title": "Harbour"})
    anna = command(board, op="cast", name="Anna", description="a painter")
    member = {"op": "cast", "id": anna.cast[0].id, "name": "Anna"}
    theirs = command(anna, **member, description="a sailor")
    with pytest.raises(Conflict):
        command(theirs, **member, description="a cook", seen={"description": "a painter"})
