"""Edits of a board. Each takes a board and gives a new one; a wrong wish raises a sentence and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import ValidationError

from studio.domain import JSON
from studio.errors import CapabilityError, Conflict
from studio.field_errors import sentence
from studio.messages import Message
from studio.storyboard.model import Board, CastMember, Shot, ShotStatus, Start, Take, Transition, new_id

Part = TypeVar("Part", Board, Shot)

CONTENT_FIELDS = frozenset(
    {
        *("prompt", "model", "duration_s", "shot_size", "angle", "lens", "move", "place", "cast", "dialogue"),
        *("voice_over", "sound", "music", "start", "seed", "params"),
    }
)
"""Fields that change what a take would show: editing one takes an approval back."""


def update(board: Board, **changes: object) -> Board:
    """The board with other title, size, style, model ... Raises CapabilityError for a value it cannot have."""
    return _validated(Board, board, changes)


def add(board: Board, *, after: str | None = None, **fields: object) -> tuple[Board, Shot]:
    """A new shot behind `after` (None: at the end)."""
    shot = _validated(Shot, Shot(id=new_id("s")), fields)
    at = len(board.shots) if after is None else _index(board, after) + 1
    return _with_shots(board, [*board.shots[:at], shot, *board.shots[at:]]), shot


def change(board: Board, shot_id: str, **fields: object) -> Board:
    """One shot with other values. A change of its look makes an approved shot a draft again."""
    old = board.shot(shot_id)
    new = _validated(Shot, old, fields)
    changes_content = any(getattr(old, f) != getattr(new, f) for f in CONTENT_FIELDS)
    if changes_content and "status" not in fields and old.status == ShotStatus.APPROVED:
        new = new.model_copy(update={"status": ShotStatus.DRAFT})
    return _replace_shot(board, new)


def remove(board: Board, shot_id: str) -> Board:
    """The board without this shot."""
    at = _index(board, shot_id)
    return _with_shots(board, [*board.shots[:at], *board.shots[at + 1 :]])


def reorder(board: Board, order: Sequence[str]) -> Board:
    """The shots in this order. Raises Conflict unless it names each shot exactly once."""
    by_id = {s.id: s for s in board.shots}
    if sorted(order) != sorted(by_id):
        raise Conflict(Message("board.changed_move_again"))
    return _with_shots(board, [by_id[i] for i in order])


def duplicate(board: Board, shot_id: str) -> tuple[Board, Shot]:
    """A copy right behind, without takes, without a number of its own and not approved."""
    shot = board.shot(shot_id)
    changes = {"id": new_id("s"), "number": "", "takes": (), "chosen": None, "status": ShotStatus.DRAFT}
    copy = shot.model_copy(update=changes)
    at = _index(board, shot_id) + 1
    return _with_shots(board, [*board.shots[:at], copy, *board.shots[at:]]), copy


def split(board: Board, shot_id: str, at_s: float) -> tuple[Board, Shot]:
    """Two shots instead of one, cut `at_s` seconds into what the film shows; the second begins where the first ends.

    A shot with a chosen take is split by trims, so that both halves keep showing it; else the lengths are shared.
    """
    shot = board.shot(shot_id)
    if not 0.2 <= at_s <= shot.length_s - 0.2:
        raise CapabilityError(
            Message("shot.split_range", seconds=f"{shot.length_s:g}", most=f"{shot.length_s - 0.2:g}"), field="at_s"
        )
    if shot.chosen:
        first_part = {"trim_out_s": round(shot.duration_s - shot.trim_in_s - at_s, 3)}
        second_part = {"trim_in_s": round(shot.trim_in_s + at_s, 3)}
    else:
        first_part = {"duration_s": round(at_s, 3), "trim_in_s": 0.0, "trim_out_s": 0.0}
        second_part = {"duration_s": round(shot.length_s - at_s, 3), "trim_in_s": 0.0, "trim_out_s": 0.0}
        second_part |= {"start": Start(kind="previous")}
    first = shot.model_copy(update=first_part | {"transition": Transition.CUT})
    second = shot.model_copy(update=second_part | {"id": new_id("s"), "number": ""})
    at = _index(board, shot_id)
    return _with_shots(board, [*board.shots[:at], first, second, *board.shots[at + 1 :]]), second


def add_take(board: Board, shot_id: str, take: Take) -> Board:
    """A take more; the first rendered one is chosen at once, later ones only by a person."""
    shot = board.shot(shot_id)
    other_takes = tuple(t for t in shot.takes if t.run != take.run)
    chosen = shot.chosen or (take.run if take.kind == "render" else None)
    return _replace_shot(board, shot.model_copy(update={"takes": (*other_takes, take), "chosen": chosen}))


def choose(board: Board, shot_id: str, run_id: str | None) -> Board:
    """Put a take into the film; None puts the draft back."""
    shot = board.shot(shot_id)
    if run_id is not None and run_id not in {t.run for t in shot.takes}:
        raise Conflict(Message("shot.other_take"))
    return _replace_shot(board, shot.model_copy(update={"chosen": run_id}))


def put_cast_member(board: Board, member: CastMember) -> Board:
    """Add a member of the cast, or replace the one with the same id. Names are unique, whatever their case.

    Shots that list a member list it under its new name.
    """
    others = [m for m in board.cast if m.id != member.id]
    if any(m.name.casefold() == member.name.casefold() for m in others):
        raise CapabilityError(Message("cast.already_there", name=member.name), field="name", value=member.name)
    before = next((m for m in board.cast if m.id == member.id), None)
    if before is None:
        return board.model_copy(update={"cast": (*others, member)})
    members = tuple(member if m is before else m for m in board.cast)
    return _recast(board.model_copy(update={"cast": members}), before.name, (member.name,))


def remove_cast_member(board: Board, member_id: str) -> Board:
    """The board without this member, whom no shot lists any more; prompts that mention it keep the word."""
    removed = [m for m in board.cast if m.id == member_id]
    board = board.model_copy(update={"cast": tuple(m for m in board.cast if m.id != member_id)})
    return _recast(board, removed[0].name, ()) if removed else board


def _recast(board: Board, name: str, names: tuple[str, ...]) -> Board:
    """The board whose shots list these names where they listed that one."""

    def same(other: str) -> bool:
        return other.casefold() == name.casefold()

    shots = [
        s.model_copy(update={"cast": tuple(n for c in s.cast for n in (names if same(c) else (c,)))})
        if names != (name,) and any(same(c) for c in s.cast)
        else s
        for s in board.shots
    ]
    return _with_shots(board, shots)


def _validated(cls: type[Part], old: Part, changes: JSON) -> Part:
    try:
        return cls.model_validate(dict(old) | changes)  # parts that stay are the same objects
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise CapabilityError(sentence(dict(first), field), field=field, value=first.get("input")) from None


def _index(board: Board, shot_id: str) -> int:
    return board.shots.index(board.shot(shot_id))


def _replace_shot(board: Board, shot: Shot) -> Board:
    return _with_shots(board, [shot if s.id == shot.id else s for s in board.shots])


def _with_shots(board: Board, shots: Sequence[Shot]) -> Board:
    return board.model_copy(update={"shots": tuple(shots)})
