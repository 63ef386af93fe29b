"""The refund audit: what was paid, or may have been, for nothing; the text to claim it with; what came of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from studio.catalogue import RefundTerms
from studio.domain import now
from studio.errors import CapabilityError, Conflict
from studio.media.csv_cells import plain_cell
from studio.messages import Message, joined, term
from studio.services.context import Context
from studio.store import ledger, refunds, runs
from studio.store.refunds import STATES, RefundClaim, RefundEvent, State

MAX_RECEIPT_CHARS = 200
MAX_NOTE_CHARS = 500
CSV_COLUMNS = (
    *("provider", "state", "cause", "receipt", "run", "model", "submitted_at", "ended_at", "usd", "amount_is"),
    *("counted_as_spent", "refunded_usd", "days_left", "reason", "prompt"),
)


@dataclass(frozen=True)
class AuditedRun:
    """A claim with what its page shows. receipt: the provider's name of the task, "" where none arrived. days_left:
    until the period that the provider states is over; None where it states none. decided: the run is not held."""

    claim: RefundClaim
    receipt: str
    model_label: str
    days_left: int | None
    decided: bool
    history: tuple[RefundEvent, ...] = ()


@dataclass(frozen=True)
class ProviderAudit:
    """All claims on one provider. terms: what its pages say. open_usd: of claims without an answer, of known price."""

    provider: str
    label: str
    terms: RefundTerms
    open_usd: float
    claims: tuple[AuditedRun, ...]


class Refunds:
    """Of one user's runs; of everybody's for the single user of this machine."""

    def __init__(self, context: Context, user: str) -> None:
        self._context, self.user = context, user

    def audit(self) -> list[ProviderAudit]:
        """Every claim by provider, the largest open amount first."""
        with self._context.store.read() as db:
            claims = refunds.claims(db, self.user)
            steps = refunds.history(db, [claim.seq for claim in claims])
            undecided = runs.unended(db, [claim.run for claim in claims])
        found: dict[str, list[AuditedRun]] = {}
        for claim in claims:
            audited = self._audited(claim, tuple(steps.get(claim.seq, ())), decided=claim.run not in undecided)
            found.setdefault(claim.provider, []).append(audited)
        audits = [self._provider(name, tuple(listed)) for name, listed in found.items()]
        return sorted(audits, key=lambda audit: (-audit.open_usd, audit.label))

    def mark(self, seq: int, state: str, *, usd: float | None = None, note: str = "") -> RefundClaim:
        """Put a claim into another state. The same state again changes nothing.

        refunded takes the amount (usd, or all of it) off what was spent, on the day it was spent; leaving that state
        puts it back. Raises NotFound, Conflict for a run that is still held, CapabilityError for a wrong state or sum.
        """
        if state not in STATES:
            raise CapabilityError(Message("refund.state", state=state, listed=", ".join(STATES)), field="state")
        with self._context.store.write() as db:
            claim = refunds.get(db, seq, self.user)
            if state == "refunded" and runs.unended(db, [claim.run]) and claim.attempt == _attempt(db, claim.run):
                raise Conflict(Message("refund.undecided"))
            paid_back = self._amount(claim, usd) if state == "refunded" else 0.0
            if claim.state == state and (usd is None or paid_back == claim.refunded_usd):
                return claim
            if claim.booked and paid_back != claim.refunded_usd:
                ledger.refund(db, claim.run, claim.owner, claim.model, round(paid_back - claim.refunded_usd, 6))
            step: State = next(known for known in STATES if known == state)
            refunds.set_state(
                db, claim, step, refunded_usd=paid_back, actor=self.user, note=note.strip()[:MAX_NOTE_CHARS]
            )
            return refunds.get(db, seq, self.user)

    def letter(self, provider: str, language: str, seqs: Sequence[int] = ()) -> str:
        """A text to send to the provider about these claims, or all that are open, in this language.

        Raises CapabilityError where there are none.
        """
        audit = next((audit for audit in self.audit() if audit.provider == provider), None)
        listed = [one for one in audit.claims if self._in_letter(one, seqs)] if audit else []
        if audit is None or not listed:
            raise CapabilityError(Message("refund.nothing_to_claim"), field="provider")
        lines = [_letter_line(number, one) for number, one in enumerate(listed, 1)]
        amounts = [one.claim.usd for one in listed]
        total = Message("refund.letter_total", usd=_usd(sum(usd or 0.0 for usd in amounts)))
        parts = [
            Message("refund.letter_greeting", provider=audit.label),
            Message("refund.letter_request", count=len(listed)),
            *lines,
            *([total] if None not in amounts and len(amounts) > 1 else []),
            Message("refund.letter_thanks"),
        ]
        return "\n\n".join(part.text(language) for part in parts)

    @staticmethod
    def _in_letter(one: AuditedRun, seqs: Sequence[int]) -> bool:
        return one.claim.seq in seqs if seqs else one.claim.state == "open" and one.decided

    def csv(self) -> str:
        """All claims as CSV, for a spreadsheet; prompts that begin like a formula are kept from being one."""
        text = io.StringIO()
        writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\r\n")
        writer.writeheader()
        for audit in self.audit():
            writer.writerows(_csv_row(audit, one) for one in audit.claims)
        return text.getvalue()

    def _provider(self, name: str, claims: tuple[AuditedRun, ...]) -> ProviderAudit:
        engine = self._context.engines.get(name)
        label = engine.info.label if engine else name
        open_usd = sum(one.claim.usd or 0.0 for one in claims if one.claim.state in ("open", "claimed"))
        return ProviderAudit(name, label, self._terms(name), round(open_usd, 6), claims)

    def _terms(self, provider: str) -> RefundTerms:
        return self._context.catalogue.refunds.get(provider) or RefundTerms()

    def _audited(self, claim: RefundClaim, steps: tuple[RefundEvent, ...], *, decided: bool) -> AuditedRun:
        days = self._terms(claim.provider).claim_days
        left = (claim.at + timedelta(days=days) - now()).days if days else None
        label = self._context.model_label(claim.model)
        return AuditedRun(
            claim, receipt_of(claim.handle), label, None if left is None else max(0, left), decided, steps
        )

    @staticmethod
    def _amount(claim: RefundClaim, usd: float | None) -> float:
        """What came back: as said, else all of it. Raises CapabilityError beyond what was paid."""
        most = claim.usd if claim.usd is not None else ledger.MOST_USD
        if usd is None:
            return claim.usd or 0.0
        if not ledger.is_amount(usd) or usd > most + 1e-9:
            raise CapabilityError(Message("refund.amount", usd=_usd(usd), most=_usd(most)), field="usd", value=usd)
        return usd


def receipt_of(handle: str | None) -> str:
    """The provider's name of the task in a handle, and nothing else of it; "" where none arrived."""
    try:
        kept: Any = json.loads(handle or "")
    except (ValueError, RecursionError):
        return (handle or "")[:MAX_RECEIPT_CHARS]
    task = kept.get("task") if isinstance(kept, dict) else kept
    return str(task or "")[:MAX_RECEIPT_CHARS]


