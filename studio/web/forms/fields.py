"""The fields of a create form, made from the catalogue: one superset a task, shown or hidden by the model's row.

A field is data for assets/js/controls: what never changes (`control`), and what a row makes of it (`props_for`).
Values are in catalogue/form_values.py. Words of ours go out as keys, which the page puts into its language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from studio.catalogue import Catalogue, Model, ParamSpec, consent, form_sizes
from studio.catalogue.form_values import FOLLOW_INPUT, people_subject, takes_duration, takes_prompt
from studio.domain import JSON, Task
from studio.prompt.variations import MAX_SEED_DIGITS
from studio.web.i18n import catalogue_text, has_key, text

PropsForModel = Callable[[Model], JSON | None]
"""Properties of the control for this model, or None where the model has no such setting."""


@dataclass(frozen=True)
class Field:
    """One control. section: the part of the form it stands in (prompt, shape, media, seed, more, ...). control: its
    type and properties as assets/js/controls/control.js has them."""

    key: str
    section: str
    control: JSON
    props_for: PropsForModel
    choices: Callable[[Model, JSON], list[str]] | None = None
    """Names of the choices where they hang on other values of the form too; they replace those of `props_for`."""

    with_form: Callable[[Model, JSON], JSON | None] | None = None
    """Properties where they hang on other values of the form too; in the place of `props_for`."""

    def props(self, model: Model, form: JSON) -> JSON | None:
        """Properties for this model and the form's other values; None where there is nothing to set."""
        if self.with_form is not None:
            return self.with_form(model, form)
        if self.choices is None:
            return self.props_for(model)
        names = self.choices(model, form)
        return {"choices": [[_chip(n), n] for n in names]} if names else None

    @property
    def spec(self) -> JSON:
        """The control before any model has shaped it."""
        return {"key": self.key, "section": self.section, "visible": False} | self.control

    def update(self, model: Model, form: JSON, previous: JSON | None = None) -> JSON:
        """What changes on the control for this model and form. A value that it held before (`previous`) is not sent
        back: the person may have typed on meanwhile. Nor does a form without a value take one away then."""
        props, value = self.props(model, form), form.get(self.key)
        if props is None:
            return {"visible": False}
        is_kept = previous is not None and value in (None, previous.get(self.key))
        return {"visible": True} | props | ({} if is_kept else {"value": value})


def fields(catalogue: Catalogue, task: Task) -> list[Field]:
    """Every control that some model of the task needs, in the order of the form."""
    rows = catalogue.for_task(task)
    controls = [_prompt(task), *_shape(task)]
    if task.makes == "video":
        controls += _times(task)
    if any(consent.inputs(model, task) for model in rows):
        controls += _people(task)
    controls += [_param(name, specs, task) for name, specs in _superset(rows, task).items()]
    controls.append(Field("own", "more", {"type": "own"}, lambda m: {}))
    controls.append(_negative())
    return controls + _variations()


def _shown_if(condition: object) -> JSON | None:
    return {} if condition else None


def _people(task: Task) -> list[Field]:
    """Whether a real person is shown or heard, asked once such a file is there; and with a Yes, whether they agreed."""

    def asked(model: Model, form: JSON) -> JSON | None:
        about = people_subject(form, model, task)
        return {"label": text(f"forms.people_{about}")} if about else None

    def agreed(model: Model, form: JSON) -> JSON | None:
        return _shown_if(form.get("people") == "yes" and people_subject(form, model, task))

    answers = [[_chip(answer), answer] for answer in ("no", "yes")]
    control: JSON = {"type": "chips", "label": text("forms.people_files"), "choices": answers}
    return [
        Field("people", "media", control, lambda _: None, with_form=asked),
        Field("consent", "media", _checkbox("consent"), lambda _: None, with_form=agreed),
    ]


def _prompt(task: Task) -> Field:
    label, hint = text("forms.prompt"), text(f"forms.prompt_hint_{task.value.replace('-', '_')}")
    control: JSON = {"type": "lines", "label": label, "placeholder": hint, "lines": 5, "max_lines": 16}
    return Field("prompt", "prompt", control, lambda m: _shown_if(takes_prompt(m)))


def _negative() -> Field:
    label, hint = text("forms.negative"), text("forms.negative_hint")
    control: JSON = {"type": "lines", "label": label, "placeholder": hint, "lines": 2, "max_lines": 6}
    return Field("negative_prompt", "advanced", control, lambda m: _shown_if(m.negative_prompt))


def _checkbox(key: str) -> JSON:
    info = {"info": text(f"forms.{key}_info")} if has_key(f"forms.{key}_info") else {}
    return {"type": "checkbox", "label": text(f"forms.{key}")} | info


def _chips(key: str) -> JSON:
    return {"type": "chips", "label": text(f"forms.{key}")}


def _shape(task: Task) -> list[Field]:
    def offered(key: str) -> Callable[[Model, JSON], list[str]]:
        return lambda model, form: form_sizes.choices(model, task, form)[key]

    def side(model: Model) -> JSON | None:
        return {"step": model.free_size.multiple} if model.free_size else None

    def pixels(key: str) -> JSON:
        return {"type": "number", "whole": True, "label": text(f"forms.{key}")}

    return [
        Field("aspect", "shape", _chips("aspect"), lambda m: {}, offered("aspect")),
        Field("tier", "shape", _chips("tier"), lambda m: {}, offered("tier")),
        Field("width", "size", pixels("width"), side),
        Field("height", "size", pixels("height"), side),
    ]


