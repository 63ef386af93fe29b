"""kill -9 around the submit of a provider that knows our own task ids: nothing is lost and nothing needs a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.runware import RunwareServer
from tests.stories.kill9 import play

BODY = {"model": "runware/wan2.6", "task": "text-to-video", "duration_s": 5}


@pytest.mark.parametrize(
    "phase",
    [
        "submitting, never taken",
        "submitting, taken after the death",
        "waiting",
    ],
)
def test_a_killed_studio_goes_on_and_pays_once(tmp_path: Path, phase: str) -> None:
    """Before the receipt the task is looked up by the id of its run: found, or certainly never taken and sent again."""
    outcome = play(phase, tmp_path, 1, server_of=RunwareServer, body=BODY)
    assert (outcome.died, outcome.wrong) == (True, [])
    assert outcome.statuses == ["succeeded"]
