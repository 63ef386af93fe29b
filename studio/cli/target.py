"""Where a batch goes: a data folder of this machine, opened for it, or a running studio by its REST API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from studio.catalogue import Catalogue
from studio.domain import JSON, Asset
from studio.services.batches import BatchPlan, KeyedRequest


@dataclass(frozen=True)
class Blocked:
    """What keeps waiting runs from starting. models: id -> why their queue is held."""

    paused: bool = False
    models: Mapping[str, str] = field(default_factory=dict)


class Target(Protocol):
    """A studio, as a batch uses it. Runs are the JSON of the API."""

    max_upload_bytes: int
    catalogue: Catalogue

    def inspect(self, path: Path, name: str, folder: Path) -> Asset:
        """The asset that a file would be; nothing is stored. folder: for a converted copy."""
        ...

    def add(self, path: Path, name: str) -> str:
        """Take a file into the library; its id."""
        ...

    def plan(self, batch: Sequence[KeyedRequest], known_assets: Mapping[str, Asset]) -> BatchPlan:
        """What a submit would do."""
        ...

    def submit(self, batch: Sequence[KeyedRequest]) -> list[list[JSON]]:
        """Store what is new; the runs of each request."""
        ...

    def runs(self, run_ids: Sequence[str]) -> list[JSON]:
        """The runs as they are now, without those that are gone."""
        ...

    def blocked(self) -> Blocked:
        """What keeps waiting runs from starting now."""
        ...

    def file(self, asset: JSON) -> str:
        """Where the file of a result is: its path, or its link."""
        ...
