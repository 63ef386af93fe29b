"""Copies for guests: without prompts, and with a watermark where the link has one. Kept in the cache.

A copy without prompts is made at once, when first asked for. Marked ones are made in the background.

One is made at a time, the last one asked for first: that is what somebody looks at. A copy belongs to one guest, for
their name is in it. The cache is bounded; what was not looked at longest goes, and all of a link that is over.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.domain import Asset
from studio.errors import StorageUnavailable
from studio.jobs.context import JobContext
from studio.media import public_copy
from studio.media.files import Stopped, replacing
from studio.messages import Message
from studio.storage import storing
from studio.store import Store, review_links

log = logging.getLogger(__name__)

MAX_BYTES = 8 * 10**9
MAX_WAITING = 2000
SWEEP_S = 3600.0
FOLDER = "cache/marked"


@dataclass
class CopyState:
    """A copy that is not there yet. fraction: 0..1. error: why it cannot be made; "" while it is on its way."""

    fraction: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class _Order:
    asset: Asset
    text: str


class Watermarks:
    """Safe from any thread."""

    def __init__(self, store: Store, jobs: JobContext, *, max_bytes: int = MAX_BYTES) -> None:
        self._store, self._jobs, self._max_bytes = store, jobs, max_bytes
        self._folder = jobs.data / FOLDER
        self._changed, self._drawing, self._copying = threading.Condition(), threading.Lock(), threading.Lock()
        self._waiting: OrderedDict[Path, _Order] = OrderedDict()
        self._states: dict[Path, CopyState] = {}
        self._current: Path | None = None
        self._cancelled = False
        self._closing = False
        self._thread: threading.Thread | None = None
        self._swept_at = 0.0

    def get(self, asset: Asset, text: str, *, link: str, guest: str, urgent: bool) -> Path | CopyState:
        """The marked copy of a file, or how far it is. urgent: before all that waits; else after it."""
        path = self._path(asset, text, link, guest, 0)
        if path.is_file():
            with suppress(OSError):
                path.touch()
            return path
        with self._changed:
            state = self._states.get(path)
            if state is None or (state.error and urgent):
                state = self._states[path] = CopyState()
                self._waiting[path] = _Order(asset, text)
                self._waiting.move_to_end(path, last=urgent)
                while len(self._waiting) > MAX_WAITING:
                    self._states.pop(self._waiting.popitem(last=False)[0], None)
                self._begin()
            elif urgent and path in self._waiting:
                self._waiting.move_to_end(path)
        return state

    def still(self, asset: Asset, text: str, *, link: str, guest: str, side_px: int) -> Path:
        """A marked picture that stands for the file, at most side_px large, made at once. Raises MediaError."""
        from studio.review import watermark

        path = self._path(asset, text, link, guest, side_px).with_suffix(".webp")
        with self._drawing, storing(self._jobs.data):
            if not path.is_file():
                source = self._jobs.file(asset.path).resolve()
                watermark.still(source, path, asset.kind, text, max_side_px=side_px)
        return path

    def without_prompts(self, asset: Asset, *, link: str) -> Path:
        """A copy that says nothing of how the file was asked for, the same for all guests of a link. Raises MediaError
        for a format that cannot do without."""
        suffix = Path(asset.path).suffix
        path = self._folder / link / "plain" / f"{asset.id}-{asset.sha256[:16]}{suffix}"
        with self._copying, storing(self._jobs.data):
            if path.is_file():
                path.touch()
                return path
            with replacing(path) as draft:
                public_copy.write(self._jobs.file(asset.path).resolve(), draft)
        return path

    @staticmethod
    def mime(asset: Asset) -> str:
        """The type of the file's copies."""
        from studio.review.watermark import MIMES, SUFFIXES

        return MIMES[SUFFIXES[asset.kind]]

    def forget(self, link: str) -> None:
        """Drop all copies of a link that is over."""
        folder = self._folder / link
        with self._changed:
            for path in [path for path in self._states if folder in path.parents]:
                self._waiting.pop(path, None)
                self._states.pop(path)
            if self._current and folder in self._current.parents:
                self._cancelled = True
        shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> None:
        """Drop the copies of links that are over, then those not looked at longest until the rest fits."""
        with self._store.read() as db:
            living = review_links.living(db)
        for folder in self._folder.glob("sl_*"):
            if folder.name not in living:
                self.forget(folder.name)
        files = [(path, path.stat()) for path in self._folder.glob("*/*/*.*") if not path.name.startswith(".")]
        total = sum(stat.st_size for _, stat in files)
        for path, stat in sorted(files, key=lambda pair: pair[1].st_mtime):
            if total <= self._max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= stat.st_size

    def close(self) -> None:
        """Stop; what was being made is dropped."""
        with self._changed:
            self._closing = self._cancelled = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _path(self, asset: Asset, text: str, link: str, guest: str, side_px: int) -> Path:
        from studio.review.watermark import SUFFIXES, VERSION

        digest = hashlib.sha256(f"{VERSION} {side_px} {asset.sha256} {text}".encode()).hexdigest()[:16]
        return self._folder / link / guest / f"{asset.id}-{digest}{SUFFIXES[asset.kind]}"

    def _begin(self) -> None:
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._loop, name="watermarks", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if self._closing:
                    return
                path, order = self._waiting.popitem()
                self._current, self._cancelled = path, False
            self._make(path, order)
            with self._changed:
                self._current = None
                self._changed.notify_all()
            if time.monotonic() - self._swept_at > SWEEP_S or self._swept_at == 0.0:
                self._swept_at = time.monotonic()
                with suppress(OSError, StorageUnavailable):
                    self.sweep()

    def _make(self, path: Path, order: _Order) -> None:
        from studio.review import watermark

        state = self._states.get(path) or CopyState()
        try:
            with storing(self._jobs.data):
                source = self._jobs.file(order.asset.path).resolve()
                watermark.copy(
                    source, path, order.asset.kind, order.text, on_progress=lambda f: setattr(state, "fraction", f),
                    cancelled=lambda: self._cancelled,
                )  # fmt: skip
        except Exception as error:  # whatever it was, the next copy is made all the same
            if self._cancelled or isinstance(error, Stopped):
                return
            log.warning("a marked copy of %s was not made: %s", order.asset.id, error)
            state.error = Message("reviewlinks.copy_failed")
            return
        with self._changed:
            self._states.pop(path, None)
