"""Speed options of one pipeline: fused projections, 8 bits, attention, regional compile, step cache, guidance cut-off.

What was on is returned and kept with the result, so that it can be repeated. Defaults: step caches only where they act
and only with many steps; the cut-off only where the pipeline reads its guidance anew each step; compile and fused
projections off, for what they gain on a card has not been measured here, and the first costs minutes.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

import diffusers
import torch

from studio.engines.local import attention, fp8, models, step_caches
from studio.engines.local.recipe import Recipe

LIBRARY: Any = diffusers  # it names its classes at run time, which a type checker cannot see


def reshape(pipe: Any, recipe: Recipe, rung: str, device: str) -> dict[str, Any]:
    """Change the network's layers for this recipe and rung, before it is placed. Gives what is on."""
    on: dict[str, Any] = {"dtype": str(models.dtype_for(device)).removeprefix("torch."), "fused": False, "weights": 16}
    networks = models.denoisers(pipe)
    if recipe.fused and not recipe.loras:  # a LoRA file's layers stand beside the single projections
        for network in networks:
            fuse(network)
        on["fused"] = True
    if recipe.precision == "fp8" or rung == "fp8":
        for network in networks:
            fp8.convert(network, device)
        on["weights"] = 8
        on["products"] = 8 if fp8.multiplies(torch.device(device)) else 16
    return on


def fuse(network: Any) -> None:
    """One product for queries, keys and values instead of three; the library keeps the single ones, we let them go."""
    network.fuse_qkv_projections()
    for module in network.modules():
        if getattr(module, "fused_projections", False):
            names = ("to_k", "to_v") if getattr(module, "is_cross_attention", False) else ("to_q", "to_k", "to_v")
            for name in names:
                setattr(module, name, None)


def tune(pipe: Any, recipe: Recipe, device: str) -> dict[str, Any]:
    """Set what stays for all runs of this pipeline, once it is placed. Gives what is on."""
    masked = bool(recipe.engine.get("masked", True))
    on: dict[str, Any] = {
        "attention": attention.choose(models.denoisers(pipe), recipe.attention, device, masked=masked)
    }
    if recipe.compile:
        for network in models.denoisers(pipe):
            network.compile_repeated_blocks(fullgraph=False, dynamic=False)
    on["compile"] = recipe.compile
    return on


def prepare(pipe: Any, recipe: Recipe, call: dict[str, Any]) -> dict[str, Any]:
    """Set what belongs to this run alone: schedule, step cache, guidance cut-off. Changes `call`.

    Gives what is on.
    """
    _schedule(pipe, recipe, call)
    on: dict[str, Any] = {
        "step_cache": step_caches.use(pipe, recipe, call["num_inference_steps"]),
        "shift": recipe.shift,
    }
    if not recipe.engine.get("cut") or "callback_on_step_end" not in inspect.signature(pipe.__call__).parameters:
        return on
    cut = round(recipe.guidance_until * call["num_inference_steps"])

    def after(owner: Any, i: int, *_: Any) -> dict[str, Any]:
        if i + 1 >= cut:
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
