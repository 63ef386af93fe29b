"""The shots of a clip as its prompt writes them: where each begins, who paints it, and the sound of the whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from studio.animatic.clips import source_media
from studio.animatic.clips.film import ClipSound, DrawnShot, Painter, ReportProgress, finish
from studio.animatic.order import Order
from studio.animatic.sound import bed
from studio.animatic.text.reader import read_shot
from studio.animatic.text.reading import PromptReading
from studio.animatic.text.shots import ShotSpan, shots

Paints = Callable[[Order, ShotSpan, str, int, int], Painter]
"""Builds the painter of one written shot: order, the shot, its label ("" where it is alone), first and end frame."""


def make(order: Order, report: ReportProgress, paints: Paints, *, sound: ClipSound | None = None) -> None:
    """Draw, encode and write the clip, with this sound or else the one that the order asks for."""
    result, asked = plan(order, paints)
    finish(order, result, report, sound=sound or asked)


def readings(order: Order) -> list[PromptReading]:
    """What the words of each written shot say."""
    return [read_shot(span) for span in shots(order.prompt, order.duration_s)]


def plan(order: Order, paints: Paints) -> tuple[list[DrawnShot], ClipSound | None]:
    """The shots, not yet drawn, and the sound."""
    spans = shots(order.prompt, order.duration_s)
    edges = _cuts(spans, order.fps, order.frames)
    result = [
        DrawnShot(a, b, partial(paints, order, span, f"Shot {i} of {len(spans)}" if len(spans) > 1 else "", a, b))
        for i, (span, (a, b)) in enumerate(zip(spans, edges, strict=True), 1)
    ]
    return [shot for shot in result if shot.end > shot.start], _sound(order, spans, edges)


def _sound(order: Order, spans: tuple[ShotSpan, ...], edges: list[tuple[int, int]]) -> ClipSound | None:
    """The user's own sound, else the bed that the shots' words ask for; None for a silent clip."""
    if not order.sound:
        return None
    if own := order.first("audio_file"):
        return ClipSound(source_media.sound(own))
    samples = [round(frame * bed.RATE / order.fps) for frame in (0, *(end for _, end in edges))]
    parts = [(b - a, read_shot(span).sounds) for span, a, b in zip(spans, samples, samples[1:], strict=False)]
    return ClipSound(bed.bed(parts, order.seed) for _ in range(1))  # made while the first shot is being drawn


def _cuts(spans: tuple[ShotSpan, ...], fps: int, frames: int) -> list[tuple[int, int]]:
    """First frame and end frame of each span; the frame at the very time of a cut belongs to the new shot."""
    starts = [min(frames, round(span.start_s * fps)) for span in spans]
    return list(zip(starts, [*starts[1:], frames], strict=True))
