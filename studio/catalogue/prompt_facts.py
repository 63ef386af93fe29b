"""What the rules of `studio.prompt.lint` know of a request: its row, and what form or shot hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studio.catalogue import reference_names
from studio.catalogue.schema import Model
from studio.domain import JSON, Kind, Task, media_of
from studio.prompt.lint.model import Facts, Sound

WORDS = {
    "wan2.2-t2v-a14b": (60, 200),
    "wan2.2-t2v-plus": (60, 200),
    "wan2.2-ti2v-5b": (60, 200),
}
"""Canonical model -> words that its authors write a prompt with. Source: the rewriting prompts of Wan2.2 for text to
video, rule 7 (wan/utils/system_prompt.py, 2026-03-17)."""
ONE_CAMERA_TERM = frozenset(WORDS)
"""Models whose authors leave the camera angle out where a prompt has a move: the same source, rule 1."""
REWRITES = "prompt_extend"
"""The own parameter by which a provider rewrites prompts; then length and camera words are the rewriter's."""


def facts(model: Model, task: Task, body: JSON, kinds: Mapping[str, Kind] | None = None) -> Facts:
    """The facts of a flat request. kinds: of the files it names, by id; a file that is not there counts as a picture,
    where its slot takes pictures."""
    specs = model.params_for(task)
    rewritten = bool(body.get(REWRITES, specs[REWRITES].default if REWRITES in specs else False))
    by_author = model.canonical in WORDS and not rewritten and task is Task.TEXT_TO_VIDEO
    seconds, allowed = body.get("duration_s"), model.durations
    files = _kinds_of(model, task, body, kinds or {})
    references = files.get("references") or files.get("images") or []
    names = [name for name in reference_names.names(model, references) if name]
    counted = [kind for slot in files.values() for kind in slot]
    made = Facts(
        model=model.label,
        makes="video" if task.makes is Kind.VIDEO else "image",
        max_chars=model.prompt.max_chars,
        beyond=model.prompt.beyond,
        words=WORDS[model.canonical] if by_author else None,
        one_camera_term=by_author and model.canonical in ONE_CAMERA_TERM,
        duration_s=float(seconds) if isinstance(seconds, int | float) else _default_s(model),
        sound=_sound(model, task, body),
        sound_switch=model.audio == "optional",
        negative=model.negative_prompt is not None and model.negative_prompt.max_chars != 0,
        reads=frozenset(model.prompt.marks),
        literal=body.get("literal_prompt") is True,
        media=tuple(sorted((kind.value, counted.count(kind)) for kind in set(counted))),
        reference_names=tuple(names),
        reads_names=model.draft,
        needs_references=task is Task.REFERENCE_TO_VIDEO,
    )
    if allowed is None or not (allowed.choices or allowed.max):
        return made
    if allowed.choices:
        return replace(made, lengths=tuple(map(float, allowed.choices)))
    return replace(made, length_range=(allowed.min or 0.0, allowed.max or 0.0, allowed.step))


def _default_s(model: Model) -> float | None:
    allowed = model.durations
    if allowed is None or allowed.from_input:
        return None
    return allowed.default or (allowed.choices[0] if allowed.choices else allowed.min)


def _sound(model: Model, task: Task, body: JSON) -> Sound:
    if body.get("audio_file") or task is Task.VIDEO_TO_VIDEO:
        return "unknown"
    if model.audio == "never" or task.makes is not Kind.VIDEO:
        return "unknown" if model.draft else "never"
    if model.audio == "always":
        return "on"
    wanted = body.get("audio")
    return "on" if (model.audio_default if wanted is None else wanted) else "off"


def _kinds_of(model: Model, task: Task, body: JSON, kinds: Mapping[str, Kind]) -> dict[str, Sequence[Kind]]:
    """Kinds of the files in each slot."""
    specs = model.inputs_for(task)
    return {
        slot: [kinds.get(id_, specs[slot].kinds[0]) for id_ in ids]
        for slot, ids in media_of(body).items()
        if slot in specs
    }
