"""The library's files, whoever they belong to; the asset has been looked up for its user before."""

from __future__ import annotations

from pathlib import Path

from studio.domain import JSON, Asset
from studio.services.context import Context


class Library:
    """Where files lie, and what is written in them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def path(self, asset: Asset) -> Path:
        """Where the asset's file lies. Raises NotFound for text, which has none."""
        return self._context.asset_path(asset)

    def settings_in(self, path: Path | str, *, name: str = "") -> JSON | None:
        """The flat request written inside a file by this or another program; None where there is none.

        Raises MediaError, in a sentence, where there are settings that cannot be understood.
        """
        from studio.media import metadata

        return metadata.read(Path(path), name=name)
