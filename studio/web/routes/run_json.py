"""Runs as the small JSON that the pages draw. Text goes out as it is: pages put it in by textContent only."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from studio.domain import JSON, Asset, Event, HeldReason, Run, Status
from studio.errors import StudioError
from studio.messages import answer, of_error
from studio.web.routes.files import download_name, main_asset

if TYPE_CHECKING:
    from studio.studio import Studio

PROMPT_CHARS = 400


def model_label(studio: Studio, model_id: str) -> str:
    """The model's name for people; the id where the catalogue no longer has it."""
    try:
        return studio.catalogue.get(model_id).label
    except StudioError:
        return model_id


def filters(studio: Studio) -> JSON:
    """What the gallery can be narrowed to, as the catalogue stands now: workflows come and go while it is open."""
    tasks = dict.fromkeys(t.value for m in studio.catalogue for t in m.tasks)
    return {"tasks": list(tasks), "models": [[m.id, m.label] for m in studio.catalogue]}


def asset_card(asset: Asset) -> JSON:
    """What a page needs to show one file. url and previews follow from id and kind."""
    keys = {
        "id",
        "kind",
        "mime",
        "name",
        "width",
        "height",
        "duration_s",
        "fps",
        "has_audio",
        "pages",
        "bytes",
        "origin",
        "text",
    }
    return asset.model_dump(mode="json", include=keys)


MAX_SAFE_INTEGER = 2**53 - 1
"""Largest whole number that a browser reads exactly; a larger seed goes to it as text."""


def card(studio: Studio, run: Run) -> JSON:
    """One run for grids and lists: enough to draw, search results stay small.

    choices: what a held run offers, as id, label and help. connection: it waits for its provider's key. shape: width /
    height of what will be or was made. preview: the version of the picture of a run under way, which lies at
    media/runs/ID/preview. editable: its request may still be changed. at_once: how many runs of its provider are under
    way at once, for the time until a queue is done. by: the name of whoever it belongs to, "" without accounts.
    """
    if run.hidden:
        return _hidden_card(studio, run)
    asset, request = main_asset(run), run.request
    keys = {
        "id",
        "seq",
        "status",
        "phase",
        "fraction",
        "position",
        "ahead_s",
        "provider_position",
        "provider_word",
        "priority",
    }
    keys |= {"held_reason", "error", "note", "seed", "rating", "created_at", "started_at", "finished_at", "expected_s"}
    keys |= {"preview", "false_colours", "eta_s"}
    keys |= {"retry_of", "batch", "provider", "model", "cost_usd", "estimate_usd", "cancel_wanted", "owner"}
    keys |= {"project", "shared"}
    body = run.model_dump(mode="json", include=keys) | answer(run.error) | {"error": run.error, "note": run.note}
    if run.seed is not None and run.seed > MAX_SAFE_INTEGER:
        body["seed"] = str(run.seed)
    body |= {"editable": studio.queue.edit_refusal(run) is None, "edited": run.edits > 0}
    body["by"] = studio.people.name_of(run.owner) if run.owner else ""
    body["at_once"] = studio.queue.concurrency(run.provider)
    body |= {"task": request.task.value, "kind": (asset.kind if asset else request.task.makes).value}
    body |= {"model_label": model_label(studio, run.model), "prompt": request.prompt[:PROMPT_CHARS]}
    body |= {"asset": asset_card(asset) if asset else None, "count": len(run.assets), "trashed": bool(run.trashed_at)}
    shown = [i for name, ids in request.media().items() if name != "document" for i in ids]  # that has no picture
    body |= {"inputs": shown[:4]}
    width = (asset and asset.width) or request.width
    height = (asset and asset.height) or request.height
    body["shape"] = round(width / height, 4) if width and height else None
    if run.status is Status.HELD:
        body["choices"] = [{"id": c.id, "label": c.label, "help": c.help} for c in studio.queue.hold_choices(run)]
        body["connection"] = run.held_reason is HeldReason.NOT_CONFIGURED and studio.connections.has(run.provider)
    return body


def _hidden_card(studio: Studio, run: Run) -> JSON:
    """What a page may show of a run of somebody else's that waits or is under way: whose it is, and where."""
    keys = {"id", "seq", "status", "position", "priority", "owner", "created_at"}
    return run.model_dump(mode="json", include=keys) | {"hidden": True, "by": studio.people.name_of(run.owner)}


def detail(studio: Studio, run: Run, events: list[Event], *, actor: str) -> JSON:
    """Everything about one run: the whole request, files in and out, the times of every step."""
    inputs = [(name, i) for name, ids in run.request.media().items() for i in ids]
    return card(studio, run) | {
        "prompt": run.request.prompt,
        "negative_prompt": run.request.negative_prompt,
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
    """The live list: running, held and queued runs in queue order, what ended lately, whether the queue rests, why the
    storage cannot be written (null when it can), and the models whose runs are on hold."""
    ended = studio.acting_for(actor).runs.recent(recent)
    return {
        "active": [card(studio, r) for r in studio.acting_for(actor).runs.active()],
        "recent": [card(studio, r) for r in ended],
        "paused": studio.queue.paused,
        "storage": studio.queue.storage_reason,
        "holds": held_models(studio),
    }


def held_models(studio: Studio) -> list[JSON]:
    """Models whose waiting runs do not start, each with the reason in words."""
    return [asdict(hold) | {"held_at": hold.held_at.isoformat()} for hold in studio.queue.held_models()]
