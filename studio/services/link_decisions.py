"""Decisions about runs that wait for approval, by the one-time link in a message to the person who is asked.

The token stands for its person in exactly this one decision: it is good for nothing else, for two days, and once. What
that person may decide is looked up again at that moment.
"""

from __future__ import annotations

from collections.abc import Callable

from studio.domain import JSON
from studio.errors import Conflict, NotAllowed
from studio.messages import Message
from studio.services.approvals import Approvals, Question
from studio.services.context import Context
from studio.store import decision_links


class LinkDecisions:
    """approvals_of: as this person has them; raises NotAllowed for an account that is closed."""

    def __init__(self, context: Context, approvals_of: Callable[[str], Approvals]) -> None:
        self._context, self._approvals_of = context, approvals_of

    def look(self, token: str) -> JSON:
        """Who asks for what, at which price, and why it waits. Changes nothing. Raises as `decide` does."""
        _, question = self._find(token)
        first = question.runs[0]
        return {
            "who": question.person_name, "project": question.project_name, "runs": len(question.runs),
            "model": str(self._context.model_label(first.model)), "usd": question.usd, "why": question.why,
            "prompt": first.request.prompt[:600], "asked_at": question.asked_at.isoformat(),
            "left": [{"name": one.name, "left_usd": one.left_usd} for one in question.left if one.left_usd is not None],
        }  # fmt: skip

    def decide(self, token: str, *, approve: bool) -> Message:
        """Approve or reject all runs of the question; what was done.

        Raises NotAllowed for a link that is over, Conflict where the question is answered by now or no longer this
        person's to decide.
        """
        person, question = self._find(token)
        with self._context.store.write() as db:
            if decision_links.find(db, token) is None:  # used meanwhile
                raise NotAllowed(Message("push.link_over"))
            decision_links.close_question(db, question.id)
        self._approvals_of(person).decide([question.id], approve=approve)
        return Message("push.was_approved" if approve else "push.was_rejected", n=len(question.runs))

    def _find(self, token: str) -> tuple[str, Question]:
        with self._context.store.read() as db:
            link = decision_links.find(db, token)
        if link is None:
            raise NotAllowed(Message("push.link_over"))
        for question in self._approvals_of(link.person).pending():
            if question.id == link.question and question.refusal is None:
                return link.person, question
        raise Conflict(Message("push.answered"))
