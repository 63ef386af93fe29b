"""The real program is killed in the middle of twenty drafts: they end exactly once, with twenty good files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.kill_app import RUNS, kill_after


@pytest.mark.timeout(400)
def test_twenty_drafts_survive_kill_9_of_the_program(tmp_path: Path) -> None:
    killed = kill_after(3, tmp_path)
    assert sum(killed.before.values()) == RUNS, "a run that was answered is on the disk"
    assert killed.before["succeeded"] < RUNS, "all was done before the kill: nothing was tested"
    assert killed.after == {"succeeded": RUNS}
    assert killed.orphans == 0, "workers outlived their studio"
