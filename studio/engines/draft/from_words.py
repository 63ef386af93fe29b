"""text-to-image and text-to-video: the frame, and the clip with its cuts and its sound bed."""

from __future__ import annotations

from functools import partial

from studio.engines.draft import bed, clips, scene, scenes, stills
from studio.engines.draft.film import Shot, Sound, Tell, finish
from studio.engines.draft.order import Order
from studio.engines.draft.shots import ShotSpan, shots
from studio.engines.draft.words import read


def picture(order: Order, tell: Tell) -> list[str]:
    """One composed frame as PNG."""
    reading = read(order.prompt)
    made = scene.compose(reading, order.width, order.height, order.seed, overscan=1.0)
    rgb = scene.still(made)
    tell(0.8, "writing")
    stills.finish(rgb, order, reading)
    return []


def clip(order: Order, tell: Tell) -> list[str]:
    """A clip that cuts where the prompt says so."""
    made, sound = plan(order)
    finish(order, made, tell, sound=sound)
    return []


def plan(order: Order) -> tuple[list[Shot], Sound | None]:
    """The shots, not yet drawn, and the sound."""
    spans = shots(order.prompt, order.duration_s)
    edges = cuts(spans, order.fps, order.frames)
    made = [
        Shot(a, b, partial(_painter, order, span, f"Shot {i} of {len(spans)}" if len(spans) > 1 else "", b - a))
        for i, (span, (a, b)) in enumerate(zip(spans, edges, strict=True), 1)
    ]
    return [shot for shot in made if shot.end > shot.start], sound_of(order, spans, edges)


def sound_of(order: Order, spans: tuple[ShotSpan, ...], edges: list[tuple[int, int]]) -> Sound | None:
    """The user's own sound, else the bed that the shots' words ask for; None for a silent clip."""
    if not order.sound:
        return None
    if own := order.first("audio_file"):
        return Sound(clips.sound(own))
    samples = [round(frame * bed.RATE / order.fps) for frame in (0, *(end for _, end in edges))]
    parts = [(b - a, read(span.text).sounds) for span, a, b in zip(spans, samples, samples[1:], strict=False)]
    return Sound(bed.bed(parts, order.seed) for _ in range(1))  # made while the first shot is being drawn


def cuts(spans: tuple[ShotSpan, ...], fps: int, frames: int) -> list[tuple[int, int]]:
    """First frame and end frame of each span; the frame at the very time of a cut belongs to the new shot."""
    starts = [min(frames, round(span.start_s * fps)) for span in spans]
    return list(zip(starts, [*starts[1:], frames], strict=True))


def _painter(order: Order, span: ShotSpan, label: str, frames: int) -> scenes.Painter:
    reading, size = read(span.text), (order.width, order.height)
    overlay = scenes.overlay(order, reading, span.text, label=label)
    return scenes.painter(
        reading, size=size, seed=order.seed, seconds=frames / order.fps, fps=order.fps, overlay=overlay
    )
