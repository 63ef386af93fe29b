"""What a comment of a review stands on: the version with its run and file, the frames meant, and the area marked."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqlite_utils import Database

from studio.domain import Asset, Kind, Run
from studio.errors import NotFound
from studio.review import drawing, retake_prompt, retake_region
from studio.review.model import Comment, Item, Review, Version
from studio.review.retake_region import Region
from studio.store import assets, exports, people, review_comments, reviews, runs


@dataclass(frozen=True)
class RetakeSource:
    """run: that made the version, None for a file or a film. file: what is seen, None while there is none.

    first, last: the frames meant, from 0; None for a comment on the whole, and last also where it is the same as first.
    previous: the run that was made for this comment before.
    """

    review: Review
    item: Item
    version: Version
    comment: Comment
    run: Run | None
    file: Asset | None
    wish: str
    region: Region | None
    previous: Run | None

    @property
    def kind(self) -> Kind | None:
        """What is seen: a picture, clip or sound."""
        return self.file.kind if self.file else None

    @property
    def rate(self) -> Fraction | None:
        """Frames a second of a clip."""
        return self.version.rate

    @property
    def first(self) -> int | None:
        """The frame, or the first of a range."""
        return self.comment.frame_in

    @property
    def last(self) -> int | None:
        """The last frame of a range of several."""
        return self.comment.frame_out if self.comment.frame_out != self.comment.frame_in else None

    def at_s(self, frame: int) -> float:
        """The middle of a frame, in seconds: no rounding can name its neighbour."""
        return float((frame + Fraction(1, 2)) / (self.rate or 1))

    @property
    def is_draft(self) -> bool:
        """Whether the free engine drew it."""
        return self.run is not None and self.run.provider == "draft"


def read(db: Database, review_id: str, comment_id: str, viewer: str) -> RetakeSource:
    """The comment with what it is about, as the viewer sees it. Raises NotFound."""
    review = reviews.get(db, review_id, viewer)
    comment = review_comments.get(db, review.seq, comment_id, viewer)
    version = reviews.version(db, review.seq, comment.version, viewer)
    run = _run(db, version.run, viewer)
    written = review_comments.drawing(db, comment_id)
    names = [one.shown_name for one in people.everyone(db) if one.id in comment.mentions] if comment.mentions else []
    return RetakeSource(
        review=review, item=reviews.item(db, review.seq, version.item, viewer), version=version, comment=comment,
        run=run,
        file=_file(db, version, run, viewer), wish=retake_prompt.wish_of(comment.text, names),
        region=retake_region.of_drawing(drawing.parse(written)) if written else None,
        previous=_run(db, comment.retake_run, viewer),
    )  # fmt: skip


def _run(db: Database, run_id: str | None, viewer: str) -> Run | None:
    try:
        return runs.get(db, run_id, viewer) if run_id else None
    except NotFound:
        return None


def _file(db: Database, version: Version, run: Run | None, viewer: str) -> Asset | None:
    """The file that the version shows, as far as it is there for the viewer."""
    if version.run:
        return next((a for a in run.assets if a.kind in (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO)), None) if run else None
    try:
        asset_id = version.asset or exports.get(db, version.film or "", viewer).asset
        return assets.get(db, asset_id, viewer) if asset_id else None
    except NotFound:
        return None
