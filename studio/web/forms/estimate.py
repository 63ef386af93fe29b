"""What a form would do, before it does it: how many runs, for how much, how long, and what stands in the way."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from studio.catalogue import Model, form_sizes, form_values
from studio.domain import JSON, Estimate, Task
from studio.errors import CapabilityError, StudioError
from studio.messages import Message, of_error, term
from studio.prompt.script.read_prompt import read_prompt
from studio.prompt.script.times import clip_times, time_faults
from studio.web.routes.budget_lines import budget_line

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_CHECKED_REQUESTS = 24
"""Requests of one batch that are checked while typing; a submit checks all."""


class TermsChanged(Exception):
    """The form would no longer do what the person was shown; nothing was submitted."""


def check_form(studio: Studio, form: JSON, model: Model, task: Task, actor: str) -> JSON:
    """The state of the bar under the form. Never raises for what the user typed.

    terms: names these very requests and their price; a press of Generate sends the terms it was shown.
    """
    status: JSON = {"model": model.id, "limits": limits(model), "problems": [], "warnings": [], "terms": ""}
    status["size"] = _size(form, model, task)
    try:
        bodies = form_values.to_requests(form, model, task)
    except CapabilityError as error:
        return status | {"runs": 0, "problems": [problem(error)]}
    status["runs"] = sum(b["n"] for b in bodies)
    status["requests"] = len(bodies)
    status["problems"] = problems(studio, bodies, actor)
    status["terms"] = terms(bodies, None)
    status["warnings"] = form_values.notes_of(form, model, task)
    try:
        estimate = studio.acting_for(actor).requests.estimate(
            [b if b["prompt"] or not model.prompt.required else b | {"prompt": "…"} for b in bodies]
        )
    except StudioError:
        return status  # the problems say why there is no price yet
    status |= {"usd": estimate.usd, "expected_s": estimate.expected_s, "basis": estimate.basis}
    status["warnings"] += estimate.warnings
    if estimate.usd != 0:
        status |= _money(studio, estimate, model, actor)
    status["terms"] = terms(bodies, estimate.usd)
    return status


def _money(studio: Studio, estimate: Estimate, model: Model, actor: str) -> JSON:
    """budgets: who pays and what is left before the press, a sentence each. waits: why it would wait."""
    each = None if estimate.usd is None else estimate.usd / max(1, estimate.runs)
    found = studio.acting_for(actor).budgets.affordable([each] * max(1, estimate.runs), model)
    lines = [budget_line(one) for one in found.budgets]
    return {"budgets": [*([found.payer] if found.payer else []), *lines], "waits": found.why}


def terms(bodies: list[JSON], usd: float | None) -> str:
    """A fingerprint of what would be submitted and what it would cost; usd: None where no price is known."""
    text = json.dumps([bodies, usd], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def problems(studio: Studio, bodies: list[JSON], actor: str) -> list[JSON]:
    """What the studio would refuse, each sentence once, with the field it belongs to."""
    problems_: dict[tuple[str, str], JSON] = {}
    for body in bodies[:MAX_CHECKED_REQUESTS]:
        for error in studio.acting_for(actor).requests.problems(body):
            problems_.setdefault((error.field, of_error(error)), problem(error))
    return list(problems_.values())


def edit_problems(runs: int) -> list[JSON]:
    """What keeps a form that makes so many runs from being saved into one."""
    return [problem(CapabilityError(Message("edit.one_run", count=runs), field="n", value=runs))] if runs > 1 else []


def problem(error: StudioError) -> JSON:
    """One refusal for the page. waiting: nothing is wrong, something is only missing yet."""
    field = getattr(error, "field", "")
    missing = getattr(error, "value", None) in ("", 0, None) and field in ("prompt", *form_values.MEDIA)
    return {"field": field, "message": of_error(error), "waiting": missing}


def missing_model(shown_id: object, model: Model) -> JSON | None:
    """What the bar says when the model that the form shows was removed meanwhile: nothing is started on another."""
    if shown_id in (None, model.id):
        return None
    message = Message("model.gone", model=shown_id)
    return {"model": shown_id, "runs": 0, "problems": [{"field": "model", "message": message, "waiting": False}]}


def limits(model: Model) -> JSON:
    """Characters a prompt may have, for the counters."""
    negative = model.negative_prompt
    return {
        "prompt": model.prompt.max_chars,
        "negative_prompt": negative.max_chars if negative else None,
        "beyond": model.prompt.beyond,
    }


def _size(form: JSON, model: Model, task: Task) -> str:
    size = form_sizes.to_request(model, task, form)
    return f"{size['width']} × {size['height']}" if size.get("width") and size.get("height") else ""


def shots(form: JSON, model: Model, task: Task) -> JSON:
    """The strip under the prompt: the shots written in it, and what is wrong with their times; {} without shots."""
    if task.makes != "video" or form.get("per_line"):
        return {}
    seconds = form_values.to_request(form, model, task).get("duration_s")
    prompt = str(form.get("prompt") or "")
    script = read_prompt(prompt, seconds)
    if script is None:
        return {}
    times = clip_times(script, seconds)
    faults = time_faults(script, seconds)
    if not model.multi_shot:
        faults.append(Message("model.no_cuts", model=term(model.label)))
    written = any(time.written for time in times)
    spans = [
        {"from": time.start_s, "to": time.end_s, "text": prompt[shot.source_start : shot.source_end][:120]}
        for shot, time in zip(script.shots[:60], times, strict=False)
    ]
    end = max(time.end_s for time in times)
    found = {"form": Message(f"scriptform.{script.form}"), "shots": len(script.shots)}
    label = (
        Message("script.strip", **found, seconds=f"{end:g}") if written else Message("script.strip_untimed", **found)
    )
    return {
        "spans": spans, "end": max(end, seconds or 0), "duration": seconds, "faults": faults, "label": label,
        "timed": written,
    }  # fmt: skip
