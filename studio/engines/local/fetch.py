"""A download as a process of its own, so that stopping it is certain: `python -m studio.engines.local.fetch JSON`.

The JSON has repo, into (a folder) and files (exact names; empty for every part that model_index.json names). Says JSON
lines: plan (files, bytes), done (bytes), ended (bytes), or failed (message). Only safetensors and plain data; no code.

Not through the hub's own client: since its version 2 it starts a file anew after a break, and files have gigabytes.
Here a file grows as name.part, goes on where it stopped, is checked by size and SHA-256, and then gets its name. No
more is taken than the hub's list says and the disk has room for. HF_ENDPOINT and HF_TOKEN are honoured (see hub.py).
"""

from __future__ import annotations

import asyncio
import errno
import fnmatch
import hashlib
import json
import shutil
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from studio.engines.local.hub import Hub, HubFile
from studio.engines.local.weights import PATTERNS
from studio.errors import EngineError, Unavailable
from studio.messages import Message, of_error, packed

TICK_S = 0.3
CHUNK_BYTES = 2**20
MAX_ATTEMPTS = 5
MIN_FREE_BYTES = 256 * 2**20
"""Room on the disk that a download must leave."""
CHECK_DISK_BYTES = 256 * 2**20
"""The free disk is looked at after so much of a file: other programs write as well."""


def send_message(what: str, **body: Any) -> None:
    """One line to the studio, whole, from any thread."""
    sys.stdout.write(json.dumps({"say": what, **body}) + "\n")
    sys.stdout.flush()


def needed_files(names: list[str], index: dict[str, Any]) -> list[str]:
    """Files of a repository that its pipeline needs: the named parts' data files, without half-precision doubles."""
    parts = {k for k, v in index.items() if isinstance(v, list) and v and v[0]}
    kept = []
    for name in names:
        folder, _, file = name.rpartition("/")
        allowed = any(fnmatch.fnmatch(file, p) for p in PATTERNS) and ".fp16." not in file
        if allowed and (folder.partition("/")[0] in parts or (not folder and not file.endswith(".safetensors"))):
            kept.append(name)
    return kept


class RepositoryDownload:
    """One repository on its way into one folder."""

    def __init__(self, hub: Hub, repo: str, into: Path, commit: str, files: Mapping[str, HubFile]) -> None:
        self.hub, self.repo, self.into, self.commit, self.files = hub, repo, into, commit, files
        self.arrived = 0
        self._over = threading.Event()
        self._teller = threading.Thread(target=self._report_progress, daemon=True)
        self._teller.start()

    async def names(self) -> list[str]:
        """The files that the repository's pipeline needs."""
        return needed_files(list(self.files), await self.hub.json(self._path("model_index.json")))

    def size(self, names: Iterable[str]) -> int:
        """Bytes of these files, as far as the hub tells."""
        return sum(self.files[name].size or 0 for name in names)

    def check_free_space(self, names: Iterable[str]) -> None:
        """Raise OSError where the disk has no room for what lacks of these files."""
        have = sum(min(self._existing_bytes(name), self.files[name].size or 0) for name in names)
        check_free_space(self.into, self.size(names) - have)

    def _existing_bytes(self, name: str) -> int:
        path = self.into / name
        return next((p.stat().st_size for p in (path, _part(path)) if p.is_file()), 0)

    async def fetch_file(self, name: str) -> None:
        """Fetch one file, or what lacks of it. Broken connections are taken up again a few times."""
        path, size = self.into / name, self.files[name].size
        if path.is_file() and size in (None, path.stat().st_size):
            self._add(path.stat().st_size)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part(path)
        for tries_left in reversed(range(MAX_ATTEMPTS)):
            try:
                await self._fetch_rest(name, part)
                break
            except (httpx.TransportError, Unavailable):
                if not tries_left:
                    raise
                await asyncio.sleep(1.0)
        self._check(name, part)
        part.replace(path)

    async def _fetch_rest(self, name: str, part: Path) -> None:
        have, size = part.stat().st_size if part.is_file() else 0, self.files[name].size
        if have and size is not None and have >= size:
            self._add(have)
            return
        headers = {"range": f"bytes={have}-"} if have else {}
        before = self.arrived
        async with self.hub.open(self._path(name), headers) as answer:
            again = have > 0 and answer.status_code == 206
            if again and not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
                part.unlink()
                raise httpx.RemoteProtocolError("another part of the file came")
            self._add(have if again else 0)
            try:
                await self._receive(answer, name, part, have if again else 0)
            except httpx.TransportError:
                self.arrived = before
                raise

    async def _receive(self, answer: httpx.Response, name: str, part: Path, start: int) -> None:
        got, most = start, self.files[name].max_bytes
        looked = got - CHECK_DISK_BYTES
        with part.open("ab" if start else "wb") as file:
            async for piece in answer.aiter_raw(CHUNK_BYTES):
                got += len(piece)
                if got > most:
                    file.close()
                    part.unlink()
                    raise ValueError(Message("hub.longer", name=name, most=f"{most:,}"))
                if got - looked >= CHECK_DISK_BYTES:
                    check_free_space(part.parent, len(piece))
                    looked = got
                file.write(piece)
                self._add(len(piece))

    def _path(self, name: str) -> str:
        return f"/{self.repo}/resolve/{self.commit}/{quote(name)}"

    def _check(self, name: str, part: Path) -> None:
        """Size and hash as the hub says; a file that is wrong is thrown away, to be fetched whole the next time."""
        listed = self.files[name]
        good = listed.size in (None, part.stat().st_size)
        if good and listed.sha256:
            with part.open("rb") as file:
                good = hashlib.file_digest(file, "sha256").hexdigest() == listed.sha256
        if not good:
            part.unlink()
            raise ValueError(Message("hub.damaged", name=name))

    def _add(self, count: int) -> None:
        self.arrived += count

    def finish(self) -> None:
        """Say no more of what has arrived."""
        self._over.set()
        self._teller.join()

    def _report_progress(self) -> None:
        """Say how much has arrived; the last of it also while nothing more comes."""
        said = 0
        while not self._over.wait(TICK_S):
            if self.arrived != said:
                said = self.arrived
                send_message("done", bytes=said)


