"""Step caches: work that is left out in steps which change little. Which of them act on a network is said by its row.

first-block: the first block is computed, and where it changed little the rest is taken from the step before. mag: how
much each step changes was measured once per network by the method's authors, and stands in mag_ratios.toml.
taylor: blocks are foretold from earlier steps. The library's others do nothing for these networks or fail on them:
FasterCache wants both passes of a step in one batch, SeaCache is fed by one pipeline only, and pyramid broadcast fails
where the two prompts differ in length. first-block does not know the blocks of LTX-2, HunyuanVideo, Wan Animate and
Kandinsky; Z-Image takes no cache at all.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.hooks.hooks import CacheContext, _set_cache_context

from studio.engines.local import models
from studio.engines.local.recipe import Recipe

LIBRARY: Any = diffusers  # it names its classes at run time, which a type checker cannot see

RATIOS = Path(__file__).with_name("mag_ratios.toml")

FROM_STEPS = 12
"""Distilled models with fewer steps lose visibly by skipping any."""

FIRST_BLOCK = 0.08
"""Relative change of the first block below which the others are left out; the library's documents take this value."""


def use(pipe: Any, recipe: Recipe, steps: int) -> str:
    """Set the recipe's cache afresh, so that nothing of an earlier run is left in it. Gives the name of what is on."""
    forget(pipe)
    name = recipe.step_cache
    if name == "off" or steps < FROM_STEPS:
        return "off"
    networks = models.denoisers(pipe)
    configs = _mag(pipe, recipe, steps) if name == "mag" else [_plain(name) for _ in networks]
    for network, config in zip(networks, configs, strict=True):
        if config is not None:
            network.enable_cache(config)
            if recipe.engine.get("names_no_passes"):
                network.our_passes = _Passes(network)
    return name


def forget(pipe: Any) -> None:
    """Take a step cache off, and with it what an aborted run left in it."""
    for network in models.denoisers(pipe):
        if getattr(network, "is_cache_enabled", False):
            network.disable_cache()
        if getattr(network, "our_passes", None) is not None:
            network.our_passes.remove()
            network.our_passes = None


def _plain(name: str) -> Any:
    if name == "first-block":
        return LIBRARY.FirstBlockCacheConfig(threshold=FIRST_BLOCK)
    return LIBRARY.TaylorSeerCacheConfig(cache_interval=3, disable_cache_before_step=4, use_lite_mode=True)


def _mag(pipe: Any, recipe: Recipe, steps: int) -> list[Any]:
    """One configuration an expert, None for one that is to compute every step.

    The row's ratios run over the whole schedule; each expert counts its own steps, so it gets its own part of them.
    """
    data = tomllib.loads(RATIOS.read_text("utf-8"))[recipe.engine["mag_cache"][recipe.task]]
    ratios = spread(data["ratios"], steps)
    parts, start = [], 0
    for i, count in enumerate(_steps_of_experts(pipe, steps)):
        own, start = ratios[start : start + count], start + count
        skips = count > 2 and i in data.get("experts", (0, 1))
        parts.append(_mag_config(data, own) if skips else None)
    return parts


def _mag_config(data: dict[str, Any], ratios: list[float]) -> Any:
    return LIBRARY.MagCacheConfig(
        threshold=data["threshold"],
        max_skip_steps=data["skip"],
        retention_ratio=data["retain"],
        num_inference_steps=len(ratios),
        mag_ratios=ratios,
    )


def spread(ratios: list[float], steps: int) -> list[float]:
    """The measured ratios for another number of steps: each is the product of those that lie between two of the steps.

    The method's authors take the nearest alone, which makes few steps look as close to one another as many.
    """
    last = len(ratios) - 1
    at = [round(i * last / max(1, steps - 1)) for i in range(steps)]
    return [math.prod(ratios[before + 1 : now + 1]) for before, now in zip([-1, *at], at, strict=False)]


def _steps_of_experts(pipe: Any, steps: int) -> list[int]:
    """How many of the steps each network makes: with two experts, the first down to the boundary of noise."""
    if len(models.denoisers(pipe)) == 1:
        return [steps]
    schedule = type(pipe.scheduler).from_config(pipe.scheduler.config)
    schedule.set_timesteps(steps)
    boundary = pipe.config.boundary_ratio * schedule.config.num_train_timesteps
    first = int((schedule.timesteps >= boundary).sum())
    return [first, steps - first]


class _Passes:
    """Tells a cache which pass of a step it sees, for pipelines that do not: with guidance a step has two, and one must
    never be answered from the other. The first with a new time is the one with the prompt."""

    def __init__(self, network: torch.nn.Module) -> None:
        self._time: float | None = None
        self._hook = network.register_forward_pre_hook(self._before, with_kwargs=True)

    def _before(self, network: torch.nn.Module, _: Any, kwargs: dict[str, Any]) -> None:
        now = float(kwargs["timestep"].max())
        _set_cache_context(network, CacheContext("uncond" if now == self._time else "cond"))
        self._time = now

    def remove(self) -> None:
        """Leave the network as it was."""
        self._hook.remove()
