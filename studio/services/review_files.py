"""What a version of a review shows now: the file, how far the run is that makes it, and how its frames are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlite_utils import Database

from studio.domain import Asset, Kind, Run
from studio.errors import MediaError, NotFound, StorageUnavailable, StudioError
from studio.media.frame_timing import frame_timing
from studio.review.model import Version, VersionState
from studio.services.context import Context
from studio.store import assets, exports, reviews, runs

SHOWN = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO)
"""Kinds of files that can be looked at."""


@dataclass(frozen=True)
class VersionFile:
    """What a version shows now. run: of a run's result; asset: the file, once there is one."""

    state: VersionState
    asset: Asset | None = None
    run: Run | None = None


def files_of(db: Database, versions: Sequence[Version], viewer: str) -> dict[str, VersionFile]:
    """What each version (by its id) shows to this viewer."""
    by_run = {r.id: r for r in runs.several(db, [v.run for v in versions if v.run], viewer)}
    films = {v.film: _film_asset(db, v.film, viewer) for v in versions if v.film}
    wanted = [v.asset or films.get(v.film or "") for v in versions]
    by_asset = assets.several(db, [i for i in wanted if i], viewer)
    found: dict[str, VersionFile] = {}
    for version in versions:
        if version.run:
            found[version.id] = _file_of_run(by_run.get(version.run))
        else:
            asset = by_asset.get(version.asset or films.get(version.film or "") or "")
            found[version.id] = VersionFile("ready" if asset else "gone", asset)
    return found


def with_timing(context: Context, versions: Sequence[Version], files: Mapping[str, VersionFile]) -> list[Version]:
    """The versions with rate and frames, read from the files of those that are new and kept from then on."""
    done: list[Version] = []
    read: list[Version] = []
    for version in versions:
        asset = files[version.id].asset
        if version.rate is None and asset is not None and asset.kind == Kind.VIDEO:
            try:
                timing = frame_timing(context.asset_path(asset))
            except (StudioError, MediaError, OSError):  # shown by time alone
                done.append(version)
                continue
            version = replace(version, rate=timing.rate, frames=timing.frames)
            read.append(version)
        done.append(version)
    if read:
        with suppress(StorageUnavailable), context.store.write() as db:  # else they are read again next time
            for version in read:
                if version.rate is not None and version.frames is not None:
                    reviews.set_timing(db, version.seq, version.rate, version.frames)
    return done


def main_asset(run: Run) -> Asset | None:
    """The run's first file that can be looked at."""
    return next((a for a in run.assets if a.kind in SHOWN), None)


def _film_asset(db: Database, film_id: str, viewer: str) -> str | None:
    try:
        return exports.get(db, film_id, viewer).asset
    except NotFound:
        return None


def _file_of_run(run: Run | None) -> VersionFile:
    if run is None:
        return VersionFile("gone")
    if asset := main_asset(run):
        return VersionFile("ready", asset, run)
    return VersionFile("failed" if run.status.ended else "making", None, run)
