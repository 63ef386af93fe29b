"""A run that was given to the workers of this machine: where it is, and in words how it ended."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from studio.domain import JSON, Progress, Status
from studio.engines.local.plan import PartSizes
from studio.engines.local.recipe import Recipe
from studio.errors import EngineError
from studio.messages import Message, term

STAGE_FRACTIONS = {"loading": (0.0, 0.05), "encoding": (0.0, 0.08), "denoising": (0.08, 0.9), "decoding": (0.9, 1.0)}
"""The part of the bar that each stage fills."""

TRACE = re.compile(r"\n|[/\\\\][\w.~-]+[/\\\\]|\.(?:py|cpp|cc|cu|hpp|h)\b|\bline \d+|0x[0-9a-f]{6}")
"""Marks of a message for programmers."""


@dataclass
class DispatchedRun:
    """One run on its way. fixed: the message to the worker but for rung, memory and card."""

    run: str
    recipe: Recipe
    part: PartSizes
    fixed: JSON
    rung: str = ""
    tiled: bool = False
    silent_s: float = 0.0
    stage: str = ""
    step: tuple[int, int] = (0, 0)
    eta_s: float | None = None
    preview: Path | None = None
    false_colours: bool = False
    cancel: bool = False
    done: Progress | None = None
    error: EngineError | None = None
    tried: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to come."""
        return self.done is not None or self.error is not None

    def load_key(self) -> str:
        """What must be the same for a loaded model to be used again."""
        r = self.recipe
        return f"{self.fixed['folder']} {self.rung} {r.precision} {r.attention} {r.compile} {r.fused} {self.tiled}"

    def running(self) -> Progress:
        """Where it is while a worker has it."""
        low, high = STAGE_FRACTIONS.get(self.stage, (0.0, 0.0))
        i, n = self.step
        fraction = low + (high - low) * (i / n if n else 0.0)
        word = f"{self.stage or 'starting'} {i}/{n}" if n else self.stage or "starting"
        return Progress(
            status=Status.RUNNING, word=word, fraction=round(fraction, 4), eta_s=self.eta_s, preview=self.preview,
            false_colours=self.false_colours,
        )  # fmt: skip


def ending_sentence(work: DispatchedRun, hung: bool, code: int) -> str:
    """What became of the worker, in words. code: its exit code, negative for a signal."""
    if hung:
        return Message("local.hung", seconds=f"{work.silent_s:.0f}")
    what = Message("draft.signal", code=-code) if code < 0 else Message("draft.exit_code", code=code)
    return Message("local.ended", what=what)


def failure_sentence(work: DispatchedRun, message: str) -> str:
    """The library's reason where it is words for a person, else only its kind: paths and source lines are for logs."""
    if TRACE.search(message):
        message = Message("local.log_has_details", kind=message.partition(":")[0])
    return Message("local.model_failed", stage=term(work.stage or "starting"), message=message)
