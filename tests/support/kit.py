"""Pieces of tests that need no pytest, so that child processes start quickly: times, requests, one whole run."""

from __future__ import annotations

from studio.domain import Run
from studio.jobs.durations import Timing
from studio.studio import Studio

QUICK = Timing(
    local_look=0.02,
    least_look=0.02,
    most_look=0.1,
    image_look=0.02,
    video_look=0.02,
    backoff=0.02,
    backoff_most=0.1,
    close_for=1.0,
    disk_look=0.05,
    disk_try=0.3,
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
