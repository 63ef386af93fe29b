"""A look at a data folder: nothing in it changes, whoever uses it, whatever its age."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from studio.errors import StoreError
from studio.settings import Settings
from studio.store import Store, settings
from studio.store.read_only import ReadOnlyStore
from studio.studio import Studio


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


def written(folder: Path, value: str) -> None:
    store = Store(folder)
    with store.write() as db:
        settings.put(db, "word", value)
    store.close()


def word(store: Store) -> object:
    with store.read() as db:
        return settings.get(db, "word")


def test_a_look_changes_nothing(tmp_path: Path) -> None:
    written(tmp_path, "fox")
    before = contents(tmp_path)
    store = ReadOnlyStore(tmp_path)
    assert word(store) == "fox"
    for write in (store.write().__enter__, lambda: store.write_one(print), lambda: store.insist(print)):
        with pytest.raises(StoreError):
            write()
    store.close()
    assert contents(tmp_path) == before


def test_it_looks_beside_a_studio_that_writes(tmp_path: Path) -> None:
    written(tmp_path, "fox")
    writer = Store(tmp_path)
    with writer.write() as db:
        settings.put(db, "word", "hare")
    store = ReadOnlyStore(tmp_path)
    assert word(store) == "hare"
    store.close()
    writer.close()


def test_a_folder_that_is_not_there_reads_as_empty_and_is_not_made(tmp_path: Path) -> None:
    with Studio.look(Settings(data=tmp_path / "none")) as studio:
        assert studio.local.gallery.search().total == 0
    assert not (tmp_path / "none").exists()


def test_an_older_database_is_read_and_left_at_its_age(tmp_path: Path) -> None:
    written(tmp_path, "fox")
    with closing(sqlite3.connect(tmp_path / "studio.db")) as db:
        db.execute("DROP TABLE submit_keys")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm023_submit_keys'")
        db.commit()
    before = contents(tmp_path)
    store = ReadOnlyStore(tmp_path)
    assert word(store) == "fox"
    with store.read() as db:
        assert db["submit_keys"].exists()
    store.close()
    assert contents(tmp_path) == before


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "studio.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreError):
        ReadOnlyStore(tmp_path)
