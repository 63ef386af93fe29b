"""The film made in one multi-shot run: kept by the board with the times that were written, shown as its shots, and cut
apart into takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from studio.domain import Asset
from studio.film.timeline import ClipRange, Timeline, lay_out, whole_length_s
from studio.storyboard.model import Board, Shot, ShotSpan, Start, Transition, Whole
from studio.storyboard.plan import RunPlan
from studio.storyboard.to_timeline import Clip

LEAST_S = 0.1
"""A shot of which the file has less than this is not in it."""


def whole_of(board: Board, run: str, made: RunPlan, shots: Mapping[str, str]) -> Whole:
    """What is kept of a run for the whole film. shots: fingerprint of each shot's own request, as it stood."""
    at = 0.0
    spans: list[ShotSpan] = []
    for shot in board.shots:
        end = at + shot.length_s
        spans.append(ShotSpan(shot=shot.id, start_s=round(at, 3), end_s=round(end, 3), asked=shots.get(shot.id, "")))
        at = end
    return Whole(run=run, fingerprint=made.fingerprint, spans=tuple(spans))


def spans_in(whole: Whole, length_s: float) -> list[ShotSpan]:
    """The shots that a file of this length has, the last one to its end: models round lengths up."""
    found = [s for s in whole.spans if s.start_s < length_s - LEAST_S]
    ends = [*(s.end_s for s in found[:-1]), length_s]
    return [s.model_copy(update={"end_s": round(min(e, length_s), 3)}) for s, e in zip(found, ends, strict=True)]


def timeline(board: Board, spans: Sequence[ShotSpan], film: Asset | None) -> Timeline:
    """When the one file shows each of these shots, with hard cuts."""
    length_s = whole_length_s(film.duration_s or 0.0, film.fps) if film else max((s.end_s for s in spans), default=0.0)
    return lay_out([ClipRange(length_s, s.start_s, s.end_s) for s in spans], Fraction(board.fps))


def as_cut(board: Board, whole: Whole, asset: Asset, path: Path) -> tuple[Board, dict[str, Clip]]:
    """The board as if each shot were its part of the one file, and those parts: for export, with hard cuts."""
    known = {s.id: s for s in board.shots}
    clip = Clip(asset, path, draft=False)
    shots: list[Shot] = []
    for span in spans_in(whole, asset.duration_s or 0.0):
        shot = known.get(span.shot) or Shot(id=span.shot)
        part = {"trim_in_s": span.start_s, "trim_out_s": 0.0, "duration_s": span.end_s, "transition": Transition.CUT}
        shots.append(shot.model_copy(update=part))
    return board.model_copy(update={"shots": tuple(shots)}), {s.id: clip for s in shots}


def fitted(shot: Shot, span: ShotSpan) -> Shot:
    """The shot as long as its part of the film, with nothing trimmed off."""
    part = {"trim_in_s": 0.0, "trim_out_s": 0.0, "duration_s": round(span.end_s - span.start_s, 3)}
    if shot.start.kind == "previous":
        part |= {"start": Start()}
    return shot.model_copy(update=part)
