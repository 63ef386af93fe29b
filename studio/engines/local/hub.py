"""Calls to the model hub: HF_ENDPOINT, else huggingface.co. The token (HF_TOKEN) goes to that host and to no other.

The hub redirects to file servers of its own choice, so each address is checked as any link from an answer is (see
engines.addresses), and what is said of files is read strictly. Source: the hub's documents, "Hub API Endpoints".
"""

from __future__ import annotations

import os
import re
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

import httpx

from studio.domain import JSON
from studio.engines import addresses, strict_json
from studio.engines.strict_json import rows, table
from studio.errors import Unavailable
from studio.messages import Message

MAX_REDIRECTS = 5
MAX_LISTING_BYTES = 32 * 2**20
"""Longest answer that is read at once: the list of a repository with thousands of files has some MB."""
MAX_UNLISTED_BYTES = 64 * 2**20
"""Largest file whose size the list does not tell."""
_COMMIT, _SHA256 = re.compile(r"[0-9a-f]{40,64}"), re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class HubFile:
    """A file as the hub lists it. size: bytes, None where it does not tell. sha256: "" where it does not tell."""

    size: int | None = None
    sha256: str = ""

    @property
    def max_bytes(self) -> int:
        """What may come of it."""
        return MAX_UNLISTED_BYTES if self.size is None else self.size


class Hub:
    """One client, within one event loop."""

    def __init__(self) -> None:
        self.endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
        self._token = os.environ.get("HF_TOKEN", "").strip()
        self._provider_hosts = addresses.AllowedHosts.of(self.endpoint)
        limits = httpx.Limits(max_connections=4, max_keepalive_connections=2)
        self._http = addresses.client(limits, httpx.Timeout(30.0, read=60.0))

    async def close(self) -> None:
        """Close the client."""
        await self._http.aclose()

    async def list_files(self, repo: str) -> tuple[str, dict[str, HubFile]]:
        """The commit and its files. Names that lead out of the repository's folder are left out. Raises ValueError."""
        body = await self.json(f"/api/models/{repo}?blobs=true")
        commit = body.get("sha")
        if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
            raise ValueError(Message("hub.unreadable"))
        files = {str(one.get("rfilename")): _hub_file(one) for one in rows(body.get("siblings"))}
        return commit, {name: one for name, one in files.items() if is_inside_folder(name)}

    async def json(self, path: str) -> JSON:
        """The object at a path. Raises ValueError for anything else."""
        content = bytearray()
        async with self.open(path) as answer:
            async for piece in answer.aiter_raw():
                content += piece
                if len(content) > MAX_LISTING_BYTES:
                    raise ValueError(Message("hub.too_long", most=MAX_LISTING_BYTES // 2**20))
        try:
            body = strict_json.read(bytes(content))
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ValueError(Message("hub.unreadable"))
        return body

    @asynccontextmanager
    async def open(self, path: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[httpx.Response]:
        """The open answer for a path, redirects followed. Raises LinkGone for an address that must not be reached, and
        httpx.HTTPStatusError for a refusal."""
        url = addresses.parse(self.endpoint + path)
        own = _host_and_port(url)
        for _ in range(MAX_REDIRECTS + 1):
            await self._check(url)
            sent = {"accept-encoding": "identity", **(headers or {})}
            if self._token and _host_and_port(url) == own:
                sent["authorization"] = f"Bearer {self._token}"
            request = self._http.build_request("GET", url, headers=sent, extensions={"home": self._provider_hosts})
            answer = await self._http.send(request, stream=True)
            try:
                where = answer.headers.get("location") if answer.is_redirect else None
                if where is None:
                    answer.raise_for_status()
                    yield answer
                    return
            finally:
                await answer.aclose()
            url = addresses.parse(str(_redirect_target(url, where)))
        raise addresses.LinkGone(Message("hub.circles"))

    async def _check(self, url: httpx.URL) -> None:
        """Raise LinkGone for an address inside. A name that only a proxy can resolve cannot be judged here."""
        try:
            await addresses.check(url, self._provider_hosts)
        except Unavailable:
            if not {"http", "https", "all"} & set(urllib.request.getproxies()):
                raise


def is_inside_folder(name: str) -> bool:
    """Whether a file of this name stays in the folder that it is put into, on any system."""
    path = PurePosixPath(name)
    odd = any(ord(c) < 32 or c in '\\:*?"<>|' for c in name)
    return bool(name) and not odd and not path.is_absolute() and ".." not in path.parts and len(name) < 1000


def _hub_file(one: JSON) -> HubFile:
    size, digest = one.get("size"), table(one.get("lfs")).get("sha256")
    whole = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    return HubFile(size if whole else None, digest if isinstance(digest, str) and _SHA256.fullmatch(digest) else "")


def _redirect_target(url: httpx.URL, where: str) -> httpx.URL | str:
    try:
        return url.join(where)
    except (httpx.InvalidURL, ValueError):
        return where  # which parse refuses in a sentence


def _host_and_port(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or addresses.PORTS[url.scheme]
