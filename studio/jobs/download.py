"""Results from a provider's link to a file: resumed where it broke off, whole or not at all.

Headers (which may hold a key) go to the host of the link and to no other. A link or a redirect into a private network
is refused unless the provider itself is there, so that a provider's answer cannot make the studio read its neighbours.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from studio.engines.http import KEPT_CONNECTIONS, KEPT_S, retry_after_s
from studio.errors import EngineError, RateLimited, Unavailable

MOST_REDIRECTS = 5
SPARE_BYTES = 64 * 2**20
"""Room on the disk that a download must leave."""

SMALL_BYTES = 2**15
"""A file below this size is fetched again rather than continued."""


class LinkGone(EngineError):
    """The link is not valid (any more); a new look at the run may give a fresh one."""


@dataclass(frozen=True)
class Source:
    """A link. headers go to its own host only. near: private addresses are allowed."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    expected_bytes: int | None = None
    near: bool = False


def client() -> httpx.AsyncClient:
    """The one client for downloads; it follows no redirect by itself, since each must be looked at first."""
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=KEPT_CONNECTIONS, keepalive_expiry=KEPT_S)
    return httpx.AsyncClient(timeout=httpx.Timeout(60, connect=15), limits=limits, follow_redirects=False)


async def fetch(http: httpx.AsyncClient, source: Source, part: Path, done: Callable[[int, int | None], None]) -> None:
    """Bring the whole content into `part`; what is there already is continued when it is surely the same content.

    done: called with bytes so far and bytes in all. Raises LinkGone, Unavailable or RateLimited (try again; what came
    is kept), Refused for a forbidden address, OSError with ENOSPC when the disk is full.
    """
    notes = part.with_name(part.name + ".json")
    have, known = _kept(part, notes)
    headers = {"accept-encoding": "identity"}
    if have:
        headers["range"] = f"bytes={have}-"
        if known.get("etag"):
            headers["if-range"] = known["etag"]
    try:
        response = await _open(http, source, headers)
        try:
            await _receive(response, source, part, notes, have, known, done)
        finally:
            await response.aclose()
    except httpx.HTTPError as error:
        raise Unavailable(f"The download broke off ({type(error).__name__}).") from error
    notes.unlink(missing_ok=True)


def _kept(part: Path, notes: Path) -> tuple[int, dict[str, str]]:
    """Bytes already here and what is known of their origin; nothing, where their origin is unknown."""
    try:
        known = json.loads(notes.read_text("utf-8"))
        return part.stat().st_size, known
    except (OSError, ValueError):
        part.unlink(missing_ok=True)
        return 0, {}


async def _receive(
    response: httpx.Response, source: Source, part: Path, notes: Path, have: int,
    known: Mapping[str, str], done: Callable[[int, int | None], None],
) -> None:  # fmt: skip
    start, total = _extent(response, have)
    same = not known.get("total") or known["total"] == str(total)
    if start and (start != have or not same):
        part.unlink()
        notes.unlink()
        raise Unavailable("The provider sent another part of the file than asked; starting again.")
    if response.status_code == 416:  # asked for bytes beyond the end: what we have is whole, or of another file
        if total == have:
            return
        part.unlink()
        notes.unlink()
        raise Unavailable("The file at the provider changed; starting again.")
    expected = total or source.expected_bytes
    room = shutil.disk_usage(part.parent).free
    if expected and expected - start + SPARE_BYTES > room:
        raise OSError(errno.ENOSPC, f"{expected / 1e6:,.0f} MB are to come; {room / 1e6:,.0f} MB are free")
    if start or (expected or SMALL_BYTES) >= SMALL_BYTES:
        notes.write_text(json.dumps({"etag": _strong_etag(response), "total": str(total)}), "utf-8")
    got = start
    with part.open("ab" if start else "wb") as file:
        async for chunk in response.aiter_raw():
            file.write(chunk)
            got += len(chunk)
            done(got, expected)
    if expected and got != expected:
        if got > expected:
            part.unlink()
        raise Unavailable(f"The download ended at {got:,} of {expected:,} bytes.")


def _extent(response: httpx.Response, have: int) -> tuple[int, int | None]:
    """First byte and whole size of what comes: (0, size) when the server sends everything."""
    range_text = response.headers.get("content-range", "")
    whole = range_text.rpartition("/")[2]
    if response.status_code == 206:
        first = range_text.removeprefix("bytes ").partition("-")[0]
        return int(first) if first.isdecimal() else have, int(whole) if whole.isdecimal() else None
    if response.status_code == 416:
        return 0, int(whole) if whole.isdecimal() else None
    length = response.headers.get("content-length", "")
    return 0, int(length) if length.isdecimal() else None


def _strong_etag(response: httpx.Response) -> str:
    etag = response.headers.get("etag", "")
    return "" if etag.startswith("W/") else etag


async def _open(http: httpx.AsyncClient, source: Source, headers: Mapping[str, str]) -> httpx.Response:
    url = httpx.URL(source.url)
    home = (url.scheme, url.host, url.port)
    for _ in range(MOST_REDIRECTS + 1):
        await _check_address(url, near=source.near)
        at_home = (url.scheme, url.host, url.port) == home
        sent = {**headers, **(source.headers if at_home else {})}
        response = await http.send(http.build_request("GET", url, headers=sent), stream=True)
        if response.is_redirect and (where := response.headers.get("location")):
            await response.aclose()
            url = url.join(where)
            continue
        if response.status_code in (200, 206, 416):
            return response
        await response.aclose()
        raise _classed(response)
    raise LinkGone("The link to the result leads in circles.")


def _classed(response: httpx.Response) -> EngineError:
    code = str(response.status_code)
    if response.status_code == 429:
        wait = retry_after_s(response.headers.get("retry-after"))
        return RateLimited("The provider asked to download more slowly.", code=code, retry_after_s=wait)
    if response.status_code >= 500 or response.status_code == 408:
        wait = retry_after_s(response.headers.get("retry-after"))
        return Unavailable(f"The provider's file server failed (HTTP {code}).", code=code, retry_after_s=wait)
    return LinkGone(f"The link to the result is not valid any more (HTTP {code}).", code=code)


async def _check_address(url: httpx.URL, *, near: bool) -> None:
    if url.scheme not in ("http", "https"):
        raise LinkGone(f"The link to the result is of an unknown kind ({url.scheme}).")
    if not near and await is_private(url.host, url.port):
        raise LinkGone(f"The link to the result leads into a private network ({url.host}); it was not followed.")


async def is_private(host: str, port: int | None = None) -> bool:
    """Whether any address of this host is not on the public internet. Raises Unavailable where it has none."""
    with suppress(ValueError):
        return not ipaddress.ip_address(host).is_global
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(f"{host} cannot be found ({error.strerror}).") from error
    return any(not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global for *_, address in found)
