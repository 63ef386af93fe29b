"""Changing what a run asks for while nothing of it has been sent: in the queue, held, or before its submit.

The run keeps its id, place, priority, batch and history. Compare and change are one transaction: a run that the
scheduler has sent in the meantime is refused, and one that only prepares is taken back, so that whoever prepares it
finds its next write refused (see store.runs: every write names the attempt it belongs to).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlite_utils import Database

from studio.domain import HeldReason, Phase, Request, Run, Status
from studio.errors import Conflict
from studio.jobs import approval, budget
from studio.messages import Message, clipped, joined, lines, term
from studio.store import ledger, runs
from studio.store.runs import NewRun

UNSENT_HOLDS = (
    HeldReason.BUDGET,
    HeldReason.APPROVAL,
    HeldReason.CONSENT,
    HeldReason.CRASHED_TWICE,
    HeldReason.NOT_CONFIGURED,
    HeldReason.CREDIT,
    HeldReason.DISK_FULL,
)
"""Reasons of runs that are not at the provider."""
SHOWN_CHARS = 60
"""Longest value in the history."""


def refusal(run: Run) -> Message | None:
    """Why this run cannot be edited (any more), or None where it can."""
    if run.status.ended:
        return Message("edit.ended", status=term(run.status))
    sent = Message("edit.sent")
    if run.handle is not None or run.cancel_wanted:
        return Message("edit.cancelling") if run.cancel_wanted else sent
    if run.status == Status.HELD:
        return None if run.held_reason in UNSENT_HOLDS else sent
    return None if run.status == Status.QUEUED or run.phase == Phase.PREPARING else sent


def replace_request(db: Database, run: Run, new: NewRun) -> Run:
    """Give the run another request; the run as it is now. run: as it was read in this transaction.

    new: the run that a submit of the request would store. Raises Conflict where the run may no longer be edited.
    """
    if why := refusal(run):
        raise Conflict(why)
    if new.run.request == run.request:
        return run
    if run.status == Status.RUNNING:
        ledger.release(db, run)
    if new.run.status == Status.QUEUED:
        new = NewRun(_held_for_money(db, run, new.run), new.inputs, new.pace)
    changes = list(_changes(run.request, new.run.request))
    return runs.replace_request(db, run, new, joined(Message("event.edited"), lines(changes)))


def _held_for_money(db: Database, run: Run, wanted: Run) -> Run:
    """The wanted run, held anew where its price still needs a decision: an approval was for the request before."""
    same = {"id": run.id, "owner": run.owner, "project": run.project, "token": run.token, "batch": run.batch}
    over = budget.excess_of_run(db, wanted.model_copy(update=same | {"edits": run.edits + 1}))
    if over is None or (over.reason == HeldReason.BUDGET and run.held_reason not in approval.MONEY_HOLDS):
        return wanted  # what is left is looked at when it starts
    return wanted.model_copy(update={"status": Status.HELD, "held_reason": over.reason, "error": over.why})


def _changes(old: Request, new: Request) -> Iterator[Message]:
    """What differs, in words: the field with both values, so that the earlier one can be found in the history."""
    before, after = old.flat(), new.flat()
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            values = {"before": _shown(before.get(name)), "after": _shown(after.get(name))}
            yield Message("event.edited_field", field=term(name.replace("_", " ")), **values)


def _shown(value: object) -> str:
    return "–" if value in (None, "", [], {}) else clipped(str(value), SHOWN_CHARS)
