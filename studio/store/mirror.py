"""A second folder, such as a mounted Storage Bucket, with copies of finished files and of the database.

Live SQLite stays on the local disk: a bucket is a network file system. Copies of the database are made beside it and
then copied over as whole files. A folder that is away, full or slow never stops a run: what fails is tried again.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from sqlite_utils import Database

from studio.errors import StoreError
from studio.media.files import replacing
from studio.storage import storing
from studio.store import Store, backup, settings
from studio.store.folder import NAME, backups_in

log = logging.getLogger(__name__)

TOP = "wan-studio"
"""Our folder inside of the mirror, which may be shared."""
ID_FILE, ID_KEY = "studio.id", "mirror_id"
KEPT_COPIES = 3
"""Copies of the database that stay in the mirror."""


class Mirror:
    """Copies between a data folder and the mirror. folder: of the mount, which is never made here.

    Safe from any thread. Methods raise OSError where the mirror is away, unless they say otherwise.
    """

    def __init__(self, folder: Path, data: Path) -> None:
        self._mount, self._data = folder, data
        self.folder = folder / TOP

    def restore(self) -> Path | None:
        """Put the newest sound copy of the database into a data folder that has none; that copy, None for none.

        Runs that had not been sent when it was made are held, as after every backup. Raises no error for a mirror that
        is away: the studio starts empty, and does not write into the mirror of another.
        """
        if (self._data / NAME).exists():
            return None
        try:
            copies = backups_in(self.folder / "database")
        except OSError as error:
            log.warning("the mirror %s cannot be read: %s", self._mount, error.strerror)
            return None
        for copy in copies:
            local = self._data / "cache" / "mirror" / copy.name
            try:
                local.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(copy, local)
                backup.restore(local, self._data)
                self._fetch_luts()
            except (OSError, StoreError) as error:
                log.warning("the copy %s could not be used: %s", copy, error)
                (self._data / NAME).unlink(missing_ok=True)
                continue
            finally:
                local.unlink(missing_ok=True)
            log.info("the database was restored from %s", copy)
            return copy
        return None

    def claim(self, store: Store) -> bool:
        """Whether the mirror is this studio's; an unused one becomes it."""
        if not self._mount.is_dir():
            raise FileNotFoundError(2, "there is no such folder", str(self._mount))
        with store.read() as db:
            own: str | None = settings.get(db, ID_KEY)
        if own is None:
            own = secrets.token_hex(8)
            with store.write() as db:
                settings.put(db, ID_KEY, own)
        file = self.folder / ID_FILE
        if not file.exists():
            with replacing(file) as draft:
                draft.write_text(own, "utf-8")
        return file.read_text("utf-8").strip() == own

    def put(self, relative: str) -> None:
        """Copy a file of the data folder, where the mirror has none of its size."""
        source, target = self._data / relative, self.folder / relative
        size = source.stat().st_size
        with suppress(FileNotFoundError):
            if target.stat().st_size == size:
                return
        with replacing(target) as draft:
            shutil.copyfile(source, draft)

    def fetch(self, relative: str) -> bool:
        """Copy a file that is missing from the data folder back; whether it is there now. Raises nothing of a mirror
        that is away, StorageUnavailable where the data folder cannot take the file."""
        target, source = self._data / relative, self.folder / relative
        if target.is_file():
            return True
        try:
            if not source.is_file():
                return False
        except OSError:
            return False
        with storing(self._data), replacing(target) as draft:
            shutil.copyfile(source, draft)
        return True

    def remove(self, relative: str) -> None:
        """Delete the copy of a file that was deleted here. Raises nothing: a copy too many does no harm."""
        with suppress(OSError):
            (self.folder / relative).unlink(missing_ok=True)

    def put_database(self, store: Store) -> Path:
        """Copy the database as it is now; the new copy in the mirror. Old ones go."""
        local = backup.make(store.path, self._data / "cache" / "mirror")
        target = self.folder / "database" / local.name
        try:
            with replacing(target) as draft:
                shutil.copyfile(local, draft)
        finally:
            local.unlink(missing_ok=True)
        for old in backups_in(target.parent)[KEPT_COPIES:]:
            old.unlink(missing_ok=True)
        self._put_luts()
        return target

    def _put_luts(self) -> None:
        for path in (self._data / "library" / "luts").glob("*.cube"):
            self.put(path.relative_to(self._data).as_posix())

    def _fetch_luts(self) -> None:
        for path in (self.folder / "library" / "luts").glob("*.cube"):
            self.fetch(path.relative_to(self.folder).as_posix())


def new_files(db: Database, after: tuple[int, int], limit: int) -> tuple[list[str], tuple[int, int]]:
    """Paths of files, relative to the data folder, of assets and exports beyond these seqs, and the seqs reached."""
    assets = db.conn.execute(
        "SELECT seq, path FROM assets WHERE seq > ? ORDER BY seq LIMIT ?", [after[0], limit]
    ).fetchall()
    films = db.conn.execute(
        "SELECT seq, path FROM films WHERE seq > ? AND seq < coalesce((SELECT min(seq) FROM films WHERE "
        "finished_at IS NULL), seq + 1) ORDER BY seq LIMIT ?",
        [after[1], limit],
    ).fetchall()
    reached = (assets[-1][0] if assets else after[0], films[-1][0] if films else after[1])
    return [path for _, path in [*assets, *films] if path], reached
