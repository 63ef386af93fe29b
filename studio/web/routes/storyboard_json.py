"""A board as the JSON its page draws: one answer with everything, so that the page never joins halves of two states.

Text goes out as it is: the page puts it in by textContent only.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from studio.domain import JSON, Asset, Run, Status, Task
from studio.errors import NotFound, StudioError
from studio.film import platforms
from studio.film.timeline import Timeline
from studio.messages import of_error
from studio.services.continuations import ChainPlan
from studio.services.one_run_films import WholeState
from studio.services.storyboards import Opened, ProductionMethod, ShotState
from studio.store.exports import FilmRow
from studio.storyboard import model_choice, one_run, references, to_timeline
from studio.storyboard.model import Board
from studio.storyboard.one_run import spans_in
from studio.web.pages.model_picker import price_hint
from studio.web.routes.run_json import asset_card, card, model_label

if TYPE_CHECKING:
    from studio.studio import Studio

VIDEO = (Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.REFERENCE_TO_VIDEO)


def summary(studio: Studio, opened: Opened, *, owner: str) -> JSON:
    """One card of the list of boards."""
    board = opened.board
    cover = studio.acting_for(owner).storyboards.cover(board)
    length_s = to_timeline.timeline(board, {}).length_s
    return {
        "id": board.id, "title": board.title, "shots": len(board.shots), "length_s": length_s,
        "shape": round(board.width / board.height, 4), "cover": cover.id if cover else None,
        "first": board.shots[0].prompt[:200] if board.shots else "", "updated_at": opened.updated_at,
    }  # fmt: skip


def whole(studio: Studio, opened: Opened, *, owner: str, made: str = "") -> JSON:
    """The board, what there is of each shot, the files it names, prices, and what undo would take back.

    made: id of the shot or member that the last edit brought.
    """
    board = opened.board
    services = studio.acting_for(owner)
    states = services.storyboards.states(board)
    wholes = services.one_run_films.states(board)
    clips = {state.shot.id: clip for state in states if (clip := _clip(studio, state))}
    timeline = to_timeline.timeline(board, clips)
    shots = [_shot(studio, board, state, owner=owner) | _times(timeline, index) for index, state in enumerate(states)]
    return {
        "board": board.model_dump(mode="json", exclude={"shots": {"__all__": {"takes", "params"}}, "wholes": True}),
        "shots": {state.shot.id: one for state, one in zip(states, shots, strict=True)},
        "length_s": timeline.length_s, "frames": timeline.frames,
        "assets": _assets(studio, board, owner),
        "model_label": model_label(studio, board.model),
        "price": _price(states, shots, [state.run for state in wholes]),
        "following": _following(studio, board, owner),
        "wholes": [_whole(studio, board, state) for state in wholes],
        "undo": opened.undoable, "redo": opened.redoable, "updated_at": opened.updated_at, "made": made,
    }  # fmt: skip


def _shot(studio: Studio, board: Board, state: ShotState, *, owner: str) -> JSON:
    shot = state.shot
    usd, expected_s, said = _estimate(studio, board, state, owner)
    members = [m.id for name in shot.mentions() if (m := board.member(name))]
    sister = model_choice.sister(board, shot, studio.catalogue)
    return {
        "best": asset_card(state.best) if state.best else None,
        "best_kind": state.best_kind,
        "draft": state.draft.id if state.draft else None,
        "render": state.render.id if state.render else None,
        "stale": state.stale,
        "running": card(studio, state.running) if state.running else None,
        "failed": state.failed.error or "" if state.failed else None,
        "takes": [_take(studio, state, run) for run in reversed(state.takes)],
        "problems": said, "hints": list(state.plan.notes) if state.plan else [],
        "fits": {"id": sister.id, "label": sister.label} if sister else None,
        "usd": usd, "expected_s": expected_s,
        "model_label": model_label(studio, shot.model or board.model),
        "asks_s": state.plan.body.get("duration_s") if state.plan else None,
        "cast": list(dict.fromkeys(members)),
        "strangers": [name for name in shot.mentions() if not board.member(name)],
    }  # fmt: skip


def _clip(studio: Studio, state: ShotState) -> to_timeline.Clip | None:
    if not state.best:
        return None
    return to_timeline.Clip(state.best, studio.library.path(state.best), draft=state.best_kind == "draft")


def _times(timeline: Timeline, index: int) -> JSON:
    """When the film shows a shot. segment: in whole frames, of its file and of the film; the rest in seconds."""
    segment = timeline.segments[index]
    return {
        "segment": asdict(segment), "at_s": timeline.seconds(segment.start), "length_s": timeline.shown_s(index),
        "in_s": timeline.seconds(segment.first), "out_s": timeline.seconds(segment.last),
    }  # fmt: skip


def _take(studio: Studio, state: ShotState, run: Run) -> JSON:
    take = next(t for t in state.shot.takes if t.run == run.id)
    now = state.plan.fingerprint if state.plan else None
    old = take.kind == "render" and take.fingerprint != now
    return card(studio, run) | {"take": take.kind, "old": old, "chosen": run.id == state.shot.chosen}


def _estimate(
    studio: Studio, board: Board, state: ShotState, owner: str
) -> tuple[float | None, float | None, list[str]]:
    """Price and time of rendering the shot as it is, and what stands against it, each in a sentence."""
    if state.plan is None:
        return None, None, [state.refusal]
    if state.plan.problems:
        priced = studio.acting_for(owner).continuations.estimate(board, state.shot)
        said = list(state.plan.problems)
        return (priced.usd, priced.expected_s, said) if priced else (None, None, said)
    try:
        found = studio.acting_for(owner).requests.estimate([state.plan.body])
    except StudioError as error:
        return None, None, [of_error(error)]
    return found.usd, found.expected_s, []


def _price(states: list[ShotState], shots: list[JSON], wholes: list[Run]) -> JSON:
    """spent_usd: takes and whole films so far. left_usd: for shots without a standing take; unknown: unpriced ones."""
    takes = [r for r in (*(r for s in states for r in s.takes), *wholes) if r.status is Status.SUCCEEDED]
    left = [one["usd"] for state, one in zip(states, shots, strict=True) if state.render is None]
    spent = sum(r.cost_usd if r.cost_usd is not None else r.estimate_usd or 0 for r in takes)
    return {
        "spent_usd": round(spent, 4), "left_usd": round(sum(u for u in left if u is not None), 4),
        "left": len(left), "unknown": sum(u is None for u in left),
    }  # fmt: skip


def _assets(studio: Studio, board: Board, owner: str) -> JSON:
    ids = {i for m in board.cast for i in (*m.references, *([m.voice] if m.voice else []))}
    ids |= {s.start.asset for s in board.shots if s.start.asset}
    ids |= {board.delivery.music} if board.delivery.music else set()
    return {i: asset_card(found) for i in ids if (found := _asset(studio, i, owner))}


def _asset(studio: Studio, asset_id: str, owner: str) -> Asset | None:
    try:
        return studio.acting_for(owner).assets.get(asset_id)
    except NotFound:
        return None


def models(studio: Studio) -> list[JSON]:
    """The models that make clips, by provider, ready ones first."""
    groups = []
    for status in sorted(studio.admin.engine_status(), key=lambda s: not s.ready):
        rows = [m for m in studio.catalogue if m.provider == status.name and set(m.tasks) & set(VIDEO)]
        listed = [
            {
                "id": m.id, "label": m.label, "multi_shot": m.multi_shot, "draft": m.draft,
                "price": price_hint(m.prices),
                "longest_s": (max(m.durations.choices, default=None) or m.durations.max) if m.durations else None,
                "lengths_s": sorted(m.durations.choices) if m.durations else [],
                "references": m.inputs["references"].max if "references" in m.inputs else 0,
                "first_frame": Task.IMAGE_TO_VIDEO in m.tasks,
                "voices": references.takes_voices(m),
            }
            for m in rows if not m.deprecated
        ]  # fmt: skip
        if listed:
            about = {"id": status.name, "label": status.label, "ready": status.ready, "missing": status.missing or ""}
            groups.append(about | {"models": listed})
    return groups


def places() -> list[JSON]:
    """Where a film can go: presets with what the page says about them."""
    shown = ("id", "label", "form", "width", "height", "min_s", "max_s", "lufs")
    return [{k: getattr(p, k) for k in shown} for p in platforms.PRESETS]


def _whole(studio: Studio, board: Board, state: WholeState) -> JSON:
    """A film made in one run, with its shots' times in the file."""
    parts = spans_in(state.whole, (state.film.duration_s or 0.0) if state.film else 1e9)
    timeline = one_run.timeline(board, parts, state.film)
    return {
        "run": card(studio, state.run), "film": asset_card(state.film) if state.film else None, "old": state.old,
        "cutting": state.cutting, "error": state.error, "shown": board.shown == state.whole.run,
        "spans": [
            {"shot": s.shot, "start_s": s.start_s, "end_s": s.end_s} | _times(timeline, index)
            for index, s in enumerate(parts)
        ],
    }  # fmt: skip


