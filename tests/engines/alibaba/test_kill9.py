"""kill -9 in the phases where most is at stake: once each here; `python -m tests.bench kill9 --runs 20` for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.kill9 import play


@pytest.mark.parametrize(
    "phase",
    [
        "submitting, never taken",
        "submitting, taken after the death",
        "downloading",
        "any moment, four at once",
    ],
)
def test_a_killed_studio_goes_on_and_pays_once(tmp_path: Path, phase: str) -> None:
    """Every run ends once or is held with its reason, the provider took none twice, the files are whole."""
    outcome = play(phase, tmp_path, 1)
    assert (outcome.died, outcome.wrong) == (True, [])
    assert set(outcome.statuses) <= {"succeeded", "held lost_submit"}
