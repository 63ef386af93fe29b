"""Keeps the shots of a storyboard in step with what a review decides about their takes.

Only this way round. A board's own "approved" says that a shot may be rendered; it names no take, and takes no right to
approve. So it never approves a take in a review, and no change can go round in a circle.
"""

from __future__ import annotations

from contextlib import suppress

from sqlite_utils import Database

from studio.errors import NotFound
from studio.permissions import Actor
from studio.review.model import Item, Review, Status, Version
from studio.services.board_repository import BoardRepository
from studio.services.context import Context
from studio.store import reviews, storyboards
from studio.storyboard import edit
from studio.storyboard.model import Shot, ShotStatus


def follow(
    context: Context, db: Database, actor: Actor, review: Review, version: Version, status: Status
) -> str | None:  # fmt: skip
    """Give the shot that the version is a take of the status that fits; the id of its board, where that changed.

    A take that is not the shot's own decides nothing, but that another one is wanted. In the board's project everybody
    who judges there is followed, also who may not edit the board; then the change stands in its owner's name.
    """
    item = reviews.item(db, review.seq, version.item, actor.id)
    editor = _editor(db, actor, review, item.board) if item.board else None
    if editor is None or not item.board or not item.shot:
        return None
    boards = BoardRepository(context, editor)
    with suppress(NotFound):  # the shot was taken out
        board = boards.get(db, item.board).board
        shot, wanted = board.shot(item.shot), _shot_status(status)
        if shot.status is wanted or not _concerns(db, actor.id, review, shot, item, version, wanted):
            return None
        boards.save(db, edit.change(board, shot.id, status=wanted), "status")
        return board.id
    return None


def _shot_status(status: Status) -> ShotStatus:
    if status.is_done:
        return ShotStatus.APPROVED
    if status.is_retake:
        return ShotStatus.RETAKE
    return ShotStatus.IN_REVIEW if status.is_feedback_request else ShotStatus.DRAFT


def _concerns(
    db: Database, viewer: str, review: Review, shot: Shot, item: Item, version: Version, wanted: ShotStatus
) -> bool:  # fmt: skip
    if version.run is None:
        return False
    newest = [one for one in reviews.versions(db, review.seq, viewer) if one.item == item.id][-1]
    return version.run == shot.chosen or (wanted is ShotStatus.RETAKE and newest.id == version.id)


def _editor(db: Database, actor: Actor, review: Review, board_id: str) -> str | None:
    """In whose name the board is changed; None where it is not. "" is the local user."""
    if storyboards.is_editable(db, board_id, actor.id):
        return actor.id
    row = db.conn.execute(
        "SELECT owner FROM storyboards WHERE id = ? AND trashed_at IS NULL AND project != '' AND project = ?",
        [board_id, review.project],
    ).fetchone()
    return row[0] if row and review.shared else None