def _following(studio: Studio, board: Board, owner: str) -> list[JSON]:
    """Shots that will be queued by themselves, and those that will not, with the reason."""
    chain = studio.acting_for(owner).continuations.of_board(board.id)
    links = chain.links if chain else ()
    return [
        {"shot": o.shot, "after": o.after, "stopped": o.stopped.model_dump() if o.stopped else None}
        for o in links
        if o.open or o.stopped
    ]


def render_plan(found: ChainPlan) -> JSON:
    """What a press of Render would do."""
    estimate = found.estimate
    return {
        "ready": [p.shot for p in found.ready], "done": list(found.done), "blocked": found.blocked,
        "follow": [{"shot": f.link.shot, "after": f.link.after, "usd": f.link.usd} for f in found.follow],
        "usd": estimate.usd, "expected_s": estimate.expected_s, "warnings": list(estimate.warnings),
    }  # fmt: skip


def production_method(found: ProductionMethod) -> JSON:
    """One of the two ways to make the film."""
    priced = found.estimate
    return {
        "kind": found.kind, "problems": list(dict.fromkeys(found.problems)), "possible": priced is not None,
        "usd": priced.usd if priced else None, "runs": priced.runs if priced else 0,
        "expected_s": priced.expected_s if priced else None,
    }  # fmt: skip


def film(studio: Studio, row: FilmRow) -> JSON:
    """One export: what was asked, how far it is, what came of it."""
    shown = {"id", "form", "options", "status", "error", "asset", "report", "created_at", "finished_at"}
    body = {k: v for k, v in vars(row).items() if k in shown}
    name, size = "", None
    if row.path:
        path = studio.settings.data / row.path
        name, size = path.name, path.stat().st_size if path.is_file() else None
    return body | {"fraction": studio.queue.export_progress(row.id), "name": name, "bytes": size}
