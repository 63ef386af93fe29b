"""The events of the create forms: what a page tells of a form, and the changes that it gets back.

An event has what the browser holds of the form (`sent`) and a word of its own (`told`). Both come from outside: every
value is judged before use.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.catalogue import form_sizes, form_values
from studio.domain import JSON, Kind, Task
from studio.errors import CapabilityError, NotFound, StudioError
from studio.messages import Message, of_error, term
from studio.web.forms import alternatives, files, generate, send_to
from studio.web.forms.form import CreateForm
from studio.web.forms.tasks import CREATE_TASKS
from studio.web.idempotency import IdempotencyCache

if TYPE_CHECKING:
    from studio.studio import Studio

Event = Callable[[CreateForm, JSON, JSON, str], JSON]
"""(form, sent, told, actor) -> changes."""

PRESET_NAME_CHARS = 60
WORKFLOW_KEEPS = ("prompt", "negative_prompt", "original_prompt", "media")
"""What a form keeps when a workflow is brought to it."""


class FormEvents:
    """The forms of a studio, by page, and their events, by name."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.pages = {page: CreateForm(studio, task, page) for page, task in CREATE_TASKS.items()}
        self._presses = IdempotencyCache()
        self.events: dict[str, Event] = {
            "open": self._open,
            "check": lambda form, sent, told, actor: form.checked(sent, told, actor),
            "pick": self._pick,
            "use": self._pick,
            "look": self._look,
            "compare": self._compare,
            "generate": self._generate,
            "attach": self._attach,
            "arrange": self._arrange,
            "shrink": self._shrink,
            "preset_save": self._save_preset,
            "preset_load": self._load_preset,
            "restore": self._restore,
            "workflow": self._workflow,
            "send": lambda form, sent, told, actor: send_to.send(form, sent, told, actor),
            "use_run": lambda _, __, told, actor: send_to.use(self.studio, self.of_task, told, actor),
            "edit_run": lambda _, __, told, actor: send_to.edit(self.studio, self.of_task, told, actor),
        }

    def answer(self, page: str, event: str, sent: JSON, told: JSON, actor: str) -> JSON:
        """The changes. Raises NotFound for a page or event that there is not, and what the studio refuses."""
        form, function = self.pages.get(page), self.events.get(event)
        if form is None or function is None or not self.studio.catalogue.for_task(form.task):
            raise NotFound(Message("http.not_found"))
        return function(form, sent, told, actor)

    def of_task(self, task: Task) -> CreateForm | None:
        """The form of this task."""
        return next((form for form in self.pages.values() if form.task is task), None)

    # ------------------------------------------------------------------------------------------------- form and model

    def _open(self, form: CreateForm, _: JSON, told: JSON, actor: str) -> JSON:
        saved = told.get("saved")
        return form.opened(saved if isinstance(saved, dict) else None, actor=actor)

    def _pick(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        values, old = form.read(sent)
        new = form.model(told.get("id"))
        moved, notes = form_values.switch_model(values, old, new, form.task)
        head = [{"key": "forms.changed", "to": new.label}] if notes else []
        return form.changes(moved, new, actor=actor, notes=[*head, *notes], previous=values)

    def _workflow(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        """A workflow as the form's model, at its own values; words and files of the form stay."""
        values, _ = form.read(sent)
        model = self.studio.catalogue.get(str(told.get("id")))
        if form.task not in model.tasks:
            raise CapabilityError(Message("model.does_not", model=term(model.label), task=term(form.task)))
        start = form_values.from_request({}, model, form.task) | {k: values[k] for k in WORKFLOW_KEEPS if k in values}
        return form.changes(start, model, actor=actor)

    def _look(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        """The models that could do what the form holds. The answer carries the number of the question."""
        values, model = form.read(sent)
        found = alternatives.rows(self.studio, values, model, form.task, actor)
        return {"parts": {"where": found | {"turn": told.get("turn")}}}

    def _compare(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        values, model = form.read(sent)
        made = alternatives.compare(self.studio, values, model, form.task, told, actor)
        return {"parts": {"where": made | {"press": told.get("key")}}}

    def _generate(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        return generate.pressed(form, self._presses, sent, told, actor)

    # ---------------------------------------------------------------------------------------------------------- files

    def _attach(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        """Files for a slot: uploads, taken into the library at once, so that what is wrong with them is told at once;
        or files of the library, by id."""
        values, model = form.read(sent)
        slot = str(told.get("slot"))
        spec = model.inputs_for(form.task).get(slot)
        if told.get("ids"):
            found, messages = files.from_library(self.studio, told.get("ids"), actor), list[str]()
        else:
            documents = spec is not None and Kind.DOCUMENT in spec.kinds
            found, messages = files.add_uploads(
                self.studio, told.get("paths"), told.get("names"), actor, documents=documents
            )
        if found and slot == form_values.VOICES:
            for reference in _references(values):
                if reference.get("id") == told.get("of"):
                    reference["voice"] = found[-1]
        elif spec and found:
            held = list(values["media"].get(slot, []))
            values["media"][slot] = found[-1:] if spec.max == 1 else [*held, *found]
        return form.with_media(values, model, actor=actor, notes=[{"text": s, "bad": True} for s in messages])

    def _arrange(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        """Files moved or taken out: the browser tells the ids that stay, in order; only ids of the slot count.

        A voice is taken off the reference that is told.
        """
        values, model = form.read(sent)
        slot, ids = str(told.get("slot")), told.get("ids")
        held = {str(f["id"]): f for f in values["media"].get(slot, []) if isinstance(f, dict) and "id" in f}
        if slot == form_values.VOICES:
            for reference in _references(values):
                if reference.get("id") == told.get("of"):
                    reference.pop("voice", None)
        elif isinstance(ids, list):
            values["media"][slot] = [held[i] for i in dict.fromkeys(map(str, ids)) if i in held]
        return form.with_media(values, model, actor=actor)

    def _shrink(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        """The offer taken: a smaller copy in the file's place; the file itself stays in the library."""
        values, model = form.read(sent)
        slot = str(told.get("slot"))
        spec, assets = model.inputs_for(form.task).get(slot), self.studio.acting_for(actor).assets
        messages: list[JSON] = []
        for file in values["media"].get(slot, []):
            if spec and isinstance(file, dict) and file.get("id") == told.get("id"):
                try:
                    asset = assets.get(str(file["id"]))
                    if options := files.shrink_options(asset, spec):
                        file["id"] = assets.shrink(asset.id, **options).id
                except StudioError as error:
                    messages.append({"text": of_error(error), "bad": True})
        return form.with_media(values, model, actor=actor, notes=messages)

    # ------------------------------------------------------------------------------------------- presets and restoring

    def _save_preset(self, form: CreateForm, sent: JSON, told: JSON, actor: str) -> JSON:
        values, model = form.read(sent)
        name = str(told.get("name") or "").strip()[:PRESET_NAME_CHARS]
        if not name:
            return _notice({"key": "forms.preset_needs_name", "bad": True})
        request = form_values.to_request(values, model, form.task)
        body = {k: v for k, v in request.items() if k not in form_values.MEDIA}
        self.studio.acting_for(actor).presets.save(form.task, name, body)
        return _notice({"key": "forms.preset_saved", "to": name})

    def _load_preset(self, form: CreateForm, _: JSON, told: JSON, actor: str) -> JSON:
        name = told.get("name")
        for preset in self.studio.acting_for(actor).presets.all(form.task):
            if preset.name == name:
                return form.filled(preset.body, actor=actor, notes=[{"key": "forms.preset_loaded", "to": preset.name}])
        return _notice({"key": "forms.preset_gone", "to": str(name), "bad": True})

    def _restore(self, form: CreateForm, _: JSON, told: JSON, actor: str) -> JSON:
        """A file made by this studio or another program: its settings fill the form of their task."""
        name = Path(str(told.get("name") or "")).name
        try:
            body = self.studio.library.settings_in(files.upload_path(self.studio, told.get("path")), name=name)
        except StudioError as error:
            return _notice({"text": of_error(error), "bad": True})
        if not body:
            return _notice({"key": "forms.restore_none", "to": name, "bad": True})
        own = next((f for f in self.pages.values() if f.task == body.get("task")), form)
        return own.filled(body, actor=actor, notes=[{"key": "forms.restored", "to": name}])


def _notice(note: JSON) -> JSON:
    return {"parts": {"notice": [note]}}


def _references(values: JSON) -> list[JSON]:
    return [form_sizes.as_object(one) for one in values["media"].get("references", []) if isinstance(one, dict)]
