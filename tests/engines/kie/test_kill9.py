"""kill -9 around the submit of a provider without a list of tasks: what may be paid is held, never sent again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.kie import KieServer
from tests.stories.kill9 import play

BODY = {"model": "kie/wan2.7-t2v", "task": "text-to-video", "duration_s": 2}


@pytest.mark.parametrize(
    ("phase", "status"),
    [
        ("submitting, taken before the death", "held lost_submit"),
        ("waiting", "succeeded"),
    ],
)
def test_a_killed_studio_goes_on_and_pays_once(tmp_path: Path, phase: str, status: str) -> None:
    """Before the receipt a person decides; with it the task is polled on. The provider took none twice."""
    outcome = play(phase, tmp_path, 1, server_of=KieServer, body=BODY)
    assert (outcome.died, outcome.wrong) == (True, [])
    assert outcome.statuses == [status]
