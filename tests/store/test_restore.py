"""A backup is put back by one command; what had not been sent is held, for it may have been sent since."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from studio.domain import HeldReason, Status
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import image

ROOT = Path(__file__).parents[2]


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "app.py", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_the_command_puts_a_backup_back_and_keeps_what_was_there(settings: Settings, studio: Studio) -> None:
    studio.queue.pause()
    [run] = studio.local.requests.submit(image("before the backup"))
    copy = studio.admin.backup()
    [later] = studio.local.requests.submit(image("after the backup"))
    assert "Another Wan Studio" in command("--data", settings.data, "--restore", copy).stderr
    studio.close()
    done = command("--data", settings.data, "--restore", copy)
    assert done.returncode == 0, done.stderr
    assert "kept as" in done.stdout
    with Studio.open(settings, engines={}, start=False) as again:
        back = again.local.runs.get(run.id)
        assert (back.status, back.held_reason) == (Status.HELD, HeldReason.APPROVAL)
        assert [r.id for r in again.local.gallery.search("backup").runs] == [run.id]
        assert later.id not in {r.id for r in again.local.runs.active()}


def test_what_is_no_backup_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = command("--data", tmp_path / "data", "--restore", tmp_path / "none.db")
    assert done.returncode == 1
    assert "There is no backup" in done.stderr
    assert "Traceback" not in done.stderr
