"""Reviews over HTTP: one router, mounted for members under /ui and for guests of share links under /shared/api.

Both go through the same services; who asks comes from the dependency that the router is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.messages import Message
from studio.payload import Payload
from studio.review.model import (
    MAX_FRAME,
    MAX_ITEMS,
    MAX_MENTIONS,
    NOTE_CHARS,
    TEXT_CHARS,
    TITLE_CHARS,
    Comment,
    NewComment,
)
from studio.store.reviews import Source
from studio.web.errors import SentenceRoute
from studio.web.middleware.same_origin import ActorDependency, asking_actor
from studio.web.routes.clip_frames import add_clip_frames
from studio.web.routes.review_json import comment_json, history_json, review_json, summary_json

if TYPE_CHECKING:
    from studio.studio import Studio

Id = Annotated[str, Field(max_length=64)]
Ids = Annotated[list[Id], Field(max_length=MAX_ITEMS)]
Frame = Annotated[int | None, Field(ge=0, le=MAX_FRAME)]
Title = Annotated[str, Field(max_length=TITLE_CHARS * 4)]
MAX_SHOWN_PLACE = 100_000


class NewReview(Payload):
    """A review to be made. project: "" for none; left out for the one that new work goes to."""

    title: Title
    project: Id | None = None


class ReviewChange(Payload):
    """What is to be different."""

    title: Title


class ProjectChoice(Payload):
    """A project by its id."""

    project: Id


class NewItems(Payload):
    """What is to be put into the review; shots: of the board, all with a take where none are named."""

    runs: Ids = []
    assets: Ids = []
    films: Ids = []
    board: Id = ""
    shots: Ids = []


class ItemChange(Payload):
    """position: the place in the list, from 0."""

    title: Title | None = None
    position: Annotated[int | None, Field(ge=0, le=MAX_SHOWN_PLACE)] = None


class NewVersion(Payload):
    """One of run, asset and film."""

    run: Id | None = None
    asset: Id | None = None
    film: Id | None = None
    label: Title = ""


class CommentBody(Payload):
    """A comment to be written. drawing: as of studio.review.drawing."""

    version: Id
    text: str = Field("", max_length=TEXT_CHARS * 2)
    frame_in: Frame = None
    frame_out: Frame = None
    internal: bool = False
    parent: Id | None = None
    mentions: list[Id] = Field(default=[], max_length=MAX_MENTIONS * 2)
    drawing: JSON | None = None


class CommentChange(Payload):
    """What is to be different; drawing null takes it away, left out leaves it."""

    text: str | None = Field(None, max_length=TEXT_CHARS * 2)
    mentions: list[Id] | None = Field(None, max_length=MAX_MENTIONS * 2)
    resolved: bool | None = None
    drawing: JSON | None = None


class StatusChoice(Payload):
    """A status by its id, and why."""

    status: Id
    note: str = Field("", max_length=NOTE_CHARS * 2)


def router(studio: Studio, prefix: str = "/ui", actor_key: ActorDependency = asking_actor) -> APIRouter:
    """The routes that members and guests share. actor_key: gives the key of who asks."""
    api = APIRouter(prefix=prefix, route_class=SentenceRoute, include_in_schema=False)
    asker: str = Depends(actor_key)
    _review_routes(api, studio, asker)
    _comment_routes(api, studio, asker)
    _status_routes(api, studio, asker)
    add_clip_frames(api, studio, asker)
    return api


def member_router(studio: Studio) -> APIRouter:
    """The routes that only members have, under /ui: lists, items, sharing."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    asker: str = Depends(asking_actor)
    _list_routes(api, studio, asker)
    _item_routes(api, studio, asker)
    return api


def _open(studio: Studio, key: str, review_id: str) -> JSON:
    acting = studio.acting_for(key)
    return review_json(studio, acting.reviews.get(review_id), acting.actor)


def _review_routes(api: APIRouter, studio: Studio, asker: str) -> None:
    @api.get("/reviews/{review_id}")
    def one(review_id: str, actor: str = asker) -> JSON:
        return _open(studio, actor, review_id)

    @api.get("/reviews/{review_id}/versions/{version_id}/drawings")
    def drawings(review_id: str, version_id: str, actor: str = asker) -> JSON:
        return studio.acting_for(actor).review_comments.drawings(review_id, version_id)


def _comment_routes(api: APIRouter, studio: Studio, asker: str) -> None:
    def shown(key: str, comment: Comment) -> JSON:
        return comment_json(comment, studio.acting_for(key).actor, takes={}, states={})

    @api.post("/reviews/{review_id}/comments")
    def add(review_id: str, body: CommentBody, actor: str = asker) -> JSON:
        new = NewComment(body.text, body.frame_in, body.frame_out, body.internal, body.parent, tuple(body.mentions))
        made = studio.acting_for(actor).review_comments.add(review_id, body.version, new, shapes=body.drawing)
        return shown(actor, made)

    @api.patch("/reviews/{review_id}/comments/{comment_id}")
    def change(review_id: str, comment_id: str, body: CommentChange, actor: str = asker) -> JSON:
        comments = studio.acting_for(actor).review_comments
        comment = comments.get(review_id, comment_id)
        if body.resolved is not None:
            comment = comments.resolve(review_id, comment_id, resolved=body.resolved)
        redrawn = "drawing" in body.model_fields_set
        if body.text is not None or body.mentions is not None or redrawn:
            comment = comments.edit(
                review_id, comment_id, text=body.text, mentions=body.mentions, shapes=body.drawing,
                remove_drawing=redrawn and body.drawing is None,
            )  # fmt: skip
        return shown(actor, comment)

    @api.delete("/reviews/{review_id}/comments/{comment_id}")
    def remove(review_id: str, comment_id: str, actor: str = asker) -> JSON:
        studio.acting_for(actor).review_comments.remove(review_id, comment_id)
        return {}


