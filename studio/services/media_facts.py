"""What a file would be in the library, without a library: for prices and checks before anything is stored."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from studio.domain import Asset
from studio.messages import lines
from studio.store.mapping import new_id


def inspect(path: Path, *, name: str, folder: Path, max_bytes: int) -> Asset:
    """The asset that `Assets.add` would make of the file, documents too. folder: for a converted copy.

    Raises MediaError for a file that is broken, larger than max_bytes, or of no use.
    """
    from studio.media import document, intake, validate

    facts = document.admit(path, name=name, max_bytes=max_bytes)
    if facts is None:
        facts = validate.admit(path, name=name, max_bytes=max_bytes)
        with TemporaryDirectory(dir=folder) as inner:
            _, facts = intake.library_copy(path, Path(inner), facts, name=name)
    return Asset(
        id=new_id("a_"), kind=facts.kind, mime=facts.mime, name=name, bytes=facts.bytes, width=facts.width,
        height=facts.height, duration_s=facts.duration_s, fps=facts.fps, has_audio=facts.has_audio,
        has_alpha=facts.has_alpha, pages=facts.pages, notes=lines(facts.notes),
    )  # fmt: skip
