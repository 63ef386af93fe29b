"""A database that another program holds, a disk that is full or away: it passes, and nothing has failed by it."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio import storage
from studio.domain import Status
from studio.engines.fake import FakeEngine, FakeScript, FindingFake
from studio.errors import StorageUnavailable
from studio.jobs.context import REPORT_OUTAGE_AFTER_S
from studio.settings import Settings
from studio.store import Store
from studio.studio import Studio
from tests.support.kit import image, paid_image
from tests.support.locks import locked

HELD = "Another program has locked the studio's database. Close it or save its changes, then try again."


def until(done: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["IMMEDIATE", "EXCLUSIVE"])
def test_runs_under_way_outlast_a_lock_and_say_so(
    studio: Studio, engine: FakeEngine, paid: FindingFake, how: str
) -> None:
    """The provider has taken one run while the database was held: its receipt is kept and written when that is over."""
    engine.script, paid.script = FakeScript(wait_s=0.3), FakeScript(submit_s=2, wait_s=0.3)
    ids = [studio.local.requests.submit(body)[0].id for body in (image(), paid_image(), image("another"))]
    until(lambda: studio.local.runs.get(ids[1]).phase == "submitting")
    with locked(studio.settings.data, how):
        until(lambda: studio.context.store.health.reason == "locked")
        until(paid.provider.accepted)
        assert studio.local.runs.get(ids[1]).handle is None, "reading goes on"
        assert studio.local.gallery.search().total == 3
    done = studio.local.runs.wait(ids, timeout_s=60)
    assert [r.status for r in done] == [Status.SUCCEEDED] * 3
    assert len(paid.provider.accepted()) == 1
    until(lambda: studio.context.store.health.reason is None)


def test_a_short_lock_is_nobodys_concern(studio: Studio) -> None:
    [run] = studio.local.requests.submit(image())
    with locked(studio.settings.data):
        time.sleep(REPORT_OUTAGE_AFTER_S / 3)
        assert studio.context.store.health.reason is None
    assert studio.local.runs.wait([run.id], timeout_s=20)[0].status == Status.SUCCEEDED


def test_a_writer_that_waits_keeps_nobody_from_reading_and_gets_a_sentence(studio: Studio) -> None:
    """The wait is over before a browser loses patience, and nothing was stored."""
    with locked(studio.settings.data):
        with pytest.raises(StorageUnavailable) as caught, studio.context.store.write(patience_s=0.3):
            raise AssertionError("the block must not run")
        assert (str(caught.value), caught.value.reason) == (HELD, "locked")
        assert studio.local.gallery.search().total == 0
    until(lambda: studio.context.store.health.reason is None)  # nobody writes: the store looks again itself
    assert studio.local.gallery.search().total == 0


def test_a_studio_opens_while_its_database_is_held(settings: Settings, studio: Studio, engine: FakeEngine) -> None:
    engine.script = FakeScript(wait_s=60)
    [run] = studio.local.requests.submit(image())
    until(lambda: studio.local.runs.get(run.id).handle)
    studio.close()
    engine.script = FakeScript()
    with locked(settings.data):
        again = Studio.open(
            settings, engines={"fake": engine}, catalogue=studio.catalogue, timing=studio.context.jobs.timing
        )
        try:
            assert again.local.runs.get(run.id).status == Status.RUNNING
            until(lambda: again.context.store.health.reason == "locked")
        except BaseException:
            again.close()
            raise
    try:
        assert again.local.runs.wait([run.id], timeout_s=20)[0].status == Status.SUCCEEDED
    finally:
        again.close()


def test_a_studio_closes_while_its_database_is_held(studio: Studio, engine: FakeEngine) -> None:
    engine.script = FakeScript(wait_s=60)
    [run] = studio.local.requests.submit(image())
    until(lambda: studio.local.runs.get(run.id).handle)
    with locked(studio.settings.data):
        began = time.monotonic()
        studio.close()
        assert time.monotonic() - began < 15


CHILD = """
import resource, signal, sys
from pathlib import Path
from studio.errors import StorageUnavailable
from studio.store import Store, settings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(Path(sys.argv[1]))
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
try:
    with store.write() as db:
        settings.put(db, "big", "x" * 100_000)
except StorageUnavailable as error:
    print(error.reason)
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
with store.read() as db:
    print(settings.get(db, "big"))
with store.write() as db:
    settings.put(db, "small", 1)
with store.read() as db:
    print(settings.get(db, "small"))
store.close()
"""


def test_input_output_errors_pass_like_a_lock(tmp_path: Path) -> None:
    """The system refuses to let the log grow (EFBIG, for SQLite an I/O error), then lets it again."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["unreachable", "None", "1"], done.stderr


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "full"),
        (OSError(errno.EROFS, "Read-only file system"), "read_only"),
        (OSError(errno.EIO, "Input/output error"), "unreachable"),
        (OSError(errno.ENOENT, "No such file"), None),
        (ValueError("x"), None),
        (sqlite3.IntegrityError("UNIQUE"), None),
    ],
)
def test_what_counts_as_a_storage_that_is_away(tmp_path: Path, error: Exception, reason: str | None) -> None:
    assert storage.reason_of(error, tmp_path) == reason


def test_a_missing_right_counts_only_inside_the_folder(tmp_path: Path) -> None:
    inside = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "library" / "x.png"))
    assert storage.reason_of(inside, tmp_path) == "read_only"
    assert storage.reason_of(PermissionError(errno.EACCES, "Permission denied", "/etc/shadow"), tmp_path) is None


def test_a_database_that_another_program_holds_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    """A look from outside, while the studio starts, was an end of the start."""
    other = sqlite3.connect(tmp_path / "studio.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    opening = ThreadPoolExecutor(1).submit(Store, tmp_path)
    with pytest.raises(TimeoutError):
        opening.result(0.3)
    other.close()
    opening.result(10).close()
