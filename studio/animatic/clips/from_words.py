"""text-to-image and text-to-video: the frame, and the clip with its cuts and its sound bed."""

from __future__ import annotations

from collections.abc import Callable

from studio.animatic.clips import prompt_shots, scenes, stills
from studio.animatic.clips.film import Painter, ReportProgress
from studio.animatic.draw import scene
from studio.animatic.order import Order
from studio.animatic.text import undrawn
from studio.animatic.text.reader import read, read_shot
from studio.animatic.text.reading import PromptReading
from studio.animatic.text.shots import ShotSpan


def picture(order: Order, report: ReportProgress) -> list[str]:
    """One composed frame as PNG."""
    reading = read(order.prompt)
    result = scene.compose(reading, order.width, order.height, order.seed, overscan=1.0)
    rgb = scene.still(result)
    report(0.8, "writing")
    stills.finish(rgb, order, reading)
    return undrawn.notes([reading])


def clip(order: Order, report: ReportProgress) -> list[str]:
    """A clip that cuts where the prompt says so."""
    prompt_shots.make(order, report, painter)
    return undrawn.notes(prompt_shots.readings(order))


def painter(
    order: Order,
    span: ShotSpan,
    label: str,
    start: int,
    end: int,
    *,
    recast: Callable[[PromptReading], PromptReading] | None = None,
) -> Painter:
    """Draws the scene that the shot's words compose. dress: changes the reading before it is drawn."""
    reading, size = read_shot(span), (order.width, order.height)
    reading = recast(reading) if recast else reading
    overlay = scenes.overlay(order, reading, label=label)
    return scenes.painter(
        reading, size=size, seed=order.seed, seconds=(end - start) / order.fps, fps=order.fps, overlay=overlay
    )
