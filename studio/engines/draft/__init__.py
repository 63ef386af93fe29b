"""The draft engine: animatics for planning, drawn on the CPU in worker processes. Free, local, the same for a seed.

It is not a model and does not pretend to be one: every file carries a DRAFT mark. This module imports nothing heavy;
NumPy, OpenCV and PyAV live in the workers.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from studio.catalogue import AccountLimits, Model
from studio.domain import Asset, Kind, Output, Progress, Request, Status
from studio.engines.base import EngineInfo, Input, Job
from studio.engines.draft.order import order_of
from studio.engines.draft.pool import HANG_TIMEOUT_S, IDLE_S, DrawingJob, Pool
from studio.errors import EngineError, Refused, StorageUnavailable, UnknownHandle, WorkerLost
from studio.messages import Message
from studio.settings import Settings
from studio.storage import Reason, unavailable

MAX_DEFAULT_WORKERS = 4
"""Workers without a setting: one a core, but no more than this."""

BEGIN_S, STILL_S_PER_PX, CLIP_S_PER_PX = 0.8, 4e-7, 6e-8
"""Seconds of a draft before, and for each pixel of each frame, on two cores of 2020 or later; own runs correct it."""


class DraftEngine:
    """Drafts on this machine. A handle is only known to the process that gave it. hang_timeout_s, idle_s: see Pool."""

    def __init__(self, settings: Settings, *, hang_timeout_s: float = HANG_TIMEOUT_S, idle_s: float = IDLE_S) -> None:
        size = settings.workers or min(os.cpu_count() or 1, MAX_DEFAULT_WORKERS)
        limits = AccountLimits(submits_per_s=200, concurrent=size, polls_per_s=200)
        self.info = EngineInfo("draft", "Draft (animatic)", limits=limits, repeatable=True, local=True, maps_hdr=True)
        self.pool = Pool(size, hang_timeout_s=hang_timeout_s, idle_s=idle_s)
        self._name = secrets.token_hex(4)
        self._count = 0

    def missing(self) -> str | None:
        """Always ready: it needs no key."""
        return None

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """Free."""
        return 0.0

    def expected_s(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """By the pixels to draw and encode: a long clip in 4K takes minutes where a picture takes a second."""
        if not set(inputs) >= {i for group in request.media().values() for i in group}:
            return None
        trial = Job("", request, model, request.seed, Path(), {i: Input(a, Path()) for i, a in inputs.items()})
        order = order_of(trial)
        pixels = order.width * order.height
        if request.task.makes == Kind.IMAGE:
            return BEGIN_S + pixels * STILL_S_PER_PX
        return BEGIN_S + pixels * order.frames * CLIP_S_PER_PX

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Nothing to upload."""
        return {}

    async def submit(self, job: Job) -> str:
        """Queue the draft for a worker."""
        self._count += 1
        piece = DrawingJob(f"draft-{self._name}-{self._count}", order_of(job).to_json(), job.work_dir)
        await asyncio.to_thread(self.pool.add, piece)  # may start a process
        return piece.id

    async def poll(self, handle: str) -> Progress:
        """Look at the job in the pool."""
        piece = self.pool.get(handle)
        if piece is None:
            raise UnknownHandle(Message("draft.lost"))
        if piece.state == "failed":
            raise _error(piece)
        if piece.state == "cancelled":
            return Progress(status=Status.CANCELLED)
        if piece.state == "waiting":
            return Progress(status=Status.QUEUED, word="waiting", position=self.pool.position(piece))
        if piece.state == "running":
            return Progress(
                status=Status.RUNNING, word=piece.word or "starting", fraction=piece.fraction, eta_s=_eta_s(piece)
            )
        return _succeeded(piece)

    async def cancel(self, handle: str) -> bool:
        """Stop the job within 0.3 s; its files are removed."""
        return self.pool.cancel(handle)

    async def close(self) -> None:
        """End the workers."""
        await asyncio.to_thread(self.pool.close)


def _error(piece: DrawingJob) -> EngineError | StorageUnavailable:
    fault, sentence = piece.error
    if fault == "storage":
        reason: Reason = sentence  # type: ignore[assignment]
        return unavailable(reason, None)
    if fault == "refused":
        return Refused(sentence)
    if fault in ("lost", "hung"):
        return WorkerLost(sentence, hung=fault == "hung")
    return EngineError(sentence, code=fault)


def _succeeded(piece: DrawingJob) -> Progress:
    """The finished draft. Raises EngineError where the worker's word about it cannot be true."""
    made = piece.result
    try:
        output = Output(kind=Kind(made["kind"]), path=Path(made["path"]), mime=made["mime"], size=made["size"])
    except (KeyError, TypeError, ValueError):
        raise EngineError(Message("draft.mute"), code="answer") from None
    return Progress(
        status=Status.SUCCEEDED, fraction=1.0, outputs=(output,), cost_usd=0.0, note=made.get("note") or None
    )


def _eta_s(piece: DrawingJob) -> float | None:
    """Seconds left by the pace so far; None until a tenth is done."""
    if piece.fraction < 0.1:
        return None
    return round((time.monotonic() - piece.began) * (1 - piece.fraction) / piece.fraction, 1)
