"""Pieces of tests that need no pytest, so that child processes start quickly: times, requests, one whole run."""

from __future__ import annotations

from studio.domain import Run
from studio.jobs.durations import Timing
from studio.studio import Studio

QUICK = Timing(
    local_poll_s=0.02,
    min_poll_s=0.02,
    max_poll_s=0.1,
    image_poll_s=0.02,
    video_poll_s=0.02,
    first_backoff_s=0.02,
    max_backoff_s=0.1,
    close_timeout_s=1.0,
    disk_check_s=0.05,
    disk_retry_s=0.3,
)
"""Waiting times for tests."""


def image(prompt: str = "a red coat", **more: object) -> dict[str, object]:
    """The flat JSON of a free picture."""
    return {"task": "text-to-image", "model": "fake/image", "prompt": prompt} | more


def paid_image(prompt: str = "a red coat", **more: object) -> dict[str, object]:
    """The flat JSON of a picture that costs $0.10."""
    return {"task": "text-to-image", "model": "paid/image", "prompt": prompt} | more


def finish(studio: Studio, body: dict[str, object], timeout_s: float = 10) -> Run:
    """Submit one run and wait until it has ended."""
    [run] = studio.local.requests.submit(body)
    return studio.local.runs.wait([run.id], timeout_s=timeout_s)[0]
