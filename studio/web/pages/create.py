"""A create page: the form on the left, this page's runs on the right. One class for all tasks.

Handlers take what the browser sent, ask the Studio once, and return updates; nothing here waits for a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from studio.catalogue import Model, form_sizes, form_values
from studio.domain import JSON, Kind, Run, Task
from studio.errors import CapabilityError, StudioError
from studio.messages import Message, of_error
from studio.web.i18n import text
from studio.web.pages import (
    form_alternatives,
    form_controls,
    form_defaults,
    form_estimate,
    form_files,
    model_picker,
)
from studio.web.pages.mount import mount_script
from studio.web.pages.page import EVENT_OPTIONS, Page, PageContext, actor_of, event_data
from studio.web.pages.run_feed import run_feed

Updates = dict[Any, Any]
"""Component -> its update."""
PRESET_NAME_CHARS = 60


class CreatePage(Page):
    """The form of one task. `fill` and `fill_outputs` let other pages put a request into it."""

    group = "create"

    def __init__(self, ctx: PageContext, task: Task, page_id: str) -> None:
        super().__init__(ctx)
        self.task, self.id = task, page_id
        self.fields = form_controls.fields(ctx.studio.catalogue, task)
        self.controls: dict[str, Component] = {}
        self.accordions: dict[str, gr.Accordion] = {}
        self.built_with = ""

    # ------------------------------------------------------------------------------------------------- layout

    def build(self) -> None:
        """Two panes; on a narrow screen the second follows the first."""
        model = model_picker.default_model(self.studio, self.task, self.studio.acting_for(""))
        self.built_with = model.id
        start = form_values.from_request({}, model, self.task)
        with gr.Row(elem_classes=["studio-create"], elem_id=f"create-{self.id}"):
            with gr.Column(elem_classes=["studio-form"], min_width=300):
                self._head(model)
                self._settings(model, start)
                self._bar()
            with gr.Column(elem_classes=["studio-results"], min_width=300):
                self.ideas = self._widget("ideas", (), {"names": model_picker.reference_examples(model)})
                self.feed = run_feed([self.task], elem_id=f"{self.id}-feed")

    def _widget(self, name: str, events: tuple[str, ...], value: Any = None) -> gr.HTML:
        options = {"page": self.id, "task": self.task.value}
        return mount_script(f"form/{name}.js", elem_id=f"{self.id}-{name}", events=events, options=options, value=value)

    def _head(self, model: Model) -> None:
        self.tools = self._widget("tools", ("restore", "preset_load", "preset_save"), {})
        self.picker = self._widget(
            "picker", ("pick",), model_picker.picker_value(self.studio, model, self.studio.acting_for(""))
        )
        self.where = self._widget("where", ("look", "use", "compare"), {})
        self.notice = self._widget("notice", (), [])

    def _settings(self, model: Model, start: JSON) -> None:
        needs_files = all(any(s.min for s in m.inputs_for(self.task).values()) for m in self._rows())
        if needs_files:
            self._files(model, start)
        self._add_fields("prompt", model, start)
        self.strip = self._widget("strip", (), {})
        if not needs_files:
            self._files(model, start)
        with gr.Column(elem_classes=["studio-group"]):
            self._add_fields("shape", model, start)
            with gr.Row(elem_classes=["studio-pair"]):
                self._add_fields("size", model, start)
            self._add_fields("time", model, start)
            self._add_fields("more", model, start)
        with gr.Column(elem_classes=["studio-group"]):
            self._add_fields("seed", model, start)
        for section in ("vary", "advanced"):
            if any(f.section == section for f in self.fields):
                shown = self._any_shown(section, model)
                title = text(f"forms.{section}")
                with gr.Accordion(title, open=False, visible=shown, elem_classes=["studio-fold"]) as self.accordions[
                    section
                ]:
                    self._add_fields(section, model, start)

    def _any_shown(self, section: str, model: Model) -> bool:
        return any(f.section == section and f.props_for(model) is not None for f in self.fields)

    def _rows(self) -> list[Model]:
        return self.studio.catalogue.for_task(self.task)

    def _files(self, model: Model, start: JSON) -> None:
        value = {"slots": form_files.slots(model, self.task), "files": {}}
        self.media = self._widget("media", ("attach", "arrange", "shrink"), value)
        self._add_fields("media", model, start)

    def _add_fields(self, section: str, model: Model, start: JSON) -> None:
        for field in self.fields:
            if field.section == section:
                self.controls[field.key] = field.component(self.id, model, start)

    def _bar(self) -> None:
        with gr.Column(elem_classes=["studio-bar"]):
            self.bar = self._widget("bar", ("check", "save", "generate", "discard"), {})

    # ------------------------------------------------------------------------------------------------- events

    def connect_events(self) -> None:
        """Every event of the form; each runs at once and shows nothing while it runs."""
        inputs = [self.picker, self.media, *self.controls.values()]
        outputs = self.fill_outputs
        self.picker.pick(self.on_model, inputs, outputs, **EVENT_OPTIONS)
        self.where.look(self.on_where, inputs, self.where, **EVENT_OPTIONS)
        self.where.use(self.on_model, inputs, outputs, **EVENT_OPTIONS)
        self.where.compare(self.on_compare, inputs, self.where, **EVENT_OPTIONS)
        self.media.attach(self.on_files, inputs, [self.media, self.notice, self.bar], **EVENT_OPTIONS)
        self.media.arrange(self.on_arrange, inputs, [self.media, self.bar], **EVENT_OPTIONS)
        self.media.shrink(self.on_shrink, inputs, [self.media, self.notice, self.bar], **EVENT_OPTIONS)
        repeated: JSON = EVENT_OPTIONS | {
            "trigger_mode": "multiple"
        }  # the bar itself asks one thing at a time, and numbers it
        self.bar.check(
            self.on_check,
            inputs,
            [self.bar, self.strip, *self._controls("aspect", "tier", "people", "consent")],
            **repeated,
        )
        self.bar.generate(self.on_generate, inputs, self._submit_outputs(), **repeated)
        self.tools.preset_load(self.on_preset_load, None, outputs, **EVENT_OPTIONS)
        self.tools.preset_save(self.on_preset_save, inputs, [self.tools, self.notice], **EVENT_OPTIONS)
        all_outputs = [c for p in self.ctx.pages.values() for c in p.fill_outputs]
        self.tools.restore(self.on_restore, None, [self.ctx.tabs, *all_outputs], **EVENT_OPTIONS)

    def _submit_outputs(self) -> list[Component]:
        return [self.bar, *([self.controls["seed"]] if "seed" in self.controls else [])]

    def read_form(self, sent: tuple[Any, ...]) -> tuple[JSON, Model]:
        """What the browser holds of this form: plain values, and the row of the model it names."""
        chosen, files, *rest = sent
        values_now: JSON = dict(zip(self.controls, rest, strict=True))
        values_now = form_values.check_types(values_now, files.get("files") if isinstance(files, dict) else None)
        values_now["origin"] = chosen.get("origin") if isinstance(chosen, dict) else None
        model_id = chosen.get("id") if isinstance(chosen, dict) else None
        return values_now, form_values.model_for(self.studio.catalogue, self.task, model_id)

    def updates(
        self, form: JSON, model: Model, *, actor: str, notes: list[JSON] | None = None, previous: JSON | None = None
    ) -> Updates:
        """Everything the form shows for these values and this model. previous: what it held before, where that is
        known."""
        files = form_files.refresh(self.studio, form.get("media"), model, self.task, actor)
        form = form | {
            "media": files["files"],
            "own": form_values.user_params(model, self.task, form_values.user_param_values(form)),
        }
        form = form_sizes.resolve(model, self.task, form)
        changed: Updates = {self.controls[f.key]: f.update(model, form, previous) for f in self.fields}
        changed |= {fold: gr.update(visible=self._any_shown(k, model)) for k, fold in self.accordions.items()}
        changed |= {self.media: files, self.notice: notes or []}
        shown = model_picker.picker_value(self.studio, model, self.studio.acting_for(actor))
        changed |= {self.picker: shown | {"origin": form.get("origin")}}
        changed |= {self.ideas: {"names": model_picker.reference_examples(model)}}
        return changed | {self.bar: form_estimate.recheck(), self.strip: form_estimate.shots(form, model, self.task)}

    def on_check(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """What the form, as the browser holds it, would do. The answer carries the number of the question."""
        form, model = self.read_form(sent)
        question = event_data(event)
        turn = {"turn": question.get("turn")}
        if missing := _missing_model(sent, model):
            return {self.bar: missing | turn}
        form, size_updates = self._size_updates(form, model, question.get("chips"))
        status = form_estimate.check_form(self.studio, form, model, self.task, actor_of(request))
        if question.get("edit"):
            status["problems"] += form_estimate.edit_problems(status["runs"])
        asked, people_updates = self._people_updates(form, model, question.get("people"))
        status["people"] = asked
        return (
            size_updates
            | people_updates
            | {self.bar: status | turn, self.strip: form_estimate.shots(form, model, self.task)}
        )

    def _people_updates(self, form: JSON, model: Model, shown: object) -> tuple[JSON, Updates]:
        """What is asked about real people, by control, and updates where the browser shows (`shown`) anything else."""
        seen, asked, changed = shown if isinstance(shown, dict) else {}, dict[str, Any](), dict[Any, Any]()
        for field in self.fields:
            if field.key in ("people", "consent"):
                is_asked = field.props(model, form) is not None
                asked[field.key] = form_values.people_subject(form, model, self.task) if is_asked else ""
                if asked[field.key] != seen.get(field.key):
                    changed[self.controls[field.key]] = field.update(model, form, form)
        return asked, changed

    def _controls(self, *keys: str) -> list[Component]:
        """Those of these controls that the page has."""
        return [self.controls[key] for key in keys if key in self.controls]

    def _size_updates(self, form: JSON, model: Model, shown_chips: object) -> tuple[JSON, Updates]:
        """The form with a shape and a tier that fit together and to the files, and the chips that show them.

        No updates where the browser's chips are right already. A first file to follow is followed, unless a shape was
        chosen before it came.
        """
        shown = shown_chips if isinstance(shown_chips, dict) else {}
        defaults = form_values.from_request({}, model, self.task)
        untouched = all(form.get(k) == defaults.get(k) for k in ("aspect", "tier"))
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
        return resolved, {self.controls[f.key]: f.update(model, resolved, form) for f in changed}

    def on_model(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        form, old = self.read_form(sent)
        new = form_values.model_for(self.studio.catalogue, self.task, event_data(event).get("id"))
        moved, notes = form_values.switch_model(form, old, new, self.task)
        head = [{"key": "forms.changed", "to": new.label}] if notes else []
        return self.updates(moved, new, actor=actor_of(request), notes=[*head, *notes], previous=form)

    def on_where(self, event: gr.EventData, request: gr.Request, *sent: Any) -> JSON:
        """The models that could do what the form holds. The answer carries the number of the question."""
        form, model = self.read_form(sent)
        turn = {"turn": event_data(event).get("turn")}
        return form_alternatives.rows(self.studio, form, model, self.task, actor_of(request)) | turn

    def on_compare(self, event: gr.EventData, request: gr.Request, *sent: Any) -> JSON:
        form, model = self.read_form(sent)
        press = event_data(event)
        made = form_alternatives.compare(self.studio, form, model, self.task, press, actor_of(request))
        return made | {"press": press.get("key")}

    def on_generate(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """A press of Generate: submitted if the form still is what the line above the button said, else asked again.

        The press carries its key, so that one press makes one batch however often it arrives, and the terms it saw.
        """
        form, model = self.read_form(sent)
        press, actor = event_data(event), actor_of(request)
        key = press.get("key")
        if missing := _missing_model(sent, model):
            return {self.bar: missing | {"refused": True, "press": key}}
        status: JSON = form_estimate.check_form(self.studio, form, model, self.task, actor) | {"press": key}
        try:
            bodies = form_values.to_requests(form, model, self.task)
            if edited := press.get("edit"):
                return {self.bar: status | self._save_edit(str(edited), bodies, press, status["terms"], actor)}
            runs = self.ctx.idempotency.once(
                actor, key, lambda: self._submit(bodies, status["terms"], press.get("terms"), actor)
            )
        except form_estimate.TermsChanged:
            return {self.bar: status | {"changed": True}}
        except StudioError as error:
            refusal = form_estimate.problem(error)
            others = [p for p in status["problems"] if p["message"] != refusal["message"]]
            return {self.bar: status | {"problems": [refusal, *others], "refused": True}}
        changed: Updates = {self.bar: status | {"submitted": [r.id for r in runs]}}
        if "seed" in self.controls and runs and runs[0].seed is not None:
            changed[self.controls["seed"]] = gr.update(value=str(runs[0].seed))
        return changed

    def _save_edit(self, run_id: str, bodies: list[JSON], press: JSON, terms: str, actor: str) -> JSON:
        """What the bar says after the form was saved into a waiting run. Raises as Runs.edit does, and TermsChanged."""
        if len(bodies) != 1 or bodies[0]["n"] != 1:
            raise CapabilityError(Message("edit.one_run", count=sum(body["n"] for body in bodies)), field="n")
        if terms != press.get("terms"):
            raise form_estimate.TermsChanged
        runs = self.studio.acting_for(actor).runs
        run = self.ctx.idempotency.once(actor, press.get("key"), lambda: runs.edit(run_id, bodies[0]))
        return {"saved": run.id}

    def _submit(self, bodies: list[JSON], terms: str, seen_terms: object, actor: str) -> list[Run]:
        """Store the runs. Raises TermsChanged when the press saw other terms; what is refused anyway says why first."""
        if terms != seen_terms:
            raise form_estimate.TermsChanged
        return self.studio.acting_for(actor).requests.submit_many(bodies)

    # -------------------------------------------------------------------------------------------------- files

    def on_files(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """Files for a slot: uploads, taken into the library at once, so that what is wrong with them is told at once;
        or files of the library, by id."""
        form, model = self.read_form(sent)
        event_values, actor = event_data(event), actor_of(request)
        spec = model.inputs_for(self.task).get(str(event_values.get("slot")))
        if event_values.get("ids"):
            files, messages = form_files.from_library(self.studio, event_values.get("ids"), actor), list[str]()
        else:
            documents = spec is not None and Kind.DOCUMENT in spec.kinds
            files, messages = form_files.add_uploads(
                self.studio, event_values.get("paths"), event_values.get("names"), actor, documents=documents
            )
        if files and event_values.get("slot") == form_values.VOICES:
            for reference in self._references(form):
                if reference.get("id") == event_values.get("of"):
                    reference["voice"] = files[-1]
        elif spec and files:
            current = list(form["media"].get(event_values["slot"], []))
            form["media"][event_values["slot"]] = files[-1:] if spec.max == 1 else [*current, *files]
        return self._with_files(form, model, actor, [{"text": s, "bad": True} for s in messages])

    @staticmethod
    def _references(form: JSON) -> list[JSON]:
        return [reference for reference in form["media"].get("references", []) if isinstance(reference, dict)]

    def on_arrange(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """Files moved or taken out: the browser tells the ids that stay, in order; only ids of the slot count.

        A voice is taken off the reference that is told.
        """
        form, model = self.read_form(sent)
        event_values = event_data(event)
        slot, ids = str(event_values.get("slot")), event_values.get("ids")
        current = {str(f["id"]): f for f in form["media"].get(slot, []) if isinstance(f, dict) and "id" in f}
        if slot == form_values.VOICES:
            for reference in self._references(form):
                if reference.get("id") == event_values.get("of"):
                    reference.pop("voice", None)
        elif isinstance(ids, list):
            form["media"][slot] = [current[i] for i in dict.fromkeys(map(str, ids)) if i in current]
        changed = self._with_files(form, model, actor_of(request), [])
        return {k: v for k, v in changed.items() if k is not self.notice}

    def on_shrink(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """The offer taken: a smaller copy in the file's place; the file itself stays in the library."""
        form, model = self.read_form(sent)
        event_values, actor = event_data(event), actor_of(request)
        slot, spec = str(event_values.get("slot")), model.inputs_for(self.task).get(str(event_values.get("slot")))
        messages: list[JSON] = []
        for file in form["media"].get(slot, []):
            if spec and isinstance(file, dict) and file.get("id") == event_values.get("id"):
                try:
                    asset = self.studio.acting_for(actor).assets.get(str(file["id"]))
                    if options := form_files.shrink_options(asset, spec):
                        file["id"] = self.studio.acting_for(actor).assets.shrink(asset.id, **options).id
                except StudioError as error:
                    messages.append({"text": of_error(error), "bad": True})
        return self._with_files(form, model, actor, messages)

    def _with_files(self, form: JSON, model: Model, actor: str, notes: list[JSON]) -> Updates:
        files = form_files.refresh(self.studio, form["media"], model, self.task, actor)
        form = form | {"media": files["files"]}
        return {self.media: files, self.notice: notes, self.bar: form_estimate.recheck()}

    # ---------------------------------------------------------------------------------- filling from elsewhere

    @property
    def fill_outputs(self) -> list[Any]:
        """Everything of the form that shows values."""
        return [
            *self.controls.values(),
            *self.accordions.values(),
            self.picker,
            self.media,
            self.notice,
            self.bar,
            self.strip,
            self.ideas,
        ]

    def fill(self, body: JSON, *, actor: str = "", notes: list[JSON] | None = None) -> list[Any]:
        """Updates for fill_outputs that make the form show this request, media included."""
        changed = self.fill_updates(body, actor=actor, notes=notes)
        return [changed[c] for c in self.fill_outputs]

    def fill_updates(self, body: JSON, *, actor: str = "", notes: list[JSON] | None = None) -> Updates:
        """As `fill`, by component. A model that is gone gives way to the page's first, and the form says so."""
        model = form_values.model_for(self.studio.catalogue, self.task, body.get("model"))
        notes = list(notes or [])
        if body.get("model") not in (None, model.id):
            notes.append({"key": "forms.changed_model", "from": str(body["model"]), "to": model.label})
        form = form_values.from_request(body, model, self.task)
        form["media"] = form_values.media_of(body)
        return self.updates(form, model, actor=actor, notes=notes)

    def default_updates(self, *, actor: str) -> Updates:
        """Updates for a form that this browser holds nothing of: the user's default model and size, if any."""
        if start := form_defaults.start_of(self.studio, self.task, actor):
            return self.fill_updates(start[1] | {"model": start[0].id}, actor=actor)
        if not actor:
            return {}  # the page was built for the local user
        services = self.studio.acting_for(actor)
        model = model_picker.default_model(self.studio, self.task, services)
        if model.id != self.built_with:
            return self.fill_updates({"model": model.id}, actor=actor)
        return {self.picker: model_picker.picker_value(self.studio, model, services)}

    def restored_updates(self, saved: JSON, *, actor: str) -> Updates:
        """Updates for what this browser had typed before a reload. Values that no longer fit give way to defaults."""
        model = form_values.model_for(self.studio.catalogue, self.task, saved.get("model"))
        form = form_values.from_request({}, model, self.task)
        media_now = saved.get("media") or {}
        typed_values = saved.get("values")
        size_values = {
            "media": media_now,
            "aspect": typed_values.get("aspect") if isinstance(typed_values, dict) else None,
        }
        controls = {f.key: f.props(model, size_values) for f in self.fields}
        for key, value in (typed_values if isinstance(typed_values, dict) else {}).items():
            control = controls.get(key)
            choices = [c[1] if isinstance(c, tuple | list) else c for c in (control or {}).get("choices", [])]
            if control is not None and value is not None and (not choices or value in choices):
                form[key] = value
        form |= {"media": media_now, "origin": saved.get("origin")}
        return self.updates(form, model, actor=actor)

    def on_preset_save(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        form, model = self.read_form(sent)
        name = str(event_data(event).get("name") or "").strip()[:PRESET_NAME_CHARS]
        if not name:
            return {self.notice: [{"key": "forms.preset_needs_name", "bad": True}]}
        body = {k: v for k, v in form_values.to_request(form, model, self.task).items() if k not in form_values.MEDIA}
        self.studio.acting_for(actor_of(request)).presets.save(self.task, name, body)
        return {self.notice: [{"key": "forms.preset_saved", "to": name}]}

    def on_preset_load(self, event: gr.EventData, request: gr.Request) -> Updates:
        actor, name = actor_of(request), event_data(event).get("name")
        for preset in self.studio.acting_for(actor).presets.all(self.task):
            if preset.name == name:
                return self.fill_updates(
                    preset.body, actor=actor, notes=[{"key": "forms.preset_loaded", "to": preset.name}]
                )
        return {self.notice: [{"key": "forms.preset_gone", "to": str(name), "bad": True}]}

    def on_restore(self, event: gr.EventData, request: gr.Request) -> Updates:
        """A file made by this studio or another program: its settings fill the form of their task."""
        event_values = event_data(event)
        name = Path(str(event_values.get("name") or "")).name
        try:
            body = self.studio.library.settings_in(
                form_files.upload_path(self.studio, event_values.get("path")), name=name
            )
        except StudioError as error:
            return {self.notice: [{"text": of_error(error), "bad": True}]}
        if not body:
            return {self.notice: [{"key": "forms.restore_none", "to": name, "bad": True}]}
        page = self.ctx.create_page(body.get("task"), like=self)
        changed = page.fill_updates(body, actor=actor_of(request), notes=[{"key": "forms.restored", "to": name}])
        elsewhere: Updates = {} if page is self else {self.ctx.tabs: gr.Tabs(selected=page.id)}
        return changed | elsewhere


def _missing_model(sent: tuple[Any, ...], model: Model) -> JSON | None:
    """What the bar says when the model that the form shows was removed meanwhile: nothing is started on another."""
    shown_id = sent[0].get("id") if isinstance(sent[0], dict) else None
    if shown_id in (None, model.id):
        return None
    message = Message("model.gone", model=shown_id)
    return {"model": shown_id, "runs": 0, "problems": [{"field": "model", "message": message, "waiting": False}]}
