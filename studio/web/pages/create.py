"""A create page: the form on the left, this page's runs on the right. One class for all tasks.

Handlers take what the browser sent, ask the Studio once, and return updates; nothing here waits for a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from studio.catalogue import Model
from studio.domain import JSON, Run, Task
from studio.errors import StudioError
from studio.messages import Message, of_error
from studio.web.i18n import text
from studio.web.pages import (
    form_controls,
    form_defaults,
    form_estimate,
    form_files,
    form_sizes,
    form_values,
    model_picker,
)
from studio.web.pages.mount import mounted
from studio.web.pages.page import EVENT, Ctx, Page, owner_of, values_of
from studio.web.pages.run_feed import run_feed

Updates = dict[Any, Any]
"""Component -> its update."""
PRESET_NAME_CHARS = 60


class CreatePage(Page):
    """The form of one task. `fill` and `fill_outputs` let other pages put a request into it."""

    group = "create"

    def __init__(self, ctx: Ctx, task: Task, page_id: str) -> None:
        super().__init__(ctx)
        self.task, self.id = task, page_id
        self.fields = form_controls.fields(ctx.studio.catalogue, task)
        self.c: dict[str, Component] = {}
        self.folds: dict[str, gr.Accordion] = {}

    # ------------------------------------------------------------------------------------------------- layout

    def build(self) -> None:
        """Two panes; on a narrow screen the second follows the first."""
        model = model_picker.first(self.studio, self.task)
        start = form_values.values_of({}, model, self.task)
        with gr.Row(elem_classes=["studio-create"], elem_id=f"create-{self.id}"):
            with gr.Column(elem_classes=["studio-form"], min_width=300):
                self._head(model)
                self._settings(model, start)
                self._bar()
            with gr.Column(elem_classes=["studio-results"], min_width=300):
                self.ideas = self._widget("ideas", ())
                self.feed = run_feed([self.task], elem_id=f"{self.id}-feed")

    def _widget(self, name: str, events: tuple[str, ...], value: Any = None) -> gr.HTML:
        options = {"page": self.id, "task": self.task.value}
        return mounted(f"form/{name}.js", elem_id=f"{self.id}-{name}", events=events, options=options, value=value)

    def _head(self, model: Model) -> None:
        self.tools = self._widget("tools", ("restore", "preset_load", "preset_save"), {})
        self.picker = self._widget("picker", ("pick",), model_picker.chosen(self.studio, model))
        self.notice = self._widget("notice", (), [])

    def _settings(self, model: Model, start: JSON) -> None:
        needs_files = all(any(s.min for s in m.inputs_for(self.task).values()) for m in self._rows())
        if needs_files:
            self._files(model, start)
        self._place("prompt", model, start)
        self.strip = self._widget("strip", (), {})
        if not needs_files:
            self._files(model, start)
        with gr.Column(elem_classes=["studio-group"]):
            self._place("shape", model, start)
            with gr.Row(elem_classes=["studio-pair"]):
                self._place("size", model, start)
            self._place("time", model, start)
            self._place("more", model, start)
        with gr.Column(elem_classes=["studio-group"]):
            self._place("seed", model, start)
        for place in ("vary", "advanced"):
            if any(f.place == place for f in self.fields):
                shown = self._any_shown(place, model)
                title = text(f"forms.{place}")
                with gr.Accordion(title, open=False, visible=shown, elem_classes=["studio-fold"]) as self.folds[place]:
                    self._place(place, model, start)

    def _any_shown(self, place: str, model: Model) -> bool:
        return any(f.place == place and f.look(model) is not None for f in self.fields)

    def _rows(self) -> list[Model]:
        return self.studio.catalogue.for_task(self.task)

    def _files(self, model: Model, start: JSON) -> None:
        first = {"slots": form_files.slots(model, self.task), "files": {}}
        self.media = self._widget("media", ("attach", "arrange", "shrink"), first)
        self._place("media", model, start)

    def _place(self, place: str, model: Model, start: JSON) -> None:
        for field in self.fields:
            if field.place == place:
                self.c[field.key] = field.component(self.id, model, start)

    def _bar(self) -> None:
        with gr.Column(elem_classes=["studio-bar"]):
            self.bar = self._widget("bar", ("check", "save", "generate"), {})

    # ------------------------------------------------------------------------------------------------- events

    def wire(self) -> None:
        """Every event of the form; each runs at once and shows nothing while it runs."""
        asked = [self.picker, self.media, *self.c.values()]
        told = self.fill_outputs
        self.picker.pick(self.on_model, asked, told, **EVENT)
        self.media.attach(self.on_files, asked, [self.media, self.notice, self.bar], **EVENT)
        self.media.arrange(self.on_arrange, asked, [self.media, self.bar], **EVENT)
        self.media.shrink(self.on_shrink, asked, [self.media, self.notice, self.bar], **EVENT)
        every: JSON = EVENT | {"trigger_mode": "multiple"}  # the bar itself asks one thing at a time, and numbers it
        self.bar.check(self.on_check, asked, [self.bar, self.strip, *(self.c[k] for k in ("aspect", "tier"))], **every)
        self.bar.generate(self.on_generate, asked, self._submit_outputs(), **every)
        self.tools.preset_load(self.on_preset_load, None, told, **EVENT)
        self.tools.preset_save(self.on_preset_save, asked, [self.tools, self.notice], **EVENT)
        everywhere = [c for p in self.ctx.pages.values() for c in p.fill_outputs]
        self.tools.restore(self.on_restore, None, [self.ctx.tabs, *everywhere], **EVENT)

    def _submit_outputs(self) -> list[Component]:
        return [self.bar, *([self.c["seed"]] if "seed" in self.c else [])]

    def form(self, sent: tuple[Any, ...]) -> tuple[JSON, Model]:
        """What the browser holds of this form: plain values, and the row of the model it names."""
        chosen, files, *rest = sent
        values_now: JSON = dict(zip(self.c, rest, strict=True))
        values_now = form_values.typed(values_now, files.get("files") if isinstance(files, dict) else None)
        values_now["origin"] = chosen.get("origin") if isinstance(chosen, dict) else None
        model_id = chosen.get("id") if isinstance(chosen, dict) else None
        return values_now, form_values.model_for(self.studio.catalogue, self.task, model_id)

    def updates(
        self, form: JSON, model: Model, *, owner: str, notes: list[JSON] | None = None, was: JSON | None = None
    ) -> Updates:
        """Everything the form shows for these values and this model. was: what it held before, where that is known."""
        files = form_files.refreshed(self.studio, form.get("media"), model, self.task, owner)
        form = form | {
            "media": files["files"],
            "own": form_values.own_of(model, self.task, form_values.own_values(form)),
        }
        form = form_sizes.settled(model, self.task, form)
        changed: Updates = {self.c[f.key]: f.update(model, form, was) for f in self.fields}
        changed |= {fold: gr.update(visible=self._any_shown(k, model)) for k, fold in self.folds.items()}
        changed |= {self.media: files, self.notice: notes or []}
        changed |= {self.picker: model_picker.chosen(self.studio, model) | {"origin": form.get("origin")}}
        return changed | {self.bar: form_estimate.recheck(), self.strip: form_estimate.shots(form, model, self.task)}

    def on_check(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """What the form, as the browser holds it, would do. The answer carries the number of the question."""
        form, model = self.form(sent)
        asked = values_of(event)
        turn = {"turn": asked.get("turn")}
        if gone := _gone(sent, model):
            return {self.bar: gone | turn}
        form, shapes = self._shapes(form, model, asked.get("chips"))
        seen = form_estimate.look(self.studio, form, model, self.task, owner_of(request))
        return shapes | {self.bar: seen | turn, self.strip: form_estimate.shots(form, model, self.task)}

    def _shapes(self, form: JSON, model: Model, drawn: object) -> tuple[JSON, Updates]:
        """The form with a shape and a tier that fit together and to the files, and the chips that show them.

        No updates where the browser's chips are right already. A first file to follow is followed, unless a shape was
        chosen before it came.
        """
        had = drawn if isinstance(drawn, dict) else {}
        plain = form_values.values_of({}, model, self.task)
        untouched = all(form.get(k) == plain.get(k) for k in ("aspect", "tier"))
        wanted = form_sizes.settled(model, self.task, form)
        offer = form_sizes.choices(model, self.task, wanted)
        if (
            form_sizes.AUTO in offer["aspect"]
            and form_sizes.AUTO not in (had.get("aspect") or [form_sizes.AUTO])
            and untouched
        ):
            wanted = wanted | {"aspect": form_sizes.AUTO, "tier": form_sizes.AUTO}
            offer = form_sizes.choices(model, self.task, wanted)
        changed = [f for f in self.fields if f.key in offer and offer[f.key] and (
            had.get(f.key, offer[f.key]) != offer[f.key] or wanted.get(f.key) != form.get(f.key)
        )]  # fmt: skip
        return wanted, {self.c[f.key]: f.update(model, wanted, form) for f in changed}

    def on_model(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        form, old = self.form(sent)
        new = form_values.model_for(self.studio.catalogue, self.task, values_of(event).get("id"))
        moved, notes = form_values.switched(form, old, new, self.task)
        head = [{"key": "forms.changed", "to": new.label}] if notes else []
        return self.updates(moved, new, owner=owner_of(request), notes=[*head, *notes], was=form)

    def on_generate(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """A press of Generate: submitted if the form still is what the line above the button said, else asked again.

        The press carries its key, so that one press makes one batch however often it arrives, and the terms it saw.
        """
        form, model = self.form(sent)
        press, owner = values_of(event), owner_of(request)
        key = press.get("key")
        if gone := _gone(sent, model):
            return {self.bar: gone | {"refused": True, "press": key}}
        seen: JSON = form_estimate.look(self.studio, form, model, self.task, owner) | {"press": key}
        try:
            bodies = form_values.bodies_of(form, model, self.task)
            runs = self.ctx.presses.once(
                owner, key, lambda: self._submit(bodies, seen["terms"], press.get("terms"), owner)
            )
        except form_estimate.TermsChanged:
            return {self.bar: seen | {"changed": True}}
        except StudioError as error:
            told = form_estimate.problem(error)
            others = [p for p in seen["problems"] if p["message"] != told["message"]]
            return {self.bar: seen | {"problems": [told, *others], "refused": True}}
        changed: Updates = {self.bar: seen | {"submitted": [r.id for r in runs]}}
        if "seed" in self.c and runs and runs[0].seed is not None:
            changed[self.c["seed"]] = gr.update(value=str(runs[0].seed))
        return changed

    def _submit(self, bodies: list[JSON], terms: str, seen: object, owner: str) -> list[Run]:
        """Store the runs. Raises TermsChanged when the press saw other terms; what is refused anyway says why first."""
        if terms != seen:
            raise form_estimate.TermsChanged
        return self.studio.acting_for(owner).requests.submit_many(bodies)

    # -------------------------------------------------------------------------------------------------- files

    def on_files(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """Files for a slot: uploads, taken into the library at once, so that what is wrong with them is told at once;
        or files of the library, by id."""
        form, model = self.form(sent)
        told, owner = values_of(event), owner_of(request)
        if told.get("ids"):
            taken, said = form_files.chosen(self.studio, told.get("ids"), owner), list[str]()
        else:
            taken, said = form_files.take(self.studio, told.get("paths"), told.get("names"), owner)
        spec = model.inputs_for(self.task).get(str(told.get("slot")))
        if taken and told.get("slot") == form_values.VOICES:
            for one in self._references(form):
                if one.get("id") == told.get("of"):
                    one["voice"] = taken[-1]
        elif spec and taken:
            held = list(form["media"].get(told["slot"], []))
            form["media"][told["slot"]] = taken[-1:] if spec.max == 1 else [*held, *taken]
        return self._with_files(form, model, owner, [{"text": s, "bad": True} for s in said])

    @staticmethod
    def _references(form: JSON) -> list[JSON]:
        return [one for one in form["media"].get("references", []) if isinstance(one, dict)]

    def on_arrange(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """Files moved or taken out: the browser tells the ids that stay, in order; only ids of the slot count.

        A voice is taken off the reference that is told.
        """
        form, model = self.form(sent)
        told = values_of(event)
        slot, wanted = str(told.get("slot")), told.get("ids")
        held = {str(f["id"]): f for f in form["media"].get(slot, []) if isinstance(f, dict) and "id" in f}
        if slot == form_values.VOICES:
            for one in self._references(form):
                if one.get("id") == told.get("of"):
                    one.pop("voice", None)
        elif isinstance(wanted, list):
            form["media"][slot] = [held[i] for i in dict.fromkeys(map(str, wanted)) if i in held]
        changed = self._with_files(form, model, owner_of(request), [])
        return {k: v for k, v in changed.items() if k is not self.notice}

    def on_shrink(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        """The offer taken: a smaller copy in the file's place; the file itself stays in the library."""
        form, model = self.form(sent)
        told, owner = values_of(event), owner_of(request)
        slot, spec = str(told.get("slot")), model.inputs_for(self.task).get(str(told.get("slot")))
        said: list[JSON] = []
        for one in form["media"].get(slot, []):
            if spec and isinstance(one, dict) and one.get("id") == told.get("id"):
                try:
                    asset = self.studio.acting_for(owner).assets.get(str(one["id"]))
                    if wanted := form_files.shrinking(asset, spec):
                        one["id"] = self.studio.acting_for(owner).assets.shrink(asset.id, **wanted).id
                except StudioError as error:
                    said.append({"text": of_error(error), "bad": True})
        return self._with_files(form, model, owner, said)

    def _with_files(self, form: JSON, model: Model, owner: str, notes: list[JSON]) -> Updates:
        files = form_files.refreshed(self.studio, form["media"], model, self.task, owner)
        form = form | {"media": files["files"]}
        return {self.media: files, self.notice: notes, self.bar: form_estimate.recheck()}

    # ---------------------------------------------------------------------------------- filling from elsewhere

    @property
    def fill_outputs(self) -> list[Any]:
        """Everything of the form that shows values."""
        return [*self.c.values(), *self.folds.values(), self.picker, self.media, self.notice, self.bar, self.strip]

    def fill(self, body: JSON, *, owner: str = "", notes: list[JSON] | None = None) -> list[Any]:
        """Updates for fill_outputs that make the form show this request, media included."""
        changed = self.filled(body, owner=owner, notes=notes)
        return [changed[c] for c in self.fill_outputs]

    def filled(self, body: JSON, *, owner: str = "", notes: list[JSON] | None = None) -> Updates:
        """As `fill`, by component. A model that is gone gives way to the page's first, and the form says so."""
        model = form_values.model_for(self.studio.catalogue, self.task, body.get("model"))
        notes = list(notes or [])
        if body.get("model") not in (None, model.id):
            notes.append({"key": "forms.changed_model", "from": str(body["model"]), "to": model.label})
        form = form_values.values_of(body, model, self.task)
        form["media"] = form_values.media_of(body)
        return self.updates(form, model, owner=owner, notes=notes)

    def started(self, *, owner: str) -> Updates:
        """Updates for a form that this browser holds nothing of: the user's default model and size, if any."""
        start = form_defaults.start_of(self.studio, self.task, owner)
        return self.filled(start[1] | {"model": start[0].id}, owner=owner) if start else {}

    def recalled(self, saved: JSON, *, owner: str) -> Updates:
        """Updates for what this browser had typed before a reload. Values that no longer fit give way to defaults."""
        model = form_values.model_for(self.studio.catalogue, self.task, saved.get("model"))
        form = form_values.values_of({}, model, self.task)
        media_now = saved.get("media") or {}
        typed = saved.get("values")
        shape = {"media": media_now, "aspect": typed.get("aspect") if isinstance(typed, dict) else None}
        offered = {f.key: f.props(model, shape) for f in self.fields}
        for key, value in (typed if isinstance(typed, dict) else {}).items():
            look = offered.get(key)
            choices = [c[1] if isinstance(c, tuple | list) else c for c in (look or {}).get("choices", [])]
            if look is not None and value is not None and (not choices or value in choices):
                form[key] = value
        form |= {"media": media_now, "origin": saved.get("origin")}
        return self.updates(form, model, owner=owner)

    def on_preset_save(self, event: gr.EventData, request: gr.Request, *sent: Any) -> Updates:
        form, model = self.form(sent)
        name = str(values_of(event).get("name") or "").strip()[:PRESET_NAME_CHARS]
        if not name:
            return {self.notice: [{"key": "forms.preset_needs_name", "bad": True}]}
        body = {k: v for k, v in form_values.body_of(form, model, self.task).items() if k not in form_values.MEDIA}
        self.studio.acting_for(owner_of(request)).presets.save(self.task, name, body)
        return {self.notice: [{"key": "forms.preset_saved", "to": name}]}

    def on_preset_load(self, event: gr.EventData, request: gr.Request) -> Updates:
        owner, name = owner_of(request), values_of(event).get("name")
        for preset in self.studio.acting_for(owner).presets.all(self.task):
            if preset.name == name:
                return self.filled(preset.body, owner=owner, notes=[{"key": "forms.preset_loaded", "to": preset.name}])
        return {self.notice: [{"key": "forms.preset_gone", "to": str(name), "bad": True}]}

    def on_restore(self, event: gr.EventData, request: gr.Request) -> Updates:
        """A file made by this studio or another program: its settings fill the form of their task."""
        told = values_of(event)
        name = Path(str(told.get("name") or "")).name
        try:
            body = self.studio.library.settings_in(form_files.uploaded(self.studio, told.get("path")), name=name)
        except StudioError as error:
            return {self.notice: [{"text": of_error(error), "bad": True}]}
        if not body:
            return {self.notice: [{"key": "forms.restore_none", "to": name, "bad": True}]}
        page = self.ctx.create_page(body.get("task"), like=self)
        changed = page.filled(body, owner=owner_of(request), notes=[{"key": "forms.restored", "to": name}])
        elsewhere: Updates = {} if page is self else {self.ctx.tabs: gr.Tabs(selected=page.id)}
        return changed | elsewhere


def _gone(sent: tuple[Any, ...], model: Model) -> JSON | None:
    """What the bar says when the model that the form shows was removed meanwhile: nothing is started on another."""
    shown = sent[0].get("id") if isinstance(sent[0], dict) else None
    if shown in (None, model.id):
        return None
    said = Message("model.gone", model=shown)
    return {"model": shown, "runs": 0, "problems": [{"field": "model", "message": said, "waiting": False}]}
