"""What a create form holds, as plain values, and the way to requests and back. No gradio here.

Values are keyed by control (see forms.FIELDS); own parameters of a model by their catalogue names. Media are lists of
small descriptions with an id. The seed goes by mode: random (None), fixed (the number typed), locked (the last used).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

from studio.catalogue import Catalogue, Model, consent, form_sizes, reference_names, validation
from studio.catalogue.form_sizes import as_object
from studio.domain import JSON, MEDIA_INPUTS, NEVER_SENT, Kind, Task
from studio.errors import CapabilityError
from studio.field_errors import short
from studio.messages import Message, term
from studio.prompt import markup
from studio.prompt.variations import MAX_SEED_DIGITS, expand, literal_braces_note, parse_seeds

LISTS = ("images", "references")
VOICES = "reference_voices"
"""The one media field that is no slot of its own: a file of `references` carries its voice."""

MEDIA = MEDIA_INPUTS
CHOICE: tuple[markup.MarkKind, ...] = ("choice",)
"""What combinations spread out; other marks are refused, so nothing is to be told of them."""
TEXT_FIELDS = ("prompt", "negative_prompt")
"""Never changed by a switch of model; too long a text is refused at the field instead."""

WIDGET_KEYS = {"type", "label", "min", "max", "step", "choices", "max_chars", "help"}
"""What the page needs of an own parameter to draw it."""

FOLLOW_INPUT = "follow"
"""Value of a duration or fps control that leaves it to the input."""


TEXT_KEYS = ("prompt", "negative_prompt", "original_prompt", "aspect", "tier", "seed_mode", "seeds", "people")
NUMBER_KEYS = ("width", "height", "duration_s", "duration_pick", "n")


def check_types(values: JSON, files: object) -> JSON:
    """What the browser sent of a form, held to the types of its controls. files: of the widget for media, by slot.

    Raises CapabilityError for any other type: a page sends none, so somebody else did.
    """
    for key in TEXT_KEYS:
        if not isinstance(values.get(key), str | None):
            raise CapabilityError(Message("value.not_text", name=key, value=short(values[key])), field=key)
    for key in NUMBER_KEYS:
        value = values.get(key)
        if value is not None and (not isinstance(value, int | float) or not math.isfinite(value)):
            raise CapabilityError(Message("value.not_number", name=key, value=short(value)), field=key)
    rate = values.get("fps")
    if rate not in (None, "", FOLLOW_INPUT) and not (isinstance(rate, int) or str(rate).isdecimal()):
        raise CapabilityError(Message("value.fps_not_whole", value=short(rate)), field="fps")
    slots = as_object(files)
    media: JSON = {str(k): [f for f in _list(v) if isinstance(f, dict | str)] for k, v in slots.items()}
    return values | {"media": media}


def _seed(text: object) -> object:
    """A seed as it was typed: a whole number, exact whatever its size, or the text itself for the rules to refuse."""
    plain = str(text).strip()
    return int(plain) if plain.isdecimal() and len(plain) <= MAX_SEED_DIGITS else plain


def to_request(values: JSON, model: Model, task: Task) -> JSON:
    """The flat request that the form stands for, before lines, combinations and seeds are spread out."""
    body: JSON = {"task": task.value, "model": model.id}
    body["prompt"] = (values.get("prompt") or "") if takes_prompt(model) else ""
    if model.negative_prompt and values.get("negative_prompt"):
        body["negative_prompt"] = values["negative_prompt"]
    first = values.get("original_prompt")
    if first and body["prompt"].strip() and first.strip() != body["prompt"].strip():
        body["original_prompt"] = first
    body |= form_sizes.to_request(model, task, values)
    if task.makes == "video":
        body |= _times(values, model, task)
        if model.audio == "optional" and values.get("audio") is not None:
            body["audio"] = bool(values["audio"])
    if model.seeds and values.get("seed_mode") in ("fixed", "locked") and values.get("seed") not in (None, ""):
        body["seed"] = _seed(values["seed"])
    if values.get("literal_prompt"):
        body["literal_prompt"] = True
    body["n"] = int(values.get("n") or 1)
    body |= _media(values.get("media") or {}, model, task)
    body |= _people(values, model, task)
    return body | _params(values, model, task)


def people_subject(values: JSON, model: Model, task: Task) -> str:
    """What the form asks about real people: picture, clip, voice or files; "" where it need not."""
    media: dict[str, list[object]] = values.get("media") or {}
    names = consent.inputs(model, task)
    files = [as_object(file) for name in names for file in media.get(name) or []]
    if VOICES in names:
        files += [
            as_object(file["voice"]) for file in map(as_object, media.get("references") or []) if _has_voice(file)
        ]
    kinds = [str(file["kind"]) for file in files if file.get("kind")]
    return consent.subject(kinds) or ("files" if files else "")  # of an id alone the kind is not known


def _people(values: JSON, model: Model, task: Task) -> JSON:
    """The answer about real people, where it is asked. Consent counts only with a Yes."""
    answer = {"no": False, "yes": True}.get(str(values.get("people")))
    if answer is None or not people_subject(values, model, task):
        return {}
    return {"real_people": answer} | ({"consent": True} if answer and values.get("consent") else {})


def _times(values: JSON, model: Model, task: Task) -> JSON:
    times: JSON = {}
    allowed = model.durations
    follows = model.follows_input(task, "duration") and values.get("duration_follow", True)
    if allowed and not follows and takes_duration(model):
        seconds = values.get("duration_pick") if allowed.choices else values.get("duration_s")
        if seconds is not None:
            times["duration_s"] = round(float(seconds), 3)
    rate = values.get("fps")
    if len(model.fps) > 1 and rate not in (None, FOLLOW_INPUT, ""):
        times["fps"] = int(rate)
    return times


def takes_prompt(model: Model) -> bool:
    """Whether the model reads words at all; some only move or style what they are given."""
    return model.prompt.max_chars != 0


def takes_duration(model: Model) -> bool:
    """Whether the user may set a length at all."""
    allowed = model.durations
    return bool(allowed and (allowed.choices or allowed.min is not None))


def _media(media: JSON, model: Model, task: Task) -> JSON:
    inputs: JSON = {}
    for name in model.inputs_for(task):
        ids = [str(file["id"]) for file in map(as_object, _list(media.get(name))) if file.get("id")]
        if ids:
            inputs[name] = ids if name in LISTS else ids[0]
    spoken = [file for file in map(as_object, _list(media.get("references"))) if _has_voice(file)]
    voices = {str(file["id"]): str(file["voice"]["id"]) for file in spoken}
    if voices and VOICES in model.inputs_for(task):
        inputs[VOICES] = voices
    return inputs


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _has_voice(file: JSON) -> bool:
    return bool(file.get("id") and as_object(file.get("voice")).get("id"))


def media_of(body: JSON) -> JSON:
    """The files of a request as a form holds them: lists of ids by slot, each reference with its voice."""
    given = {k: v for k, v in body.items() if k in MEDIA and k != VOICES and v}
    media: JSON = {k: list(cast("list[Any]", v)) if isinstance(v, list | tuple) else [v] for k, v in given.items()}
    voices = as_object(body.get(VOICES))
    if "references" in media:
        media["references"] = [{"id": i, "voice": {"id": voices[i]}} if i in voices else i for i in media["references"]]
    return media


def user_params(model: Model, task: Task, values: object = None) -> JSON:
    """The value of the `own` control: what it draws for this model, and the values given that the row knows."""
    specs = model.params_for(task) if model.of_user else {}
    current = as_object(values)
    widgets = [{"key": k} | s.model_dump(include=WIDGET_KEYS) for k, s in specs.items()]
    return {"specs": widgets, "values": {k: current.get(k, s.default) for k, s in specs.items()}}


def user_param_values(form: JSON) -> object:
    """What the browser holds of the `own` control's values."""
    return as_object(form.get("own")).get("values")


