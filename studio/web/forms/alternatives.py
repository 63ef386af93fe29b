"""Where to run this? as a form asks it: the models that could do what the form holds, and the press of Compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.catalogue import Model
from studio.domain import JSON, Task
from studio.errors import StudioError
from studio.messages import Message, of_error
from studio.services.comparisons import TermsChanged

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_MODEL_ID_CHARS = 200


def rows(studio: Studio, form: JSON, model: Model, task: Task, actor: str) -> JSON:
    """The table's rows, or the sentence that says why there are none. Never raises for what the user typed."""
    try:
        found = studio.acting_for(actor).alternatives.of_form(form, model, task)
    except StudioError as error:
        return {"problem": of_error(error)}
    return {"rows": [{k: v for k, v in one.public().items() if k != "request"} | {"terms": one.terms} for one in found]}


def compare(studio: Studio, form: JSON, model: Model, task: Task, press: JSON, actor: str) -> JSON:
    """What came of a press of Compare: the comparison's id, or why nothing was sent. stale: the rows are out of date.

    The press carries its key, so that one press makes one comparison, and the terms of each model that it saw.
    """
    key, terms = press.get("key"), press.get("terms")
    if not isinstance(key, str) or not isinstance(terms, dict) or any(len(i) > MAX_MODEL_ID_CHARS for i in terms):
        return {"problem": Message("request.shape")}
    try:
        made = studio.acting_for(actor).comparisons.submit_form(form, model, task, terms, key=key[:64])
    except TermsChanged as error:
        return {"problem": of_error(error), "stale": True}
    except StudioError as error:
        return {"problem": of_error(error)}
    return {"comparison": made.id}
