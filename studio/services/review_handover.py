"""Comments of a review for other programs: which are taken along, in which format, with which media beside the file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from studio.domain import Asset, Kind, now
from studio.errors import CapabilityError, Conflict, MediaError, NotAllowed, NotFound
from studio.messages import ENGLISH, Message
from studio.permissions import Actor
from studio.review import drawing
from studio.review.handover import avid, csv_table, edl, fcpxml, openrv, otio, xmeml
from studio.review.handover.model import (
    HandoverComment,
    HandoverItem,
    HandoverReply,
    ReviewHandover,
    chosen,
    common_rate,
)
from studio.review.handover.sequence import lay_out
from studio.review.handover.text import file_stem
from studio.review.model import Comment, Item, Version
from studio.services.context import Context
from studio.services.guest_media import GuestMedia
from studio.services.review_comments import ReviewComments
from studio.services.review_files import VersionFile
from studio.services.review_frames import frames, jpeg
from studio.services.reviews import OpenReview, Reviews

MAX_PDF_COMMENTS = 1000
"""Each has a picture, and a document of them is made in memory."""
PDFS_AT_ONCE = 2
FOLDER = "media"

_rendering = threading.BoundedSemaphore(PDFS_AT_ONCE)


class Form(NamedTuple):
    """A format: ending of its file, media type, and what writes it; None for what is written with pictures."""

    ending: str
    mime: str
    write: Callable[[ReviewHandover], bytes] | None


FORMS: Mapping[str, Form] = {
    "csv": Form(".csv", "text/csv; charset=utf-8", csv_table.write),
    "pdf": Form(".pdf", "application/pdf", None),
    "edl": Form(".edl", "text/plain; charset=utf-8", edl.markers),
    "xmeml": Form(".xml", "application/xml", xmeml.write),
    "fcpxml": Form(".fcpxml", "application/xml", fcpxml.write),
    "avid": Form(".txt", "text/plain; charset=utf-8", avid.write),
    "otio": Form(".otio", "application/json", otio.write),
    "rv": Form(".rv.otio", "application/json", openrv.write),
}
"""By the word of its address."""


@dataclass(frozen=True)
class HandoverOptions:
    """What is taken along. item: of one item alone. older: of versions before the current one, too. internal: comments
    for the own house, for members only.
    """

    only_open: bool = False
    internal: bool = False
    older: bool = False
    item: str | None = None


@dataclass(frozen=True)
class HandoverFile:
    """A file to be handed over. beside: further files and media by their paths beside it, for an archive."""

    name: str
    mime: str
    data: bytes
    beside: tuple[tuple[str, Path | bytes], ...] = ()


class _Taken(NamedTuple):
    """A version that is taken along, with its file where there is one."""

    item: Item
    version: Version
    file: VersionFile
    name: str


class ReviewHandovers:
    """What one actor takes out of reviews: a guest only where the link allows downloads, never internal comments."""

    def __init__(
        self, context: Context, actor: Actor, reviews: Reviews, comments: ReviewComments, guest_media: GuestMedia
    ) -> None:
        self._context, self._actor, self._reviews, self._comments = context, actor, reviews, comments
        self._guest_media = guest_media

    def export(
        self,
        review_id: str,
        form: str,
        options: HandoverOptions = HandoverOptions(),
        *,
        media: bool = False,
        language: str = ENGLISH,
    ) -> HandoverFile:
        """The comments in this format (a key of FORMS). media: with the files that the timeline names, beside it.

        language: of a PDF. Raises NotFound, NotAllowed, CapabilityError (field form) for an unknown format or too
        many comments, Conflict while other PDFs are made.
        """
        if form not in FORMS:
            raise CapabilityError(Message("reviewexport.no_form", form=form, listed=", ".join(FORMS)), field="form")
        opened = self._reviews.get(review_id)
        if not opened.rights.download:
            raise NotAllowed(Message("reviewexport.no_download"))
        if (media or form == "pdf") and not opened.rights.originals:
            raise NotAllowed(Message("reviewexport.marked_only"))
        if options.internal and not opened.rights.internal:
            raise NotAllowed(Message("reviewexport.members_only"))
        taken = self._taken(opened, options)
        review = self._review(opened, taken, options)
        ending, mime, write = FORMS[form]
        data = write(review) if write else self._pdf(review, taken, language)
        stem = file_stem(review.title) or review_id
        return HandoverFile(stem + ending, mime, data, self._beside(stem, form, review, taken) if media else ())

    def _taken(self, opened: OpenReview, options: HandoverOptions) -> list[_Taken]:
        """The versions in playlist order: of each item the current one, or all from the oldest on."""
        items = [item for item in opened.content.items if options.item in (None, item.id)]
        if options.item and not items:
            raise NotFound(Message("reviewexport.no_item"))
        commented = {comment.version for comment in opened.content.comments}
        found: list[_Taken] = []
        for place, item in enumerate(items, 1):
            versions = [v for v in opened.content.versions if v.item == item.id]
            ready = [v for v in versions if opened.files[v.id].state == "ready"]
            current = (ready or versions)[-1:]
            for version in versions if options.older else current:
                if version in current or version.id in commented:
                    file = opened.files[version.id]
                    found.append(_Taken(item, version, file, _file_name(place, item, version, file)))
        return found

    def _review(self, opened: OpenReview, taken: list[_Taken], options: HandoverOptions) -> ReviewHandover:
        by_version: dict[str, list[Comment]] = {}
        for comment in opened.content.comments:
            by_version.setdefault(comment.version, []).append(comment)
        items = [self._item(opened.content.review.id, one, by_version.get(one.version.id, ())) for one in taken]
        rate = common_rate(items)
        timed = tuple(_with_length(item, one.file.asset, rate) for item, one in zip(items, taken, strict=True))
        review = ReviewHandover(opened.content.review.title, rate, timed)
        return chosen(review, only_open=options.only_open, internal=options.internal)

    def _item(self, review_id: str, taken: _Taken, comments: list[Comment] | tuple[()]) -> HandoverItem:
        item, version, file, name = taken
        asset = file.asset
        shapes = {}
        if any(comment.has_drawing for comment in comments):
            shapes = self._comments.drawings(review_id, version.id)
        answers: dict[str, list[HandoverReply]] = {}
        for comment in sorted(comments, key=lambda one: one.created_at):
            if comment.parent:
                reply = HandoverReply(comment.author_name, comment.text, comment.created_at, comment.internal)
                answers.setdefault(comment.parent, []).append(reply)
        kind = asset.kind.value if asset else "video"
        return HandoverItem(
            title=item.title,
            number=version.number,
            file=name,
            kind="image" if kind == "image" else "audio" if kind == "audio" else "video",
            rate=version.rate,
            frames=version.frames,
            width=(asset.width if asset else None) or 0,
            height=(asset.height if asset else None) or 0,
            has_audio=bool(asset and asset.has_audio),
            comments=tuple(
                HandoverComment(
                    id=one.id,
                    frame_in=one.frame_in,
                    frame_out=one.frame_out,
                    author=one.author_name,
                    text=one.text,
                    created_at=one.created_at,
                    resolved=one.resolved_at is not None,
                    internal=one.internal,
                    replies=tuple(answers.get(one.id, ())),
                    drawing=drawing.parse(shapes[one.id]) if one.id in shapes else None,
                )
                for one in comments
                if not one.parent
            ),
        )

    def _pdf(self, review: ReviewHandover, taken: list[_Taken], language: str) -> bytes:
        if sum(len(item.comments) for item in review.items) > MAX_PDF_COMMENTS:
            raise CapabilityError(Message("reviewexport.too_many", most=MAX_PDF_COMMENTS), field="form")
        if not _rendering.acquire(blocking=False):
            raise Conflict(Message("reviewexport.busy"))
        try:
            pictures: dict[str, bytes] = {}
            for placed, one in zip(lay_out(review), taken, strict=True):
                path = self._path(one.file)
                if path is None or placed.item.kind == "audio" or not placed.comments:
                    continue
                at: dict[int, list[HandoverComment]] = {}
                for comment in placed.comments:
                    at.setdefault(placed.span(comment)[0], []).append(comment)
                try:
                    for number, picture in frames(path, Kind(placed.item.kind), at):
                        pictures |= {comment.id: jpeg(picture, comment.drawing) for comment in at[number]}
                except (MediaError, OSError):  # a file that no longer decodes: the words are still worth printing
                    continue
            from studio.review.handover import pdf  # its library is heavy

            return pdf.write(review, pictures, language=language, made_at=now(), made_by=self._actor.name)
        finally:
            _rendering.release()

    def _beside(
        self, stem: str, form: str, review: ReviewHandover, taken: list[_Taken]
    ) -> tuple[tuple[str, Path | bytes], ...]:
        """The media, and for Resolve the cut that its markers belong on."""
        more: list[tuple[str, Path | bytes]] = [(f"{stem}.cut.edl", edl.cut(review))] if form == "edl" else []
        paths = [(one.name, self._path(one.file)) for one in taken]
        return (*more, *((f"{FOLDER}/{name}", path) for name, path in paths if path))

    def _path(self, file: VersionFile) -> Path | None:
        if file.asset is None or file.state != "ready":
            return None
        if self._actor.is_guest:
            return self._guest_media.file(file.asset.id, download=True).path
        path = self._context.asset_path(file.asset)
        return path if path.is_file() else None


def _with_length(item: HandoverItem, asset: Asset | None, rate: Fraction) -> HandoverItem:
    """A sound, or a clip whose frames cannot be counted, lasts as long as its file says, in frames of the sequence."""
    if item.frames or item.kind == "image" or not (asset and asset.duration_s):
        return item
    return replace(item, frames=max(1, int(Fraction(asset.duration_s).limit_denominator(1000) * rate)))


def _file_name(place: int, item: Item, version: Version, file: VersionFile) -> str:
    """Place in the list, title and version: each file of an archive has a name of its own."""
    suffix = Path(file.asset.path).suffix if file.asset and file.asset.path else ".mp4"
    title = item.title.removesuffix(suffix)  # a file brings its own name
    return f"{place:02d}_{file_stem(title) or item.id}_v{version.number}{suffix}"
