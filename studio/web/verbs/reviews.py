"""Reviews: takes and cuts judged with comments on frames and statuses, and the retake that a comment asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from studio.domain import JSON
from studio.errors import Conflict
from studio.messages import Message
from studio.review.model import MAX_FRAME, MAX_ITEMS, NOTE_CHARS, TEXT_CHARS, TITLE_CHARS, Comment, Item, NewComment
from studio.services.retake_ways import RetakeChoices, SeedChoice, Way
from studio.services.retakes import RetakePlan
from studio.services.review_statuses import named_changes, shown_name
from studio.services.reviews import OpenReview
from studio.storyboard.limits import Id
from studio.web.verbs.films import PRICE_TOLERANCE_USD

if TYPE_CHECKING:
    from studio.studio import Studio

Ids = Annotated[list[Id] | None, Field(max_length=MAX_ITEMS)]
Frame = Annotated[int | None, Field(ge=0, le=MAX_FRAME)]
Key = Annotated[str, Field(max_length=64)]
Model = Annotated[str, Field(max_length=200)]
Prompt = Annotated[str | None, Field(max_length=50_000)]
Drawing = Annotated[dict[str, Any] | None, Field(max_length=10)]


class ReviewVerbs:
    """As one user has them."""

    def __init__(self, studio: Studio, user: str) -> None:
        self._studio, self._services = studio, studio.acting_for(user)

    def reviews(self) -> list[dict[str, Any]]:
        """The reviews, last changed first: id, title, project, items and approved (how many), open_comments."""
        return [
            {
                "id": one.review.id, "title": one.review.title, "project": one.review.project, "items": one.items,
                "open_comments": one.open_comments, "approved": one.done, "updated_at": one.review.updated_at,
                "page": _page(one.review.id),
            }
            for one in self._services.reviews.all()
        ]  # fmt: skip

    def create_review(
        self,
        title: Annotated[str, Field(max_length=TITLE_CHARS * 4)],
        runs: Ids = None,
        assets: Ids = None,
        exports: Ids = None,
        board_id: Annotated[str, Field(max_length=64)] = "",
        shots: Ids = None,
        project: Annotated[str | None, Field(max_length=64)] = None,
    ) -> dict[str, Any]:
        """A new review with results, files and films, an item each, and the takes of a storyboard's shots.

        Args:
            title: Its name.
            runs: Ids of runs, whose results are judged.
            assets: Ids of files.
            exports: Ids of exported films.
            board_id: A storyboard; its shots become items with their takes as versions.
            shots: Of the storyboard; null: all that have a take.
            project: The project whose members see it; "" none, null the one that new work goes to.
        """
        reviews = self._services.reviews
        made = reviews.create(title, project)
        if runs or assets or exports or board_id:
            try:
                reviews.add(
                    made.id, run_ids=runs or (), asset_ids=assets or (), film_ids=exports or (), board_id=board_id,
                    shot_ids=shots or (),
                )  # fmt: skip
            except Exception:
                reviews.trash(made.id)  # nothing is left of a review that could not be made as asked
                raise
        return self.get_review(made.id)

    def get_review(self, review_id: Id) -> dict[str, Any]:
        """A review with its items, their versions and statuses, all comments, and the statuses that you may set.

        Args:
            review_id: The id of the review (rv_...).
        """
        return _review(self._services.reviews.get(review_id))

    def comment(
        self,
        review_id: Id,
        version_id: Id,
        text: Annotated[str, Field(max_length=TEXT_CHARS * 2)] = "",
        frame_in: Frame = None,
        frame_out: Frame = None,
        drawing: Drawing = None,
        parent: Annotated[str | None, Field(max_length=64)] = None,
        internal: bool = False,
    ) -> dict[str, Any]:
        """Comment on a version: as a whole, on a frame or on a range, with a drawing; or answer a comment.

        Args:
            review_id: The id of the review.
            version_id: The version (rw_...), of get_review.
            text: What should change.
            frame_in: The frame, from 0 at the version's own rate; null: the whole version.
            frame_out: The last frame of a range, which belongs to it.
            drawing: {"shapes": [{"type": "box", "from": [0.1, 0.2], "to": [0.4, 0.5], "color": "#ff3b30", "size":
                0.01}]}: stroke, arrow, line, box, ellipse or text; places from 0 to 1 of width and height.
            parent: The comment that it answers.
            internal: Not for guests of a share link.
        """
        new = NewComment(text, frame_in, frame_out, internal, parent)
        return _comment(self._services.review_comments.add(review_id, version_id, new, shapes=drawing))

    def resolve_comment(self, review_id: Id, comment_id: Id, resolved: bool = True) -> dict[str, Any]:
        """Mark a comment as done, or open it again.

        Args:
            review_id: The id of the review.
            comment_id: The comment (rc_...).
            resolved: False opens it again.
        """
        return _comment(self._services.review_comments.resolve(review_id, comment_id, resolved=resolved))

    def set_review_status(
        self, review_id: Id, version_id: Id, status: Id, note: Annotated[str, Field(max_length=NOTE_CHARS * 2)] = ""
    ) -> list[dict[str, Any]]:
        """Give a version a status, such as approved; it answers the version's history. The shot of a storyboard that it
        is a take of follows.

        Args:
            review_id: The id of the review.
            version_id: The version.
            status: A status's id; get_review lists those that you may set.
            note: Why.
        """
        self._services.review_statuses.set(review_id, version_id, status, note)
        return self.review_status_history(review_id, version_id)

    def review_status_history(self, review_id: Id, version_id: Id) -> list[dict[str, Any]]:
        """Who gave a version which status and when, oldest first.

        Args:
            review_id: The id of the review.
            version_id: The version.
        """
        statuses = self._services.review_statuses
        changes = named_changes(statuses.history(review_id, version_id), statuses.all())
        return [
            {
                "status": change.to_status, "name": str(name), "before": str(before), "approves": change.done,
                "by": change.person_name, "at": change.at, "note": change.note,
            }
            for change, before, name in changes
        ]  # fmt: skip

    def plan_comment_retake(
        self,
        review_id: Id,
        comment_id: Id,
        way: Way | None = None,
        model: Model = "",
        prompt: Prompt = None,
        seed: SeedChoice = "same",
    ) -> dict[str, Any]:
        """What a new take for a comment would be and cost: way, model, prompt, usd, and what stands against it. Nothing
        is sent.

        Args:
            review_id: The id of the review.
            comment_id: The comment whose wish the take is to fulfil.
            way: again, from_frame, region or edit; null: the most fitting one.
            model: A model's id; "": the best one.
            prompt: As edited; null: the version's with the comment's wish.
            seed: The version's own seed or a new one.
        """
        choices = RetakeChoices(way or "", model, prompt, seed)
        return _plan(self._services.retakes.plan(review_id, comment_id, choices))

    def retake_comment(
        self,
        review_id: Id,
        comment_id: Id,
        max_usd: float | None = None,
        way: Way | None = None,
        model: Model = "",
        prompt: Prompt = None,
        seed: SeedChoice = "same",
        key: Key = "",
    ) -> dict[str, Any]:
        """Start the new take that plan_comment_retake tells; it becomes a version beside the one commented, and the
        comment links to it.

        Args:
            review_id: The id of the review.
            comment_id: The comment.
            max_usd: The price that was agreed. Refused where it costs more by now, and where it costs anything and no
                price was agreed; a take whose price nobody knows is not.
            way: As planned.
            model: As planned.
            prompt: As planned.
            seed: As planned.
            key: A word of your own; the same call again with the same key starts nothing more.
        """
        choices = RetakeChoices(way or "", model, prompt, seed)
        chosen = self._services.retakes.plan(review_id, comment_id, choices).chosen
        usd = chosen.usd_each if chosen and chosen.model.id == (model or chosen.model.id) else None
        if usd and (max_usd is None or usd > max_usd + PRICE_TOLERANCE_USD):
            raise Conflict(Message("board.price_changed", usd=f"{usd:.2f}"))
        terms = chosen.terms if chosen else ""
        run, version = self._services.retakes.start(review_id, comment_id, choices, terms=terms, key=key)
        return {"version": version, "run": run.public()}


def _page(review_id: str) -> str:
    return f"/?review={review_id}"


def _review(found: OpenReview) -> JSON:
    review = found.content.review
    return {
        "id": review.id, "title": review.title, "project": review.project, "updated_at": review.updated_at,
        "page": _page(review.id), "report": f"/api/v1/reviews/{review.id}/report.pdf",
        "statuses": [
            {"id": s.id, "name": str(shown_name(s)), "approves": s.is_done, "settable": s.id in found.rights.statuses}
            for s in found.statuses
            if not s.retired
        ],
        "items": [_item(found, item) for item in found.content.items],
        "comments": [_comment(comment) for comment in found.content.comments],
    }  # fmt: skip


def _item(found: OpenReview, item: Item) -> JSON:
    versions: list[JSON] = []
    for version in (v for v in found.content.versions if v.item == item.id):
        file = found.files[version.id]
        versions.append(
            {
                "id": version.id, "number": version.number, "label": version.label, "state": file.state,
                "status": version.status, "run": version.run, "asset": file.asset.id if file.asset else None,
                "export": version.film, "url": file.asset.url if file.asset else None,
                "fps": str(version.rate) if version.rate else None, "frames": version.frames,
                "answers": version.answers, "model": file.run.model if file.run else None,
                "seed": file.run.seed if file.run else None,
            }
        )  # fmt: skip
    return {"id": item.id, "title": item.title, "board": item.board, "shot": item.shot, "versions": versions}


def _comment(comment: Comment) -> JSON:
    return {
        "id": comment.id, "version": comment.version, "parent": comment.parent, "author": comment.author_name,
        "text": comment.text, "frame_in": comment.frame_in, "frame_out": comment.frame_out,
        "internal": comment.internal, "has_drawing": comment.has_drawing, "created_at": comment.created_at,
        "resolved": comment.resolved_at is not None, "retake": comment.retake_run,
    }  # fmt: skip


def _plan(plan: RetakePlan) -> JSON:
    chosen = plan.chosen
    problems = [*chosen.refusals, chosen.readiness.reason] if chosen else []
    problems += [plan.refusal, plan.question]
    return {
        "way": plan.way, "ways": {one.way: one.refusal for one in plan.ways},
        "model": chosen.model.id if chosen else None, "usd": chosen.usd_each if chosen else None,
        "expected_s": chosen.expected.seconds if chosen and chosen.expected else None,
        "prompt": chosen.body.get("prompt", "") if chosen else "",
        "seed": None if plan.seed is None else str(plan.seed), "changes": list(chosen.changes) if chosen else [],
        "problems": [problem for problem in problems if problem], "approval": plan.approval,
    }  # fmt: skip
