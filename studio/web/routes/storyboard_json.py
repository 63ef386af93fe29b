"""A board as the JSON its page draws: one answer from one snapshot, so that the page never joins halves of two states.

Text goes out as it is: the page puts it in by textContent only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from studio.catalogue import Model
from studio.domain import JSON, Run, Status, Task
from studio.film import platforms
from studio.messages import term, unpacked
from studio.permissions import Action
from studio.services.acting import UserServices
from studio.services.board_repository import StoredBoard
from studio.services.board_snapshots import Overview
from studio.services.continuations import ChainPlan
from studio.services.one_run_films import OneRunFilmState
from studio.services.storyboards import ProductionMethod
from studio.store.exports import FilmRow
from studio.storyboard import one_run, references
from studio.storyboard.model import Board
from studio.storyboard.one_run import spans_in
from studio.storyboard.snapshot import BoardSnapshot, ShotPrice, ShotState, asset_ids
from studio.web.forms import model_picker
from studio.web.routes.board_changes import Answer, AnswerLog, ShotPart, shot_times
from studio.web.routes.run_cards import asset_card, card, model_label

if TYPE_CHECKING:
    from studio.studio import Studio

ENDED_TAKE = ("id", "status", "kind", "asset", "inputs", "count", "cost_usd", "error")
"""What a board says of a run that has ended; a page that opens the run asks for the rest."""

VIDEO_TASKS = (Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.REFERENCE_TO_VIDEO)


def summaries(studio: Studio, boards: list[StoredBoard], *, actor: str) -> list[JSON]:
    """The cards of the list of boards."""
    overviews = studio.acting_for(actor).storyboards.overviews([stored.board for stored in boards])
    return [_summary(studio, stored, overview) for stored, overview in zip(boards, overviews, strict=True)]


def _summary(studio: Studio, stored: StoredBoard, overview: Overview) -> JSON:
    board = stored.board
    return {
        "id": board.id, "title": board.title, "shots": len(board.shots), "length_s": overview.length_s,
        "shape": round(board.width / board.height, 4), "cover": overview.cover.id if overview.cover else None,
        "first": board.shots[0].prompt[:200] if board.shots else "", "updated_at": stored.updated_at,
    } | _whose(studio, stored)  # fmt: skip


def _whose(studio: Studio, stored: StoredBoard) -> JSON:
    """Whose the board is, and who else sees it."""
    by = studio.people.name_of(stored.owner) if stored.owner else ""
    return {"owner": stored.owner, "by": by, "project": stored.project, "shared": stored.shared}


def answer(
    studio: Studio, log: AnswerLog, stored: StoredBoard, *, actor: str, since: str = "", new_id: str = ""
) -> JSON:
    """The board, what there is of each shot, the files it names, prices, and what undo would take back. `editable`:
    whether the actor may change it, or only look.

    new_id: id of the shot or member that the last edit brought. since: a version that the page has; then only what is
    other by now, else everything.
    """
    board = stored.board
    services = studio.acting_for(actor)
    snapshot = services.storyboards.snapshot_of(board)
    prices = services.storyboards.prices(snapshot)
    films = services.one_run_films.states_of(snapshot)
    named_assets = {i: asset_card(found) for i in asset_ids(board) if (found := snapshot.assets.get(i))}
    shots = {s.shot.id: _part(studio, log, board, s, prices[s.shot.id], actor) for s in snapshot.states}
    extra = {
        "length_s": snapshot.timeline.length_s, "frames": snapshot.timeline.frames, "assets": named_assets,
        "model_label": model_label(studio, board.model),
        "price": _price(snapshot, prices, [state.run for state in films]),
        "following": _continuations(studio, board, actor),
        "wholes": [_one_run_film(studio, board, state) for state in films],
        "undo": stored.undoable, "redo": stored.redoable, "updated_at": stored.updated_at, "made": new_id,
        "editable": services.actor.may(Action.CREATE) and services.storyboards.editable(board.id),
    } | _whose(studio, stored)  # fmt: skip
    fields = board.model_dump(mode="json", exclude={"shots": True, "wholes": True})
    return log.respond(Answer((actor, board.id), fields, shots, snapshot.timeline, extra), since)


def _part(studio: Studio, log: AnswerLog, board: Board, state: ShotState, price: ShotPrice, actor: str) -> ShotPart:
    """The shot's part of the answer, made anew only where something that it shows has changed."""
    shot = state.shot
    label = model_label(studio, shot.model or board.model)
    members = {name: m.id if (m := board.member(name)) else None for name in shot.mentions()}
    return log.parts.get(
        (actor, board.id, shot.id), (state, price, label, members),
        lambda: ShotPart(
            shot.model_dump(mode="json", exclude={"takes", "params"}), _shot(studio, state, price, label, members)
        ),
    )  # fmt: skip


def _shot(studio: Studio, state: ShotState, price: ShotPrice, label: str, members: dict[str, str | None]) -> JSON:
    sibling = state.planned.sibling
    return {
        "best": asset_card(state.best) if state.best else None,
        "best_kind": state.best_kind,
        "draft": state.draft.id if state.draft else None,
        "render": state.render.id if state.render else None,
        "stale": state.stale,
        "running": card(studio, state.running) if state.running else None,
        "failed": state.failed.error or "" if state.failed else None,
        "takes": [_take(studio, state, run) for run in reversed(state.takes)],
        "problems": list(price.problems), "hints": list(state.plan.notes) if state.plan else [],
        "fits": {"id": sibling.id, "label": sibling.label} if sibling else None,
        "usd": price.usd, "expected_s": price.expected_s,
        "model_label": label,
        "asks_s": state.plan.body.get("duration_s") if state.plan else None,
        "members": list(dict.fromkeys(i for i in members.values() if i)),
        "strangers": [name for name, member in members.items() if member is None],
    }  # fmt: skip


