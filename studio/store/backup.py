"""Copies of the database, made while it is in use, and put back. A copy is a database compressed by gzip: a quarter of
its size, and every system can unpack it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import time
import zlib
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from sqlite_utils import Database

from studio.domain import HeldReason, Phase, Status, now
from studio.errors import StoreError
from studio.messages import Message
from studio.storage import storing
from studio.store import runs
from studio.store.db import Store
from studio.store.folder import COMPRESSED, NAME, backups_in, opened_folder
from studio.store.lock import FolderLock
from studio.store.soundness import check

STEP_PAGES = 2048
"""Pages of the database that are copied between two reports: 8 MB."""
CHUNK_BYTES = 2**20
GZIP_LEVEL = 1
"""Of a studio with a million runs level 1 leaves 25 % in 14 s of CPU, level 3 leaves 24 % in 21 s."""
DAY_S = 24 * 3600.0

Step = Literal["copying", "checking", "compressing"]


@dataclass(frozen=True)
class BackupProgress:
    """How far a copy is: its step, and how much of that is done (0..1); None where that cannot be told."""

    step: Step
    fraction: float | None


def _untold(_: BackupProgress) -> None:
    """Nobody asks."""


def make(path: Path, folder: Path, *, on_progress: Callable[[BackupProgress], None] = _untold) -> Path:
    """Copy the database at `path` into the folder under the time's name; the new file, verified.

    Nobody who writes waits for it: the whole copy is of one moment, that of its first page.
    """
    target = folder / f"studio-{now():%Y%m%d-%H%M%S-%f}.db{COMPRESSED}"
    draft = folder / target.name.replace(f".db{COMPRESSED}", ".part")
    packed = folder / f"{target.name}.part"
    with storing(path.parent):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _copy(path, draft, on_progress)
            _compress(draft, packed, on_progress)
            packed.replace(target)
        finally:
            for leftover in (
                *folder.glob(f"{draft.name}*"),
                packed,
            ):  # and a journal
                leftover.unlink(missing_ok=True)
    return target


def _copy(path: Path, draft: Path, on_progress: Callable[[BackupProgress], None]) -> None:
    """In steps on a connection that reads one moment: on one that does not, SQLite would begin again whenever
    something is written."""
    with closing(sqlite3.connect(path, isolation_level=None)) as source, closing(sqlite3.connect(draft)) as copy:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()

        def tell(_status: int, left: int, total: int) -> None:
            on_progress(BackupProgress("copying", 1 - left / total if total else 1.0))

        source.backup(copy, pages=STEP_PAGES, progress=tell, sleep=0)
        on_progress(BackupProgress("checking", None))
        copy.execute("PRAGMA journal_mode=DELETE")
        check(Database(copy), draft)


def _compress(draft: Path, packed: Path, on_progress: Callable[[BackupProgress], None]) -> None:
    total = draft.stat().st_size
    with draft.open("rb") as source, packed.open("wb") as file:
        with gzip.GzipFile(draft.with_suffix(".db").name, "wb", GZIP_LEVEL, file) as target:
            while chunk := source.read(CHUNK_BYTES):
                target.write(chunk)
                on_progress(BackupProgress("compressing", source.tell() / total))
        file.flush()
        os.fsync(file.fileno())


def available(folder: Path) -> list[Path]:
    """Copies in the folder, the newest first."""
    return backups_in(folder)


def prune(folder: Path, *, keep: int, days: float) -> list[Path]:
    """Delete copies beyond the newest `keep`, and those older than so many days; never the newest. What went."""
    oldest = time.time() - days * DAY_S
    removed: list[Path] = []
    for place, copy in enumerate(backups_in(folder)):
        with suppress(FileNotFoundError):
            if place and (place >= keep or copy.stat().st_mtime < oldest):
                copy.unlink()
                removed.append(copy)
    return removed


def restore(copy: Path, data: Path) -> Path | None:
    """Put the copy in the place of the data folder's database; where the old one was moved to, if there was one.

    The studio must not be running. Runs that had not been sent when the copy was made may have been sent since, and so
    are held for a decision. Raises StoreError when the folder is in use or the copy is damaged.
    """
    if not copy.is_file():
        raise StoreError(Message("store.no_backup", copy=copy))
    with (
        storing(opened_folder(data)),
        _unpacked(copy, data / "backups") as database,
        closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as source,
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


@contextmanager
def _unpacked(copy: Path, folder: Path) -> Generator[Path, None, None]:
    """The database that the copy holds: unpacked into the folder for as long as the block lasts, where it is packed.

    Copies of earlier versions are not. Raises StoreError for one that cannot be unpacked.
    """
    if copy.suffix != COMPRESSED:
        yield copy
        return
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"studio-restored-{os.getpid()}.part"
    try:
        with gzip.open(copy, "rb") as source, draft.open("wb") as target:
            _unpack(copy, source, target)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _unpack(copy: Path, source: gzip.GzipFile, target: IO[bytes]) -> None:
    try:
        shutil.copyfileobj(source, target, CHUNK_BYTES)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise StoreError(Message("store.backup_damaged", copy=copy, why=error)) from error


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
