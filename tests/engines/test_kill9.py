"""kill -9 around the submit, at providers of every manner: what may be paid is looked up or held, never sent again.

Alibaba's, with downloads and crowds, are in alibaba/test_kill9.py; `python -m tests.bench kill9 --runs 20` has more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.providers.apimart import ApimartServer
from tests.providers.atlascloud import AtlascloudServer
from tests.providers.fal import FalServer
from tests.providers.kie import KieServer
from tests.providers.replicate import ReplicateServer
from tests.providers.runware import RunwareServer
from tests.providers.wavespeed import WaveSpeedServer
from tests.stories.kill9 import play

MODELS: dict[str, tuple[Callable[[], Any], float]] = {
    "fal/wan2.7-t2v": (FalServer, 2),
    "wavespeed/wan2.7-t2v": (WaveSpeedServer, 2),
    "replicate/wan2.7-t2v": (ReplicateServer, 2),
    "kie/wan2.7-t2v": (KieServer, 2),
    "runware/wan2.6": (RunwareServer, 5),
    "apimart/wan2.6": (ApimartServer, 5),
    "atlascloud/wan2.6-t2v": (AtlascloudServer, 5),
}
NEVER, BEFORE = "submitting, never taken", "submitting, taken before the death"
AFTER, WAITING = "submitting, taken after the death", "waiting"
HELD, DONE = "held lost_submit", "succeeded"


@pytest.mark.parametrize(
    ("model", "phase", "status"),
    [
        ("fal/wan2.7-t2v", BEFORE, HELD),
        ("fal/wan2.7-t2v", WAITING, DONE),
        ("wavespeed/wan2.7-t2v", BEFORE, DONE),
        ("wavespeed/wan2.7-t2v", NEVER, HELD),
        ("replicate/wan2.7-t2v", BEFORE, DONE),
        ("kie/wan2.7-t2v", BEFORE, HELD),
        ("runware/wan2.6", NEVER, DONE),
        ("runware/wan2.6", AFTER, DONE),
        ("apimart/wan2.6", BEFORE, HELD),
        ("atlascloud/wan2.6-t2v", WAITING, DONE),
    ],
)
def test_a_killed_studio_goes_on_and_pays_once(tmp_path: Path, model: str, phase: str, status: str) -> None:
    """Without a receipt: found in the provider's list or by the run's own id, else left to a person. With one: polled
    on."""
    server_of, seconds = MODELS[model]
    body = {"model": model, "task": "text-to-video", "duration_s": seconds}
    outcome = play(phase, tmp_path, 1, server_of=server_of, body=body)
    assert (outcome.died, outcome.wrong) == (True, [])
    assert outcome.statuses == [status]
