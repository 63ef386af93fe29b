"""The audit log under /ui/activity: pages of rows, what to filter by, exports as streams, the check of the chain."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from studio.domain import JSON, now
from studio.payload import Payload
from studio.services.audit import AuditFilter, ChainReport, Format, as_json
from studio.web.errors import SentenceRoute
from studio.web.middleware.same_origin import asking_actor

if TYPE_CHECKING:
    from studio.studio import Studio

Actor = Annotated[str, Depends(asking_actor)]
MAX_PAGE_ROWS = 200
MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


class ActivityFilter(Payload):
    """What is looked for; empty is any. person: "local" is the local user of a studio without accounts."""

    person: str = Field("", max_length=100)
    action: str = Field("", max_length=100)
    object: str = Field("", max_length=200)
    text: str = Field("", max_length=500)
    since: date | None = None
    until: date | None = None
    time_zone: str = Field("", max_length=64)

    def wanted(self) -> AuditFilter:
        """As the service takes it."""
        person = {"": None, "local": ""}.get(self.person, self.person)
        return AuditFilter(person, self.action, self.object, self.text, self.since, self.until, self.time_zone)


class ActivityPage(ActivityFilter):
    """A page of rows: those before a seq."""

    before: int | None = Field(None, ge=0, le=2**62)
    limit: int = Field(60, ge=1, le=MAX_PAGE_ROWS)


class ActivityExport(ActivityFilter):
    """All rows as a file."""

    form: Format = "csv"


class Months(Payload):
    """How long rows are kept; 0: for good."""

    months: int = Field(ge=0, le=10_000)


def router(studio: Studio) -> APIRouter:
    """The routes; everyone gets their own rows, administrators all."""
    api = APIRouter(prefix="/ui/activity", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def rows(asked: Annotated[ActivityPage, Query()], actor: Actor) -> JSON:
        found, before = studio.acting_for(actor).audit.search(asked.wanted(), before=asked.before, limit=asked.limit)
        return {"rows": [as_json(row) for row in found], "next_before": before}

    @api.get("/choices")
    def choices(actor: Actor) -> JSON:
        service = studio.acting_for(actor).audit
        listed = service.choices()
        people = [{"id": key or "local", "name": name} for key, name in listed.people]
        months = service.months() if service.sees_all else None
        body = {"people": people, "actions": listed.actions, "sees_all": service.sees_all, "months": months}
        return body | {"names": listed.names}

    @api.get("/export")
    def export(asked: Annotated[ActivityExport, Query()], actor: Actor) -> Response:
        name = f"activity_{now():%Y-%m-%d}.{asked.form}"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        pieces = studio.acting_for(actor).audit.export(asked.wanted(), asked.form)
        return StreamingResponse(pieces, media_type=MEDIA_TYPES[asked.form], headers=headers)

    @api.post("/verify")
    def verify(actor: Actor) -> JSON:
        return _report(studio.acting_for(actor).audit.verify())

    @api.post("/months")
    def months(body: Months, actor: Actor) -> JSON:
        return {"removed": studio.acting_for(actor).audit.set_months(body.months), "months": body.months}

    return api


def _report(report: ChainReport) -> JSON:
    broken = report.broken and {"seq": report.broken.seq, "missing": report.broken.missing}
    removed = report.removed and {"through": report.removed[0], "at": report.removed[1]}
    return {"rows": report.rows, "broken": broken, "removed": removed, "hash": report.last_hash}
