"""Whatever dies when: no run is lost, none is paid for twice. The process really dies; the provider's books survive.

The provider (a folder) counts every submit it accepted, so a double one cannot hide.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from studio.catalogue import Catalogue
from studio.domain import HeldReason, Kind, Run, Status
from studio.engines.fake import FakeProvider, make_file
from studio.settings import Settings
from studio.store import Store, runs
from studio.studio import Studio
from tests.support.crash_child import engines
from tests.support.file_server import file_server
from tests.support.kit import QUICK, image, paid_image

ROOT = Path(__file__).parents[2]
POINTS = ("prepare", "before submit", "after submit", "poll")


class Crash:
    """A data folder and a provider that live through several processes."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.data, self.provider, self.catalogue = folder / "data", folder / "provider", catalogue
        self.ids: list[str] = []

    def die(self, jobs: dict[str, Any], *, kill_in: str | None = None) -> None:
        """Run the jobs in a child that dies: by its script, or killed when all its runs are in phase `kill_in`."""
        command = [
            sys.executable,
            "-m",
            "tests.support.crash_child",
            str(self.data),
            str(self.provider),
            json.dumps(jobs),
        ]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert child.stdout is not None
            self.ids += json.loads(child.stdout.readline() or "[]")
            if kill_in:
                self._until(kill_in)
                os.kill(child.pid, signal.SIGKILL)
            assert child.wait(20) != 0, "the child should have died"
        finally:
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()

    def _until(self, phase: str) -> None:
        with_db = sqlite3.connect(self.data / "studio.db")
        until = time.monotonic() + 15
        while time.monotonic() < until:
            phases = {row[0] for row in with_db.execute("SELECT phase FROM runs WHERE finished_at IS NULL")}
            if phases == {phase}:
                with_db.close()
                return
            time.sleep(0.005)
        raise AssertionError(f"runs never were in {phase}")

    def again(self, jobs: dict[str, Any], *, timeout_s: float = 10) -> list[Run]:
        """Start once more, in this process, and wait until every run has ended or is held."""
        opened = engines(self.provider, jobs)
        with Studio.open(Settings(data=self.data), engines=opened, catalogue=self.catalogue, timing=QUICK) as studio:
            until = time.monotonic() + timeout_s
            while any(r.status != Status.HELD for r in studio.local.runs.active()):
                assert time.monotonic() < until, [(r.status, r.phase, r.note) for r in studio.local.runs.active()]
                time.sleep(0.02)
            return [studio.local.runs.get(i) for i in self.ids] if self.ids else studio.local.gallery.search().runs

    def accepted(self, engine: str = "paid") -> int:
        """How many submits the provider has ever taken."""
        return len(FakeProvider(self.provider / engine).accepted())

    def files(self) -> int:
        """How many outputs lie in the library, unfinished ones included."""
        return sum(1 for p in (self.data / "library").rglob("*") if p.is_file())


@pytest.fixture
def crash(tmp_path: Path, catalogue: Catalogue) -> Crash:
    return Crash(tmp_path, catalogue)


@pytest.mark.parametrize(
    ("point", "finds"),
    [
        *(("prepare", True), ("before submit", True), ("after submit", True), ("poll", True)),
        *(("before submit", False), ("after submit", False)),
    ],
)
def test_a_paid_run_ends_once_or_waits_for_a_person(crash: Crash, point: str, finds: bool) -> None:
    """Only a submit of which nobody can tell what became of it is held; it is never repeated by itself."""
    crash.die({"finds": finds, "scripts": {"coat": {"dies": point}}, "bodies": [paid_image()]})
    [run] = crash.again({"finds": finds})
    in_doubt = "submit" in point and not finds
    assert run.status == (Status.HELD if in_doubt else Status.SUCCEEDED)
    assert run.held_reason == (HeldReason.LOST_SUBMIT if in_doubt else None)
    assert crash.accepted() == (0 if in_doubt and point == "before submit" else 1)
    assert crash.files() == (0 if in_doubt else 1)


@pytest.mark.parametrize("point", ["after submit", "poll"])
def test_a_free_run_simply_starts_again(crash: Crash, point: str) -> None:
    crash.die({"scripts": {"coat": {"dies": point}}, "bodies": [image()]})
    [run] = crash.again({})
    assert run.status == Status.SUCCEEDED
    assert crash.files() == 1


def test_twenty_runs_killed_while_they_wait_are_watched_on(crash: Crash) -> None:
    jobs = {"scripts": {"coat": {"wait_s": 1.0}}, "bodies": [paid_image(n=8)]}
    crash.die(jobs, kill_in="waiting")
    done = crash.again(jobs)
    assert [r.status for r in done] == [Status.SUCCEEDED] * 8
    assert (crash.accepted(), crash.files()) == (8, 8)
    assert {r.attempt for r in done} == {1}


def test_a_run_killed_while_it_downloads_ends_with_one_whole_file(crash: Crash, tmp_path: Path) -> None:
    make_file(tmp_path / "one.png", Kind.IMAGE, 1)
    with file_server() as served:
        served.content["/one.png"] = (tmp_path / "one.png").read_bytes()
        served.statuses = [503] * 10_000
        jobs = {"scripts": {"coat": {"urls": [f"{served.url}/one.png"]}}, "bodies": [paid_image()]}
        jobs["base_url"] = served.url
        crash.die(jobs, kill_in="downloading")
        served.statuses = []
        [run] = crash.again(jobs)
    assert (run.status, crash.accepted(), crash.files()) == (Status.SUCCEEDED, 1, 1)


def test_a_run_that_crashes_the_studio_twice_is_held(crash: Crash) -> None:
    jobs = {"scripts": {"coat": {"dies": "prepare"}}, "bodies": [image(), image("innocent")]}
    crash.die(jobs)
    crash.die({"scripts": jobs["scripts"]})
    crash.ids = crash.ids[:1]
    [run] = crash.again({"scripts": jobs["scripts"]})
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.CRASHED_TWICE)


def test_waiting_for_a_provider_far_away_is_no_reason_to_be_held(crash: Crash) -> None:
    """A thousand runs may wait there while the power fails, again and again."""
    jobs = {"scripts": {"coat": {"wait_s": 1.5}}, "bodies": [paid_image()]}
    crash.die(jobs, kill_in="waiting")
    for _ in range(2):
        crash.die({"scripts": jobs["scripts"]}, kill_in="waiting")
    [run] = crash.again(jobs)
    assert (run.status, crash.accepted()) == (Status.SUCCEEDED, 1)


def test_queued_runs_and_a_wish_to_cancel_survive(crash: Crash) -> None:
    jobs = {"scripts": {"coat": {"wait_s": 20}}, "bodies": [paid_image()]}
    crash.die(jobs, kill_in="waiting")
    store = Store(crash.data)
    with store.write() as db:
        runs.note(db, crash.ids[0], cancel_wanted=1)
    store.close()
    [run] = crash.again(jobs)
    assert run.status == Status.CANCELLED
    assert [task["cancelled"] for task in FakeProvider(crash.provider / "paid").accepted().values()] == [True]


def test_money_set_aside_before_a_crash_is_settled_once(crash: Crash) -> None:
    jobs = {"scripts": {"coat": {"wait_s": 0.3}}, "bodies": [paid_image(n=3)]}
    crash.die(jobs, kill_in="waiting")
    crash.again(jobs)
    with Studio.open(Settings(data=crash.data), engines={}, catalogue=crash.catalogue, start=False) as studio:
        assert [(row.usd, row.runs) for row in studio.admin.spend()] == [(pytest.approx(0.3), 3)]
