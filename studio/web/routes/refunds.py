"""The refund audit under /ui/refunds: what is to be claimed, the text to send, the steps of each claim, a CSV file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from studio.domain import JSON, now
from studio.media.csv_cells import BYTE_ORDER_MARK
from studio.messages import LOCALES, term
from studio.payload import Payload
from studio.services.refunds import MAX_NOTE_CHARS, AuditedRun, ProviderAudit, amount_is, totals
from studio.store.refunds import RefundClaim
from studio.web.routes.runs import MAX_INTEGER, MAX_SELECTED_RUNS, ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio


class ClaimState(Payload):
    """What came of a claim. usd: what was paid back; null is all of it."""

    state: str = Field(max_length=20)
    usd: float | None = Field(None, ge=0, allow_inf_nan=False)
    note: str = Field("", max_length=MAX_NOTE_CHARS)


def router(studio: Studio) -> APIRouter:
    """The routes, each for the runs of who asks."""
    api = APIRouter(prefix="/ui/refunds", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def audit(actor: ActorKey) -> JSON:
        audits = studio.acting_for(actor).refunds.audit()
        return {"providers": [_provider(audit) for audit in audits], "totals": totals(audits)}

    @api.get("/letter")
    def letter(
        provider: Annotated[str, Query(max_length=100)], actor: ActorKey,
        ids: Annotated[list[int], Query(max_length=MAX_SELECTED_RUNS)] = [],  # noqa: B006 - read only
    ) -> JSON:  # fmt: skip
        service = studio.acting_for(actor).refunds
        return {"texts": {language: service.letter(provider, language, ids) for language in LOCALES}}

    @api.post("/{claim_id}")
    def mark(claim_id: int, body: ClaimState, actor: ActorKey) -> JSON:
        seq = min(max(claim_id, 0), MAX_INTEGER)
        claim = studio.acting_for(actor).refunds.mark(seq, body.state, usd=body.usd, note=body.note)
        return _claim(claim)

    @api.get("/csv")
    def csv(actor: ActorKey) -> Response:
        name = f"refunds_{now():%Y-%m-%d}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        text = BYTE_ORDER_MARK + studio.acting_for(actor).refunds.csv()
        return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)

    return api


def _provider(audit: ProviderAudit) -> JSON:
    says = term(audit.terms.says) if audit.terms.says else ""
    return {"provider": audit.provider, "label": audit.label, "says": says, "claim_days": audit.terms.claim_days} | {
        "open_usd": audit.open_usd,
        "claims": [_audited(one) for one in audit.claims],
    }


def _audited(one: AuditedRun) -> JSON:
    history = [
        {"at": step.at.isoformat(), "from": step.from_state, "to": step.to_state, "usd": step.usd, "note": step.note}
        for step in one.history
    ]
    body = {"receipt": one.receipt, "model_label": one.model_label, "days_left": one.days_left}
    return _claim(one.claim) | body | {"decided": one.decided, "history": history}


def _claim(claim: RefundClaim) -> JSON:
    keys = ("run", "provider", "model", "title", "cause", "why", "usd", "booked", "state", "refunded_usd", "owner")
    sent = claim.submitted_at.isoformat() if claim.submitted_at else None
    body = {name: getattr(claim, name) for name in keys} | {"id": claim.seq, "amount_is": amount_is(claim)}
    return body | {"submitted_at": sent, "at": claim.at.isoformat()}
