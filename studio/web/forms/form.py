"""The form of one task: what the browser holds of it comes in, what the form should show goes out.

A form is held as {"model", "origin", "original", "media", "values"}; so the page keeps it, too. original: the prompt as
it was first written, where the one in `values` was rewritten. What goes out are changes:
{"controls": {key: properties}, "parts": {name: value}, "folds": {section: whether shown}}, where a part is a script of
assets/js/form. Nothing here waits for a run.
"""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import TYPE_CHECKING

from studio.catalogue import Model, form_sizes, form_values
from studio.domain import JSON, Task
from studio.errors import CapabilityError
from studio.web.forms import defaults, estimate, fields, files, lint, model_picker

if TYPE_CHECKING:
    from studio.studio import Studio

FOLDS = ("vary", "advanced")
"""Sections that are closed at first."""


class CreateForm:
    """The form of one task, the same for everybody; whose files and models it shows is the actor's."""

    def __init__(self, studio: Studio, task: Task, page: str) -> None:
        self.studio, self.task, self.page = studio, task, page

    @cached_property
    def fields(self) -> list[fields.Field]:
        """Every control of the form, by its order."""
        return fields.fields(self.studio.catalogue, self.task)

    # ------------------------------------------------------------------------------------------------ what comes in

    def read(self, sent: object) -> tuple[JSON, Model]:
        """What the browser holds of this form: plain values, and the row of the model it names. Raises CapabilityError
        for a value of a type that no page sends."""
        held = form_sizes.as_object(sent)
        typed = form_sizes.as_object(held.get("values"))
        values = {f.key: typed.get(f.key) for f in self.fields} | {"original_prompt": held.get("original")}
        form = form_values.check_types(values, held.get("media"))
        form["origin"] = held.get("origin")
        return form, self.model(held.get("model"))

    def model(self, model_id: object) -> Model:
        """The row of this id, or the first of the task."""
        return form_values.model_for(self.studio.catalogue, self.task, model_id)

    # ----------------------------------------------------------------------------------------------- what goes out

    def opened(self, saved: JSON | None, *, actor: str) -> JSON:
        """All that a page needs to draw the form, with what it would do: as it was `saved` in this browser, else as
        this actor's forms start."""
        form, model = self._restored_or_start(saved, actor)
        changes = self.changes(form, model, actor=actor)
        controls = [f.spec | changes["controls"][f.key] for f in self.fields]
        shown = {spec["key"]: spec["value"] for spec in controls if spec["visible"]}
        held = {
            "model": model.id,
            "origin": form.get("origin"),
            "original": form.get("original_prompt"),
            "media": changes["parts"]["media"]["files"],
            "values": shown,
        }
        changes["parts"] |= self.checked(_as_browser(held), {"turn": 0}, actor)["parts"]
        return changes | {"controls": controls, "media_first": self._media_first}

    def _restored_or_start(self, saved: JSON | None, actor: str) -> tuple[JSON, Model]:
        if saved is not None:
            with contextlib.suppress(CapabilityError):  # kept by another version, or changed by hand
                return self.restored(saved)
        return self.start(actor)

    @property
    def _media_first(self) -> bool:
        """Whether the files stand above the prompt: every model of the task needs some."""
        rows = self.studio.catalogue.for_task(self.task)
        return all(any(s.min for s in m.inputs_for(self.task).values()) for m in rows)

    def changes(
        self, form: JSON, model: Model, *, actor: str, notes: list[JSON] | None = None, previous: JSON | None = None
    ) -> JSON:
        """Everything the form shows for these values and this model. previous: what it held before, where that is
        known."""
        media = files.refresh(self.studio, form.get("media"), model, self.task, actor)
        form = form | {
            "media": media["files"],
            "own": form_values.user_params(model, self.task, form_values.user_param_values(form)),
        }
        form = form_sizes.resolve(model, self.task, form)
        picker = model_picker.picker_value(self.studio, model, self.studio.acting_for(actor))
        return {
            "controls": {f.key: f.update(model, form, previous) for f in self.fields},
            "folds": {section: self._any_shown(section, model) for section in FOLDS},
            "parts": {
                "media": media,
                "notice": notes or [],
                "picker": picker | {"origin": form.get("origin")},
                "ideas": {"names": model_picker.reference_examples(model)},
                "strip": estimate.shots(form, model, self.task),
                "bar": {"recheck": True},
            }
            | self._original(form, previous),
        }

    def _original(self, form: JSON, previous: JSON | None) -> JSON:
        """The part for the prompt as it was first written, unless the browser has it already."""
        first = form.get("original_prompt") or ""
        known = previous is not None and first == (previous.get("original_prompt") or "")
        return {} if known else {"writing": {"original": first}}

    def _any_shown(self, section: str, model: Model) -> bool:
        return any(f.section == section and f.props_for(model) is not None for f in self.fields)

    def with_media(self, form: JSON, model: Model, *, actor: str, notes: list[JSON] | None = None) -> JSON:
        """Changes after its files have changed; without notes, those that are shown stay."""
        media = files.refresh(self.studio, form["media"], model, self.task, actor)
        told = {} if notes is None else {"notice": notes}
        return {"parts": {"media": media, "bar": {"recheck": True}} | told}

    # ----------------------------------------------------------------------------------------- where values come from

    def start(self, actor: str) -> tuple[JSON, Model]:
        """A form that this browser holds nothing of: the user's default model and size, if any, else the studio's."""
        if start := defaults.start_of(self.studio, self.task, actor):
            return form_values.from_request(start[1], start[0], self.task), start[0]
        model = model_picker.default_model(self.studio, self.task, self.studio.acting_for(actor))
        return form_values.from_request({}, model, self.task), model

    def filled(self, body: JSON, *, actor: str, notes: list[JSON] | None = None) -> JSON:
        """Changes that make the form show this request, media included. A model that is gone gives way to the task's
        first, and the form says so."""
        model = self.model(body.get("model"))
        notes = list(notes or [])
        if body.get("model") not in (None, model.id):
            notes.append({"key": "forms.changed_model", "from": str(body["model"]), "to": model.label})
        form = form_values.from_request(body, model, self.task)
        form["media"] = form_values.media_of(body)
        return self.changes(form, model, actor=actor, notes=notes) | {"page": self.page}

    def restored(self, saved: JSON) -> tuple[JSON, Model]:
        """What this browser kept of the form. Values that no longer fit give way to defaults. Raises
        CapabilityError for values of types that no form has."""
        model = self.model(saved.get("model"))
        form = form_values.from_request({}, model, self.task)
        media = form_sizes.as_object(saved.get("media"))
        typed = form_sizes.as_object(saved.get("values"))
        sizes = {"media": media, "aspect": typed.get("aspect")}
        for field in self.fields:
            value, props = typed.get(field.key), field.props(model, sizes)
            choices = [choice[1] for choice in (props or {}).get("choices", [])]
            if props is not None and value is not None and (not choices or value in choices):
                form[field.key] = value
        form["original_prompt"] = saved.get("original")
        return form_values.check_types(form, media) | {"origin": saved.get("origin")}, model

    # ------------------------------------------------------------------------------------------------- the check

    def checked(self, sent: object, question: JSON, actor: str) -> JSON:
        """What the form, as the browser holds it, would do. The answer carries the number of the question."""
        form, model = self.read(sent)
        turn = {"turn": question.get("turn")}
        if missing := estimate.missing_model(form_sizes.as_object(sent).get("model"), model):
            return {"parts": {"bar": missing | turn}}
        form, controls = self._size_changes(form, model, question.get("chips"))
        status = estimate.check_form(self.studio, form, model, self.task, actor)
        if question.get("edit"):
            status["problems"] += estimate.edit_problems(status["runs"])
        status["people"], asked = self._people_changes(form, model, question.get("people"))
        strip = estimate.shots(form, model, self.task)
        found = lint.part(form, model, self.task)
        status["problems"] = lint.shortened(status["problems"])
        told = {finding["message"] for finding in found["findings"]}
        if strip:
            strip["faults"] = [fault for fault in strip["faults"] if fault not in told]
        return {"controls": controls | asked, "parts": {"bar": status | turn, "strip": strip, "lint": found}}

    def _people_changes(self, form: JSON, model: Model, shown: object) -> tuple[JSON, JSON]:
        """What is asked about real people, by control, and changes where the browser shows (`shown`) anything else."""
        seen, asked, changed = form_sizes.as_object(shown), JSON(), JSON()
        for field in self.fields:
            if field.key in ("people", "consent"):
                is_asked = field.props(model, form) is not None
                asked[field.key] = form_values.people_subject(form, model, self.task) if is_asked else ""
                if asked[field.key] != seen.get(field.key):
                    changed[field.key] = field.update(model, form, form)
        return asked, changed

    def _size_changes(self, form: JSON, model: Model, shown_chips: object) -> tuple[JSON, JSON]:
        """The form with a shape and a tier that fit together and to the files, and the chips that show them.

        No changes where the browser's chips are right already. A first file to follow is followed, unless a shape was
        chosen before it came.
        """
        shown = form_sizes.as_object(shown_chips)
        at_first = form_values.from_request({}, model, self.task)
        untouched = all(form.get(k) == at_first.get(k) for k in ("aspect", "tier"))
        resolved = form_sizes.resolve(model, self.task, form)
        offer = form_sizes.choices(model, self.task, resolved)
        if (
            form_sizes.AUTO in offer["aspect"]
            and form_sizes.AUTO not in (shown.get("aspect") or [form_sizes.AUTO])
            and untouched
        ):
            resolved = resolved | {"aspect": form_sizes.AUTO, "tier": form_sizes.AUTO}
            offer = form_sizes.choices(model, self.task, resolved)
        changed = [f for f in self.fields if f.key in offer and offer[f.key] and (
            shown.get(f.key, offer[f.key]) != offer[f.key] or resolved.get(f.key) != form.get(f.key)
        )]  # fmt: skip
        return resolved, {f.key: f.update(model, resolved, form) for f in changed}


def _as_browser(value: object) -> object:
    """The value as a browser sends it back: it knows no difference between 5 and 5.0."""
    if isinstance(value, dict):
        return {k: _as_browser(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_as_browser(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