def _attempt(db: Any, run_id: str) -> int:
    return runs.get(db, run_id).attempt


def _usd(usd: float) -> str:
    text = f"{usd:.4f}"
    return "$" + (text[:-2] if text.endswith("00") else text.rstrip("0"))


def amount_is(claim: RefundClaim) -> str:
    """How the amount is known: reported by the provider, an estimate, or unknown."""
    return "unknown" if claim.usd is None else "reported" if claim.reported else "estimate"


def _letter_line(number: int, one: AuditedRun) -> Message:
    claim = one.claim
    amount = Message(f"refund.amount_{amount_is(claim)}", usd=_usd(claim.usd or 0.0))
    receipt = Message("refund.letter_task", task=one.receipt) if one.receipt else Message("refund.letter_no_task")
    submitted = claim.submitted_at or claim.at
    return Message(
        "refund.letter_line", number=number, receipt=receipt, run=claim.run, model=term(one.model_label),
        at=f"{submitted:%Y-%m-%d %H:%M} UTC", amount=amount,
        reason=joined(Message(f"refund.cause_{claim.cause}"), claim.why),
    )  # fmt: skip


def _csv_row(audit: ProviderAudit, one: AuditedRun) -> dict[str, object]:
    claim = one.claim
    row = {
        "provider": audit.provider, "state": claim.state, "cause": claim.cause, "receipt": one.receipt,
        "run": claim.run, "model": claim.model, "submitted_at": _iso(claim.submitted_at), "ended_at": _iso(claim.at),
        "usd": claim.usd, "amount_is": amount_is(claim), "counted_as_spent": "yes" if claim.booked else "no",
        "refunded_usd": claim.refunded_usd, "days_left": "unknown" if one.days_left is None else one.days_left,
        "reason": str(claim.why), "prompt": claim.title,
    }  # fmt: skip
    return {name: plain_cell(value) for name, value in row.items()}


def _iso(moment: Any) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def totals(audits: Iterable[ProviderAudit]) -> dict[str, float]:
    """Dollars by state, of claims with a known amount."""
    found = dict.fromkeys(STATES, 0.0)
    for audit in audits:
        for one in audit.claims:
            usd = one.claim.refunded_usd if one.claim.state == "refunded" else one.claim.usd or 0.0
            found[one.claim.state] = round(found[one.claim.state] + usd, 6)
    return {str(state): usd for state, usd in found.items()}
