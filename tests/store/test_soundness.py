"""The database is looked through where the last stop leaves a doubt, and may be read meanwhile."""

from __future__ import annotations

import hashlib
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine
from studio.errors import StorageUnavailable, StoreError
from studio.settings import Settings
from studio.store import Store, soundness
from studio.store import settings as facts
from studio.studio import Studio
from tests.support.kit import finish, image

ROOT = Path(__file__).parents[2]
HOLD = "import sys, pathlib, studio.store as s; s.Store(pathlib.Path(sys.argv[1])); print('open', flush=True); input()"
ROWS = 25_000
"""Rows of 3 kB: a file that takes long to look through, beside the milliseconds that a test needs."""


def grown(data: Path) -> Path:
    """A folder whose database is large, closed properly."""
    with closing(Store(data)) as store, store.write() as db:
        db.conn.execute("CREATE TABLE large (id INTEGER PRIMARY KEY, body BLOB)")
        db.conn.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
            " INSERT INTO large (body) SELECT randomblob(3000) FROM n"
        )
    path = data / "studio.db"
    assert path.stat().st_size > 4 * soundness.SMALL_BYTES
    return path


def killed(data: Path) -> None:
    """A studio has the database open, and is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        child.send_signal(signal.SIGKILL)


def damaged(path: Path) -> None:
    """Overwrite what lies in the middle of the file, where a start does not come by."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 65536)


def ended(store: Store) -> StoreError | None:
    """What the check in the background comes to."""
    found: list[StoreError | None] = []
    is_over = threading.Event()

    def end(error: StoreError | None) -> None:
        found.append(error)
        is_over.set()

    store.when_checked(end)
    assert is_over.wait(60)
    return found[0]


def test_nothing_is_looked_through_after_a_clean_stop(tmp_path: Path) -> None:
    """Even damage in the middle of the file is not come upon: nobody looked there."""
    path = grown(tmp_path)
    damaged(path)
    with closing(Store(tmp_path, check_later=True)) as store:
        assert store.health.reason is None
        assert ended(store) is None
        with store.write() as db:
            assert facts.get(db, soundness.IN_USE) is True
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT value FROM settings WHERE key = ?", [soundness.IN_USE]).fetchone() == ("false",)


def test_after_a_kill_the_database_is_read_while_it_is_looked_through(tmp_path: Path) -> None:
    grown(tmp_path)
    killed(tmp_path)
    with closing(Store(tmp_path, check_later=True)) as store:
        assert store.health.reason == "checking"
        with store.read() as db:
            assert db.conn.execute("SELECT count(*) FROM runs").fetchone() == (0,)
        with pytest.raises(StorageUnavailable, match="being checked") as refused, store.write():
            raise AssertionError("the block must not run")
        assert refused.value.reason == "checking"
        assert ended(store) is None
        assert store.health.reason is None
        with store.write() as db:
            facts.put(db, "written", True)


def test_a_check_that_was_cut_short_begins_again_at_the_next_start(tmp_path: Path) -> None:
    grown(tmp_path)
    killed(tmp_path)
    for _ in range(2):
        with closing(Store(tmp_path, check_later=True)) as store:
            assert store.health.reason == "checking"
    with closing(Store(tmp_path)) as store:  # who did not ask for the background waits
        assert store.health.reason is None
    with closing(Store(tmp_path, check_later=True)) as store:
        assert store.health.reason is None


def test_damage_is_found_before_anything_is_written(tmp_path: Path) -> None:
    path = grown(tmp_path)
    killed(tmp_path)
    with closing(sqlite3.connect(path)) as db:  # SQLite puts the log into the file, as whoever closes it last
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    damaged(path)
    before = hashlib.file_digest(path.open("rb"), "sha256").digest()
    with closing(Store(tmp_path, check_later=True)) as store:
        error = ended(store)
        assert error is not None
        assert "backups" in str(error)
        with pytest.raises(StoreError, match="damaged"), store.write():
            raise AssertionError("the block must not run")
    assert hashlib.file_digest(path.open("rb"), "sha256").digest() == before
    with pytest.raises(StoreError, match="damaged"):
        Store(tmp_path)


def test_a_studio_starts_its_work_when_the_check_is_over(
    settings: Settings, catalogue: Catalogue, engine: FakeEngine
) -> None:
    grown(settings.data)
    killed(settings.data)
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, check_later=True) as studio:
        assert studio.queue.storage_reason == "checking"
        assert studio.local.gallery.search().total == 0
        with pytest.raises(StorageUnavailable, match="being checked"):
            studio.local.requests.submit(image("too early"))
        assert ended(studio.context.store) is None
        assert finish(studio, image("now")).assets


def test_a_studio_ends_with_one_sentence_where_the_database_is_damaged(
    settings: Settings, catalogue: Catalogue, engine: FakeEngine
) -> None:
    """The program shows it and stops, as it would have done at the start."""
    path = grown(settings.data)
    killed(settings.data)
    damaged(path)
    with (
        pytest.raises(StoreError, match=r"The database .* is damaged"),
        Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, check_later=True) as studio,
    ):
        studio.wait()
