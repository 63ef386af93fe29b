"""The film made in one multi-shot run: kept by the board with the times that were written, shown as its shots, and cut
apart into takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from studio.domain import Asset
from studio.film.timeline import ClipRange, Timeline, frame_exact_length_s, lay_out
from studio.storyboard.model import Board, OneRunFilm, Shot, ShotSpan, Start, Transition
from studio.storyboard.plan import RunPlan
from studio.storyboard.to_timeline import Clip

MIN_SHOT_S = 0.1
"""A shot of which the file has less than this is not in it."""


def one_run_film(board: Board, run: str, run_plan: RunPlan, shots: Mapping[str, str]) -> OneRunFilm:
    """What is kept of a run for the whole film. shots: fingerprint of each shot's own request, as it stood."""
    start_s = 0.0
    spans: list[ShotSpan] = []
    for shot in board.shots:
        end_s = start_s + shot.length_s
        spans.append(
            ShotSpan(shot=shot.id, start_s=round(start_s, 3), end_s=round(end_s, 3), asked=shots.get(shot.id, ""))
        )
        start_s = end_s
    return OneRunFilm(run=run, fingerprint=run_plan.fingerprint, spans=tuple(spans))


def spans_in(whole: OneRunFilm, length_s: float) -> list[ShotSpan]:
    """The shots that a file of this length has, the last one to its end: models round lengths up."""
    spans = [s for s in whole.spans if s.start_s < length_s - MIN_SHOT_S]
    ends = [*(s.end_s for s in spans[:-1]), length_s]
    return [s.model_copy(update={"end_s": round(min(e, length_s), 3)}) for s, e in zip(spans, ends, strict=True)]


def timeline(board: Board, spans: Sequence[ShotSpan], film: Asset | None) -> Timeline:
    """When the one file shows each of these shots, with hard cuts."""
    length_s = (
        frame_exact_length_s(film.duration_s or 0.0, film.fps) if film else max((s.end_s for s in spans), default=0.0)
    )
    return lay_out([ClipRange(length_s, s.start_s, s.end_s) for s in spans], Fraction(board.fps))


def as_cut(board: Board, whole: OneRunFilm, asset: Asset, path: Path) -> tuple[Board, dict[str, Clip]]:
    """The board as if each shot were its part of the one file, and those parts: for export, with hard cuts."""
    shots_by_id = {s.id: s for s in board.shots}
    clip = Clip(asset, path, draft=False)
    shots: list[Shot] = []
    for span in spans_in(whole, asset.duration_s or 0.0):
        shot = shots_by_id.get(span.shot) or Shot(id=span.shot)
        changes = {"trim_in_s": span.start_s, "trim_out_s": 0.0, "duration_s": span.end_s, "transition": Transition.CUT}
        shots.append(shot.model_copy(update=changes))
    return board.model_copy(update={"shots": tuple(shots)}), {s.id: clip for s in shots}


def fitted(shot: Shot, span: ShotSpan) -> Shot:
    """The shot as long as its part of the film, with nothing trimmed off."""
    changes = {"trim_in_s": 0.0, "trim_out_s": 0.0, "duration_s": round(span.end_s - span.start_s, 3)}
    if shot.start.kind == "previous":
        changes |= {"start": Start()}
    return shot.model_copy(update=changes)
