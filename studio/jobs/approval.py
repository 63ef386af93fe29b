"""Who decides about runs that wait because of money, and what a decision does to them.

Nobody decides about their own runs unless nobody else can. Members of a project decide what its own limits keep back;
what the limits of the studio, of a person or of a token keep back is for the studio's producers.
"""

from __future__ import annotations

from sqlite_utils import Database

from studio.domain import HeldReason, Run, Status
from studio.errors import Conflict, NotAllowed
from studio.jobs import budget
from studio.messages import Message, clipped, joined, term
from studio.permissions import LEAST_ROLE, Action
from studio.store import approvals, ledger, roles, runs
from studio.store.approvals import Covers

MONEY_HOLDS = (HeldReason.APPROVAL, HeldReason.BUDGET)
MAX_REASON = 500
"""Characters of a reason."""


def refusal(db: Database, person: str, run: Run) -> Message | None:
    """Why this person may not decide about the run; None where they may. person: "" is the local user."""
    if not person:
        return None
    least = term(LEAST_ROLE[Action.APPROVE].value)
    if _covers(db, person, run) is None:
        return Message("approval.not_yours", role=least)
    if person == run.owner and roles.others_who_approve(db, person, run.project):
        return Message("approval.own", role=least)
    return None


def _covers(db: Database, person: str, run: Run) -> Covers | None:
    """What an approval by this person covers; None where it would not let the run start."""
    if not person:
        return "all"
    studio = roles.of_person(db, person)
    if studio is None:
        return None
    if studio.may_approve:
        return "all"
    member = roles.of_person(db, person, run.project) if run.project else None
    if not (member and member.of_project and member.may_approve):
        return None
    return "project" if all(one.local for one in budget.excesses_of_run(db, run)) else None


def approve(db: Database, run: Run, person: str, reason: str = "") -> Run:
    """Let the run start as it is, whatever limit it passes. Raises Conflict, NotAllowed."""
    _check(db, run, person)
    name, covers = roles.name_of(db, person), _covers(db, person, run) or "project"
    approvals.add(db, run, approved=True, by=person, reason=reason, covers=covers)
    if not person:
        why = Message("approval.approved_here")
    elif person == run.owner:
        why = Message("approval.approved_alone", name=name)
    else:
        why = Message("approval.approved", name=name)
    return runs.move(db, run, Status.QUEUED, _because(why, reason), error=None, note=None)


def reject(db: Database, run: Run, person: str, reason: str = "") -> Run:
    """End the run; its person reads who decided, and why. Raises Conflict, NotAllowed."""
    _check(db, run, person)
    approvals.add(db, run, approved=False, by=person, reason=reason)
    name = roles.name_of(db, person)
    why = _because(Message("approval.rejected", name=name) if name else Message("approval.rejected_here"), reason)
    ledger.release(db, run)
    return runs.move(db, run, Status.CANCELLED, why, error=why, note=None)


def _check(db: Database, run: Run, person: str) -> None:
    if run.status != Status.HELD or run.held_reason not in MONEY_HOLDS:
        raise Conflict(Message("run.choice_gone"))
    if why := refusal(db, person, run):
        raise NotAllowed(why)


def _because(why: str, reason: str) -> str:
    return joined(why, Message("approval.reason", reason=clipped(reason, MAX_REASON))) if reason else why
