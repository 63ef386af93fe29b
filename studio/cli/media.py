"""The files that a batch names: paths beside it, links to the public internet, or ids of assets; each becomes an asset.

First all are looked at (`inspect`), which stores nothing; then those of lines to be sent are added to the library.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from studio.cli.batch_file import Line
from studio.domain import JSON, MEDIA_INPUTS, Asset
from studio.errors import CapabilityError, MediaError, StudioError
from studio.messages import Message

ASSET_ID = re.compile(r"a_[0-9a-z]{6,40}")
LINK = re.compile(r"https?://", re.IGNORECASE)


class BatchMedia:
    """The files of one batch, each looked at and added once. Close it: links were fetched into a folder of its own.

    inspect: the asset that a file would be. add: its id in the library.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        *,
        inspect: Callable[[Path, str, Path], Asset],
        add: Callable[[Path, str], str],
    ) -> None:
        self._folder, self._max_bytes, self._inspect, self._add = folder, max_bytes, inspect, add
        self._stack = ExitStack()
        self._scratch = Path(self._stack.enter_context(TemporaryDirectory(prefix="wan-batch-")))
        self._paths: dict[str, Path] = {}
        self._known: dict[str, Asset] = {}
        self._added: dict[str, str] = {}

    def close(self) -> None:
        """Remove what was fetched."""
        self._stack.close()

    @property
    def known_assets(self) -> dict[str, Asset]:
        """What was looked at, by the id that `looked_at` gave it."""
        return {asset.id: asset for asset in self._known.values()}

    def looked_at(self, line: Line) -> JSON:
        """The request with a made-up id for each file. Raises CapabilityError, MediaError with the field."""
        return self._with_ids(line.body, lambda name: self._look(name).id)

    def added(self, line: Line) -> JSON:
        """The request with the id of each file in the library. Raises MediaError."""
        return self._with_ids(line.body, self._add_once)

    def _with_ids(self, body: JSON, id_of: Callable[[str], str]) -> JSON:
        changed = dict(body)
        for field in MEDIA_INPUTS:
            if field in changed:
                changed[field] = _mapped(changed[field], lambda one, field=field: self._id(field, one, id_of))
        return changed

    def _id(self, field: str, name: str, id_of: Callable[[str], str]) -> str:
        if ASSET_ID.fullmatch(name):
            return name
        try:
            return id_of(name)
        except (StudioError, OSError) as error:
            why = error.args[0] if isinstance(error, StudioError) else error.strerror or str(error)
            raise CapabilityError(
                Message("batch.bad_file", field=field, file=name[:200], why=why), field=field
            ) from None

    def _look(self, name: str) -> Asset:
        if name not in self._known:
            path = self._path(name)
            found = self._inspect(path, path.name, self._scratch)
            self._known[name] = found.model_copy(update={"id": f"a_new{len(self._known) + 1}"})
        return self._known[name]

    def _add_once(self, name: str) -> str:
        if name not in self._added:
            path = self._path(name)
            self._added[name] = self._add(path, path.name)
        return self._added[name]

    def _path(self, name: str) -> Path:
        if name not in self._paths:
            self._paths[name] = self._fetched(name) if LINK.match(name) else self._file(name)
        return self._paths[name]

    def _file(self, name: str) -> Path:
        if "\0" in name:
            raise MediaError(Message("batch.no_file"))
        path = self._folder / name
        if not path.is_file():
            raise MediaError(Message("batch.no_file"))
        return path

    def _fetched(self, link: str) -> Path:
        """The file behind a link, which leads to a public address only."""
        from studio.jobs import download

        name = re.sub(r"[^\w.\- ]", "_", Path(unquote(urlsplit(link).path)).name)[-80:] or "file"
        folder = self._scratch / str(len(self._paths))
        folder.mkdir()
        target = folder / name

        async def fetch() -> None:
            source = download.DownloadSource(link, max_bytes=self._max_bytes)
            async with download.client() as http:
                await download.fetch(http, source, target, lambda _done, _all: None)

        asyncio.run(fetch())
        return target


def _mapped(value: Any, id_of: Callable[[str], str]) -> Any:
    """The value of a media field with each name changed; what is no text is left for the request's own check."""
    if isinstance(value, str):
        return id_of(value) if value else value
    if isinstance(value, list):
        return [_mapped(one, id_of) if isinstance(one, str) else one for one in value]
    if isinstance(value, dict):
        return {id_of(key): _mapped(one, id_of) if isinstance(one, str) else one for key, one in value.items()}
    return value
