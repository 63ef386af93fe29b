"""Latents to small pictures without the decoder: by measured factors where there are some, else by main components.

No torch here: numbers in, a picture out. The factors stand in latent_rgb.toml with their source.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

Array = Any  # float32 arrays; numpy's own hints cannot say their shapes

FACTORS = Path(__file__).with_name("latent_rgb.toml")
TINT = 0.7
"""How strongly the second and third component colour the first one's greys."""


@cache
def factors(space: str) -> tuple[Array, Array] | None:
    """Factors (C, 3) and bias (3,) of a latent space by its name, None for an unknown one."""
    spaces = tomllib.loads(FACTORS.read_text("utf-8"))
    if space not in spaces:
        return None
    return np.asarray(spaces[space]["factors"], np.float32), np.asarray(spaces[space]["bias"], np.float32)


class Colours:
    """Pictures of one run. space: the name of its latent space, "" where nobody measured it.

    false_colours: whether the colours are ours to choose: only shapes and movement can be judged then.
    """

    def __init__(self, space: str) -> None:
        self._known = factors(space)
        self._axes: Array | None = None
        self.false_colours = True

    def picture(self, latents: Array) -> Array:
        """Latents (C, H, W) as uint8 (H, W, 3)."""
        channels, height, width = latents.shape
        pixels = latents.reshape(channels, -1).T.astype(np.float32)  # (H * W, C)
        if self._known is not None and len(self._known[0]) == channels:
            self.false_colours = False
            rgb = pixels @ self._known[0] + self._known[1]
        else:
            rgb = self._components(pixels)
        return ((rgb.clip(-1, 1) + 1) * 127.5).round().astype(np.uint8).reshape(height, width, 3)

    def _components(self, pixels: Array) -> Array:
        """What varies most as light and dark, the next two as tints. Turned so that it looks like the last one, for a
        component has no direction of its own."""
        centred = pixels - pixels.mean(0)
        axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :3]
        axes = np.pad(axes, ((0, 0), (0, 3 - axes.shape[1])))
        if self._axes is not None:
            left, _, right = np.linalg.svd(axes.T @ self._axes)
            axes = axes @ (left @ right)
        self._axes = axes
        shades = centred @ axes
        shades = shades / (2.5 * shades.std(0).max() + 1e-6)
        light, warm, green = shades[:, :1], shades[:, 1:2] * TINT, shades[:, 2:] * TINT
        return np.concatenate([light + warm - green, light + green, light - warm - green], 1)