def _take(studio: Studio, state: ShotState, run: Run) -> JSON:
    take = next(t for t in state.shot.takes if t.run == run.id)
    now = state.plan.fingerprint if state.plan else None
    is_stale = take.kind == "render" and take.fingerprint != now
    shown = card(studio, run)
    if run.status.ended:  # a long board has hundreds: what its tile shows
        shown = {key: shown[key] for key in ENDED_TAKE}
    return shown | {"take": take.kind, "old": is_stale, "chosen": run.id == state.shot.chosen}


def _price(snapshot: BoardSnapshot, prices: Mapping[str, ShotPrice], one_run_films: list[Run]) -> JSON:
    """spent_usd: takes and whole films so far. left_usd: for shots without a standing take; unknown: unpriced ones."""
    takes = [
        r for r in (*(r for s in snapshot.states for r in s.takes), *one_run_films) if r.status is Status.SUCCEEDED
    ]
    unrendered = [prices[state.shot.id].usd for state in snapshot.states if state.render is None]
    spent = sum(r.cost_usd if r.cost_usd is not None else r.estimate_usd or 0 for r in takes)
    return {
        "spent_usd": round(spent, 4), "left_usd": round(sum(u for u in unrendered if u is not None), 4),
        "left": len(unrendered), "unknown": sum(u is None for u in unrendered),
    }  # fmt: skip


def models(studio: Studio, services: UserServices) -> list[JSON]:
    """The models that make clips, by provider, ready ones first."""
    clips = [m for m in studio.catalogue if not m.deprecated and set(m.tasks) & set(VIDEO_TASKS)]
    return model_picker.grouped(studio, clips, services, _clip_model)


def _clip_model(m: Model) -> JSON:
    return {
        "id": m.id, "label": m.label, "multi_shot": m.multi_shot, "draft": m.draft,
        "price": model_picker.price_hint(m),
        "longest_s": (max(m.durations.choices, default=None) or m.durations.max) if m.durations else None,
        "lengths_s": sorted(m.durations.choices) if m.durations else [],
        "references": m.inputs["references"].max if "references" in m.inputs else 0,
        "first_frame": Task.IMAGE_TO_VIDEO in m.tasks,
        "voices": references.takes_voices(m),
    }  # fmt: skip


def delivery_presets() -> list[JSON]:
    """Where a film can go: presets with what the page says about them."""
    shown = ("id", "label", "form", "width", "height", "min_s", "max_s", "lufs")
    return [{k: getattr(p, k) for k in shown} | {"label": term(p.label)} for p in platforms.PRESETS]


def _one_run_film(studio: Studio, board: Board, state: OneRunFilmState) -> JSON:
    """A film made in one run, with its shots' times in the file."""
    spans = spans_in(state.whole, (state.film.duration_s or 0.0) if state.film else 1e9)
    timeline = one_run.timeline(board, spans, state.film)
    return {
        "run": card(studio, state.run), "film": asset_card(state.film) if state.film else None, "old": state.stale,
        "cutting": state.splitting, "error": state.error, "shown": board.shown == state.whole.run,
        "spans": [
            {"shot": s.shot, "start_s": s.start_s, "end_s": s.end_s} | shot_times(timeline, index)
            for index, s in enumerate(spans)
        ],
    }  # fmt: skip


def _continuations(studio: Studio, board: Board, actor: str) -> list[JSON]:
    """Shots that will be queued automatically, and those that will not, with the reason."""
    chain = studio.acting_for(actor).continuations.get(board.id)
    links = chain.links if chain else ()
    return [
        {
            "shot": o.shot,
            "after": o.after,
            "stopped": unpacked(o.stopped.model_dump()) | {"why": o.stopped.sentence} if o.stopped else None,
        }
        for o in links
        if o.is_open or o.stopped
    ]


def render_plan(plan: ChainPlan) -> JSON:
    """What a press of Render would do."""
    estimate = plan.estimate
    return {
        "ready": [p.shot for p in plan.ready], "done": list(plan.done), "blocked": plan.blocked,
        "follow": [{"shot": f.link.shot, "after": f.link.after, "usd": f.link.usd} for f in plan.follow],
        "usd": estimate.usd, "expected_s": estimate.expected_s, "warnings": list(estimate.warnings),
    }  # fmt: skip


def production_method(method: ProductionMethod) -> JSON:
    """One of the two ways to make the film."""
    estimate = method.estimate
    return {
        "kind": method.kind, "problems": list(dict.fromkeys(method.problems)), "possible": estimate is not None,
        "usd": estimate.usd if estimate else None, "runs": estimate.runs if estimate else 0,
        "expected_s": estimate.expected_s if estimate else None,
    }  # fmt: skip


def film(studio: Studio, row: FilmRow) -> JSON:
    """One export: what was asked, how far it is, what came of it."""
    fields = {"id", "form", "options", "status", "error", "asset", "report", "created_at", "finished_at"}
    body = {k: v for k, v in vars(row).items() if k in fields}
    name, size = "", None
    if row.path:
        path = studio.settings.data / row.path
        name, size = path.name, path.stat().st_size if path.is_file() else None
    fraction, left_s = studio.queue.export_progress(row.id), studio.queue.export_time_left_s(row.id)
    return body | {"fraction": fraction, "left_s": left_s, "name": name, "bytes": size}
