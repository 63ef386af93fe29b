"""From any page to a form: "Use again", "Edit" and "Send to". A page names only ids, which the studio looks up for the
actor who asks. A file is added to what the form already holds; nothing that was typed is lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from studio.catalogue import Model
from studio.domain import JSON, Kind, Run, Task
from studio.errors import CapabilityError
from studio.messages import Message, term
from studio.web.forms.form import CreateForm

if TYPE_CHECKING:
    from studio.studio import Studio

FormOf = Callable[[Task], CreateForm | None]
TITLE_CHARS = 80
"""Characters of a prompt that name a run being edited."""
TARGETS: dict[str, tuple[Task, tuple[str, ...]]] = {
    "image": (Task.IMAGE_EDIT, ("image", "images")),
    "first_frame": (Task.IMAGE_TO_VIDEO, ("first_frame",)),
    "last_frame": (Task.IMAGE_TO_VIDEO, ("last_frame",)),
    "references": (Task.REFERENCE_TO_VIDEO, ("references",)),
    "video": (Task.VIDEO_TO_VIDEO, ("video",)),
    "audio_file": (Task.AUDIO_TO_VIDEO, ("audio_file",)),
    "sound_frame": (Task.AUDIO_TO_VIDEO, ("first_frame", "image")),
    "clip_sound": (Task.TEXT_TO_VIDEO, ("audio_file",)),
    "frame_sound": (Task.IMAGE_TO_VIDEO, ("audio_file",)),
}
"""Where "Send to" puts a file: the task's form, and the inputs of its model that will do, the first one first."""


def use(studio: Studio, form_of: FormOf, told: JSON, actor: str) -> JSON:
    """The run's request in the form of its task; with the prompt as it was first written where the page wants that."""
    run, form = _run_of(studio, form_of, told, actor)
    body = _body_of(run)
    if told.get("prompt") == "original" and (first := body.pop("original_prompt", "")):
        body["prompt"] = first
    return form.filled(body, actor=actor)


def edit(studio: Studio, form_of: FormOf, told: JSON, actor: str) -> JSON:
    """The run's request in its form, whose bar then saves into the run instead of starting another."""
    run, form = _run_of(studio, form_of, told, actor)
    if why := studio.queue.edit_refusal(run):
        raise CapabilityError(why)
    changes = form.filled(_body_of(run), actor=actor)
    changes["parts"]["bar"] |= {
        "editing": {"run": run.id, "title": run.request.prompt[:TITLE_CHARS], "usd": run.estimate_usd}
    }
    return changes


def _run_of(studio: Studio, form_of: FormOf, told: JSON, actor: str) -> tuple[Run, CreateForm]:
    """The run that the page names, and the form of its task. Raises NotFound and CapabilityError."""
    run = studio.acting_for(actor).runs.get(str(told.get("run")))
    form = form_of(run.request.task)
    if form is None:
        raise CapabilityError(Message("task.no_page", task=term(run.request.task)))
    return run, form


def _body_of(run: Run) -> JSON:
    return run.request.flat() | ({"seed": run.seed} if run.seed is not None else {})


def send(form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
    """The form with a file of the library, or a frame of it, in the input that is meant; with the words of a run where
    none were typed. Raises NotFound and CapabilityError."""
    task, names = TARGETS.get(str(told.get("to")), (None, ()))
    if task is not form.task:
        raise CapabilityError(Message("model.none_takes", input=term(str(told.get("to"))[:40].replace("_", " "))))
    values, model = form.read(sent)
    model, name = _model_with_input(form, model, names)
    services = form.studio.acting_for(actor)
    asset = services.assets.get(str(told.get("asset")))
    if asset.kind is Kind.VIDEO and "frame_s" in told:
        asset = services.assets.frame(asset.id, at_s=_seconds(told["frame_s"]))
    before = dict(values)
    if told.get("prompt_of") and not str(values.get("prompt") or "").strip():
        request = services.runs.get(str(told["prompt_of"])).request
        values |= {"prompt": request.prompt, "original_prompt": request.original_prompt}
    values["media"] = add_file(values["media"], name, asset.id, model.inputs_for(form.task)[name].max)
    return form.changes(values, model, actor=actor, previous=before)


def _seconds(value: object) -> float | None:
    """A position in a clip as the player tells it, 0 or more; None, its end, for what is no number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(0.0, float(value)) if is_number and isinstance(value, int | float) else None


def _model_with_input(form: CreateForm, model: Model, names: tuple[str, ...]) -> tuple[Model, str]:
    """The form's model if it has such an input, else the first of the task that has."""
    for candidate in (model, *form.studio.catalogue.for_task(form.task)):
        for name in names:
            if name in candidate.inputs_for(form.task):
                return candidate, name
    raise CapabilityError(Message("model.none_takes", input=term(names[0].replace("_", " "))))


def add_file(media: JSON, name: str, asset_id: str, max_files: int) -> JSON:
    """The form's files with one more; where the input is full, the new one takes the last place."""
    others = [one for one in media.get(name, []) if isinstance(one, dict) and one.get("id") != asset_id]
    return media | {name: [*others[: max(0, max_files - 1)], {"id": asset_id}]}
