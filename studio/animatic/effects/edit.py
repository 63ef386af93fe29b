"""image-edit: the user's pictures really changed, as far as image processing goes, and a plain note on the rest."""

from __future__ import annotations

import math

import cv2
import numpy as np

from studio.animatic.clips import source_media, stills
from studio.animatic.clips.film import ReportProgress
from studio.animatic.effects import collage
from studio.animatic.effects.filters import FilterChain, sky_of
from studio.animatic.order import Order
from studio.animatic.text.instructions import EditStep, Instructions, parse
from studio.messages import Message, term

SHAPES = ("flip horizontal", "flip vertical", "rotate", "crop", "zoom", "border")
SMALL_TURN_DEG = 30
"""Up to this angle a turned picture is cropped to stay full; beyond, the corners are filled with white."""
LEAST_PX = 32
"""Sides that every filter of a look can work on."""


def picture(order: Order, report: ReportProgress) -> list[str]:
    """Every picture adjusted, then put together, then given its shape."""
    asked = parse(order.prompt)
    sources = [*order.inputs.get("image", []), *order.inputs.get("images", [])]
    tones_ = [s for s in asked.steps if s.kind not in SHAPES and s.kind != "layout"]
    adjusted, alphas = [], []
    for n, source in enumerate(sources):
        pixels = source_media.picture(source)
        alphas.append(pixels[..., 3] if pixels.shape[2] == 4 else None)
        adjusted.append(_toned(source_media.flat(pixels), FilterChain(tones_, order.seed)))
        report(0.1 + 0.7 * (n + 1) / len(sources), "adjusting")
    looked_at = sources[:1] if _needs_sky(asked) else []
    messages = notes(asked, len(sources), [source_media.flat(source_media.picture(s)) for s in looked_at])
    result = collage.together(adjusted, asked.layout) if len(adjusted) > 1 else adjusted[0]
    for step in (s for s in asked.steps if s.kind in SHAPES):
        result = shaped(result, step)
    if _sized(order, result):
        result = source_media.cover(result, order.width, order.height)
    elif len(adjusted) == 1 and alphas[0] is not None and alphas[0].shape == result.shape[:2]:
        result = np.dstack((result, alphas[0]))  # transparency stays where the shape did
    report(0.9, "writing")
    stills.mark(result)
    stills.save(result, order)
    return messages


def _toned(rgb: np.ndarray, filters: FilterChain) -> np.ndarray:
    """The picture with its looks; what is thinner than the filters' kernels is enlarged for them."""
    tall, wide = rgb.shape[:2]
    times = math.ceil(LEAST_PX / min(tall, wide))
    if times == 1:
        return filters.apply(rgb)
    return source_media.resized(filters.apply(np.kron(rgb, np.ones((times, times, 1), np.uint8))), wide, tall)


def _sized(order: Order, result: np.ndarray) -> bool:
    """Whether the user asked for a size of his own."""
    asked = order.settings.get("width") or order.settings.get("aspect") or order.settings.get("tier")
    return bool(asked) and result.shape[1::-1] != (order.width, order.height)


def _needs_sky(asked: Instructions) -> bool:
    return any(s.target == "sky" for s in asked.steps)


def notes(asked: Instructions, count: int, sky_in: list[np.ndarray]) -> list[str]:
    """What could not be done as asked, in sentences."""
    messages = []
    if asked.unread:
        listed = ", ".join(f'"{word}"' for word in asked.unread)
        messages.append(Message("draft.not_acted_on", listed=listed))
    if not asked.steps and count == 1:
        messages.append(Message("draft.left_as_is"))
    if any(not sky_of(p).any() for p in sky_in):
        messages.append(Message("draft.no_sky"))
    messages += [
        Message("draft.everything_became", source=term(step.source), way=term(step.value), what=term(step.source))
        for step in asked.steps
        if step.source
    ]
    if count > 1 and not asked.layout:
        messages.append(Message("draft.side_by_side"))
    if count == 1 and asked.layout:
        messages.append(Message("draft.one_picture", layout=term(asked.layout)))
    return messages


def shaped(rgb: np.ndarray, step: EditStep) -> np.ndarray:
    """A picture flipped, turned, cropped or framed."""
    if step.kind == "flip horizontal":
        return np.ascontiguousarray(rgb[:, ::-1])
    if step.kind == "flip vertical":
        return np.ascontiguousarray(rgb[::-1])
    if step.kind == "rotate":
        return turned(rgb, step.amount)
    if step.kind == "crop":
        return cropped(rgb, step.value)
    tall, wide = rgb.shape[:2]
    if step.kind == "zoom":
        keep = 1 / (1 + 0.4 * max(0.2, step.amount))
        h, w = max(2, round(tall * keep)), max(2, round(wide * keep))
        return source_media.resized(
            np.ascontiguousarray(rgb[(tall - h) // 2 :][:h, (wide - w) // 2 :][:, :w]), wide, tall
        )
    edge = max(2, round(0.04 * step.amount * min(tall, wide)))
    return cv2.copyMakeBorder(rgb, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def turned(rgb: np.ndarray, degrees: float) -> np.ndarray:
    """Rotated clockwise. Quarter turns are exact; small turns are cropped full, others get white corners."""
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(rgb, -round(degrees / 90)))
    tall, wide = rgb.shape[:2]
    angle = math.radians(degrees)
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    if abs(degrees) <= SMALL_TURN_DEG:  # the largest upright part of the same shape that stays inside
        scale = 1 / max(cos + sin * tall / wide, cos + sin * wide / tall)
        new_w, new_h = max(2, int(wide * scale)), max(2, int(tall * scale))
    else:
        new_w, new_h = round(wide * cos + tall * sin), round(wide * sin + tall * cos)
    matrix = cv2.getRotationMatrix2D(((wide - 1) / 2, (tall - 1) / 2), -degrees, 1.0)
    matrix[:, 2] += ((new_w - wide) / 2, (new_h - tall) / 2)
    return cv2.warpAffine(rgb, matrix, (new_w, new_h), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))


def cropped(rgb: np.ndarray, ratio: str) -> np.ndarray:
    """The largest middle part with this width:height."""
    across, down = (float(part) for part in ratio.split(":"))
    tall, wide = rgb.shape[:2]
    if across <= 0 or down <= 0:
        return rgb
    w, h = min(wide, round(tall * across / down)), min(tall, round(wide * down / across))
    x, y = (wide - max(1, w)) // 2, (tall - max(1, h)) // 2
    return np.ascontiguousarray(rgb[y : y + max(1, h), x : x + max(1, w)])