def _params(values: JSON, model: Model, task: Task) -> JSON:
    params: JSON = {}
    if model.of_user:
        values = user_params(model, task, user_param_values(values))["values"]
    for name, spec in model.params_for(task).items():
        value = values.get(name)
        kept_empty = value == "" and model.of_user and spec.type == "text"
        if (value in (None, "") and not kept_empty) or any(values.get(k) != v for k, v in spec.requires.items()):
            continue
        params[name] = _number(value, whole=spec.type == "int") if spec.type in ("int", "float") else value
    return params


def _number(value: object, *, whole: bool) -> object:
    """The number that was typed. What is no finite number stays, for the row to refuse."""
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        return value
    if isinstance(number, float) and not math.isfinite(number):
        return value
    return int(number) if whole and isinstance(number, float) and number.is_integer() else number


def to_requests(values: JSON, model: Model, task: Task) -> list[JSON]:
    """Every request of a press of Generate. Raises CapabilityError for seeds that are none, or too many runs."""
    seeds = parse_seeds(str(values.get("seeds") or "")) if model.seeds else []
    return expand(
        to_request(values, model, task),
        per_line=bool(values.get("per_line")),
        combinations=bool(values.get("combinations")),
        seeds=seeds,
    )


def notes_of(values: JSON, model: Model, task: Task) -> list[str]:
    """What a person should know of the requests that `bodies_of` makes, before they are submitted."""
    request = to_request(values, model, task)
    wanted = request.get("literal_prompt") or not any(
        markup.find(str(request.get(k) or ""), CHOICE) for k in TEXT_FIELDS
    )
    note = literal_braces_note(request) if values.get("combinations") and wanted else ""
    return [note] if note else []