def _status_routes(api: APIRouter, studio: Studio, asker: str) -> None:
    @api.post("/reviews/{review_id}/versions/{version_id}/status")
    def set_status(review_id: str, version_id: str, body: StatusChoice, actor: str = asker) -> JSON:
        studio.acting_for(actor).review_statuses.set(review_id, version_id, body.status, body.note)
        return history(review_id, version_id, actor)

    @api.get("/reviews/{review_id}/versions/{version_id}/history")
    def history(review_id: str, version_id: str, actor: str = asker) -> JSON:
        statuses = studio.acting_for(actor).review_statuses
        return {"history": history_json(statuses.history(review_id, version_id), statuses.all())}


def _list_routes(api: APIRouter, studio: Studio, asker: str) -> None:
    @api.get("/reviews")
    def list_reviews(actor: str = asker) -> JSON:
        acting = studio.acting_for(actor)
        names = {project.id: project.name for project in acting.projects.all()}
        return {
            "reviews": [
                summary_json(
                    one, owner_name=studio.people.name_of(one.review.owner),
                    project_name=names.get(one.review.project, ""),
                )
                for one in acting.reviews.all()
            ]
        }  # fmt: skip

    @api.post("/reviews")
    def create(body: NewReview, actor: str = asker) -> JSON:
        made = studio.acting_for(actor).reviews.create(body.title, body.project)
        return _open(studio, actor, made.id)

    @api.patch("/reviews/{review_id}")
    def change(review_id: str, body: ReviewChange, actor: str = asker) -> JSON:
        studio.acting_for(actor).reviews.rename(review_id, body.title)
        return _open(studio, actor, review_id)

    @api.delete("/reviews/{review_id}")
    def trash(review_id: str, actor: str = asker) -> JSON:
        studio.acting_for(actor).reviews.trash(review_id)
        return {}

    @api.post("/reviews/{review_id}/restore")
    def restore(review_id: str, actor: str = asker) -> JSON:
        studio.acting_for(actor).reviews.restore(review_id)
        return _open(studio, actor, review_id)

    @api.post("/reviews/{review_id}/share")
    def share(review_id: str, body: ProjectChoice, actor: str = asker) -> JSON:
        studio.acting_for(actor).reviews.share(review_id, body.project)
        return _open(studio, actor, review_id)

    @api.post("/reviews/{review_id}/unshare")
    def unshare(review_id: str, actor: str = asker) -> JSON:
        studio.acting_for(actor).reviews.unshare(review_id)
        return _open(studio, actor, review_id)


def _item_routes(api: APIRouter, studio: Studio, asker: str) -> None:
    @api.post("/reviews/{review_id}/items")
    def add(review_id: str, body: NewItems, actor: str = asker) -> JSON:
        studio.acting_for(actor).reviews.add(
            review_id, run_ids=body.runs, asset_ids=body.assets, film_ids=body.films, board_id=body.board,
            shot_ids=body.shots,
        )  # fmt: skip
        return _open(studio, actor, review_id)

    @api.patch("/reviews/{review_id}/items/{item_id}")
    def change(review_id: str, item_id: str, body: ItemChange, actor: str = asker) -> JSON:
        reviews = studio.acting_for(actor).reviews
        reviews.change_item(review_id, item_id, title=body.title, place=body.position)
        return _open(studio, actor, review_id)

    @api.delete("/reviews/{review_id}/items/{item_id}")
    def remove(review_id: str, item_id: str, actor: str = asker) -> JSON:
        studio.acting_for(actor).reviews.remove_item(review_id, item_id)
        return _open(studio, actor, review_id)

    @api.post("/reviews/{review_id}/items/{item_id}/versions")
    def add_version(review_id: str, item_id: str, body: NewVersion, actor: str = asker) -> JSON:
        given: dict[Source, str | None] = {"run": body.run, "asset": body.asset, "film": body.film}
        named: list[tuple[Source, str]] = [(source, id_) for source, id_ in given.items() if id_]
        if len(named) != 1:
            raise CapabilityError(Message("review.one_source"), field="run")
        source, id_ = named[0]
        studio.acting_for(actor).reviews.add_version(review_id, item_id, source, id_, label=body.label)
        return _open(studio, actor, review_id)

    @api.delete("/reviews/{review_id}/versions/{version_id}")
    def remove_version(review_id: str, version_id: str, actor: str = asker) -> JSON:
        studio.acting_for(actor).reviews.remove_version(review_id, version_id)
        return _open(studio, actor, review_id)
