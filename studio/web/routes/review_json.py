"""Reviews as the pages draw them. Guests get the same without what is the studio's own: prompts, models, seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.domain import JSON, Kind
from studio.permissions import GUEST_PREFIX, Actor
from studio.review.model import Comment, Item, Status, StatusChange, Summary, Version
from studio.services.review_files import VersionFile
from studio.services.review_statuses import named_changes, shown_name
from studio.services.reviews import OpenReview
from studio.web.routes.run_cards import model_label

if TYPE_CHECKING:
    from studio.studio import Studio


def summary_json(one: Summary, *, owner_name: str, project_name: str) -> JSON:
    """A review in the list."""
    review = one.review
    return {
        "id": review.id, "title": review.title, "project": review.project, "project_name": project_name,
        "shared": review.shared, "owner": review.owner, "owner_name": owner_name, "created_at": review.created_at,
        "updated_at": review.updated_at, "items": one.items, "open_comments": one.open_comments, "approved": one.done,
        "cover": one.cover,
    }  # fmt: skip


def review_json(studio: Studio, found: OpenReview, actor: Actor) -> JSON:
    """All of a review, with what the actor may do in it."""
    review, rights = found.content.review, found.rights
    versions: dict[str, list[JSON]] = {}
    for version in found.content.versions:
        shown = version_json(studio, version, found.files[version.id], guest=actor.is_guest)
        shown["added_by_name"] = found.names.get(version.person, "")
        versions.setdefault(version.item, []).append(shown)
    takes = {v.run: v.id for v in found.content.versions if v.run}
    states = {v.id: found.files[v.id].state for v in found.content.versions}
    return {
        "id": review.id, "title": review.title, "owner": "" if actor.is_guest else review.owner,
        "owner_name": found.names.get(review.owner, ""), "project": "" if actor.is_guest else review.project,
        "project_name": "" if actor.is_guest else found.project_name, "shared": review.shared,
        "created_at": review.created_at, "updated_at": review.updated_at, "revision": review.revision,
        "me": {
            "id": actor.id, "name": actor.name, "guest": actor.is_guest,
            "may": {
                "comment": rights.comment, "edit": rights.edit, "share": rights.share, "retake": rights.retake,
                "download": rights.download, "internal": rights.internal,
            },
            "statuses": list(rights.statuses),
        },
        "people": [{"id": i, "name": name} for i, name in found.people.items()],
        "statuses": [status_json(one) for one in found.statuses],
        "items": [item_json(item, versions.get(item.id, [])) for item in found.content.items],
        "comments": [comment_json(c, actor, takes=takes, states=states) for c in found.content.comments],
    }  # fmt: skip


def item_json(item: Item, versions: list[JSON]) -> JSON:
    """An item with its versions, oldest first. current: the newest version that has a file, else the newest."""
    ready = [one for one in versions if one["state"] == "ready"]
    current = (ready or versions or [{"id": None}])[-1]["id"]
    return {
        "id": item.id, "title": item.title, "position": item.position, "board": item.board, "shot": item.shot,
        "current": current, "versions": versions,
    }  # fmt: skip


def version_json(studio: Studio, version: Version, file: VersionFile, *, guest: bool) -> JSON:
    """A version with what is known of its file and, for members, of the run that made it."""
    asset, run = file.asset, file.run
    body: JSON = {
        "id": version.id, "number": version.number, "label": version.label, "state": file.state,
        "kind": asset.kind.value if asset else run.request.task.makes.value if run else Kind.VIDEO.value,
        "asset": asset.id if asset else None, "width": asset.width if asset else None,
        "height": asset.height if asset else None, "duration_s": asset.duration_s if asset else None,
        "has_audio": bool(asset and asset.has_audio), "frames": version.frames, "status": version.status,
        "rate": {"num": version.rate.numerator, "den": version.rate.denominator} if version.rate else None,
        "added_at": version.added_at, "answers": version.answers,
        "is_draft": bool(run and run.provider == "draft"),
    }  # fmt: skip
    if guest:
        return body
    return body | {
        "run": version.run, "film": version.film, "name": asset.name if asset else "",
        "model": run.model if run else None, "model_label": model_label(studio, run.model) if run else None,
        "seed": run.seed if run else None, "prompt": run.request.prompt if run else None,
        "run_status": run.status.value if run else None, "rating": run.rating if run else None,
    }  # fmt: skip


def comment_json(comment: Comment, actor: Actor, *, takes: dict[str, str], states: dict[str, str]) -> JSON:
    """A comment. takes: run -> version that shows it; states: of the versions."""
    retake = None
    if comment.retake_run:
        made = takes.get(comment.retake_run)
        retake = {"version": made, "state": states.get(made or "", "gone")}
        if not actor.is_guest:
            retake["run"] = comment.retake_run
    return {
        "id": comment.id, "version": comment.version, "parent": comment.parent,
        "author": comment.author, "author_name": comment.author_name, "guest": is_guest(comment.author),
        "mine": comment.author == actor.id, "text": comment.text, "frame_in": comment.frame_in,
        "frame_out": comment.frame_out, "internal": comment.internal, "mentions": list(comment.mentions),
        "has_drawing": comment.has_drawing, "created_at": comment.created_at, "edited_at": comment.edited_at,
        "resolved_at": comment.resolved_at, "resolved_by_name": comment.resolved_by, "retake": retake,
    }  # fmt: skip


def status_json(status: Status) -> JSON:
    """A status that versions can have."""
    return {
        "id": status.id, "name": shown_name(status), "short": status.short, "color": status.color,
        "is_default": status.is_default, "is_wip": status.is_wip, "is_feedback_request": status.is_feedback_request,
        "is_retake": status.is_retake, "is_done": status.is_done, "least_role": status.least_role.value,
        "guests_may_set": status.guests_may_set, "retired": status.retired,
    }  # fmt: skip


def history_json(changes: list[StatusChange], statuses: list[Status]) -> list[JSON]:
    """A version's history, oldest first, with the names that its statuses had then."""
    return [
        {
            "from": change.from_status, "from_name": before, "to": change.to_status, "to_name": name,
            "done": change.done, "by_name": change.person_name, "at": change.at, "note": change.note,
        }
        for change, before, name in named_changes(changes, statuses)
    ]  # fmt: skip


def is_guest(author: str) -> bool:
    """Whether a comment's author came by a share link."""
    return author.startswith(GUEST_PREFIX)