def from_request(body: JSON, model: Model, task: Task, *, shape: str | None = None) -> JSON:
    """Form values for a request: what it says where this model can do it, the row's default elsewhere.

    shape: the name of the shape that its size was chosen by, as in form_sizes.from_request.
    """
    values: JSON = {"prompt": body.get("prompt") or "", "negative_prompt": body.get("negative_prompt") or ""}
    values["original_prompt"] = body.get("original_prompt") or ""
    values |= {"aspect": None, "tier": None, "width": None, "height": None} | form_sizes.from_request(
        model, task, body, chosen_aspect=shape
    )
    values |= _time_values(body, model, task)
    values["audio"] = body["audio"] if isinstance(body.get("audio"), bool) else model.audio_default
    seed = body.get("seed")
    values |= {"seed_mode": "fixed" if seed is not None else "random", "seeds": ""}
    values["seed"] = None if seed is None else str(seed)
    values |= {"n": min(int(body.get("n") or 1), model.max_n), "consent": bool(body.get("consent"))}
    values["people"] = _people_answer(body)
    values |= {"per_line": False, "combinations": False, "literal_prompt": body.get("literal_prompt") is True}
    values["own"] = user_params(model, task, body)
    if not model.of_user:
        values |= {name: body.get(name, spec.default) for name, spec in model.params_for(task).items()}
    return values


def _people_answer(body: JSON) -> str | None:
    """The answer that a request holds. One that only has consent, as before there was a No, counts as Yes."""
    told = body.get("real_people")
    if told is False:
        return "no"
    return "yes" if told or body.get("consent") else None


def _time_values(body: JSON, model: Model, task: Task) -> JSON:
    values: JSON = {"duration_s": None, "duration_pick": None, "fps": None}
    allowed, seconds = model.durations, body.get("duration_s")
    values["duration_follow"] = seconds is None and model.follows_input(task, "duration")
    if allowed and takes_duration(model):
        start = seconds or allowed.default or (allowed.choices[0] if allowed.choices else allowed.min or 1)
        if allowed.choices:
            values["duration_pick"] = min(allowed.choices, key=lambda c: abs(c - start))
        else:
            low, step = allowed.min or 0, allowed.step
            capped = min(max(float(start), low), allowed.max or float(start))
            values["duration_s"] = round(low + round((capped - low) / step) * step if step else capped, 3)
    if len(model.fps) > 1:
        follow = FOLLOW_INPUT if model.follows_input(task, "fps") else model.default_fps or model.fps[0]
        values["fps"] = body["fps"] if body.get("fps") in model.fps else follow
    return values


MOVED_APART = frozenset((*MEDIA, *TEXT_FIELDS, *NEVER_SENT, "n", "width", "height", "tier"))
"""Fields of a request that a switch of model moves by rules of their own."""
KEPT_ON_SWITCH = (
    "prompt",
    "negative_prompt",
    "original_prompt",
    "seed_mode",
    "seed",
    "seeds",
    "per_line",
    "combinations",
    "literal_prompt",
    "media",
    "people",
    "consent",
)
"""Controls that a switch leaves as they are."""

PARTS = {
    "size": ("aspect", "tier", "width", "height"),
    "time": ("duration_s", "duration_pick", "duration_follow", "fps"),
    "n": ("n",),
}
"""Controls that a switch may have to move, by what they are about."""


@dataclass(frozen=True)
class SwitchedForm:
    """A form moved to another model. body: its request. notes: one for each thing that had to change.

    A note is {"key", "from", "to"} for what moved to the nearest, or {"text"} with the rules' sentence."""

    values: JSON
    body: JSON
    notes: list[JSON]


class ModelSwitch:
    """A form on its way to other models; what does not depend on the new one is worked out once.

    The form's `origin` keeps what the person had set before models moved it: further switches start from that, so that
    the way back gives it back, until the person sets it anew.
    """

    def __init__(self, values: JSON, old: Model, task: Task) -> None:
        self._values, self._old, self._task = values, old, task
        self.body = to_request(values, old, task)
        defaults = to_request(from_request({}, old, task), old, task)
        fields = {k: v for k, v in self.body.items() if k not in MOVED_APART}
        self._chosen = {k: v for k, v in fields.items() if v != defaults.get(k) or k in ("task", "model")}
        self._origin = _origin(values, self.body, old)

    def to(self, new: Model) -> SwitchedForm:
        """The form with this model: what is legal stays."""
        kept_values, sentences = validation.carry_over(self._chosen, new, self._task)
        request = {**kept_values, **{k: v for part in self._origin.values() for k, v in part["body"].items()}}
        request |= {k: self.body[k] for k in ("real_people", "consent") if k in self.body}
        shape = str(self._origin["size"]["values"].get("aspect"))
        values = self._values | from_request(request, new, self._task, shape=shape)
        for part in self._origin.values():
            values |= part["values"] if part["model"] == new.id else {}
        values |= {k: self._values[k] for k in KEPT_ON_SWITCH if k in self._values}
        values["prompt"] = reference_names.renamed(
            str(values.get("prompt") or ""), self._old, new, _reference_kinds(values)
        )
        body = to_request(values, new, self._task)
        values["origin"] = {name: part | {"made": _part(body, name)} for name, part in self._origin.items()}
        notes: list[JSON] = [{"text": s} for s in sentences if not s.startswith("duration_s")]
        return SwitchedForm(values, body, notes + _change_notes(self.body, body, self._old, new))


