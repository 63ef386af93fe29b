"""Pictures out: the caption or the DRAFT mark, and a PNG with its metadata, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.animatic.draw.caption import draft_mark, strip
from studio.animatic.order import Order, output_path
from studio.animatic.text.reading import PromptReading
from studio.media.files import replacing
from studio.media.metadata import Origin, video_texts


def finish(rgb: np.ndarray, order: Order, reading: PromptReading) -> Path:
    """Burn in the caption strip and write the PNG."""
    if order.params.get("caption", True):
        result = strip(reading, order.width, order.height)
        composite(rgb, result.overlay, result.box)
    else:
        mark(rgb)
    return save(rgb, order)


def composite(rgb: np.ndarray, overlay: np.ndarray, box: tuple[int, int, int, int]) -> None:
    """Blend a straight-alpha RGBA overlay into its box of the picture, in place."""
    left, top, right, bottom = box
    under = rgb[top:bottom, left:right]
    alpha = overlay[..., 3:].astype(np.float32) / 255
    under[:] = np.clip(overlay[..., :3] * alpha + under[..., :3] * (1 - alpha) + 0.5, 0, 255)


def save(picture: np.ndarray, order: Order) -> Path:
    """Write an RGB or RGBA picture as PNG with the order's metadata."""
    path = output_path(order)
    info = PngInfo()
    for key, text in video_texts(order.settings, origin=Origin.DRAFT).items():
        info.add_itxt(key, text)
    with replacing(path) as partial:
        Image.fromarray(picture).save(partial, "PNG", pnginfo=info, compress_level=4)
    return path


def mark(picture: np.ndarray) -> None:
    """Burn a small DRAFT mark into the right lower corner of an RGB or RGBA picture, in place."""
    height, width = picture.shape[:2]
    result = draft_mark(width, height)
    left, top, right, bottom = result.box
    composite(picture[..., :3], result.overlay, result.box)
    if picture.shape[2] == 4:
        alpha = picture[top:bottom, left:right, 3]
        np.maximum(alpha, result.overlay[..., 3], out=alpha)