def _chip(name: str) -> str:
    return text(f"forms.chip_{name}") if has_key(f"forms.chip_{name}") else name


def _times(task: Task) -> list[Field]:
    def seconds(model: Model) -> JSON | None:
        allowed = model.durations
        if not allowed or allowed.choices or not takes_duration(model):
            return None
        step = allowed.step if allowed.step >= 0.5 else 0.5
        return {"minimum": allowed.min or 0, "maximum": allowed.max or 60, "step": step}

    def pick(model: Model) -> JSON | None:
        allowed = model.durations
        choices = allowed.choices if allowed else ()
        return {"choices": [[f"{c:g} s", c] for c in choices]} if choices else None

    def rates(model: Model) -> JSON | None:
        if len(model.fps) < 2:
            return None
        follow = [[_chip("auto"), FOLLOW_INPUT]] if model.follows_input(task, "fps") else []
        return {"choices": [*follow, *([str(n), n] for n in model.fps)]}

    return [
        Field("duration_s", "time", {"type": "slider", "label": text("forms.duration")}, seconds),
        Field("duration_pick", "time", _chips("duration"), pick),
        Field(
            "duration_follow",
            "time",
            _checkbox("duration_follow"),
            lambda m: _shown_if(m.follows_input(task, "duration") and takes_duration(m)),
        ),
        Field("fps", "time", {"type": "select", "label": text("forms.fps")}, rates),
        Field("audio", "time", _checkbox("audio"), lambda m: _shown_if(m.audio == "optional")),
    ]


def _variations() -> list[Field]:
    def seed_modes(model: Model) -> JSON | None:
        return {"choices": [[_chip(m), m] for m in ("random", "fixed", "locked")]} if model.seeds else None

    def seed(model: Model) -> JSON | None:
        return _shown_if(model.seeds)

    def many(model: Model) -> JSON | None:
        return {"minimum": 1, "maximum": model.max_n} if model.max_n > 1 else None

    # text, for a browser's numbers are exact only up to 2^53 and seeds go up to 2^64
    one_seed: JSON = {"type": "text", "label": text("forms.seed"), "max_length": MAX_SEED_DIGITS}
    list_of_seeds: JSON = {"type": "text", "label": text("forms.seeds"), "placeholder": text("forms.seeds_hint")}
    return [
        Field("n", "seed", {"type": "slider", "label": text("forms.n"), "step": 1, "whole": True}, many),
        Field("per_line", "vary", _checkbox("per_line"), lambda m: {}),
        Field("combinations", "vary", _checkbox("combinations"), lambda m: {}),
        Field("literal_prompt", "vary", _checkbox("literal_prompt"), lambda m: {}),
        Field("seed_mode", "seed", _chips("seed_mode"), seed_modes),
        Field("seed", "seed", one_seed, seed),
        Field("seeds", "vary", list_of_seeds, lambda m: _shown_if(m.seeds)),
    ]


def _superset(rows: Iterable[Model], task: Task) -> dict[str, list[tuple[str, ParamSpec]]]:
    params: dict[str, list[tuple[str, ParamSpec]]] = {}
    for model in rows:
        for name, spec in model.params_for(task).items() if not model.of_user else ():
            params.setdefault(name, []).append((model.id, spec))
    return params


def _param(name: str, specs: list[tuple[str, ParamSpec]], task: Task) -> Field:
    """The control of one own parameter. Its type is the first row's; a row with another type shows it as text."""
    first_spec = specs[0][1]
    may_be_empty = any(s.default is None for _, s in specs)

    def props_for(model: Model) -> JSON | None:
        spec = model.params_for(task).get(name)
        if spec is None or model.of_user:
            return None
        props: JSON = {"label": catalogue_text(spec.label), "info": catalogue_text(spec.help)}
        if spec.type == "choice":
            props["choices"] = [[catalogue_text(spec.value_label(c)), c] for c in spec.choices]
        if spec.type in ("int", "float") and not may_be_empty:
            props |= {
                "minimum": spec.min,
                "maximum": spec.max,
                "step": spec.step or (1 if spec.type == "int" else 0.05),
            }
        if spec.type == "text":
            props["max_length"] = spec.max_chars
        return props

    advanced = all(s.advanced for _, s in specs)
    control = _param_control(first_spec, may_be_empty=may_be_empty)
    return Field(name, "advanced" if advanced else "more", control, props_for)


def _param_control(spec: ParamSpec, *, may_be_empty: bool) -> JSON:
    """may_be_empty: some row has no default, so that the value may be left to the model. Numbers are text then, for a
    slider without a value stands at its lowest, and that is sent."""
    label: JSON = {"label": catalogue_text(spec.label)}
    if spec.type == "bool":
        return {"type": "checkbox"} | label
    if spec.type == "choice":
        return {"type": "chips" if len(spec.choices) <= 4 else "select"} | label
    if spec.type in ("int", "float") and not may_be_empty:
        slides = spec.min is not None and spec.max is not None
        return {"type": "slider" if slides else "number", "whole": spec.type == "int"} | label
    return {"type": "text"} | label
