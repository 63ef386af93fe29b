"""A press of Generate: it does what the line above the button said, once, or it asks again."""

from __future__ import annotations

from studio.catalogue import form_sizes, form_values
from studio.domain import JSON, Run
from studio.errors import CapabilityError, StudioError
from studio.messages import Message
from studio.web.forms import estimate
from studio.web.forms.form import CreateForm
from studio.web.idempotency import IdempotencyCache
from studio.web.routes.run_cards import cards

MAX_CARDS = 24
"""Cards of new runs that go out with the answer; a page shows no more at once, and hears of the rest by its stream."""


def pressed(form: CreateForm, presses: IdempotencyCache, sent: JSON, press: JSON, actor: str) -> JSON:
    """What came of the press. It carries its key, so that one press makes one batch however often it arrives, and the
    terms it saw: submitted if the form still is what the line said, else told anew."""
    values, model = form.read(sent)
    key = press.get("key")
    if missing := estimate.missing_model(form_sizes.as_object(sent).get("model"), model):
        return _bar(missing | {"refused": True, "press": key})
    status: JSON = estimate.check_form(form.studio, values, model, form.task, actor) | {"press": key}
    try:
        bodies = form_values.to_requests(values, model, form.task)
        if edited := press.get("edit"):
            return _bar(status | _save_edit(form, presses, str(edited), bodies, press, status["terms"], actor))
        runs = presses.once(actor, key, lambda: _submit(form, bodies, status["terms"], press.get("terms"), actor))
    except estimate.TermsChanged:
        return _bar(status | {"changed": True})
    except StudioError as error:
        refusal = estimate.problem(error)
        others = [p for p in status["problems"] if p["message"] != refusal["message"]]
        return _bar(status | {"problems": [refusal, *others], "refused": True})
    changes = _bar(status | {"submitted": [run.id for run in runs]})
    changes["runs"] = cards(form.studio, runs[:MAX_CARDS])
    if runs and runs[0].seed is not None:
        changes["controls"] = {"seed": {"value": str(runs[0].seed)}}
    return changes


def _bar(status: JSON) -> JSON:
    return {"parts": {"bar": status}}


def _submit(form: CreateForm, bodies: list[JSON], terms: str, seen_terms: object, actor: str) -> list[Run]:
    """Store the runs. Raises TermsChanged when the press saw other terms; what is refused anyway says why first."""
    if terms != seen_terms:
        raise estimate.TermsChanged
    return form.studio.acting_for(actor).requests.submit_many(bodies)


def _save_edit(
    form: CreateForm,
    presses: IdempotencyCache,
    run_id: str,
    bodies: list[JSON],
    press: JSON,
    terms: str,
    actor: str,
) -> JSON:
    """What the bar says after the form was saved into a waiting run. Raises as Runs.edit does, and TermsChanged."""
    if len(bodies) != 1 or bodies[0]["n"] != 1:
        raise CapabilityError(Message("edit.one_run", count=sum(body["n"] for body in bodies)), field="n")
    if terms != press.get("terms"):
        raise estimate.TermsChanged
    runs = form.studio.acting_for(actor).runs
    run = presses.once(actor, press.get("key"), lambda: runs.edit(run_id, bodies[0]))
    return {"saved": run.id}
