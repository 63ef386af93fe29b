"""Speed options of one pipeline: attention, regional compile, step cache, guidance cut-off. What was on is returned.

Defaults follow what has been shown to work with each network (see the table in the documents): step caches only where
they have an effect and only with many steps, the cut-off only where the pipeline reads its guidance anew each step.
"""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import diffusers
import torch

from studio.engines.local import models, preview
from studio.engines.local.recipe import Recipe

LIBRARY: Any = diffusers  # it names its classes at run time, which a type checker cannot see

CACHE_FROM_STEPS = 12
"""Distilled models with fewer steps lose visibly by skipping any."""


def tune(pipe: Any, recipe: Recipe, device: str) -> dict[str, Any]:
    """Set what stays for all runs of this pipeline. Gives what is on."""
    on: dict[str, Any] = {"dtype": str(models.dtype_for(device)).removeprefix("torch.")}
    on["attention"] = _attention(pipe, recipe.attention, device)
    if recipe.compile:
        for network in models.denoisers(pipe):
            network.compile_repeated_blocks(fullgraph=False, dynamic=False)
    on["compile"] = recipe.compile
    return on


BACKENDS = {"cudnn": "_native_cudnn", "flash": "flash", "flash3": "_flash_3", "sage": "sage", "native": "native"}


def _attention(pipe: Any, wanted: str, device: str) -> str:
    """The attention kernel, by our name. auto: cuDNN's on cards from 9.0 (Hopper), torch's own choice elsewhere.

    The setter changes the whole process, which is why a process serves one model. Raises ValueError where the
    backend's package is missing.
    """
    if wanted == "auto":
        hopper = device.startswith("cuda") and torch.cuda.get_device_capability()[0] >= 9
        wanted = "cudnn" if hopper else "native"
    if wanted != "native":
        for network in models.denoisers(pipe):
            network.set_attention_backend(BACKENDS[wanted])
    return wanted


def prepare(pipe: Any, recipe: Recipe, steps: Any, job: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    """Set what belongs to this run alone: schedule, step cache, guidance cut-off, preview. Changes `call`.

    Gives what is on.
    """
    _schedule(pipe, recipe, call)
    on: dict[str, Any] = {"step_cache": _set_cache(pipe, recipe), "shift": recipe.shift}
    if "callback_on_step_end" not in inspect.signature(pipe.__call__).parameters:
        return on
    cut = round(recipe.guidance_until * call["num_inference_steps"])
    look = preview.Preview(Path(job["out"]) / "preview.jpg", recipe)

    def after(owner: Any, i: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        steps.preview = look.show(tensors["latents"]) or steps.preview
        if recipe.engine.get("cut") and i + 1 >= cut:
            owner._guidance_scale = 1.0  # read anew each step; the unconditional pass is left out from here
        return {}

    call["callback_on_step_end"] = after
    return on


def _schedule(pipe: Any, recipe: Recipe, call: dict[str, Any]) -> None:
    """The noise schedule of this run, from the repository's own and the recipe's shift.

    Models distilled to few steps want exact moments and plain Euler steps; where a call takes no `sigmas`, the schedule
    is told them itself. The repositories say shift 3 for Wan 2.2, its authors use 12 and 5, hence the rows' values.
    """
    if not hasattr(pipe, "own_schedule"):
        pipe.own_schedule = pipe.scheduler
    own = pipe.own_schedule
    key = recipe.engine.get("shift_key", "flow_shift")
    if recipe.euler:
        shift = recipe.shift if recipe.shift is not None else own.config.get(key, 1.0)
        pipe.scheduler = LIBRARY.FlowMatchEulerDiscreteScheduler(shift=shift)
    elif recipe.shift is not None:
        log = math.log(recipe.shift)
        dynamic = {"use_dynamic_shifting": True, "base_shift": log, "max_shift": log, "shift_terminal": None}
        pipe.scheduler = type(own).from_config(own.config, **(dynamic if key == "dynamic" else {key: recipe.shift}))
    else:
        pipe.scheduler = own
    if recipe.sigmas and "sigmas" not in call:
        moments, plain = list(recipe.sigmas), pipe.scheduler.set_timesteps
        pipe.scheduler.set_timesteps = lambda _=None, device=None, **__: plain(sigmas=moments, device=device)


def _set_cache(pipe: Any, recipe: Recipe) -> str:
    forget_cache(pipe)
    if recipe.step_cache == "off" or recipe.steps < CACHE_FROM_STEPS:
        return "off"
    for network in models.denoisers(pipe):
        network.enable_cache(_cache(recipe.step_cache))
    return recipe.step_cache


def _cache(name: str) -> Any:
    if name == "first-block":
        return LIBRARY.FirstBlockCacheConfig(threshold=0.08)
    return LIBRARY.TaylorSeerCacheConfig(cache_interval=3, disable_cache_before_step=4, use_lite_mode=True)


def forget_cache(pipe: Any) -> None:
    """Take a step cache off, and with it what an aborted run left in it."""
    for network in models.denoisers(pipe):
        if getattr(network, "is_cache_enabled", False):
            network.disable_cache()
