"""A small picture of a run on its way, made from its latents without the decoder.

What is shown is not the noisy state of a step but the result it points to: a flow model says at every step which way
clean latents lie, so that the picture is there from the first step and only gets sharper. The schedule is told both at
every step by every pipeline, so that is where they are read.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from studio.engines.local.colours import Colours
from studio.engines.local.recipe import Recipe

log = logging.getLogger(__name__)

PREVIEW_INTERVAL_S = 1.0
SIDE_PX = 384
SPACES = {
    **dict.fromkeys(("WanPipeline", "WanImageToVideoPipeline", "WanVACEPipeline", "WanAnimatePipeline"), "wan21"),
    **dict.fromkeys(("QwenImagePipeline", "QwenImageEditPlusPipeline"), "wan21"),
    **dict.fromkeys(("HunyuanVideo15Pipeline", "HunyuanVideo15ImageToVideoPipeline"), "hunyuan15"),
    **dict.fromkeys(("Kandinsky5T2VPipeline", "Kandinsky5I2VPipeline"), "hunyuan"),
    "ZImagePipeline": "flux",
    "Flux2KleinPipeline": "flux2",
}
"""The latent space of each class that has a measured one; see latent_rgb.toml. TI2V-5B's is told by its channels."""
WAN22_CHANNELS = 48

OnStep = Callable[[Any, torch.Tensor, torch.Tensor], None]


@contextmanager
def observe_steps(scheduler: Any, seen: OnStep) -> Iterator[None]:
    """Call seen(schedule, velocity, sample) after each step of this schedule, and of no copy of it.

    At the class, not at the object: pipelines copy the object for sound, and the copy would step the original.
    """
    kind = type(scheduler)
    plain = kind.step

    @functools.wraps(plain)  # pipelines look at which arguments it takes
    def step(self: Any, model_output: Any, timestep: Any, sample: Any, *more: Any, **named: Any) -> Any:
        result = plain(self, model_output, timestep, sample, *more, **named)
        if self is scheduler:
            seen(self, model_output, sample)
        return result

    kind.step = step
    try:
        yield
    finally:
        kind.step = plain


class Preview:
    """Writes the newest picture to one file, at most once a second; the file is always whole. A courtesy: whatever
    goes wrong here ends the previews and not the run. path: None before there is one."""

    def __init__(self, path: Path, recipe: Recipe, pipe: Any) -> None:
        self._file, self._recipe, self._pipe = path, recipe, pipe
        self._colours: Colours | None = None
        self._written = self._broken = 0.0
        self.path: str | None = None

    @property
    def false_colours(self) -> bool:
        """Whether only shapes can be judged by it."""
        return self._colours is not None and self._colours.false_colours

    def on_step(self, scheduler: Any, velocity: torch.Tensor, sample: torch.Tensor) -> None:
        """A step was made: show where it points to."""
        if self._broken or time.monotonic() - self._written < PREVIEW_INTERVAL_S:
            return
        try:
            sigma = float(scheduler.sigmas[scheduler.step_index - 1])
            clean = unpacked(self._pipe, self._recipe, sample.detach().float() - sigma * velocity.detach().float())
            self._write(clean[0, :, clean.shape[2] // 2])
        except Exception as error:
            self._broken = time.monotonic()
            log.warning("no previews of %s (%s: %s)", self._recipe.cls, type(error).__name__, error)
        self._written = time.monotonic()

    def _write(self, latents: torch.Tensor) -> None:
        from PIL import Image

        if self._colours is None:
            wan22 = self._recipe.cls.startswith("Wan") and latents.shape[0] == WAN22_CHANNELS
            self._colours = Colours("wan22" if wan22 else SPACES.get(self._recipe.cls, ""))
        image = Image.fromarray(self._colours.picture(latents.cpu().numpy()))
        scale = SIDE_PX / max(self._recipe.width, self._recipe.height)
        size = (max(1, round(self._recipe.width * scale)), max(1, round(self._recipe.height * scale)))
        part = self._file.with_suffix(".part")
        image.resize(size, Image.Resampling.BICUBIC).save(part, "JPEG", quality=80)
        part.replace(self._file)
        self.path = str(self._file)


def unpacked(pipe: Any, recipe: Recipe, latents: torch.Tensor) -> torch.Tensor:
    """Latents as the schedule has them -> (1, C, T, H, W), by the pipeline's own geometry."""
    if latents.ndim == 3:
        latents = TOKENS[recipe.cls](pipe, recipe, latents)
    elif recipe.cls.startswith("Kandinsky5"):
        latents = latents.permute(0, 4, 1, 2, 3)  # its channels come last
    return latents if latents.ndim == 5 else latents.unsqueeze(2)


def _flux2(pipe: Any, recipe: Recipe, tokens: torch.Tensor) -> torch.Tensor:
    """Tokens row by row, each a patch of 2 x 2."""
    side = 2 * pipe.vae_scale_factor
    grid = tokens.permute(0, 2, 1).reshape(1, -1, recipe.height // side, recipe.width // side)
    return pipe._unpatchify_latents(grid)


def _qwen(pipe: Any, recipe: Recipe, tokens: torch.Tensor) -> torch.Tensor:
    return pipe._unpack_latents(tokens, recipe.height, recipe.width, pipe.vae_scale_factor)


def _ltx2(pipe: Any, recipe: Recipe, tokens: torch.Tensor) -> torch.Tensor:
    times, side = pipe.vae_temporal_compression_ratio, pipe.vae_spatial_compression_ratio
    shape = ((recipe.frames - 1) // times + 1, recipe.height // side, recipe.width // side)
    return pipe._unpack_latents(
        tokens, *shape, pipe.transformer_spatial_patch_size, pipe.transformer_temporal_patch_size
    )


TOKENS: dict[str, Callable[[Any, Recipe, torch.Tensor], torch.Tensor]] = {
    "Flux2KleinPipeline": _flux2,
    "QwenImagePipeline": _qwen,
    "QwenImageEditPlusPipeline": _qwen,
    "LTX2Pipeline": _ltx2,
    "LTX2ImageToVideoPipeline": _ltx2,
}
