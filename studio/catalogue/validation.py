"""A request against its row: what is allowed, what was left open. Pure functions over data.

The order is always the same: `parse` (shape) -> `complete` (defaults the user left open, made visible) -> `problems`
(every limit) -> pricing.price. What the user set is never changed here; it is kept or refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from studio.catalogue import conditions
from studio.catalogue.conditions import FIELDS, all_hold
from studio.catalogue.inputs import fail, file_problems, unfit
from studio.catalogue.loading import Catalogue
from studio.catalogue.pricing import clips_s
from studio.catalogue.schema import Durations, Model, ParamSpec, Size
from studio.catalogue.size_rules import size_problems
from studio.domain import JSON, REQUEST, Asset, Request, Task
from studio.errors import CapabilityError, NotFound
from studio.field_errors import blank, require_whole, sentence, short
from studio.messages import Message, clipped, of_error, term
from studio.prompt import markup

__all__ = ["FIELDS", "carry_over", "complete", "parse", "problems", "unfit"]

TOLD: tuple[markup.MarkKind, ...] = ("parameter",)
"""Marks that a form tells of and that are sent all the same: some models take parameters in the prompt."""
MAX_QUOTED_CHARS = 60
"""Characters of a mark that a refusal quotes."""
SHAPELESS = ("audio_file", "reference_voices", "document")
"""Inputs that have no width and height."""


def parse(body: JSON, catalogue: Catalogue) -> Request:
    """The flat JSON of the API as a request of its task. Own parameters of the model move into `params`.

    Raises CapabilityError for an unknown field, model or task, or a value of the wrong type, naming the field.
    """
    require_whole(body)
    body = {k: v for k, v in body.items() if v is not None}
    if not isinstance(body.get("model"), str):
        raise CapabilityError(Message("request.no_model"), field="model")
    model = catalogue.get(body["model"])
    if "task" not in body and len(model.tasks) == 1:
        body["task"] = model.tasks[0].value
    own = {k: body.pop(k) for k in list(body) if k not in FIELDS and k in model.params}
    unknown = sorted(k for k in body if k not in FIELDS)
    if unknown:
        raise CapabilityError(
            Message("param.unknown", model=term(model.label), unknown=f"{unknown[0][:60]!r}"), field=unknown[0]
        )
    try:
        return REQUEST.validate_python(body | {"params": own})
    except ValidationError as error:
        first: dict[str, Any] = dict(error.errors(include_url=False)[0])
        field = ".".join(str(p) for p in first["loc"] if p not in set(Task)) or "task"
        raise CapabilityError(sentence(first, field), field=field, value=first.get("input")) from None


def complete(request: Request, model: Model) -> Request:
    """The request with everything the user left open set to the row's default, so that it is sent, not left to chance.

    The seed stays as it is. A size given only in part is completed from the row where that is unambiguous.
    """
    new: dict[str, Any] = {}
    if size := _size(request, model):
        new |= {"width": size.width, "height": size.height, "tier": size.tier or None, "aspect": size.aspect or None}
    elif request.tier is None and request.width is None and _chooses_tier_alone(request, model):
        new["tier"] = model.default_tier
    if request.task.makes == "video":
        if (
            request.duration_s is None
            and (own := model.durations)
            and not own.from_input
            and not model.follows_input(request.task, "duration")
        ):
            new["duration_s"] = _default_duration(own)
        if request.fps is None and model.fps and not model.follows_input(request.task, "fps"):
            new["fps"] = model.default_fps or model.fps[0]
    if request.audio is None and model.audio == "optional" and request.task.makes == "video":
        new["audio"] = model.audio_default
    missing = {k: s.default for k, s in model.params_for(request.task).items() if k not in request.params}
    new["params"] = {k: v for k, v in missing.items() if v is not None} | request.params
    return request.model_copy(update=new)


def _default_duration(d: Durations) -> float | None:
    return d.default or (d.choices[0] if d.choices else d.min)


def _size(request: Request, model: Model) -> Size | None:
    """The size meant by the request, or None where the model takes none or the request names one that is not listed."""
    width, height = request.width, request.height
    if width is not None or height is not None:
        fits = (s for s in model.sizes if (s.width, s.height) == (width, height))
        return next((s for s in fits if request.tier in (None, s.tier) and request.aspect in (None, s.aspect)), None)
    if _takes_shape(request, model) and not request.aspect:
        return None  # the input's shape, at the tier if one is asked for
    if model.sizes:
        named = [
            s
            for s in model.sizes
            if request.aspect in (None, s.aspect) and (request.tier or model.default_tier or s.tier) == s.tier
        ]
        if not (request.aspect or request.tier) and model.default_size:
            named = [s for s in model.sizes if (s.width, s.height) == model.default_size] or named
        return named[0] if named else None
    if model.free_size and model.default_size and not (request.aspect or request.tier):
        return Size(tier="", aspect="", width=model.default_size[0], height=model.default_size[1])
    return None


def _chooses_tier_alone(request: Request, model: Model) -> bool:
    """Whether the result has the shape of the input, and only its tier is open."""
    return model.size_from_input or bool(model.tiers and _takes_shape(request, model))


def _takes_shape(request: Request, model: Model) -> bool:
    """Whether the result has the shape of an input; a task that goes by sound alone has none to give."""
    if not model.follows_input(request.task, "size"):
        return False
    given, specs = request.media(), model.inputs_for(request.task)
    return any(name in given or spec.min for name, spec in specs.items() if name not in SHAPELESS)


def problems(request: Request, model: Model, assets: Mapping[str, Asset]) -> list[CapabilityError]:
    """Every way in which the completed request goes beyond the row, each with field, value and limit."""
    found: list[CapabilityError] = []
    if request.task not in model.tasks:
        can = [term(task) for task in model.tasks]
        return [
            CapabilityError(
                Message("task.unsupported", model=term(model.label), tasks=can, task=term(request.task)),
                field="task",
                value=request.task,
            )
        ]
    for check in (_texts, size_problems, _times, _params, file_problems, _numbers, _exclusions):
        found += check(request, model, assets)
    return found


def _texts(request: Request, model: Model, _: Mapping[str, Asset]) -> Iterator[CapabilityError]:
    required = model.prompt.required and request.task not in model.prompt.optional_for
    if required and blank(request.prompt):
        yield fail("prompt", "", "required", Message("prompt.required", model=term(model.label)))
    for field, spec, text in (
        ("prompt", model.prompt, request.prompt),
        ("negative_prompt", model.negative_prompt, request.negative_prompt),
    ):
        if spec is None:
            if text:
                yield fail(field, len(text), 0, Message("prompt.no_negative", model=term(model.label)))
        elif spec.max_chars == 0 and text:
            yield fail(
                field,
                len(text),
                0,
                Message("prompt.unused", model=term(model.label), field=term(field.replace("_", " "))),
            )
        elif spec.max_chars and len(text) > spec.max_chars:
            most = Message("prompt.cut", most=f"{spec.max_chars:,}") if spec.beyond == "cut" else f"{spec.max_chars:,}"
            message = Message(
                "prompt.too_long",
                field=term(field.replace("_", " ")),
                count=f"{len(text):,}",
                model=term(model.label),
                most=most,
            )
            yield fail(field, len(text), spec.max_chars, message)
        elif not request.literal_prompt and (found := markup.find(text, (*spec.marks, *TOLD))):
            yield _mark_error(field, text, found[0], model)


def has_marks(request: Request, catalogue: Catalogue) -> bool:
    """Whether its texts have marks of other prompt programs that its model does not read; False where it is gone."""
    try:
        model = catalogue.get(request.model)
    except NotFound:
        return False
    specs = ((request.prompt, model.prompt), (request.negative_prompt, model.negative_prompt))
    return any(markup.find(text, (*spec.marks, *TOLD)) for text, spec in specs if text and spec is not None)


def _mark_error(field: str, text: str, mark: markup.Mark, model: Model) -> CapabilityError:
    """A mark of another prompt program, which the model would take for words."""
    words = clipped(" ".join(text[mark.start : mark.end].split()), MAX_QUOTED_CHARS)
    id_ = "lint.refused_choice" if mark.kind == "choice" else "lint.refused_mark"
    return fail(field, words, "plain words", Message(id_, words=words, model=term(model.label)))


def _times(request: Request, model: Model, assets: Mapping[str, Asset]) -> Iterator[CapabilityError]:
    seconds, allowed = request.duration_s, model.durations
    if request.task.makes == "image":
        yield from _timeless(request)
        return
    clips = any(i in assets and assets[i].kind == "video" for i in request.references)
    if seconds and allowed and (most := allowed.max_with_clip) and clips and seconds > most:
        message = Message("duration.with_clip", seconds=f"{seconds:g}", model=term(model.label), most=f"{most:g}")
        yield fail("duration_s", seconds, most, message)
    taken = clips_s(request, assets)
    if seconds and allowed and (most := allowed.max_with_input) and taken and seconds + taken > most + 0.05:
        message = Message(
            "duration.with_input",
            model=term(model.label),
            most=f"{most:g}",
            taken=f"{taken:.1f}",
            left=f"{max(0, int(most - taken))}",
        )
        yield fail("duration_s", seconds, most, message)
    if seconds is not None:
        if allowed is None or (allowed.from_input and not allowed.choices and allowed.min is None):
            yield fail("duration_s", seconds, None, Message("duration.unused", model=term(model.label)))
        elif allowed.choices:
            if seconds not in allowed.choices:
                listed = ", ".join(f"{c:g}" for c in allowed.choices)
                message = Message("duration.listed", seconds=f"{seconds:g}", model=term(model.label), listed=listed)
                yield fail("duration_s", seconds, listed, message)
        else:
            low, high, step = allowed.min or 0, allowed.max or math.inf, allowed.step
            inside = low <= seconds <= high
            if not inside or (step and abs((seconds - low) / step - round((seconds - low) / step)) >= 1e-6):
                limit = Message("limit.seconds", low=f"{low:g}", high=f"{high:g}")
                if step:
                    limit = Message("limit.seconds_steps", low=f"{low:g}", high=f"{high:g}", step=f"{step:g}")
                yield fail(
                    "duration_s",
                    seconds,
                    limit,
                    Message("duration.range", seconds=f"{seconds:g}", model=term(model.label), limit=limit),
                )
    if request.fps is not None and request.fps not in model.fps:
        listed = ", ".join(map(str, model.fps)) or Message("fps.own_only")
        message = Message("fps.unsupported", fps=short(request.fps), model=term(model.label), listed=listed)
        yield fail("fps", request.fps, listed, message)


def _timeless(request: Request) -> Iterator[CapabilityError]:
    """What only clips have: no value of these would do anything to a picture."""
    for field in ("duration_s", "fps", "audio"):
        if value := getattr(request, field):
            message = Message("task.makes_picture", task=term(request.task), field=term(field.removesuffix("_s")))
            yield fail(field, value, None, message)


def _params(request: Request, model: Model, _: Mapping[str, Asset]) -> Iterator[CapabilityError]:
    specs = model.params_for(request.task)
    for name, value in request.params.items():
        spec = specs.get(name)
        if spec is None:
            yield fail(
                name,
                value,
                None,
                Message("param.not_for_task", model=term(model.label), name=name, task=term(request.task)),
            )
        elif message := _param_error(value, spec):
            yield fail(
                name,
                value,
                message,
                Message("param.value", name=name, value=short(value), model=term(model.label), limit=message),
            )


def _param_error(value: Any, spec: ParamSpec) -> str | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    low, high = -math.inf if spec.min is None else spec.min, math.inf if spec.max is None else spec.max
    if spec.type in ("int", "float"):
        if not number or not low <= value <= high or (spec.type == "int" and value % 1):
            id_ = "limit.whole_number" if spec.type == "int" else "limit.number"
            return Message(id_, low=f"{low:g}", high=f"{high:g}")
    elif spec.type == "bool" and not isinstance(value, bool):
        return Message("limit.true_false")
    elif spec.type == "choice" and value not in spec.choices:
        return Message("limit.one_of", listed=spec.choices)
    elif spec.type == "text":
        if not isinstance(value, str):
            return Message("term.text")
        if spec.max_chars and len(value) > spec.max_chars:
            return Message("limit.characters", most=f"{spec.max_chars:,}")
    return None


def _numbers(request: Request, model: Model, _: Mapping[str, Asset]) -> Iterator[CapabilityError]:
    if request.seed is not None:
        if model.seeds is None:
            yield fail("seed", request.seed, None, Message("seed.unused", model=term(model.label)))
        elif not model.seeds.min <= request.seed <= model.seeds.max:
            low, high = model.seeds.min, model.seeds.max
            message = Message("seed.range", seed=short(request.seed), model=term(model.label), low=low, high=high)
            yield fail("seed", request.seed, Message("limit.range", low=low, high=high), message)
    if not 1 <= request.n <= model.max_n:
        message = Message("count.range", count=short(request.n), model=term(model.label), most=model.max_n)
        yield fail("n", request.n, model.max_n, message)
    if request.audio is not None and request.task.makes == "video" and model.audio != "optional":
        always = model.audio == "always"
        if request.audio != always:
            message = (
                Message("audio.always", model=term(model.label))
                if always
                else Message("audio.never", model=term(model.label))
            )
            yield fail("audio", request.audio, model.audio, message)


def _exclusions(request: Request, model: Model, _: Mapping[str, Asset]) -> Iterator[CapabilityError]:
    for rule in model.exclusions:
        if all_hold(request, rule.given):
            for field in rule.never:
                if conditions.value(request, field) not in (None, "", (), False):
                    yield fail(field, conditions.value(request, field), rule.given, term(rule.why))


def carry_over(values: JSON, model: Model, task: Task) -> tuple[JSON, list[str]]:
    """The user's form values moved to another model: what is still legal stays, the rest becomes the default.

    Returns the new values (flat, without media) and one sentence for every value that had to change.
    """
    kept: JSON = {"task": task.value, "model": model.id}
    said: list[str] = []
    specs = model.params_for(task)
    for name, old in values.items():
        if name in ("task", "model") or old is None or (name not in FIELDS and name not in specs):
            continue
        own = {k: v for k, v in kept.items() if k in specs} | ({} if name in FIELDS else {name: old})
        trial = {k: v for k, v in kept.items() if k in FIELDS} | {"params": own}
        if name in FIELDS:
            trial[name] = old
        if name in ("width", "height"):
            trial |= {k: values.get(k) for k in ("width", "height")}
        try:
            request = REQUEST.validate_python(trial)
        except ValidationError as error:
            said.append(sentence(dict(error.errors(include_url=False)[0]), name))
            continue
        wrong = [p for p in problems(request, model, {}) if p.field in (name, "width", "aspect", "tier")]
        mine = [p for p in wrong if p.field == name or name in ("width", "height", "aspect", "tier")]
        if mine:
            said.append(of_error(mine[0]))
        else:
            kept[name] = old
    for pair in (("width", "height"), ("height", "width")):
        if pair[0] in kept and pair[1] not in kept:
            del kept[pair[0]]
    return kept, said
