"""The database: transactions, readers, migrations, damage, backup and restore."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from studio.catalogue import Catalogue
from studio.domain import HeldReason, Phase, Request, Run, Status, Task
from studio.engines.fake import FakeEngine
from studio.errors import Conflict, StoreError
from studio.settings import Settings
from studio.store import Store, backup, events, queue, runs
from studio.store.runs import NewRun
from studio.studio import Studio
from tests.support.kit import finish, image, paid_image


def new_run(run_id: str, **fields: object) -> NewRun:
    request = Request(task=Task.TEXT_TO_IMAGE, model="fake/image", prompt=run_id)
    return NewRun(Run(id=run_id, request=request, model="fake/image", provider="fake", **fields), {})  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "data")
    yield opened
    opened.close()


def test_a_block_that_raises_changes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as db:
        runs.add(db, new_run("r1"))
        raise ZeroDivisionError
    with store.read() as db:
        assert runs.several(db, ["r1"]) == []


def test_readers_do_not_wait_for_the_writer_and_cannot_write(store: Store) -> None:
    with store.write() as db:
        runs.add(db, new_run("r1"))
        with store.read() as reader:
            assert runs.several(reader, ["r1"]) == []
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                reader.execute("DELETE FROM runs")
    with store.read() as reader:
        assert len(runs.several(reader, ["r1"])) == 1


def test_a_run_changes_only_from_the_status_it_is_expected_to_have(store: Store) -> None:
    with store.write() as db:
        run = runs.add(db, new_run("r1"))
        runs.move(db, run, Status.CANCELLED, "Enough.")
        with pytest.raises(Conflict):
            runs.move(db, run, Status.RUNNING, "Late.")
        with pytest.raises(Conflict):
            runs.enter(db, run.model_copy(update={"status": Status.RUNNING}), Phase.WAITING, "Late.")
        assert [e.to_status for e in events.of_run(db, "r1")] == [Status.QUEUED, Status.CANCELLED]


def test_open_runs_are_found_by_their_index(store: Store) -> None:
    """A start asks for those that were running: among a million that have ended."""
    asked: list[str] = []
    with store.write() as db:
        runs.add(db, new_run("r1"))
        db.conn.set_trace_callback(asked.append)
        assert [run.id for run in runs.open_with(db, Status.QUEUED, Status.RUNNING)] == ["r1"]
        assert runs.held_for(db, [HeldReason.APPROVAL]) == []
        db.conn.set_trace_callback(None)
        for sql in (sql for sql in asked if "FROM runs WHERE" in sql):
            plan = " ".join(row[3] for row in db.conn.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall())
            assert "runs_active" in plan, sql


def test_no_run_is_claimed_twice(store: Store) -> None:
    with store.write() as db:
        for number in range(40):
            runs.add(db, new_run(f"r{number}"))
    claimed: list[str] = []

    def claim() -> None:
        while True:
            with store.write() as db:
                run = queue.claim(db, queue.Lane("fake"))
            if run is None:
                return
            claimed.append(run.id)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(claimed) == sorted(f"r{n}" for n in range(40))


def test_a_newer_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "studio.db") as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('studio', 'm999_future', '')"
        )
    db.close()
    with pytest.raises(StoreError, match="newer Wan Studio") as error:
        Store(tmp_path)
    assert "m999_future" in str(error.value)


@pytest.mark.parametrize("damage", ["text", "torn"])
def test_a_damaged_database_is_refused_and_the_way_out_named(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path)
    with store.write() as db:
        for number in range(300):
            runs.add(db, new_run(f"r{number}"))
    store.close()
    path = tmp_path / "studio.db"
    body = path.read_bytes()
    path.write_bytes(b"not a database at all" * 100 if damage == "text" else body[:8192] + b"\xff" * (len(body) - 8192))
    with pytest.raises(StoreError, match="backups"):
        Store(tmp_path)


def test_only_one_studio_may_hold_a_folder(tmp_path: Path) -> None:
    """Two would both take the same run, and pay twice. A killed one gives the folder back by itself."""
    code = (
        "import sys, pathlib, studio.store as s\n"
        "held = s.Store(pathlib.Path(sys.argv[1])); print('open', flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="Another Wan Studio"):
            Store(tmp_path)
        other.kill()
    Store(tmp_path).close()


def test_a_backup_is_whole_while_runs_are_stored_and_comes_back(
    studio: Studio, settings: Settings, catalogue: Catalogue, engine: FakeEngine
) -> None:
    """What had not been sent when the copy was made may have been since: it is held, not sent again."""
    done = finish(studio, image("kept"))
    studio.queue.pause()
    [waiting] = studio.local.requests.submit(paid_image("not yet sent"))
    copy = studio.admin.backup()
    assert studio.admin.backups() == [copy]
    [later] = studio.local.requests.submit(image("after the copy"))
    studio.close()
    aside = backup.restore(copy, settings.data)
    assert aside is not None
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, start=False) as again:
        assert again.local.runs.get(done.id).assets == done.assets
        assert again.local.runs.get(waiting.id).held_reason == HeldReason.APPROVAL
        assert again.local.gallery.search("after").total == 0
        assert [r.id for r in again.local.gallery.search("kept").runs] == [done.id]
    with sqlite3.connect(aside) as old:
        assert old.execute("SELECT count(*) FROM runs WHERE id = ?", [later.id]).fetchone() == (1,)
    old.close()


def test_a_damaged_backup_is_not_put_back(studio: Studio, settings: Settings) -> None:
    copy = studio.admin.backup()
    studio.close()
    copy.write_bytes(b"\x00" * 5000)
    before = (settings.data / "studio.db").stat().st_ino
    with pytest.raises(StoreError, match="damaged"):
        backup.restore(copy, settings.data)
    assert (settings.data / "studio.db").stat().st_ino == before


def test_counters_agree_with_the_rows_after_everything_that_changes_them(studio: Studio) -> None:
    made = studio.on_behalf_of("anna").requests.submit_many([image("a", n=3), paid_image("b", n=2)])
    studio.local.runs.wait([r.id for r in made], timeout_s=10)
    finish(studio, image("c"))
    studio.local.gallery.trash([made[0].id, made[3].id])
    studio.local.gallery.restore([made[0].id])
    studio.local.gallery.trash([made[1].id])
    studio.admin.purge(older_than_days=-1)
    with studio.context.store.read() as db:
        kept = {r[:5]: r[5] for r in db.execute("SELECT * FROM counts WHERE n != 0").fetchall()}
        whose = "owner, project, shared"
        live = f"SELECT {{f}}, {{k}}, {whose}, count(*) FROM runs WHERE trashed_at IS NULL GROUP BY 1, 2, 3, 4, 5"
        true: dict[tuple[object, ...], int] = {}
        for facet, key in (("all", "''"), ("status", "status"), ("task", "task"), ("kind", "kind"), ("model", "model")):
            found = db.execute(live.format(f=f"'{facet}'", k=key)).fetchall()
            true |= {r[:5]: r[5] for r in found}
    assert kept == true
