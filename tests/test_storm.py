"""Kill -9, locks, a full disk and a read-only folder while drafts and paid runs are under way: a short storm.

The long one, with locks of up to a minute: `python -m tests.stories.storm`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.stories.storm import rage, storm


@pytest.mark.timeout(400)
@pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="a storm needs root: a disk and a user of its own"
)
def test_nothing_is_lost_failed_or_paid_twice_in_a_storm(tmp_path: Path) -> None:
    with storm(tmp_path, seed=7, lock_s=(1.5, 2.5)) as made:
        rage(made, 0.0, least=3)
        states = made.settle(150)
        assert made.faults() == []
        assert set(states) == {"succeeded"}
        assert made.events["submits answered"] >= 4
