"""A batch in a data folder of this machine: its studio is opened for it, without any page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from studio.cli.target import Blocked
from studio.domain import JSON, Asset
from studio.errors import FolderInUse
from studio.messages import Message
from studio.services import media_facts
from studio.services.batches import BatchPlan, KeyedRequest
from studio.services.call_origin import CALL_ORIGIN, TERMINAL
from studio.settings import Settings
from studio.studio import Studio

PART = 500
"""Runs that one question to the database asks for."""


class LocalTarget:
    """See `Target`."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._services = studio, studio.local
        self.max_upload_bytes = studio.settings.max_upload_mb * 1_000_000
        self.catalogue = studio.catalogue

    def inspect(self, path: Path, name: str, folder: Path) -> Asset:
        """As the library would take it."""
        return media_facts.inspect(path, name=name, folder=folder, max_bytes=self.max_upload_bytes)

    def add(self, path: Path, name: str) -> str:
        """Content that is there already is not stored twice."""
        return self._services.assets.add(path, name=name, documents=True).id

    def plan(self, batch: Sequence[KeyedRequest], known_assets: Mapping[str, Asset]) -> BatchPlan:
        """As `Batches.plan`."""
        return self._services.batches.plan(batch, known_assets=known_assets)

    def submit(self, batch: Sequence[KeyedRequest]) -> list[list[JSON]]:
        """As `Batches.submit`."""
        return [[run.public() for run in runs] for runs in self._services.batches.submit(batch).runs]

    def runs(self, run_ids: Sequence[str]) -> list[JSON]:
        """As they are now."""
        found: list[JSON] = []
        for start in range(0, len(run_ids), PART):
            found += [run.public() for run in self._services.runs.several(run_ids[start : start + PART])]
        return found

    def blocked(self) -> Blocked:
        """From the queue of the folder."""
        held = {hold.model: str(hold.reason) for hold in self._studio.queue.held_models() if not hold.trying}
        return Blocked(self._studio.queue.paused, held)

    def file(self, asset: JSON) -> str:
        """The path in the library; "" for text, which has none."""
        found = self._services.assets.get(asset["id"])
        return str(self._services.assets.path(found)) if found.path else ""


@contextmanager
def opened(settings: Settings, *, look: bool) -> Iterator[LocalTarget]:
    """The folder's studio. look: only to check and price, also beside another one that uses it; nothing is stored."""
    CALL_ORIGIN.set(TERMINAL)
    if look:
        studio = Studio.look(settings)
    else:
        try:
            studio = Studio.open(settings)
        except FolderInUse:
            raise FolderInUse(Message("batch.in_use", folder=str(settings.data))) from None
    with studio:
        yield LocalTarget(studio)
