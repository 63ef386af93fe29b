"""The studio as a whole: storage, engines, backups, spending limits."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Literal

from studio.domain import now
from studio.engines.base import Engine, declared, has_connection
from studio.errors import CapabilityError, Conflict
from studio.jobs import budget
from studio.jobs.budget import SpendLimits
from studio.messages import Message
from studio.services.context import Context
from studio.services.time_zones import zone_of
from studio.store import assets, backup, ledger, runs, search
from studio.store.backup import BackupProgress
from studio.store.mapping import stamp


@dataclass(frozen=True)
class StorageUse:
    """Bytes on disk by folder, free bytes of that disk, and how much is kept. local_bytes: of the cache, what the card
    of this machine need not compute twice."""

    data: Path
    db_bytes: int
    library_bytes: int
    cache_bytes: int
    local_bytes: int
    backups_bytes: int
    free_bytes: int
    runs: int
    assets: int


@dataclass(frozen=True)
class EngineVariable:
    """An environment name that an engine reads, and whether it has a value here; never the value."""

    name: str
    required: bool
    is_set: bool


@dataclass(frozen=True)
class EngineStatus:
    """One engine: missing is the sentence that says what to set, None when ready. needs: the environment names without
    which it cannot run, a part of variables. connection: it is set up on the Connections page."""

    name: str
    label: str
    ready: bool
    missing: str | None
    local: bool
    needs: tuple[str, ...]
    models: int
    variables: tuple[EngineVariable, ...] = ()
    connection: bool = False


@dataclass(frozen=True)
class SpendRow:
    """Dollars spent or set aside, and for how many runs, under one key."""

    key: str
    usd: float
    runs: int


class Admin:
    """What the Settings page shows and sets for all users."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._backing_up = threading.Lock()
        self._progress: BackupProgress | None = None

    def storage(self) -> StorageUse:
        """What is used and what is left."""
        data = self._context.settings.data
        with self._context.store.read() as db:
            count, library_bytes = assets.usage(db)
            run_count = (
                search.total(db, search.SearchFilter())[0] + search.total(db, search.SearchFilter(trashed=True))[0]
            )
        return StorageUse(
            data=data.resolve(), db_bytes=sum(p.stat().st_size for p in data.glob("studio.db*")),
            library_bytes=library_bytes, cache_bytes=_folder_bytes(data / "cache"), backups_bytes=_folder_bytes(data /
            "backups"), local_bytes=_folder_bytes(data / "cache" / "local"), free_bytes=shutil.disk_usage(data).free,
            runs=run_count, assets=count,
        )  # fmt: skip

    def engine_status(self) -> list[EngineStatus]:
        """Every engine of this studio, the ready ones first."""
        return sorted(self._statuses(), key=lambda status: (not status.ready, not status.local, status.label))

    def _statuses(self) -> Iterator[EngineStatus]:
        for name in self._context.engines:
            engine = self._context.engines[name]
            info, missing = engine.info, engine.missing()
            models = sum(1 for model in self._context.catalogue if model.provider == name)
            variables = tuple(self._variables(engine))
            yield EngineStatus(
                name, info.label, missing is None, missing, info.local, info.needs, models, variables,
                connection=has_connection(engine),
            )  # fmt: skip

    def _variables(self, engine: Engine) -> Iterator[EngineVariable]:
        settings = self._context.engine_settings.current()
        for name, variable in declared(engine).items():
            value = settings.secret(name) if variable.secret else settings.option(name)
            yield EngineVariable(name, variable.required, bool(value))

    def purge(self, older_than_days: float = 30) -> int:
        """Delete what has been in the trash for so long, with its files; how many files went."""
        before, removed = stamp(now() - timedelta(days=older_than_days)), 0
        while True:
            with self._context.store.write() as db:
                paths, more = runs.purge(db, before)
            for path in paths:
                self._context.jobs.remove_file(path)
            removed += len(paths)
            if not more:
                return removed

    def backup(self) -> Path:
        """Copy the database, while it is in use, into backups/; the new file. Old copies go, as the settings say.

        Raises Conflict while another copy is made.
        """
        settings = self._context.settings
        if not self._backing_up.acquire(blocking=False):
            raise Conflict(Message("backups.under_way"))
        try:
            made = backup.make(self._context.store.path, settings.data / "backups", on_progress=self._tell)
            backup.prune(made.parent, keep=settings.backups_kept, days=settings.backups_days)
            return made
        finally:
            self._progress = None
            self._backing_up.release()

    def _tell(self, progress: BackupProgress) -> None:
        self._progress = progress

    def backup_progress(self) -> BackupProgress | None:
        """How far the copy is that is made now; None where none is."""
        return self._progress

    def backups(self) -> list[Path]:
        """Copies made so far, the newest first."""
        return backup.available(self._context.settings.data / "backups")

    def limits(self) -> SpendLimits:
        """The spending limits."""
        with self._context.store.read() as db:
            return budget.read(db)

    def set_limits(
        self, run_usd: float | None = None, day_usd: float | None = None, month_usd: float | None = None
    ) -> SpendLimits:
        """Set all three limits; None means no limit. Runs beyond one are held for a decision."""
        amounts = {"run_usd": run_usd, "day_usd": day_usd, "month_usd": month_usd}
        for field, usd in amounts.items():
            if usd is not None and not 0 <= usd < 1e9:
                raise CapabilityError(Message("budget.not_dollars", field=field, usd=usd), field=field, value=usd)
        limits = SpendLimits(**amounts)
        with self._context.store.write() as db:
            budget.write(db, limits)
        return limits

    def spend(
        self, group: Literal["day", "model", "owner"] = "day", since: date | None = None, *, time_zone: str = ""
    ) -> list[SpendRow]:
        """Money by day, model or owner, from that day on. time_zone: where days begin, by its IANA name; "" is UTC."""
        with self._context.store.read() as db:
            if group == "day":
                rows = ledger.spend_by_day(db, zone_of(time_zone) or UTC, since)
            else:
                rows = ledger.spend_by(db, group, since.isoformat() if since else "")
        return [SpendRow(*row) for row in rows]


def _folder_bytes(folder: Path) -> int:
    return sum(_file_bytes(p) for p in folder.rglob("*"))


def _file_bytes(path: Path) -> int:
    """Of a file; 0 for a folder, and for a file that is gone since it was listed."""
    try:
        stat = path.stat()
    except OSError:
        return 0
    return stat.st_size if S_ISREG(stat.st_mode) else 0
