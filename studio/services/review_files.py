"""What a version of a review shows now."""

from __future__ import annotations

from dataclasses import dataclass

from studio.domain import Asset, Run
from studio.review.model import VersionState


@dataclass(frozen=True)
class VersionFile:
    """What a version shows now. run: of a run's result; asset: the file, once there is one."""

    state: VersionState
    asset: Asset | None = None
    run: Run | None = None
