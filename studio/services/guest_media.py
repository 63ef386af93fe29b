"""Files as a guest of a share link has them: those of the link's versions, and never the library's file itself but a
copy without prompts, or where the link has a watermark one with the guest's name in it. Whatever address a guest asks
for comes through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.domain import Asset, Kind
from studio.errors import MediaError, NotAllowed, NotFound
from studio.media.thumbnails import POSTER_PX, VIEW_PX
from studio.messages import Message
from studio.permissions import Actor
from studio.services.assets import Assets, PreviewKind
from studio.services.context import Context
from studio.services.watermarks import CopyState, Watermarks
from studio.store import assets, guests, review_links
from studio.store.guests import Guest
from studio.store.review_links import ReviewLink

MARKED_PREVIEWS: dict[str, int] = {"poster": POSTER_PX, "view": VIEW_PX}
"""Previews so large that they are marked, too, and their size; the others are at most 384 pixels wide."""


@dataclass(frozen=True)
class GuestFile:
    """A file as the guest gets it. state: how far a copy is that is not there yet; then there is no path."""

    asset: Asset
    path: Path | None
    mime: str
    state: CopyState | None = None


class GuestMedia:
    """The files of one guest. For everybody else there are none. Raises NotFound for what the link does not show."""

    def __init__(self, context: Context, actor: Actor, watermarks: Watermarks) -> None:
        self._context, self._actor, self._watermarks = context, actor, watermarks

    def review(self) -> str:
        """The id of the review that the guest's link is of."""
        return self._who()[1].review

    def may_download(self) -> tuple[bool, bool]:
        """Whether the link lets guests take anything along, and whether that may be the files themselves."""
        link = self._who()[1]
        return link.can_download, link.can_download and not link.watermark

    def file(self, asset_id: str, *, download: bool = False) -> GuestFile:
        """The file, or its marked copy, or how far that is. Raises NotAllowed for a download where there is none."""
        guest, link = self._who()
        asset = self._asset(asset_id, guest)
        if download and not link.can_download:
            raise NotAllowed(Message("reviewlinks.no_download"))
        if not link.watermark:
            if not asset.path:
                raise NotFound(Message("file.text_no_file"))
            return GuestFile(asset, self._watermarks.without_prompts(asset, link=link.id), asset.mime)
        return self._marked(asset, guest, link, urgent=True)

    def preview(self, asset_id: str, which: PreviewKind) -> Path:
        """A small picture of the file. Raises MediaError for a preview that the file has not."""
        guest, link = self._who()
        asset = self._asset(asset_id, guest)
        if not link.watermark or which not in MARKED_PREVIEWS:
            return Assets(self._context, "").thumbnail(asset.id, which)
        if asset.kind not in (Kind.IMAGE, Kind.VIDEO):
            raise MediaError(Message("file.no_preview_of_kind", which=which, kind=asset.kind.value))
        return self._watermarks.still(
            asset, self._text(guest, link), link=link.id, guest=guest.id, side_px=MARKED_PREVIEWS[which]
        )

    def copies(self) -> dict[str, CopyState]:
        """How far the copies are that are not there yet, by file; those that nobody asked for yet are begun."""
        guest, link = self._who()
        if not link.watermark:
            return {}
        with self._context.store.read() as db:
            shown = assets.several(db, guests.shown_assets(db, guest.id), guest.id)
        files = {i: self._marked(asset, guest, link, urgent=False) for i, asset in shown.items()}
        return {i: found.state for i, found in files.items() if found.state}

    def _marked(self, asset: Asset, guest: Guest, link: ReviewLink, *, urgent: bool) -> GuestFile:
        text = self._text(guest, link)
        found = self._watermarks.get(asset, text, link=link.id, guest=guest.id, urgent=urgent)
        mime = self._watermarks.mime(asset)
        if isinstance(found, Path):
            return GuestFile(asset, found, mime)
        return GuestFile(asset, None, mime, state=found)

    def _text(self, guest: Guest, link: ReviewLink) -> str:
        with self._context.store.read() as db:
            title = review_links.title_of(db, link.review) or ""
        return f"{guest.name} · {guest.created_at.date().isoformat()} · {title}"

    def _who(self) -> tuple[Guest, ReviewLink]:
        with self._context.store.read() as db:
            guest = guests.counting(db, self._actor.id) if self._actor.is_guest else None
            if guest is None:
                raise NotFound(Message("http.not_found"))
            return guest, review_links.of_guest(db, guest.id)

    def _asset(self, asset_id: str, guest: Guest) -> Asset:
        with self._context.store.read() as db:
            if asset_id not in guests.shown_assets(db, guest.id, only=asset_id):
                raise NotFound(Message("file.unknown", asset_id=asset_id))
            return assets.get(db, asset_id, guest.id)
