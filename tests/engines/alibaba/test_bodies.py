"""Every body that is sent, as it was when the models' pages were read: one character more is another meaning.

`bodies.txt` holds one line per row, task and manner of asking. Write it anew after a row was changed on purpose:
`python -m tests.engines.alibaba.test_bodies`, and read the difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from studio.catalogue import Model, ParamSpec, load, validation
from studio.domain import JSON, REQUEST, Asset, Kind, Task
from studio.engines.alibaba import request as request_body
from studio.engines.base import Input, Job

FILE = Path(__file__).with_name("bodies.txt")
ROWS = [m for m in load() if m.provider == "alibaba"]
LISTS = ("images", "references")
MIMES = {Kind.IMAGE: "image/png", Kind.VIDEO: "video/mp4", Kind.AUDIO: "audio/mpeg", Kind.DOCUMENT: "application/pdf"}
CLIP_INPUTS = {"video": Kind.VIDEO, "audio_file": Kind.AUDIO, "reference_voices": Kind.AUDIO}


def bare(model: Model, task: Task, files: dict[str, Kind]) -> JSON:
    """Only what must be there."""
    return _inputs(model, task, files, most=False) | {"prompt": "a fox"}


def full(model: Model, task: Task, files: dict[str, Kind]) -> JSON:
    """Everything the row takes, none of it at its default where there is another value."""
    body = _inputs(model, task, files, most=True) | {"prompt": "a red fox, dusk"}
    if model.negative_prompt:
        body["negative_prompt"] = "blur"
    if model.sizes:
        body |= {"aspect": model.sizes[-1].aspect, "tier": model.sizes[-1].tier or None}
    elif model.tiers:
        body["tier"] = model.tiers[-1]
    if (own := model.durations) and (length := own.choices[-1] if own.choices else own.max):
        body["duration_s"] = length
    if model.audio == "optional":
        body["audio"] = False
    if model.free_size and not model.sizes:
        body |= {"width": 1024, "height": 768, "tier": None}
    body["params"] = {name: _other(spec) for name, spec in model.params_for(task).items()}
    return body


def of_document(model: Model, task: Task, files: dict[str, Kind]) -> JSON:
    """A document alone, in the place of references."""
    files["document"] = Kind.DOCUMENT
    return {"prompt": "a fox", "document": "document"}


def _other(spec: ParamSpec) -> object:
    if spec.type == "bool":
        return not spec.default
    if spec.type == "choice":
        return spec.choices[-1]
    return "obj, bg" if spec.type == "text" else int(spec.max or 0) if spec.type == "int" else spec.max


def _inputs(model: Model, task: Task, files: dict[str, Kind], *, most: bool) -> JSON:
    body: JSON = {}
    for name, spec in model.inputs_for(task).items():
        count = min(spec.max, 3) if most else spec.min
        ruled_out = any(other in body for other in spec.excludes) or any(name in r.given for r in model.exclusions)
        if not count or (most and ruled_out):
            continue
        kinds = [k for k in spec.kinds for _ in range(count)][:count] if len(spec.kinds) == 1 else list(spec.kinds)
        ids = [f"{name}{n}-{kind}" for n, kind in enumerate(kinds[:count])]
        files |= dict(zip(ids, kinds, strict=False))
        if name == "reference_voices":
            body[name] = {body["references"][0]: ids[0]}
        else:
            body[name] = ids if name in LISTS else ids[0]
    return body


def job(model: Model, body: JSON, files: dict[str, Kind], folder: Path) -> Job:
    """As the job manager and `prepare` would make it: what may not travel inside was uploaded."""
    inputs: dict[str, Input] = {}
    for name, kind in files.items():
        path = folder / name
        path.write_bytes(name.encode())
        big = "1" in name  # every second picture is too large to travel inside
        mime = {
            Kind.IMAGE: "image/png",
            Kind.VIDEO: "video/mp4",
            Kind.AUDIO: "audio/mpeg",
            Kind.DOCUMENT: "application/pdf",
        }[kind]
        inputs[name] = Input(Asset(id=name, kind=kind, mime=mime, bytes=9_000_000 if big else 9), path)
    made = Job("r1", REQUEST.validate_python(body), model, 7, folder, inputs)
    inside = request_body.inlined_assets(made)
    uploads = {i: f"oss://dashscope-instant/{i}" for i in inputs if i not in inside}
    return Job("r1", made.request, model, 7, folder, inputs, uploads)


def bodies() -> Iterator[tuple[str, str]]:
    """(row, task and manner; the body as it goes over the wire)."""
    with TemporaryDirectory() as folder:
        for model in ROWS:
            for task in model.tasks:
                for asked in (bare, full, *([of_document] if "document" in model.inputs_for(task) else [])):
                    files: dict[str, Kind] = {}
                    given = {"task": task, "model": model.id} | asked(model, task, files)
                    request = validation.complete(REQUEST.validate_python(given), model)
                    one = job(model, request.model_dump(), files, Path(folder))
                    for region in model.regions[: 2 if "models" in model.engine else 1]:
                        body = request_body.build(one, region=region)
                        yield f"{model.id} {task} {asked.__name__} {region}", json.dumps(body, ensure_ascii=False)


def test_bodies_are_those_on_file() -> None:
    kept = dict(line.split("\t") for line in FILE.read_text("utf-8").splitlines())
    made = dict(bodies())
    assert list(made) == list(kept), "rows or tasks have changed"
    wrong = [name for name in kept if made[name] != kept[name]]
    if wrong:
        pytest.fail("\n".join(f"{name}\n  on file {kept[name]}\n  now     {made[name]}" for name in wrong[:5]))


if __name__ == "__main__":
    FILE.write_text("".join(f"{name}\t{body}\n" for name, body in bodies()), "utf-8")
