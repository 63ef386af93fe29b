"""The approval report of a review, as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request

from studio.web.language import language_of
from studio.web.rest.operations import FAILURES
from studio.web.routes.review_rules import report_response
from studio.web.routes.runs import ActorKey

if TYPE_CHECKING:
    from studio.studio import Studio

PDF = {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}, "description": "The report."}


def add(api: APIRouter, studio: Studio) -> None:
    """The route."""

    @api.get(
        "/reviews/{review_id}/report.pdf", operation_id="review_report", tags=["reviews"],
        summary="The approval report as PDF: who approved what and when, and where each picture comes from",
        description="In Chinese where accept-language asks for it.", responses={200: PDF, **FAILURES},
    )  # fmt: skip
    def report(
        review_id: str,
        actor: ActorKey,
        request: Request,
        costs: Annotated[bool, Query(description="With what the provider billed for each version.")] = False,
    ) -> Any:
        return report_response(studio, actor, review_id, language_of(request), costs=costs)
