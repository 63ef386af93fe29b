"""Files that come in, and small pictures of files."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from studio.domain import Asset, Kind
from studio.errors import MediaError, NotFound, StorageUnavailable
from studio.messages import Message, lines, term
from studio.services.context import Context
from studio.storage import storing
from studio.store import assets, runs
from studio.store.mapping import new_id

if TYPE_CHECKING:
    from studio.media.probe import MediaFacts

PreviewKind = Literal["thumb", "poster", "view", "hover", "wave"]
PREVIEW_SUFFIXES: dict[str, str] = {
    "thumb": ".webp",
    "poster": ".webp",
    "view": ".webp",
    "hover": ".mp4",
    "wave": ".webp",
}


HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that show a name as another: control, zero-width and direction characters, half surrogates.

With a direction override in it, photo[U+202E]gpj.exe is shown as photoexe.jpg."""
EMOJI_JOINER = "\u200d"


def _display_name(name: str) -> str:
    """The file's own name without its folder, as it may be shown."""
    visible = (c for c in Path(name).name if c == EMOJI_JOINER or unicodedata.category(c) not in HIDDEN_CATEGORIES)
    return "".join(visible)


class Assets:
    """Assets: uploads by content, and everything runs have made."""

    def __init__(self, context: Context, user: str) -> None:
        self._context, self.user = context, user

    def add(self, path: Path | str, *, name: str = "", documents: bool = False, derived: bool = False) -> Asset:
        """Check a file by its content and copy it into the library. Content that is there already is not stored twice,
        but under another name it is a file of its own.

        What models and providers would misread is kept as they read it: a photo stored turned is turned, a header
        that guesses is put right, a format that few programs know is converted. Raises MediaError, in a sentence, for
        a file that is broken, too large or of no use.
        documents: they may come in, too, as they are; elsewhere one is refused like any file that is no medium.
        derived: made by the studio from files that are in the library, and so no upload.
        """
        with storing(self._context.settings.data):
            if not derived:
                self._context.visitors.check_upload(self.user, Path(path).stat().st_size)
            return self._import(Path(path), name or Path(path).name, self.user, documents=documents, derived=derived)

    def add_frame(self, clip: Asset, path: Path, *, name: str, at_ms: int) -> Asset:
        """A frame of a run's clip, taken for whoever works with the clip: it belongs to the clip's owner, and is seen
        by all who see the run. at_ms: names the frame among those of the clip."""
        with storing(self._context.settings.data):
            frame = self._import(path, name, clip.owner, documents=False, derived=True)
        if clip.origin:
            with self._context.store.write() as db:
                runs.attach(db, runs.get(db, clip.origin).seq, "frame", at_ms, frame.id)
        return frame

    def _import(self, path: Path, name: str, owner: str, *, documents: bool, derived: bool) -> Asset:
        from studio.media import content_check, document, intake, validate

        max_bytes = self._context.settings.max_upload_mb * 1_000_000
        if documents and (known := document.admit(path, name=name, max_bytes=max_bytes)):
            return self._register(path, known, name, owner)
        facts = validate.admit(path, name=name, max_bytes=max_bytes)
        if self._context.settings.check_uploads == "on" and not derived:
            content_check.check(path, facts, name, self._context.scratch_folder())
        with TemporaryDirectory(dir=self._context.scratch_folder()) as folder:
            copy, facts = intake.library_copy(path, Path(folder), facts, name=name)
            return self._register(copy, facts, name, owner)

    def _register(self, path: Path, facts: MediaFacts, name: str, owner: str) -> Asset:
        from studio.media import files

        digest, name = files.sha256(path), _display_name(name)
        with self._context.store.read() as db:
            if (existing := assets.of_content(db, digest, owner, name)) and self.path(existing).is_file():
                return existing
        relative = f"library/inputs/{digest[:2]}/{digest}{facts.suffix}"
        target = self._context.settings.data / relative
        is_new = not target.is_file()
        if is_new:
            with files.replacing(target) as temporary:
                shutil.copyfile(path, temporary)
        asset = Asset(
            id=new_id("a_"), kind=facts.kind, mime=facts.mime, name=name, path=relative,
            bytes=facts.bytes, sha256=digest, width=facts.width, height=facts.height, duration_s=facts.duration_s,
            fps=facts.fps, has_audio=facts.has_audio, has_alpha=facts.has_alpha,
            pages=facts.pages, owner=owner, notes=lines(facts.notes),
        )  # fmt: skip
        try:
            with self._context.store.write() as db:
                if (existing := assets.of_content(db, digest, owner, name)) and self.path(existing).is_file():
                    return existing  # added by another thread since the look above
                assets.add(db, asset)
        except BaseException:
            if is_new:
                self._remove_orphan(relative)
            raise
        return asset

    def _remove_orphan(self, relative: str) -> None:
        """Remove a file that could not be registered, unless the same content was by somebody else meanwhile."""
        with suppress(StorageUnavailable, OSError), self._context.store.read() as db:
            if not assets.known_path(db, relative):
                (self._context.settings.data / relative).unlink(missing_ok=True)

    def newest_seq(self) -> int:
        """The number of the file that was added last; 0 where there is none."""
        with self._context.store.read() as db:
            return assets.newest(db)

    def discard(self, added: Iterable[Asset], *, after: int) -> None:
        """Take these files back: they were added for something that failed. after: older ones (newest_asset) stay, as
        does what a run uses."""
        added = list(added)
        with suppress(StorageUnavailable):
            with self._context.store.write() as db:
                for asset in added:
                    assets.discard(db, asset.id, after)
            for asset in added:
                self._remove_orphan(asset.path)

    def get(self, asset_id: str) -> Asset:
        """The asset, or NotFound."""
        with self._context.store.read() as db:
            return assets.get(db, asset_id, self.user)

    def uploads(self, kinds: Iterable[Kind], *, query: str = "", limit: int = 60) -> list[Asset]:
        """Files that were brought in, not made by a run, newest first; query: words of their names."""
        with self._context.store.read() as db:
            return assets.uploads(db, self.user, [k.value for k in kinds], words=query, limit=limit)

    def frame(self, asset_id: str, *, at_s: float | None) -> Asset:
        """One frame of a clip as a picture of the library: the one on screen at_s seconds in; None is the very last.

        Raises MediaError, NotFound.
        """
        from studio.media import frames, metadata

        asset = self.get(asset_id)
        if asset.kind is not Kind.VIDEO:
            raise MediaError(Message("file.only_clips"))
        position = "last frame" if at_s is None else f"{at_s:.2f} s"
        with TemporaryDirectory(dir=self._context.scratch_folder()) as folder:
            picture = Path(folder) / "frame.png"
            if at_s is None:
                frames.last_frame(self.path(asset), picture)
            else:
                frames.frame_at(self.path(asset), at_s, picture)
            metadata.carry_draft(self.path(asset), picture)
            stem = Path(asset.name).stem or "clip"
            return self.add(picture, name=f"{stem} {position}.png", derived=True)

    def path(self, asset: Asset) -> Path:
        """Where its file lies. Raises NotFound for text, which has none."""
        return self._context.asset_path(asset)

    def thumbnail(self, asset_id: str, which: PreviewKind = "thumb") -> Path:
        """A small picture (or hover clip) of the asset, made when first asked for. Raises MediaError, NotFound."""
        if which not in PREVIEW_SUFFIXES:
            raise NotFound(Message("file.no_such_preview", which=f"{which!r}", listed=", ".join(PREVIEW_SUFFIXES)))
        asset = self.get(asset_id)
        source = self.path(asset)
        target = (
            self._context.settings.data
            / "cache"
            / "thumbs"
            / asset.id[-2:]
            / f"{asset.id}-{which}{PREVIEW_SUFFIXES[which]}"
        )
        if target.is_file():
            return target
        with storing(self._context.settings.data):
            self._make_preview(source, target, asset, which)
        return target

    def _make_preview(self, source: Path, target: Path, asset: Asset, which: PreviewKind) -> None:
        from studio.media import thumbnails

        sides = {"poster": thumbnails.POSTER_PX, "view": thumbnails.VIEW_PX}
        if asset.kind == Kind.DOCUMENT:
            raise MediaError(Message("file.no_preview_of_kind", which=which, kind=term(asset.kind)))
        target.parent.mkdir(parents=True, exist_ok=True)
        if which == "hover" and asset.kind == Kind.VIDEO:
            thumbnails.hover(source, target)
        elif which in sides and asset.kind == Kind.VIDEO:
            thumbnails.poster(source, target, side_px=sides[which])
        elif which == "wave" and asset.kind != Kind.IMAGE:
            thumbnails.waveform_picture(source, target)
        elif which == "thumb" or which in sides:
            thumbnails.thumbnail(source, target, **({"side_px": sides[which]} if which in sides else {}))
        else:
            raise MediaError(Message("file.no_preview_of_kind", which=which, kind=term(asset.kind)))

    def shrink(
        self, asset_id: str, *, max_side_px: int | None = None, max_bytes: int | None = None,
        flatten_alpha: bool = False) -> Asset:  # fmt: skip
        """A smaller copy as a new asset; the old one stays. Only on the user's wish."""
        from studio.media import resize

        asset = self.get(asset_id)
        with storing(self._context.settings.data), TemporaryDirectory(dir=self._context.scratch_folder()) as folder:
            smaller = Path(folder) / "smaller"
            facts = resize.shrink(
                self.path(asset), smaller, max_side_px=max_side_px, max_bytes=max_bytes, flatten_alpha=flatten_alpha
            )
            renamed = smaller.with_suffix(facts.suffix)
            smaller.rename(renamed)
            return self.add(renamed, name=f"{Path(asset.name).stem} smaller{facts.suffix}", derived=True)
