"""Tools for reviews: what people said of takes and cuts, comments and statuses of one's own, and retakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver import Context
from pydantic import BaseModel, Field

from studio.services.retake_ways import RetakeChoices, SeedChoice, Way
from studio.web import verbs
from studio.web.mcp.answers import RunAnswer, run_answer
from studio.web.mcp.caller import Caller, caller_of
from studio.web.mcp.run_tools import Key, MaxUsd, require_price
from studio.web.mcp.tool import ADD, EDIT, LOOK, SPEND, Tool
from studio.web.rest import schemas

if TYPE_CHECKING:
    from studio.studio import Studio

ReviewId = Annotated[str, Field(max_length=64, description="id of a review (rv_...)")]
VersionId = Annotated[str, Field(max_length=64, description="id of a version (rw_...), from get_review")]
CommentId = Annotated[str, Field(max_length=64, description="id of a comment (rc_...)")]
Ids = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=500)]
Frame = Annotated[int, Field(ge=0, description="Counted from 0 at the version's own rate")]
Prompt = Annotated[str, Field(max_length=50_000, description="As edited; without it the version's, with the wish")]


class ReviewsAnswer(BaseModel):
    """Reviews, the last changed first."""

    reviews: list[schemas.ReviewRow]


class StatusHistoryAnswer(BaseModel):
    """What a version was marked with, oldest first."""

    history: list[schemas.StatusStep]


class RetakeAnswer(BaseModel):
    """A retake under way: the version it becomes, and its run."""

    version_id: str
    run: RunAnswer


def tools(studio: Studio) -> Iterator[Tool]:
    """list_reviews, create_review, get_review, comment, resolve_comment, set_review_status, plan_comment_retake,
    retake_comment."""
    yield Tool(_list(studio), "List reviews", LOOK)
    yield Tool(_create(studio), "Create a review", ADD)
    yield Tool(_get(studio), "Look at a review", LOOK)
    yield Tool(_comment(studio), "Comment on a take", ADD)
    yield Tool(_resolve(studio), "Resolve a comment", EDIT)
    yield Tool(_set_status(studio), "Set the status of a take", EDIT)
    yield Tool(_plan_retake(studio), "Plan a retake for a comment", LOOK)
    yield Tool(_retake(studio), "Make the retake for a comment", SPEND)


def _linked(caller: Caller, review: dict[str, object]) -> schemas.Review:
    """The review with whole addresses."""
    found = schemas.Review.model_validate(review)
    for version in (v for item in found.items for v in item.versions if v.url):
        version.url = caller.link(version.url or "")
    found.page, found.report = caller.link(found.page), caller.link(found.report)
    return found


def _list(studio: Studio) -> Callable[..., ReviewsAnswer]:
    def list_reviews(context: Context, limit: Annotated[int, Field(ge=1, le=100)] = 30) -> ReviewsAnswer:
        """Reviews in which people judge takes and cuts, the last changed first."""
        caller = caller_of(studio, context)
        rows = verbs.call(studio, caller.key, "reviews", {})[:limit]
        found = [schemas.ReviewRow.model_validate(row | {"page": caller.link(row["page"])}) for row in rows]
        return ReviewsAnswer(reviews=found)

    return list_reviews


def _create(studio: Studio) -> Callable[..., schemas.Review]:
    def create_review(
        context: Context,
        title: Annotated[str, Field(max_length=480)],
        run_ids: Ids | None = None,
        asset_ids: Ids | None = None,
        export_ids: Ids | None = None,
        storyboard_id: Annotated[str, Field(max_length=64)] = "",
        shot_ids: Ids | None = None,
    ) -> schemas.Review:
        """A new review for people to judge: results of runs, files, exported films, and the takes of a storyboard's
        shots (without shot_ids all that have one). Its members are those of the project that new work goes to.
        """
        caller = caller_of(studio, context)
        given = {"title": title, "runs": run_ids, "assets": asset_ids, "exports": export_ids}
        given |= {"board_id": storyboard_id, "shots": shot_ids}
        return _linked(caller, verbs.call(studio, caller.key, "create_review", given))

    return create_review


def _get(studio: Studio) -> Callable[..., schemas.Review]:
    def get_review(context: Context, review_id: ReviewId) -> schemas.Review:
        """A review: its items with their versions and statuses, all comments, and which statuses you may set. report:
        the approval report as PDF. get_asset shows the frames of a version's asset.
        """
        caller = caller_of(studio, context)
        return _linked(caller, verbs.call(studio, caller.key, "get_review", {"review_id": review_id}))

    return get_review


def _comment(studio: Studio) -> Callable[..., schemas.ReviewComment]:
    def comment(
        context: Context,
        review_id: ReviewId,
        version_id: VersionId,
        text: Annotated[str, Field(max_length=10_000)] = "",
        frame_in: Frame | None = None,
        frame_out: Frame | None = None,
        box: Annotated[list[float], Field(min_length=4, max_length=4, description="left, top, right, bottom, 0 to 1")]
        | None = None,
        parent: CommentId | None = None,
        internal: Annotated[bool, Field(description="Not for guests of a share link")] = False,
    ) -> schemas.ReviewComment:
        """Comment on a version as a whole, on a frame or a range (both ends count), with a box drawn around what is
        meant; or answer a comment (parent).
        """
        caller = caller_of(studio, context)
        shape = {"type": "box", "from": box[:2], "to": box[2:], "color": "#ff3b30", "size": 0.008} if box else None
        given = {
            "review_id": review_id, "version_id": version_id, "text": text, "frame_in": frame_in,
            "frame_out": frame_out, "parent": parent, "internal": internal,
            "drawing": {"shapes": [shape]} if shape else None,
        }  # fmt: skip
        return schemas.ReviewComment.model_validate(verbs.call(studio, caller.key, "comment", given))

    return comment


def _resolve(studio: Studio) -> Callable[..., schemas.ReviewComment]:
    def resolve_comment(
        context: Context, review_id: ReviewId, comment_id: CommentId, resolved: bool = True
    ) -> schemas.ReviewComment:
        """Mark a comment as done, or open it again."""
        caller = caller_of(studio, context)
        given = {"review_id": review_id, "comment_id": comment_id, "resolved": resolved}
        return schemas.ReviewComment.model_validate(verbs.call(studio, caller.key, "resolve_comment", given))

    return resolve_comment


def _set_status(studio: Studio) -> Callable[..., StatusHistoryAnswer]:
    def set_review_status(
        context: Context,
        review_id: ReviewId,
        version_id: VersionId,
        status: Annotated[str, Field(max_length=64, description="id of a status that get_review calls settable")],
        note: Annotated[str, Field(max_length=1000)] = "",
    ) -> StatusHistoryAnswer:
        """Give a version a status, as far as the role allows, and answer its history. One that approves counts for
        exports that demand it; the shot of a storyboard follows.
        """
        caller = caller_of(studio, context)
        given = {"review_id": review_id, "version_id": version_id, "status": status, "note": note}
        steps = verbs.call(studio, caller.key, "set_review_status", given)
        return StatusHistoryAnswer(history=[schemas.StatusStep.model_validate(step) for step in steps])

    return set_review_status


def _plan_retake(studio: Studio) -> Callable[..., schemas.RetakePlan]:
    def plan_comment_retake(
        context: Context,
        review_id: ReviewId,
        comment_id: CommentId,
        way: Way | None = None,
        model: Annotated[str, Field(max_length=200)] = "",
        prompt: Prompt | None = None,
        seed: SeedChoice = "same",
    ) -> schemas.RetakePlan:
        """What a new take for a comment would be and cost, by the most fitting way and model, or those named; and what
        stands against it. Nothing is sent.
        """
        caller = caller_of(studio, context)
        given = {"review_id": review_id, "comment_id": comment_id, "way": way, "model": model, "prompt": prompt}
        return schemas.RetakePlan.model_validate(
            verbs.call(studio, caller.key, "plan_comment_retake", given | {"seed": seed})
        )

    return plan_comment_retake


def _retake(studio: Studio) -> Callable[..., RetakeAnswer]:
    def retake_comment(
        context: Context,
        review_id: ReviewId,
        comment_id: CommentId,
        max_usd: MaxUsd,
        way: Way | None = None,
        model: Annotated[str, Field(max_length=200)] = "",
        prompt: Prompt | None = None,
        seed: SeedChoice = "same",
        key: Key = "",
    ) -> RetakeAnswer:
        """Make the new take that plan_comment_retake told, with the same choices. It joins the versions of what was
        commented, and the comment links to it; `wait` for its run.
        """
        caller = caller_of(studio, context)
        choices = RetakeChoices(way or "", model, prompt, seed)
        plan = caller.services.retakes.plan(review_id, comment_id, choices)
        if plan.chosen and plan.chosen.model.id == (model or plan.chosen.model.id):  # else start says what is wrong
            require_price(plan.chosen.usd_each, max_usd)
        terms = plan.chosen.terms if plan.chosen else ""
        run, version = caller.services.retakes.start(review_id, comment_id, choices, terms=terms, key=key)
        return RetakeAnswer(version_id=version, run=run_answer(caller, run))

    return retake_comment
