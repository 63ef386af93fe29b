"""reference-to-video: people of the prompt act as in any draft and wear the colours of their references.

Where nobody is in the prompt, the references, named character1 .. in their order, stand in the composed frame with name
tags: those that a shot's text names, from left to right in the order of naming, else all. Pictures with transparency
stand as cut-outs, others as cards; clips play.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from studio.animatic.clips import camera, camera_view, from_words, prompt_shots, reference_cast, scenes, source_media
from studio.animatic.clips.camera_view import Planes, Plate
from studio.animatic.clips.film import Painter, ReportProgress
from studio.animatic.clips.reference_cast import NAMED
from studio.animatic.draw import scene
from studio.animatic.draw.caption import name_tag
from studio.animatic.draw.placing import shot_facts
from studio.animatic.order import InputFile, Order
from studio.animatic.text import undrawn
from studio.animatic.text.reader import read_shot
from studio.animatic.text.shots import ShotSpan
from studio.messages import Message

DEPTH = 0.8
TALL = 0.56
"""Height of a card as a share of the frame, for up to three; more cards get smaller."""

FOOT = 0.80
"""Where the cards stand, as a share of the frame's height: above the caption."""


def clip(order: Order, report: ReportProgress) -> list[str]:
    """The clip, with a sentence about names in the prompt that have no reference."""
    sources = order.inputs["references"]
    if roles := reference_cast.roles(order.prompt, sources, order.duration_s):
        recast = partial(reference_cast.recast_reading, cast=roles, sources=sources)
        read = replace(order, prompt=roles.prompt)
        prompt_shots.make(read, report, partial(from_words.painter, recast=recast))
        messages = undrawn.notes(prompt_shots.readings(read))
    else:
        messages = []
        prompt_shots.make(order, report, _painter)
    missing = sorted({n for n in _numbers(order.prompt) if not 1 <= n <= len(sources)})
    if missing:
        messages.append(Message("draft.no_reference", names=", ".join(f"character{n}" for n in missing)))
    return messages


def cast(text: str, count: int) -> list[int]:
    """Which references a shot shows, counted from 1, left to right."""
    named = list(dict.fromkeys(_numbers(text)))
    return [n for n in named if 1 <= n <= count] or list(range(1, count + 1))


def _numbers(text: str) -> list[int]:
    return [int(m["n"]) for m in NAMED.finditer(text)]


def _painter(order: Order, span: ShotSpan, label: str, start: int, end: int) -> Painter:
    size, reading = (order.width, order.height), read_shot(replace(span, text=NAMED.sub(" ", span.text)))
    path = camera.path(reading.moves, seconds=(end - start) / order.fps, seed=order.seed, prompt=span.text)
    # The references are the people; drawn figures would double them.
    alone = replace(reading, figures=tuple(f for f in reading.figures if f.animal))
    result = scene.compose(alone, *size, order.seed, overscan=path.overscan(*size))
    plates = scenes.to_plates([(layer.rgba, layer.depth) for layer in result.layers], size[0] * size[1])
    shown = cast(span.text, len(order.inputs["references"]))
    cards = [
        ReferenceCard(order.inputs["references"][n - 1], f"character{n}", order, place)
        for n, place in zip(
            shown, _places(len(shown), size, shot_facts(reading.shot_size).get("card", 1.0)), strict=True
        )
    ]
    behind = [p for p in plates if p.depth <= DEPTH]
    before = [p for p in plates if p.depth > DEPTH]
    overlay = scenes.overlay(order, reading, label=label)
    for card in cards:
        card.skip(start)
    last = max(1, end - start - 1)

    def paint(n: int, canvas: Planes) -> None:
        pose = path.at(min(1.0, n / last))
        camera_view.draw([*behind, *(p for card in cards for p in card.plates()), *before], pose, canvas)
        overlay.composite(canvas)

    return paint


@dataclass(frozen=True)
class ReferencePosition:
    """Where a card stands: the middle of its foot in px of the frame, and the room it has."""

    x: float
    foot: float
    wide: float
    tall: float


