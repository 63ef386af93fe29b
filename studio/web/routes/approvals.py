"""Under /ui: questions about money with their answers, budgets, spending by person and project."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from studio.domain import JSON
from studio.payload import Payload
from studio.permissions import Role
from studio.services.approvals import Decided, Question
from studio.web.routes.budget_lines import budget_line
from studio.web.routes.run_cards import card
from studio.web.routes.runs import MAX_SELECTED_RUNS, ActorKey, SentenceRoute
from studio.web.routes.settings import SpendingLimits

if TYPE_CHECKING:
    from studio.studio import Studio

SHOWN_RUNS = 8
"""Runs of one question that are drawn; the others are counted."""
Dollars = Annotated[float | None, Field(ge=0, le=1_000_000)]


class Answer(Payload):
    """What was decided about several questions."""

    ids: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=MAX_SELECTED_RUNS)
    approve: bool
    reason: str = Field("", max_length=500)


class ApprovalLimit(Payload):
    """Dollars above which a role needs approval; null is none. project: "" is the whole studio."""

    role: Role
    over_usd: Dollars = None
    project: str = Field("", max_length=64)


class Weight(Payload):
    """Starts in the queue for each of somebody with weight 1."""

    weight: float = Field(gt=0, le=1000)


def router(studio: Studio) -> APIRouter:
    """All of them."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)

    @api.get("/approvals")
    def pending(actor: ActorKey) -> JSON:
        service = studio.acting_for(actor).approvals
        return {
            "questions": [_question(studio, one, actor) for one in service.pending()],
            "decided": [_decided(studio, one) for one in service.decided()],
        }

    @api.post("/approvals")
    def decide(body: Answer, actor: ActorKey) -> JSON:
        decided = studio.acting_for(actor).approvals.decide(body.ids, approve=body.approve, reason=body.reason)
        return {"decided": len(decided)} | pending(actor)

    @api.get("/spending")
    def spending(actor: ActorKey) -> JSON:
        acting = studio.acting_for(actor)
        found = acting.budgets.spending()
        return {
            "people": [asdict(row) for row in found.people],
            "projects": [asdict(row) for row in found.projects],
            "approval": found.approval,
            "roles": [role.value for role in Role if role not in (Role.VIEWER, Role.REVIEWER)],
            "may_set": acting.budgets.may_set,
        }

    @api.post("/budgets/{scope}/{subject}")
    def set_budget(scope: Literal["person", "project"], subject: str, body: SpendingLimits, actor: ActorKey) -> JSON:
        studio.acting_for(actor).budgets.set_budget(
            scope, subject, run_usd=body.run_usd, day_usd=body.day_usd, month_usd=body.month_usd
        )
        return spending(actor)

    @api.post("/approval-limits")
    def set_approval_limit(body: ApprovalLimit, actor: ActorKey) -> JSON:
        studio.acting_for(actor).budgets.set_approval_limit(body.role.value, body.over_usd, body.project)
        return spending(actor)

    @api.post("/weights/{person}")
    def set_weight(person: str, body: Weight, actor: ActorKey) -> JSON:
        studio.acting_for(actor).budgets.set_weight(person, body.weight)
        return spending(actor)

    return api


def _question(studio: Studio, one: Question, actor: str) -> JSON:
    return {
        "id": one.id, "person": one.person_name, "project": one.project_name, "usd": one.usd, "why": one.why,
        "asked_at": one.asked_at.isoformat(), "refusal": one.refusal, "own": one.person == actor.partition("/")[0],
        "count": len(one.runs), "runs": [card(studio, run) for run in one.runs[:SHOWN_RUNS]],
        "left": [budget_line(budget) for budget in one.left],
    }  # fmt: skip


def _decided(studio: Studio, one: Decided) -> JSON:
    return {
        "run": card(studio, one.run), "approved": one.approved, "by": one.decided_by, "reason": one.reason,
        "at": one.at.isoformat(),
    }  # fmt: skip
