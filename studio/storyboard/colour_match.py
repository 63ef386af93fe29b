"""Which shot's colours each shot follows, and by how much, from what both show near the cut.

A shot may follow one that itself follows another: then it follows what that one looks like in the film.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from studio.film.timeline import Tone
from studio.storyboard import to_timeline
from studio.storyboard.model import Board, Shot

if TYPE_CHECKING:
    import numpy as np

NEAR_S = 0.5
"""So much of both shots is measured at the cut between them."""
NEAR, WHOLE = 3, 5
"""Frames measured at a cut, and of a whole shot."""

Sample = Callable[[to_timeline.Clip, tuple[float, ...]], "np.ndarray"]
"""Colours of a clip at these times, as media.match.sample gives them."""


def reference(board: Board, shot: Shot) -> Shot | None:
    """The shot whose colours this one follows; None when it follows none."""
    if not shot.match.on:
        return None
    chosen = next((s for s in board.shots if s.id == shot.match.to and s.id != shot.id), None)
    return chosen or board.before(shot.id)


def tones(board: Board, clips: Mapping[str, to_timeline.Clip], sample: Sample) -> dict[str, Tone]:
    """By shot id, for those whose colours are moved."""
    found: dict[str, Tone | None] = {}
    for shot in board.shots:
        for one in reversed(_chain(board, shot, found)):
            found[one.id] = _tone(board, one, clips, found, sample)
    return {shot_id: tone for shot_id, tone in found.items() if tone}


def tone(board: Board, shot: Shot, clips: Mapping[str, to_timeline.Clip], sample: Sample) -> Tone | None:
    """How this one shot's colours are moved."""
    found: dict[str, Tone | None] = {}
    for one in reversed(_chain(board, shot, found)):
        found[one.id] = _tone(board, one, clips, found, sample)
    return found.get(shot.id)


def _chain(board: Board, shot: Shot, known: Mapping[str, Tone | None]) -> list[Shot]:
    """The shot, the one it follows, the one that follows ... up to what is known, or begins a circle."""
    chain: list[Shot] = []
    here: Shot | None = shot
    while here and here.id not in known and here not in chain and reference(board, here):
        chain.append(here)
        here = reference(board, here)
    return chain


def _tone(
    board: Board,
    shot: Shot,
    clips: Mapping[str, to_timeline.Clip],
    known: Mapping[str, Tone | None],
    sample: Sample,
) -> Tone | None:
    from studio.film import colour_match

    other = reference(board, shot)
    if other is None or shot.id not in clips or other.id not in clips:
        return None
    at_cut = other == board.before(shot.id)
    seen = sample(clips[other.id], _times(board, other, clips[other.id], "end" if at_cut else "whole"))
    if moved := known.get(other.id):
        seen = colour_match.moved(seen, moved)
    own = sample(clips[shot.id], _times(board, shot, clips[shot.id], "start" if at_cut else "whole"))
    return colour_match.tone(own, seen, shot.match.strength)


def _times(board: Board, shot: Shot, clip: to_timeline.Clip, which: str) -> tuple[float, ...]:
    """Rising times on the file's clock, inside what the film shows of it."""
    start, end = to_timeline.part(board, shot, clip)
    end -= 1 / (clip.asset.fps or 24)
    reach = min(NEAR_S, (end - start) / 2)
    if which == "start":
        end = start + reach
    elif which == "end":
        start = end - reach
    count = WHOLE if which == "whole" else NEAR
    return tuple(round(max(0.0, start + (end - start) * n / (count - 1)), 3) for n in range(count))
