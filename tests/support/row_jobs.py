"""Jobs for any catalogue row, with declared files: the least that a task needs, and all that the row takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.catalogue import Catalogue, InputSpec, Model, validation
from studio.domain import JSON, Asset, Kind, Task
from studio.engines.base import Input, Job

LISTS = ("images", "references")
FACTS: dict[Kind, JSON] = {
    Kind.IMAGE: {"mime": "image/png", "width": 1280, "height": 720},
    Kind.VIDEO: {"mime": "video/mp4", "width": 1280, "height": 720, "duration_s": 4.0, "fps": 24.0},
    Kind.AUDIO: {"mime": "audio/wav", "duration_s": 4.0},
    Kind.DOCUMENT: {"mime": "application/pdf", "pages": 3},
}
FILES = {
    f"{kind}{n}": Asset(id=f"{kind}{n}", kind=kind, bytes=1000, name=f"{kind}{n}", **facts)
    for kind, facts in FACTS.items()
    for n in range(4)
}


def jobs(model: Model) -> Iterator[Job]:
    """For each task of the row: the least request, then the fullest that its exclusions allow."""
    for task in model.tasks:
        for full in (False, True):
            yield job(model, task, full=full)


def job(model: Model, task: Task, *, full: bool = False, **more: Any) -> Job:
    """A job with this row's defaults; full: with optional files, a negative prompt and own parameters written out."""
    body: JSON = {"model": model.id, "task": task, "prompt": "a red fox" if model.prompt.max_chars != 0 else ""}
    if full and model.negative_prompt:
        body["negative_prompt"] = "blurred"
    for name, spec in model.inputs_for(task).items():
        if spec.min or full:
            body[name] = _ids(name, spec, full=full)
    request = validation.complete(validation.parse(body | more, Catalogue([model])), model)
    problems = [str(problem) for problem in validation.problems(request, model, FILES)]
    assert problems == [], (model.id, task, problems)
    used = sorted({i for ids in request.media().values() for i in ids})
    inputs = {i: Input(FILES[i], Path(i)) for i in used}
    uploads = {i: f"https://files.example.com/{i}" for i in used}
    return Job("r_1", request, model, max(7, model.seeds.min) if model.seeds else None, Path(), inputs, uploads)


def _ids(name: str, spec: InputSpec, *, full: bool) -> list[str] | str:
    """Files that fit: one for an input that takes one; in lists one of each kind, or the fewest."""
    kinds = sorted(spec.kinds, key=lambda kind: kind != Kind.VIDEO)
    if name not in LISTS:
        return f"{kinds[0]}0"
    count = max(spec.min, 1)
    found = [f"{kind}1" for kind in kinds] if full and len(kinds) > 1 else [f"{kinds[0]}{n}" for n in range(count)]
    return found[: spec.max]