def check_free_space(folder: Path, size: int) -> None:
    """Raise OSError where so many more bytes would fill the disk."""
    while not folder.exists():
        folder = folder.parent
    if size + MIN_FREE_BYTES > (free := shutil.disk_usage(folder).free):
        raise OSError(
            errno.ENOSPC,
            Message("hub.no_room", size=f"{max(size, 0) / 1e9:.1f}", free=f"{free / 1e9:.1f}"),
        )


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


async def fetch(repo: str, into: Path, files: Sequence[str]) -> None:
    """Fetch these files of a repository, all that its pipeline needs where there are none named."""
    hub = Hub()
    try:
        work = RepositoryDownload(hub, repo, into, *await hub.list_files(repo))
        names = list(files) or await work.names()
        if lacking := [name for name in names if name not in work.files]:
            raise ValueError(Message("hub.no_file", file=lacking[0]))
        if not names:
            raise ValueError(Message("hub.no_files"))
        send_message("plan", files=len(names), bytes=work.size(names))
        work.check_free_space(names)
        try:
            for name in sorted(names, key=lambda n: work.files[n].size or 0):
                await work.fetch_file(name)
        finally:
            work.finish()
        send_message("ended", bytes=work.arrived)
    finally:
        await hub.close()


def main() -> int:
    """Fetch; 0 when everything is there."""
    job = json.loads(sys.argv[1])
    try:
        asyncio.run(fetch(job["repo"], Path(job["into"]), job["files"]))
    except (httpx.HTTPError, EngineError, OSError, ValueError) as error:
        send_message("failed", message=packed(_sentence(job["repo"], error)))
        return 1
    return 0


def _sentence(repo: str, error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in (401, 403, 404):
        return Message("hub.refuses", repo=repo)
    if isinstance(error, httpx.TransportError | Unavailable):
        return Message("hub.away", repo=repo)
    if isinstance(error, OSError):
        return Message("hub.disk", repo=repo, why=error.strerror or error)
    why = of_error(error)
    return Message("hub.failed", repo=repo, why=why.rstrip(".") if why.endswith(".") else why)


if __name__ == "__main__":
    sys.exit(main())
