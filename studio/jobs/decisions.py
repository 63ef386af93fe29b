"""What a person can do about a held run, per reason, and what each choice does to it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from studio.domain import HeldReason, Phase, Run, Status
from studio.errors import Conflict
from studio.jobs import approval, refunds
from studio.jobs.refunds import Bill
from studio.messages import Message
from studio.store import ledger, mapping, runs
from studio.store.refunds import is_claimed


@dataclass(frozen=True)
class HoldChoice:
    """One button: id for `decide`, with the messages choice.ID and choice.ID_help."""

    id: str

    @property
    def label(self) -> Message:
        """The words on the button."""
        return Message(f"choice.{self.id}")

    @property
    def help(self) -> Message:
        """What the choice does to the run."""
        return Message(f"choice.{self.id}_help")


TRY_AGAIN, CHECK_AGAIN, FETCH_AGAIN = HoldChoice("try_again"), HoldChoice("look_again"), HoldChoice("fetch_again")
SUBMIT_AGAIN, RUN_ANYWAY, APPROVE = HoldChoice("submit_again"), HoldChoice("run_anyway"), HoldChoice("approve")
NO_REAL_PERSON, CONFIRM_CONSENT = HoldChoice("no_real_person"), HoldChoice("confirm_consent")
GIVE_UP = HoldChoice("give_up")
APPROVALS = (RUN_ANYWAY, APPROVE)
"""For those who may decide about money."""

CHOICES: dict[HeldReason, tuple[HoldChoice, ...]] = {
    HeldReason.BUDGET: (RUN_ANYWAY, TRY_AGAIN, GIVE_UP),
    HeldReason.APPROVAL: (APPROVE, GIVE_UP),
    HeldReason.CONSENT: (NO_REAL_PERSON, CONFIRM_CONSENT, GIVE_UP),
    HeldReason.LOST_SUBMIT: (CHECK_AGAIN, SUBMIT_AGAIN, GIVE_UP),
    HeldReason.LOST_TASK: (CHECK_AGAIN, SUBMIT_AGAIN, GIVE_UP),
    HeldReason.BROKEN_RESULT: (FETCH_AGAIN, SUBMIT_AGAIN, GIVE_UP),
    HeldReason.CRASHED_TWICE: (TRY_AGAIN, GIVE_UP),
    HeldReason.NOT_CONFIGURED: (TRY_AGAIN, GIVE_UP),
    HeldReason.CREDIT: (TRY_AGAIN, GIVE_UP),
    HeldReason.DISK_FULL: (TRY_AGAIN, GIVE_UP),
}


def choices(run: Run) -> list[HoldChoice]:
    """What can be chosen now; nothing for a run that is not held."""
    return list(CHOICES[run.held_reason]) if run.status == Status.HELD and run.held_reason else []


def choices_for(db: Database, run: Run, person: str) -> list[HoldChoice]:
    """What this person ("" is the local user) can choose now: whoever may not approve is not offered that."""
    offered = choices(run)
    if any(choice in APPROVALS for choice in offered) and approval.refusal(db, person, run):
        return [choice for choice in offered if choice not in APPROVALS]
    return offered


def decide(db: Database, run: Run, choice: str, person: str = "", reason: str = "") -> Run:
    """Carry out the choice of this person; the run as it is then. A run that comes back `running` must be driven on.

    reason: of an approval. Raises Conflict when the run does not offer this choice (any more), NotAllowed.
    """
    if choice not in {c.id for c in choices(run)}:
        raise Conflict(Message("run.choice_gone"))
    if choice == GIVE_UP.id:
        return give_up(db, run)
    if choice in (CHECK_AGAIN.id, FETCH_AGAIN.id):
        return _resume_polling(db, run)
    if choice == SUBMIT_AGAIN.id:
        _settle_unknown(db, run)
        return runs.move(db, run, Status.QUEUED, Message("event.submit_again"), handle=None, error=None, note=None)
    if choice in (CONFIRM_CONSENT.id, NO_REAL_PERSON.id):
        answer = {"consent": True} if choice == CONFIRM_CONSENT.id else {"real_people": False}
        runs.note(db, run.id, request=mapping.as_json(run.request.model_copy(update=answer)))
    if choice in (RUN_ANYWAY.id, APPROVE.id):
        return approval.approve(db, run, person, reason)
    fresh = {"crashes": 0} if run.held_reason == HeldReason.CRASHED_TWICE else {}
    return _requeue(db, run, fresh)


def give_up(db: Database, run: Run) -> Run:
    """End a held run. Where something may have been billed, it stays booked."""
    uncertain = run.handle or run.held_reason in (HeldReason.LOST_SUBMIT, HeldReason.LOST_TASK)
    (_settle_unknown(db, run) if uncertain else ledger.release(db, run))
    return runs.move(db, run, Status.CANCELLED, Message("event.given_up"), note=None)


def _settle_unknown(db: Database, run: Run) -> None:
    """Book what may have been billed for nothing, and note that it can be claimed back."""
    ledger.settle(db, run, None)
    cause = refunds.held_cause(run.held_reason)
    if cause and not is_claimed(db, run) and ledger.booked(db, run.id) > 0:
        refunds.record(db, run, Bill(cause, certain=False), run.error or "", booked=True)


def _resume_polling(db: Database, run: Run) -> Run:
    phase = Phase.WAITING if run.handle else Phase.SUBMITTING
    return runs.move(db, run, Status.RUNNING, Message("event.look_again"), phase=phase.value, error=None, note=None)


def _requeue(db: Database, run: Run, columns: dict[str, int]) -> Run:
    """Back to where it was: on with the task it has, or to the queue."""
    if run.handle:
        return runs.move(
            db, run, Status.RUNNING, Message("event.go_on"), phase="waiting", error=None, note=None, **columns
        )
    return runs.move(db, run, Status.QUEUED, Message("event.go_on"), error=None, note=None, **columns)
