"""What another model would do otherwise than the one a request was written for, as messages. Pure functions over data.

Both requests are complete (see validation.complete). What neither the user nor the row decides, such as a frame rate
that no model lets one choose, is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.catalogue.schema import Model
from studio.domain import Request, Task
from studio.field_errors import short
from studio.messages import Message, term

SHAPELESS = (Task.TEXT_TO_IMAGE, Task.TEXT_TO_VIDEO)
"""Tasks without an input that has a shape."""


def differences(old: Request, old_model: Model, new: Request, new_model: Model) -> list[str]:
    """One message for each thing that `new` asks otherwise than `old`, the most visible first; empty for the same."""
    found: list[str] = []
    for compare in (_size, _times, _sound, _texts, _inputs, _numbers, _params):
        found += compare(old, old_model, new, new_model)
    return found


def _size(old: Request, old_model: Model, new: Request, new_model: Model) -> Iterator[str]:
    before, after = _size_label(old), _size_label(new)
    if not before or _same_size(old, new):
        return
    takes_shape = new_model.follows_input(new.task, "size") or new_model.size_from_input
    follows = takes_shape and new.task not in SHAPELESS
    if after and new.width is None and old.width is not None and follows:
        yield Message("compare.size_tier", old=before, new=after)
    elif after:
        yield Message("compare.size", old=before, new=after)
    elif follows:
        yield Message("compare.size_follows", old=before)
    else:
        yield Message("compare.size_open", old=before)


def _same_size(old: Request, new: Request) -> bool:
    """Whether both ask for the same: by pixels where both name them, else by the tier."""
    if old.width is not None and new.width is not None:
        return (old.width, old.height) == (new.width, new.height)
    return old.width is None and new.width is None and (old.tier or "").casefold() == (new.tier or "").casefold()


def _size_label(request: Request) -> str:
    if request.width and request.height:
        return f"{request.width} × {request.height}"
    return request.tier or ""


def _times(old: Request, old_model: Model, new: Request, new_model: Model) -> Iterator[str]:
    before, after = old.duration_s, new.duration_s
    if before is not None and after is not None and before != after:
        yield Message("compare.duration", old=f"{before:g}", new=f"{after:g}")
    elif before is not None and after is None:
        own = new_model.follows_input(new.task, "duration") or (new_model.durations and new_model.durations.from_input)
        yield Message("compare.duration_follows" if own else "compare.duration_open", old=f"{before:g}")
    elif after is not None and before is None and old.task.makes == "video":
        yield Message("compare.duration_set", new=f"{after:g}")
    chosen = len(old_model.fps) > 1 and old.fps not in (None, old_model.default_fps or old_model.fps[0])
    if chosen and old.fps != new.fps:
        yield Message("compare.fps", old=old.fps, new=new.fps or Message("compare.open"))


def _sound(old: Request, old_model: Model, new: Request, new_model: Model) -> Iterator[str]:
    if old.task.makes == "video" and (before := _has_sound(old, old_model)) != (after := _has_sound(new, new_model)):
        yield Message("compare.sound_on" if after and not before else "compare.sound_off")


def _has_sound(request: Request, model: Model) -> bool:
    return bool(request.audio) if model.audio == "optional" else model.audio == "always"


def _texts(old: Request, old_model: Model, new: Request, new_model: Model) -> Iterator[str]:
    if old.prompt and not new.prompt:
        yield Message("compare.prompt_unused")
    if old.negative_prompt and not new.negative_prompt:
        yield Message("compare.negative_unused")


def _inputs(old: Request, old_model: Model, new: Request, new_model: Model) -> Iterator[str]:
    kept = new.media()
    for name in old.media():
        if name not in kept:
            yield Message("compare.unused", label=term(old_model.inputs[name].label or name.replace("_", " ")))


def _numbers(old: Request, old_model: Model, new: Request, new_model: Model) -> Iterator[str]:
    if old.n != new.n:
        yield Message("compare.count", old=old.n, new=new.n)
    if old.seed is not None and new.seed is None:
        yield Message("compare.seed_unused", seed=str(old.seed))


def _params(old: Request, old_model: Model, new: Request, new_model: Model) -> Iterator[str]:
    """Own parameters that the user set: a default of the old row is nobody's choice."""
    specs = new_model.params_for(new.task)
    for name, value in old.params.items():
        spec = old_model.params.get(name)
        if spec is None or value == spec.default or new.params.get(name) == value:
            continue
        label = term(spec.label)
        if name in specs:
            yield Message("compare.value", label=label, old=_worded(value), new=_worded(new.params.get(name)))
        else:
            yield Message("compare.unused", label=label)


def _worded(value: Any) -> str:
    return Message("compare.open") if value is None else short(value)
