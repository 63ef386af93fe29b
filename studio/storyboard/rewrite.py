"""The shots of a script instead of a board's own, while shots whose words stand unchanged keep all that they have."""

from __future__ import annotations

from collections import defaultdict

from studio.storyboard.from_script import MAX_SHOT_S, BoardParts
from studio.storyboard.model import Board, Shot
from studio.storyboard.script import parts_of, write
from studio.storyboard.wording import describe

BESIDE_THE_PICTURE = ("number", "notes", "transition")
"""Fields that a shot takes from the script without being another shot: no model is told them."""


def rewrite(board: Board, parts: BoardParts) -> Board:
    """The board with these shots.

    A shot whose words stand unchanged, wherever their fields begin and end, stays with its takes; only its length and
    what no model is told follow the script. Cast that the script names anew joins the board's.
    """
    known = _Known(board)
    shots = [_kept(shot, new) if (shot := known.take(new)) else new for new in parts.shots]
    cast = (*board.cast, *(m for m in parts.cast if not board.member(m.name)))
    changes = {"style": parts.style or board.style, "negative": parts.negative or board.negative, "cast": cast}
    return board.model_copy(update={"shots": tuple(shots)} | changes)


class _Known:
    """The board's shots by their words: as they are, and as they are read in the board's own script, where a spoken
    line among them may have changed its place."""

    def __init__(self, board: Board) -> None:
        self._left = {shot.id: shot for shot in board.shots}
        self._by_words = defaultdict[str, list[str]](list)
        read = parts_of(write(board)).shots
        for written in (board.shots, read if len(read) == len(board.shots) else ()):
            for shot, words in zip(board.shots, written, strict=False):
                self._by_words[_letters(words)].append(shot.id)

    def take(self, new: Shot) -> Shot | None:
        """A shot with these words that was not taken before."""
        return next((self._left.pop(i) for i in self._by_words[_letters(new)] if i in self._left), None)


def _kept(shot: Shot, new: Shot) -> Shot:
    changes: dict[str, object] = {
        field: value
        for field in BESIDE_THE_PICTURE
        if (value := getattr(new, field)) != Shot.model_fields[field].default and value != getattr(shot, field)
    }
    if abs(shot.length_s - new.duration_s) > 1e-3:
        changes["duration_s"] = min(new.duration_s + shot.trim_in_s + shot.trim_out_s, MAX_SHOT_S)
    return shot.model_copy(update=changes) if changes else shot


def _letters(shot: Shot) -> str:
    return "".join(filter(str.isalnum, describe(shot).casefold()))