def switch_model(values: JSON, old: Model, new: Model, task: Task) -> tuple[JSON, list[JSON]]:
    """The form moved to another model, and the notes of what had to change; see ModelSwitch."""
    switched = ModelSwitch(values, old, task).to(new)
    return switched.values, switched.notes


def _reference_kinds(values: JSON) -> list[Kind]:
    """Kinds of the references that the form holds, where the browser told them of each; else none."""
    files = [as_object(file) for file in _list(as_object(values.get("media")).get("references"))]
    kinds = [str(file.get("kind")) for file in files]
    return [Kind(kind) for kind in kinds] if all(kind in set(Kind) for kind in kinds) else []


def _origin(values: JSON, body: JSON, model: Model) -> JSON:
    """For each part of the form: the model, values and request in which the person set it."""
    saved = as_object(values.get("origin"))
    origin: JSON = {}
    for name, keys in PARTS.items():
        previous = as_object(saved.get(name))
        is_complete = all(isinstance(previous.get(k), dict) for k in ("values", "body", "made"))
        if is_complete and previous["made"] == _part(body, name):
            part_values = {k: v for k, v in previous["values"].items() if k in keys}
            part_request = {k: v for k, v in previous["body"].items() if k in REQUEST_KEYS[name]}
            origin[name] = {"model": str(previous.get("model")), "values": part_values, "body": part_request}
        else:
            part_values = {k: values.get(k) for k in keys if values.get(k) is not None}
            origin[name] = {"model": model.id, "values": part_values, "body": _part(body, name)}
    return origin


REQUEST_KEYS = {"size": ("width", "height", "tier"), "time": ("duration_s", "fps"), "n": ("n",)}
"""What the parts of a form become in a request."""


def _part(body: JSON, name: str) -> JSON:
    return {k: body[k] for k in REQUEST_KEYS[name] if body.get(k) is not None}


def _change_notes(before: JSON, after: JSON, old: Model, new: Model) -> list[JSON]:
    notes: list[JSON] = []
    size_before, size_after = (_size_label(b) for b in (before, after))
    if size_before and size_before != size_after:
        notes.append({"key": "forms.changed_size", "from": size_before, "to": size_after})
    if before.get("duration_s") and before["duration_s"] != after.get("duration_s"):
        old_duration, new_duration = (
            f"{before['duration_s']:g} s",
            f"{after['duration_s']:g} s" if after.get("duration_s") else "",
        )
        notes.append({"key": "forms.changed_duration", "from": old_duration, "to": new_duration})
    if before["n"] != after["n"]:
        notes.append({"key": "forms.changed_n", "from": str(before["n"]), "to": str(after["n"])})
    if after["prompt"] and before["prompt"] != after["prompt"]:
        notes.append({"key": "forms.changed_references", "from": "", "to": new.label})
    dropped_params = [
        s.label for k, s in old.params.items() if k in before and k not in new.params and before[k] != s.default
    ]
    notes += [{"key": "forms.changed_gone", "from": label, "to": new.label} for label in dropped_params]
    dropped_media = [k for k in MEDIA if before.get(k) and k not in after]
    notes += [{"key": "forms.changed_gone", "from": old.inputs[k].label or k, "to": new.label} for k in dropped_media]
    if before.get("negative_prompt") and "negative_prompt" not in after:
        notes.append({"key": "forms.changed_negative", "from": "", "to": new.label})
    return notes


def _size_label(body: JSON) -> str:
    if body.get("width") and body.get("height"):
        return f"{body['width']} × {body['height']}"
    return str(body.get("tier") or "")


def model_for(catalogue: Catalogue, task: Task, model_id: object) -> Model:
    """The row with this id if it does the task, else the task's first. Raises CapabilityError where no row does it."""
    rows = catalogue.for_task(task)
    if not rows:
        raise CapabilityError(Message("model.none_for_task", task=term(task)), field="model")
    return next((m for m in rows if m.id == model_id), rows[0])
