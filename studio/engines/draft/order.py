"""A job as an order to the drawing workers: what the user left open is taken from the inputs, else from defaults."""

from __future__ import annotations

import math
from typing import Any

from studio.animatic.order import InputFile, Order
from studio.domain import Task
from studio.engines.base import Job

DEFAULT_DURATION_S = 5.0
DEFAULT_FPS = 30
TIER_PIXELS = {"480P": 832 * 480, "720P": 1280 * 720, "1080P": 1920 * 1080, "4K": 3840 * 2160}
"""Area of a video that follows the shape of its input, by the tier the user chose."""
GRID = 16
"""Sides of clips that follow the shape of an input: multiples of this, as video models and coders like them."""

LEADS = {
    Task.IMAGE_EDIT: ("image", "images"),
    Task.IMAGE_TO_VIDEO: ("first_frame",),
    Task.VIDEO_TO_VIDEO: ("video",),
    Task.AUDIO_TO_VIDEO: ("first_frame",),
}
"""The input whose shape the result takes where the user leaves the size open."""


def order_of(job: Job) -> Order:
    """The job as an order, with what the user left open taken from the inputs, else from the defaults."""
    request = job.request
    inputs = {
        name: [
            InputFile(str(f.path), f.asset.kind.value, f.asset.name, *_shape(f.asset), f.asset.duration_s, f.asset.fps)
            for f in (job.inputs[i] for i in ids)
        ]
        for name, ids in request.media().items()
    }
    lead = next((inputs[n][0] for n in LEADS.get(request.task, ()) if inputs.get(n)), None)
    width, height = request.width, request.height
    if not (width and height):
        width, height = _size(request.task, lead, request.tier)
    return Order(
        task=request.task.value,
        prompt=request.prompt,
        seed=job.seed or 0,
        width=width,
        height=height,
        duration_s=request.duration_s or _duration(inputs) or DEFAULT_DURATION_S,
        fps=request.fps or _fps(request.task, lead),
        sound=request.audio is not False,
        folder=str(job.work_dir),
        params=dict(request.params),
        inputs=inputs,
        settings={**request.flat(), "seed": job.seed, "n": 1},
    )


def _shape(asset: Any) -> tuple[int | None, int | None]:
    return asset.width, asset.height


def _size(task: Task, lead: InputFile | None, tier: str | None) -> tuple[int, int]:
    """An edited picture or a restyled clip keeps its own size, other clips take the shape at the tier.

    Sides that were scaled to a tier are multiples of GRID, unless they come out whole and even (1920x1080).
    """
    if lead is None or not (lead.width and lead.height):
        return 1280, 720
    scale = 1.0
    if tier or task not in (Task.IMAGE_EDIT, Task.VIDEO_TO_VIDEO):
        scale = math.sqrt(TIER_PIXELS.get(tier or "720P", TIER_PIXELS["720P"]) / (lead.width * lead.height))
    scale = min(scale, 4096 / max(lead.width, lead.height))
    if task is Task.IMAGE_EDIT and scale == 1.0:
        return lead.width, lead.height
    sides = lead.width * scale, lead.height * scale
    exact = scale == 1.0 or all(abs(side - 2 * round(side / 2)) < 1e-6 for side in sides)
    step = 2 if exact else GRID
    return max(64, step * round(sides[0] / step)), max(64, step * round(sides[1] / step))


def _duration(inputs: dict[str, list[InputFile]]) -> float | None:
    """The length of the clip or the sound that the result follows."""
    for name in ("video", "audio_file"):
        for source in inputs.get(name, []):
            if source.duration_s:
                return source.duration_s
    return None


def _fps(task: Task, lead: InputFile | None) -> int:
    if task is Task.VIDEO_TO_VIDEO and lead and lead.fps:
        return max(1, min(60, round(lead.fps)))
    return DEFAULT_FPS
