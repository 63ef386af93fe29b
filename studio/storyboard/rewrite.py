"""The shots of a script instead of a board's own, while shots whose words stand unchanged keep all that they have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from studio.prompt.script.read import MAX_SCRIPT_CHARS, read
from studio.storyboard import dialogue
from studio.storyboard.from_script import MAX_SHOT_S, BoardParts, from_script
from studio.storyboard.model import Board, CastMember, Shot
from studio.storyboard.script_writers import forms
from studio.storyboard.to_script import to_script
from studio.storyboard.wording import describe

BESIDE_THE_PICTURE = ("number", "notes", "transition")
"""Fields that a shot takes from the script without being another shot: no model is told them."""


def rewrite(board: Board, parts: BoardParts) -> Board:
    """The board with these shots.

    A shot whose words stand unchanged, wherever their fields begin and end, stays with its takes; only its length and
    what no model is told follow the script. Cast that the script names anew joins the board's, whose descriptions
    follow it. A text of the film that only its signs tell from the board's own changes nothing.
    """
    known = _KnownShots(board, parts.form)
    kept = [(known.take(new), new) for new in parts.shots]
    shots = [_kept(shot, new) if shot else new for shot, new in kept]
    changes = {
        "title": _either(parts.title, board.title),
        "style": _either(parts.style, board.style),
        "negative": _either(parts.negative, board.negative),
        "cast": tuple(_cast(board, parts.cast, [shot for shot, _ in kept if shot])),
    }
    return board.model_copy(update={"shots": tuple(shots)} | changes)


class _KnownShots:
    """The board's shots by their words: as they are, and as they are read when the board is written in the script's own
    form, where some of them may have changed their place."""

    def __init__(self, board: Board, form: str) -> None:
        self._board, self._form = board, form
        self._left = {shot.id: shot for shot in board.shots}
        self._as_they_are = _by_words(board, board.shots)

    @cached_property
    def _as_read(self) -> list[dict[str, list[str]]]:
        found: list[dict[str, list[str]]] = []
        for written in forms.FORMS.values():
            text = written.write(to_script(self._board)) if self._form in written.readers else ""
            if 0 < len(text) <= MAX_SCRIPT_CHARS:
                found.append(_by_words(self._board, from_script(read(text, self._form), self._board.cast).shots))
        return found

    def take(self, new: Shot) -> Shot | None:
        """A shot with these words that was not taken before."""
        words = _letters(describe(new))
        if shot := self._take(self._as_they_are, words):
            return shot
        return next((shot for known in self._as_read if (shot := self._take(known, words))), None)

    def _take(self, known: dict[str, list[str]], words: str) -> Shot | None:
        return next((self._left.pop(i) for i in known.get(words, ()) if i in self._left), None)


def _by_words(board: Board, shots: tuple[Shot, ...]) -> dict[str, list[str]]:
    """Ids of the board's shots by the words of these; none where these are not one for each."""
    ids = defaultdict[str, list[str]](list)
    if len(shots) == len(board.shots):
        for own, words in zip(board.shots, shots, strict=True):
            ids[_letters(describe(words))].append(own.id)
    return ids


def _kept(shot: Shot, new: Shot) -> Shot:
    changes: dict[str, object] = {
        field: value
        for field in BESIDE_THE_PICTURE
        if (value := getattr(new, field)) != Shot.model_fields[field].default and value != getattr(shot, field)
    }
    if abs(shot.length_s - new.duration_s) > 1e-3:
        changes["duration_s"] = min(new.duration_s + shot.trim_in_s + shot.trim_out_s, MAX_SHOT_S)
    return shot.model_copy(update=changes) if changes else shot


def _cast(board: Board, named: Iterable[CastMember], kept: Iterable[Shot]) -> Iterable[CastMember]:
    """The board's cast and those that the script names anew; who only speaks in a shot that stays is nobody new."""
    speakers = {line.speaker.casefold() for shot in kept for line in dialogue.lines_of(shot.dialogue)}
    by_name = {member.name.casefold(): member for member in named}
    for member in board.cast:
        new = by_name.pop(member.name.casefold(), None)
        about = _either(new.description if new else "", member.description)
        yield member if about == member.description else member.model_copy(update={"description": about})
    yield from (m for name, m in by_name.items() if m.description or name not in speakers)


def _either(new: str, old: str) -> str:
    return old if not new or _letters(new) == _letters(old) else new


def _letters(words: str) -> str:
    return "".join(filter(str.isalnum, words.casefold()))