def _places(count: int, size: tuple[int, int], larger: float) -> list[ReferencePosition]:
    """Even places from left to right; more than three get smaller, on narrow frames they overlap a little in height."""
    width, height = size
    tall = height * TALL * larger * min(1.0, 1.15 - 0.09 * max(0, count - 2))
    room = width * 0.92 / count
    feet = itertools.cycle((0.0, 0.03) if count > 2 else (0.0,))
    return [
        ReferencePosition(width * 0.04 + room * (i + 0.5), height * (FOOT + next(feet)), room * 0.9, tall)
        for i in range(count)
    ]


class ReferenceCard:
    """One reference on its place, with its name tag. Clips give a new picture for every frame."""

    def __init__(self, source: InputFile, name: str, order: Order, place: ReferencePosition) -> None:
        self._place, self._size = place, (order.width, order.height)
        self._tag = name_tag(name, order.width, order.height)
        self._pictures: Iterator[np.ndarray] | None = None
        if source.kind == "video":
            self._pictures = source_media.frames(source, order.fps, loop=True)
        else:
            self._made = self._framed(source_media.picture(source))

    def skip(self, frames: int) -> None:
        """Start a clip where a cut finds it, so that it plays on through the film."""
        if self._pictures is not None:
            for _ in range(frames):
                next(self._pictures)

    def plates(self) -> list[Plate]:
        """The card and its tag for the next frame."""
        if self._pictures is not None:
            self._made = self._framed(next(self._pictures))
        return self._made

    def _framed(self, pixels: np.ndarray) -> list[Plate]:
        """The picture scaled to its place, as a cut-out or a card with round corners, a thin frame and a shadow."""
        tall, wide = pixels.shape[:2]
        scale = min(self._place.wide / wide, self._place.tall / tall)
        w, h = (max(4, round(side * scale / 2) * 2) for side in (wide, tall))
        small = source_media.resized(pixels, w, h)
        rgba = small if small.shape[2] == 4 else _card(small)
        centre_y = self._place.foot - h / 2
        tag_y = centre_y - h / 2 - self._tag.shape[0] * 0.65
        plates = [self._at(rgba, self._place.x, centre_y), self._at(self._tag, self._place.x, max(tag_y, 0))]
        return [p for p in plates if p is not None]

    def _at(self, rgba: np.ndarray, x: float, y: float) -> Plate | None:
        result = camera_view.plate(rgba, depth=DEPTH)
        if result is None:
            return None
        dx, dy = x - (self._size[0] - 1) / 2, y - (self._size[1] - 1) / 2
        return replace(result, left=result.left + dx, top=result.top + dy)


def _card(rgb: np.ndarray) -> np.ndarray:
    """RGB as a card: round corners, a light frame, a soft shadow around."""
    tall, wide = rgb.shape[:2]
    edge, radius = max(1, min(tall, wide) // 90), max(3, min(tall, wide) // 22)
    margin = max(4, min(tall, wide) // 16) // 2 * 2
    shape = _rounded(wide, tall, radius)
    inner = np.zeros_like(shape)
    inner[edge:-edge, edge:-edge] = _rounded(wide - 2 * edge, tall - 2 * edge, max(1, radius - edge))
    share = inner[..., None].astype(np.float32) / 255
    face = np.clip(rgb * share + 238 * (1 - share), 0, 255).astype(np.uint8)
    shadow = np.zeros((tall + 2 * margin, wide + 2 * margin), np.uint8)
    shadow[margin + margin // 4 : margin + margin // 4 + tall, margin : margin + wide] = shape
    shadow = cv2.GaussianBlur(shadow, (0, 0), margin / 3)
    out = np.zeros((*shadow.shape, 4), np.uint8)
    out[..., 3] = shadow // 2
    cover = shape.astype(np.float32) / 255
    box = out[margin : margin + tall, margin : margin + wide]
    box[..., :3] = face * (cover[..., None] > 0)
    box[..., 3] = np.maximum(shape, (box[..., 3] * (1 - cover)).astype(np.uint8))
    return out


def _rounded(wide: int, tall: int, radius: int) -> np.ndarray:
    """Coverage of a rectangle with round corners, uint8, its edge smooth."""
    x = np.abs(np.arange(wide) - (wide - 1) / 2) - (wide / 2 - radius)
    y = np.abs(np.arange(tall) - (tall - 1) / 2) - (tall / 2 - radius)
    away = np.hypot(np.maximum(x, 0)[None], np.maximum(y, 0)[:, None])
    return (np.clip(radius + 0.5 - away, 0, 1) * 255).astype(np.uint8)
