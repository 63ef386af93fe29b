"""A small picture of a run on its way, made from its latents without the decoder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch

from studio.engines.local.recipe import Recipe

EVERY_S = 1.0
SIDE_PX = 320


class Preview:
    """Writes the newest picture to one file, at most once a second; the file is always whole."""

    def __init__(self, path: Path, recipe: Recipe) -> None:
        self.path, self.recipe = path, recipe
        self._written = 0.0

    def show(self, latents: Any) -> str | None:
        """The path of the picture, or None where there is no new one or latents are packed into tokens."""
        if time.monotonic() - self._written < EVERY_S or not isinstance(latents, torch.Tensor) or latents.ndim < 4:
            return None
        self._written = time.monotonic()
        image = picture(latents)
        image.thumbnail((SIDE_PX, SIDE_PX))
        part = self.path.with_suffix(".part")
        try:
            image.save(part, "JPEG", quality=80)
            part.replace(self.path)
        except OSError:  # a courtesy; the run itself goes on
            return None
        return str(self.path)


def picture(latents: torch.Tensor) -> Any:
    """Latents (1, C, T, H, W) or (1, C, H, W) as a picture: three channels of the middle frame, stretched, enlarged."""
    from PIL import Image

    x = latents.detach().float()
    if x.ndim == 5:
        x = x[:, :, x.shape[2] // 2]
    x = x[0, :3]
    low, high = x.quantile(0.01), x.quantile(0.99)
    scaled = ((x - low) / (high - low + 1e-6)).clamp(0, 1) * 255
    image = Image.fromarray(scaled.permute(1, 2, 0).byte().cpu().numpy())
    return image.resize((image.width * 8, image.height * 8), Image.Resampling.BICUBIC)
