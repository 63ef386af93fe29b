"""A recipe: everything the worker needs to make one result, decided before it starts. Plain values, no torch.

The same recipe gives the same result, so its key names the kept latents, and it is recorded with the run.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from studio.catalogue import Model, shapes
from studio.domain import JSON, Request, Task
from studio.engines import lora
from studio.engines.base import Job
from studio.errors import CapabilityError
from studio.messages import Message

VERSION = 1
"""Raised when the worker's way of making results changes, so that latents kept by an older one are not used."""


@dataclass(frozen=True)
class AppliedLora:
    """A LoRA file and its strength. expert: high or low for one of two experts, empty for all. repo: the hub's, where
    it belongs to a mode of the model; else the file is the user's own, in the folder loras."""

    file: str
    weight: float = 1.0
    expert: str = ""
    repo: str = ""


@dataclass(frozen=True)
class Recipe:
    """One result, completely described. Sizes in pixels; frames 1 for an image; guidance 1 means none.

    guidance_until: share of the steps after which guidance is left out, 1 for never. shift: of the flow schedule, None
    keeps the repository's. sigmas: a distilled model's own schedule. euler: plain Euler steps. inputs: paths
    by input name.
    """

    row: str
    task: str
    cls: str
    prompt: str
    negative: str
    width: int
    height: int
    frames: int
    fps: float
    seed: int
    steps: int
    guidance: float
    guidance_2: float | None
    guidance_until: float
    shift: float | None
    sigmas: tuple[float, ...]
    euler: bool
    audio: bool
    step_cache: str
    loras: tuple[AppliedLora, ...]
    precision: str
    attention: str
    compile: bool
    fused: bool
    extra: JSON = field(default_factory=dict)
    inputs: dict[str, list[str]] = field(default_factory=dict)
    engine: JSON = field(default_factory=dict)

    def key(self, digests: Mapping[str, str]) -> str:
        """A name for the denoised result: all that decides it, inputs by content. digests: path -> sha256."""
        body = asdict(self) | {"inputs": {k: [digests[p] for p in v] for k, v in self.inputs.items()}}
        text = json.dumps([VERSION, body], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def json(self) -> JSON:
        """The recipe as the worker gets it."""
        return asdict(self)


def from_json(body: JSON) -> Recipe:
    """The recipe that `json` wrote."""
    loras = tuple(AppliedLora(**one) for one in body["loras"])
    return Recipe(**body | {"loras": loras, "sigmas": tuple(body["sigmas"])})


def frame_count(duration_s: float, fps: float, step: int) -> int:
    """The number of frames nearest to the duration that the model can make: a multiple of step, plus one."""
    return max(1, round(duration_s * fps / step)) * step + 1


def write(job: Job) -> Recipe:
    """The recipe of a job: the mode's values, overridden by what the user set.

    Raises CapabilityError for a LoRA line that cannot be read, or a class this row does not have for the task.
    """
    request, engine = job.request, job.model.engine
    mode = _mode(request, job.model)
    steps = int(_given(request, "steps") or mode["steps"])
    return Recipe(
        row=job.model.id,
        task=request.task.value,
        cls=engine["classes"][request.task.value],
        prompt=request.prompt,
        negative=request.negative_prompt or str(engine.get("negative", "")),
        **size(job),
        **clock(job),
        seed=job.seed or 0,
        steps=steps,
        guidance=float(_first(_given(request, "guidance"), mode.get("guidance", 1.0))),
        guidance_2=_number(_first(_given(request, "guidance_2"), mode.get("guidance_2"))),
        guidance_until=float(_first(_given(request, "guidance_until"), mode.get("guidance_until", 1.0))),
        shift=_number(_first(_given(request, "shift"), mode.get("shift"))),
        sigmas=tuple(mode.get("sigmas", ())) if steps == mode["steps"] else (),
        euler=bool(mode.get("euler")),
        audio=bool(request.audio) or job.model.audio == "always",
        step_cache=_switch(request, "step_cache", mode.get("step_cache", "off")),
        loras=_loras(str(_given(request, "loras") or "")) + _user_loras(mode),
        precision=_switch(request, "precision", "auto"),
        attention=_switch(request, "attention", "auto"),
        compile=bool(_given(request, "compile")),
        fused=bool(_given(request, "fused")),
        extra={k: request.params[k] for k in engine.get("extra", ()) if request.params.get(k) is not None},
        inputs=_paths(job),
        engine=engine,
    )


def _mode(request: Request, model: Model) -> JSON:
    modes = model.engine["modes"]
    return modes.get(request.params.get("mode", "standard")) or modes["standard"]


def _given(request: Request, name: str) -> Any:
    return request.params.get(name)


def _first(*values: Any) -> Any:
    return next((v for v in values if v is not None), None)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _switch(request: Request, name: str, automatic: str) -> str:
    value = _given(request, name)
    return automatic if value in (None, "auto") else str(value)


def size(job: Job) -> dict[str, int]:
    """Width and height to make, in pixels; see catalogue.shapes."""
    width, height = shapes.size(job.request, job.model, {i: one.asset for i, one in job.inputs.items()})
    return {"width": width, "height": height}


def clock(job: Job) -> dict[str, Any]:
    """Number of frames and their rate. A clip made from a clip is as long as that one, within the model's limits."""
    request, model = job.request, job.model
    if request.task in (Task.TEXT_TO_IMAGE, Task.IMAGE_EDIT):
        return {"frames": 1, "fps": 0.0}
    fps = float(request.fps or model.default_fps or 16)
    seconds, clip = request.duration_s, job.inputs.get(request.video or "")
    follows = model.follows_input(request.task, "duration") and request.params.get("edit") != "extend"
    if seconds is None and follows and clip:
        seconds = clip.asset.duration_s
    if seconds is None:
        durations = model.durations
        seconds = (durations and (durations.default or durations.max)) or 5.0
    limit = model.durations.max if model.durations and model.durations.max else math.inf
    return {"frames": frame_count(min(seconds, limit), fps, int(model.engine.get("frame_step", 4))), "fps": fps}


def _paths(job: Job) -> dict[str, list[str]]:
    media = job.request.media().items()
    return {name: [str(job.inputs[i].path) for i in ids if i in job.inputs] for name, ids in media}


def _loras(line: str) -> tuple[AppliedLora, ...]:
    """The LoRA files of the form's line, which lie in the folder loras."""
    found = lora.read(line)
    for one in found:
        if Path(one.name).name != one.name or not one.name.endswith(".safetensors"):
            message = Message("lora.bad_name", name=f"{one.name!r}")
            raise CapabilityError(message, field="loras", value=line)
    return tuple(AppliedLora(one.name, one.weight, one.expert) for one in found)


def _user_loras(mode: JSON) -> tuple[AppliedLora, ...]:
    return tuple(AppliedLora(one["file"], 1.0, one.get("expert", ""), one["repo"]) for one in mode.get("loras", ()))
