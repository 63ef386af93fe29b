"""Copies of the database, made while it is in use, and put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from studio.domain import HeldReason, Phase, Status, now
from studio.errors import StoreError
from studio.messages import Message
from studio.storage import storing
from studio.store import runs
from studio.store.db import Store
from studio.store.folder import NAME, backups_in, opened_folder
from studio.store.lock import FolderLock
from studio.store.soundness import check


def make(path: Path, folder: Path) -> Path:
    """Copy the database at `path` into the folder under the time's name; the new file, verified.

    In one step from a connection of its own: step by step it would start again whenever something is written.
    """
    target = folder / f"studio-{now():%Y%m%d-%H%M%S-%f}.db"
    draft = target.with_suffix(".part")
    with storing(path.parent):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(draft)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                check(Database(copy), draft)
            draft.replace(target)
        finally:
            for leftover in folder.glob(f"{draft.name}*"):  # with the journal of a copy that was not finished
                leftover.unlink(missing_ok=True)
    return target


def available(folder: Path) -> list[Path]:
    """Copies in the folder, the newest first."""
    return backups_in(folder)


def restore(copy: Path, data: Path) -> Path | None:
    """Put the copy in the place of the data folder's database; where the old one was moved to, if there was one.

    The studio must not be running. Runs that had not been sent when the copy was made may have been sent since, and so
    are held for a decision. Raises StoreError when the folder is in use or the copy is damaged.
    """
    if not copy.is_file():
        raise StoreError(Message("store.no_backup", copy=copy))
    with (
        storing(opened_folder(data)),
        closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as source,
    ):
        try:
            check(Database(source), copy)
        except sqlite3.DatabaseError as error:
            raise StoreError(Message("store.backup_damaged", copy=copy, why=error)) from error
        lock = FolderLock(data / "studio.lock")
        try:
            replaced = _move_away(data)
            with closing(sqlite3.connect(data / NAME)) as target:
                source.backup(target)
        finally:
            lock.release()
    store = Store(data)
    try:
        _hold_unsent(store)
    finally:
        store.close()
    return replaced


def _move_away(data: Path) -> Path | None:
    replaced = data / "backups" / f"replaced-{now():%Y%m%d-%H%M%S-%f}.db"
    replaced.parent.mkdir(parents=True, exist_ok=True)
    for ending in ("", "-wal", "-shm"):
        if (old := data / f"{NAME}{ending}").exists():
            old.replace(f"{replaced}{ending}")
    return replaced if replaced.exists() else None


def _hold_unsent(store: Store) -> None:
    reason_text = Message("hold.from_backup")
    with store.write() as db:
        for run in runs.open_with(db, Status.QUEUED, Status.RUNNING):
            if run.handle is None:
                reason = HeldReason.LOST_SUBMIT if run.phase == Phase.SUBMITTING else HeldReason.APPROVAL
                runs.move(db, run, Status.HELD, reason_text, held_reason=reason.value, error=reason_text)
