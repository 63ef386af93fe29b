"""One run with all that is known of it, the queue, and what the gallery filters by, as JSON for the pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from studio.domain import JSON, Event, Run
from studio.errors import StudioError
from studio.messages import of_error
from studio.store.queue_pages import Section
from studio.web.routes.files import download_name
from studio.web.routes.run_cards import asset_card, card, cards

if TYPE_CHECKING:
    from studio.studio import Studio

SECTIONS: tuple[Section, ...] = ("running", "held", "queued")
QUEUE_PAGE = 50
"""Runs of a part of the queue that a page gets at first."""


def filters(studio: Studio) -> JSON:
    """What the gallery can be narrowed to, as the catalogue stands now: workflows come and go while it is open."""
    tasks = dict.fromkeys(t.value for m in studio.catalogue for t in m.tasks)
    return {"tasks": list(tasks), "models": [[m.id, m.label] for m in studio.catalogue]}


def detail(studio: Studio, run: Run, events: list[Event], *, actor: str) -> JSON:
    """Everything about one run: the whole request, files in and out, the times of every step."""
    inputs = [(name, i) for name, ids in run.request.media().items() for i in ids]
    return card(studio, run) | {
        "prompt": run.request.prompt,
        "negative_prompt": run.request.negative_prompt,
        "original_prompt": run.request.original_prompt,
        "request": run.request.flat(),
        "params": _params(studio, run),
        "provider_label": _provider_label(studio, run.provider),
        "handle": run.handle,
        "comparison": studio.acting_for(actor).comparisons.latest_of(run.id),
        "attempt": run.attempt,
        "assets": [asset_card(a) | {"download": download_name(a, run)} for a in run.assets],
        "given": [{"input": name, **_input(studio, i, actor)} for name, i in inputs],
        "events": [e.model_dump(mode="json", exclude={"run"}) | {"why": e.why} for e in events],
    }


def _params(studio: Studio, run: Run) -> list[JSON]:
    """The model's own parameters with the names people read. choice: whether the value is one of the model's names."""
    try:
        specs = studio.catalogue.get(run.model).params
    except StudioError:
        specs = {}
    rows = []
    for key, value in run.request.params.items():
        spec = specs.get(key)
        shown = {"label": spec.label, "value": spec.value_label(value)} if spec else {"label": key, "value": value}
        rows.append({"key": key, "choice": spec is not None and spec.type == "choice", **shown})
    return rows


def _provider_label(studio: Studio, provider: str) -> str:
    return next((s.label for s in studio.admin.engine_status() if s.name == provider), provider)


def _input(studio: Studio, asset_id: str, actor: str) -> JSON:
    try:
        return asset_card(studio.acting_for(actor).assets.get(asset_id))
    except StudioError as error:
        return {"id": asset_id, "kind": "", "name": "", "lost": of_error(error)}


def queue(studio: Studio, *, actor: str, recent: int = 30) -> JSON:
    """The live list: the first of the running, the held and the waiting runs in queue order, how many there are, what
    ended lately, whether the queue rests, why the storage cannot be written (null when it can), and the models whose
    runs are on hold."""
    runs = studio.acting_for(actor).runs
    active = [run for section in SECTIONS for run in runs.queue_page(section, limit=QUEUE_PAGE)]
    return {
        "active": cards(studio, active),
        "recent": cards(studio, runs.recent(recent)),
        "counts": counts(studio, actor=actor),
        "paused": studio.queue.paused,
        "storage": studio.queue.storage_reason,
        "holds": held_models(studio),
    }


def counts(studio: Studio, *, actor: str) -> JSON:
    """How many runs are under way, held and waiting. own: the reader's, by status and task. usd, wait_s: what the
    waiting ones are expected to cost, and to take until the last is done."""
    totals = studio.acting_for(actor).runs.queue_totals()
    works = totals.work.items()
    each = (max(work.longest_s, work.total_s / studio.queue.concurrency(provider)) for provider, work in works)
    numbers = {"running": totals.running, "held": totals.held, "queued": totals.queued}
    return numbers | {"own": totals.own, "usd": totals.usd, "wait_s": round(max(each, default=0.0), 1)}


def held_models(studio: Studio) -> list[JSON]:
    """Models whose waiting runs do not start, each with the reason in words."""
    return [asdict(hold) | {"held_at": hold.held_at.isoformat()} for hold in studio.queue.held_models()]
