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

CUT_SAMPLE_S = 0.5
"""So much of both shots is measured at the cut between them."""
CUT_FRAMES, SHOT_FRAMES = 3, 5
"""Frames measured at a cut, and of a whole shot."""

Sample = Callable[[to_timeline.Clip, tuple[float, ...]], "np.ndarray"]
"""Colours of a clip at these times, as media.match.sample gives them."""


def reference(board: Board, shot: Shot) -> Shot | None:
    """The shot whose colours this one follows; None when it follows none."""
    if not shot.match.on:
        return None
    chosen = next((s for s in board.shots if s.id == shot.match.to and s.id != shot.id), None)
    return chosen or board.previous_shot(shot.id)


def tones(board: Board, clips: Mapping[str, to_timeline.Clip], sample: Sample) -> dict[str, Tone]:
    """By shot id, for those whose colours are moved."""
    tones_by_shot: dict[str, Tone | None] = {}
    for shot in board.shots:
        for followed in reversed(_chain(board, shot, tones_by_shot)):
            tones_by_shot[followed.id] = _tone(board, followed, clips, tones_by_shot, sample)
    return {shot_id: tone for shot_id, tone in tones_by_shot.items() if tone}


def tone(board: Board, shot: Shot, clips: Mapping[str, to_timeline.Clip], sample: Sample) -> Tone | None:
    """How this one shot's colours are moved."""
    tones_by_shot: dict[str, Tone | None] = {}
    for followed in reversed(_chain(board, shot, tones_by_shot)):
        tones_by_shot[followed.id] = _tone(board, followed, clips, tones_by_shot, sample)
    return tones_by_shot.get(shot.id)


def _chain(board: Board, shot: Shot, tones_by_shot: Mapping[str, Tone | None]) -> list[Shot]:
    """The shot, the one it follows, the one that follows ... up to what is known, or begins a circle."""
    chain: list[Shot] = []
    current: Shot | None = shot
    while current and current.id not in tones_by_shot and current not in chain and reference(board, current):
        chain.append(current)
        current = reference(board, current)
    return chain


def _tone(
    board: Board,
    shot: Shot,
    clips: Mapping[str, to_timeline.Clip],
    tones_by_shot: Mapping[str, Tone | None],
    sample: Sample,
) -> Tone | None:
    from studio.film import colour_match

    followed = reference(board, shot)
    if followed is None or shot.id not in clips or followed.id not in clips:
        return None
    at_cut = followed == board.previous_shot(shot.id)
    target_colours = sample(
        clips[followed.id], _times(board, followed, clips[followed.id], "end" if at_cut else "whole")
    )
    if correction := tones_by_shot.get(followed.id):
        target_colours = colour_match.apply(target_colours, correction)
    shot_colours = sample(clips[shot.id], _times(board, shot, clips[shot.id], "start" if at_cut else "whole"))
    return colour_match.tone(shot_colours, target_colours, shot.match.strength)


def _times(board: Board, shot: Shot, clip: to_timeline.Clip, section: str) -> tuple[float, ...]:
    """Rising times on the file's clock, inside what the film shows of it."""
    start, end = to_timeline.in_out_s(board, shot, clip)
    end -= 1 / (clip.asset.fps or 24)
    window_s = min(CUT_SAMPLE_S, (end - start) / 2)
    if section == "start":
        end = start + window_s
    elif section == "end":
        start = end - window_s
    count = SHOT_FRAMES if section == "whole" else CUT_FRAMES
    return tuple(round(max(0.0, start + (end - start) * n / (count - 1)), 3) for n in range(count))
