"""The data folder as it is found at the start: made where it is new, refused where its database is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from studio.errors import StoreError
from studio.messages import Message
from studio.storage import storing

NAME = "studio.db"
COMPRESSED = ".gz"
"""Ending of a copy of the database that is compressed."""
PARTIAL_SUFFIXES = (".part", ".json")
HEADER_BYTES = 100
"""A file below this size cannot be a database. Source: https://sqlite.org/fileformat2.html."""


def opened_folder(data: Path) -> Path:
    """The data folder, made where it is not there. Raises StoreError, StorageUnavailable."""
    try:
        with storing(data):
            data.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise StoreError(Message("store.data_is_file", data=data)) from None
    except OSError as error:
        raise StoreError(Message("store.cannot_make_folder", data=data, why=error.strerror)) from None
    return data


def backups_in(folder: Path) -> list[Path]:
    """Copies of the database in the folder, the newest first."""
    return sorted((*folder.glob("studio-*.db"), *folder.glob(f"studio-*.db{COMPRESSED}")), reverse=True)


def refuse_lost_database(data: Path) -> None:
    """Raise StoreError where the folder holds a library or backups, but no database that knows them.

    That is what a power cut, a full disk or a slip of the hand leaves. Starting with an empty gallery beside the files
    would look like their loss, and would begin to write over the way back.
    """
    if not _empty(data / NAME):
        return
    copies, has_files = backups_in(data / "backups"), next(_files(data / "library"), None) is not None
    if not copies and not has_files:
        return
    state = Message("store.is_empty" if (data / NAME).exists() else "store.is_missing")
    advice = Message("store.no_backups")
    if copies:
        advice = Message("store.put_back", count=len(copies), data=data, copy=copies[0])
    id_ = "store.lost_database_library" if has_files else "store.lost_database_backups"
    raise StoreError(Message(id_, path=data / NAME, state=state, back=advice, instead=Message("store.begin_empty")))


def _empty(path: Path) -> bool:
    """Whether there is no database, or one without any table. A damaged one is not empty: it has its own sentence."""
    if not path.is_file() or path.stat().st_size < HEADER_BYTES:
        return not path.is_dir()
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as db:
            return db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    except sqlite3.Error:
        return False


def _files(folder: Path) -> Iterator[Path]:
    """Whole files anywhere below the folder, as they are found."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith(".") and path.suffix not in PARTIAL_SUFFIXES:
            yield path
