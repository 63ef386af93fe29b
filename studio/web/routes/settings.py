"""What the Settings page shows and does: storage, engines, limits, spending, backups, versions. No key ever leaves."""

from __future__ import annotations

import platform
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from fastapi import APIRouter
from pydantic import BaseModel, Field

from studio.domain import JSON, now
from studio.payload import Payload
from studio.services.time_zones import zone_of
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from studio.studio import Studio

PACKAGES = (
    *("gradio", "moviepy", "av", "pillow", "pillow-heif", "opencv-python-headless", "numpy", "sqlite-utils", "httpx"),
    *("pydantic", "piexif"),
)
"""Installed packages whose version and licence are shown."""

Dollars = Annotated[float | None, Field(ge=0, le=1_000_000)]


class SpendingLimits(Payload):
    """Dollars; None means no limit."""

    run_usd: Dollars = None
    day_usd: Dollars = None
    month_usd: Dollars = None


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/house."""
    api = APIRouter(prefix="/ui/house", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def overview(actor: ActorKey) -> JSON:
        return {
            "storage": to_json(studio.acting_for(actor).admin.storage()),
            "engines": [to_json(e) for e in studio.admin.engine_status()],
            "limits": to_json(studio.acting_for(actor).admin.limits()),
            "backups": backups(studio, actor),
            "backup_limits": {"kept": studio.settings.backups_kept, "days": studio.settings.backups_days},
            "backing_up": studio.acting_for(actor).admin.backup_progress() is not None,
            "parts": packages(),
            "health": health(studio),
        }

    @api.get("/spend")
    def spend(
        actor: ActorKey,
        group: Literal["day", "model", "owner"] = "day",
        days: Annotated[int, Field(ge=1)] = 30,
        time_zone: Annotated[str, Field(max_length=64)] = "",
    ) -> JSON:
        """Money of the last days, today included; time_zone: where days begin, UTC without one."""
        since = (now().astimezone(zone_of(time_zone) or UTC) - timedelta(days=days - 1)).date()
        return {
            "rows": [
                to_json(row) for row in studio.acting_for(actor).admin.spend(group, since=since, time_zone=time_zone)
            ]
        }

    @api.post("/limits")
    def set_limits(body: SpendingLimits, actor: ActorKey) -> JSON:
        studio.acting_for(actor).admin.set_limits(body.run_usd, body.day_usd, body.month_usd)
        return to_json(studio.acting_for(actor).admin.limits())

    @api.post("/backup")
    def backup(actor: ActorKey) -> JSON:
        return {"made": studio.acting_for(actor).admin.backup().name, "backups": backups(studio, actor)}

    @api.get("/backup")
    def backup_progress(actor: ActorKey) -> JSON:
        """How far the backup is that is made now; null where none is."""
        progress = studio.acting_for(actor).admin.backup_progress()
        return {"progress": to_json(progress) if progress else None}

    return api


def health(studio: Studio) -> JSON:
    """How the studio is doing: runs waiting, and how long the oldest has waited, in seconds."""
    waiting, oldest = studio.queue.waiting()
    return {
        "waiting": waiting,
        "oldest_s": round((now() - oldest).total_seconds()) if oldest else None,
        "paused": studio.queue.paused,
        "sqlite": sqlite3.sqlite_version,
    }


def backups(studio: Studio, actor: str) -> list[JSON]:
    """The backups on disk, newest first: name, bytes, when."""
    files = [(p, p.stat()) for p in studio.acting_for(actor).admin.backups()]
    rows = [
        {"name": p.name, "bytes": s.st_size, "at": datetime.fromtimestamp(s.st_mtime).astimezone().isoformat()}
        for p, s in files
    ]
    return sorted(rows, key=lambda row: row["at"], reverse=True)


@cache
def packages() -> list[JSON]:
    """Python, SQLite and the packages the studio stands on, with version and licence."""
    rows = [{"name": "Python", "version": platform.python_version(), "licence": "PSF-2.0"}]
    rows.append({"name": "SQLite", "version": sqlite3.sqlite_version, "licence": "Public domain"})
    for name in PACKAGES:
        try:
            info = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        rows.append({"name": info["Name"], "version": info["Version"], "licence": _licence(info)})
    return rows


def _licence(info: metadata.PackageMetadata) -> str:
    licence = "License-Expression" in info and info["License-Expression"]
    licence = licence or ("License" in info and info["License"].strip().partition("\n")[0])
    classifiers = info.get_all("Classifier") or []
    return (
        licence[:60]
        if licence
        else next((c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")), "")
    )


def to_json(value: Any) -> JSON:
    """A value object of the Studio as JSON: paths and times become text."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    body = asdict(cast("DataclassInstance", value))
    return {
        k: v if isinstance(v, str | int | float | bool | list | tuple | dict | None) else str(v)
        for k, v in body.items()
    }
