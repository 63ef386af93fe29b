"""Results from a provider's link to a file: resumed where it broke off, whole or not at all.

Headers (which may hold a key) go to the host of the link and to no other. Links and redirects go where
engines.addresses allows. What comes is limited by the kind and length of the result and by the free disk.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from studio.domain import Kind, Run
from studio.engines import addresses
from studio.engines.addresses import NOWHERE, AllowedHosts, LinkGone
from studio.engines.base import EngineInfo
from studio.engines.http import KEPT_CONNECTIONS, KEPT_S, retry_after_s
from studio.errors import EngineError, MediaError, RateLimited, Unavailable
from studio.messages import Message

MOST_REDIRECTS = 5
SPARE_BYTES = 64 * 2**20
"""Room on the disk that a download must leave."""

SMALL_BYTES = 2**15
"""A file below this size is fetched again rather than continued."""


MOST_OTHER_BYTES = 256 * 2**20
MOST_VIDEO_BYTES, MOST_VIDEO_BYTES_A_SECOND = 512 * 2**20, 64 * 2**20
"""Largest picture or sound, and largest clip: providers send some 2 MB a second, lossless 4K has about 60."""
MOST_OWN_BYTES, NO_LIMIT = 64 * 2**30, 2**62
"""Largest file from a server of the user's own, whose workflows may make anything, and from this machine."""
CHECK_DISK_BYTES = 32 * 2**20
"""The free disk is looked at after so much of a file whose size was not told."""


@dataclass(frozen=True)
class DownloadSource:
    """A link. headers go to its own host only. home: the provider's own place, which may be a private address.

    most_bytes: a longer answer is not the result; see `most_bytes`.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    expected_bytes: int | None = None
    home: AllowedHosts = NOWHERE
    most_bytes: int = MOST_OWN_BYTES


def client() -> httpx.AsyncClient:
    """The one client for downloads."""
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=KEPT_CONNECTIONS, keepalive_expiry=KEPT_S)
    return addresses.client(limits, httpx.Timeout(60, connect=15))


def most_bytes(run: Run, kind: Kind, info: EngineInfo) -> int:
    """The most that a result of this kind from this engine can have."""
    if info.local or info.by_time:
        return NO_LIMIT if info.local else MOST_OWN_BYTES
    if kind != Kind.VIDEO:
        return MOST_OTHER_BYTES
    return MOST_VIDEO_BYTES + round((run.request.duration_s or 60) * MOST_VIDEO_BYTES_A_SECOND)


async def fetch(
    http: httpx.AsyncClient, source: DownloadSource, part: Path, done: Callable[[int, int | None], None]
) -> None:
    """Fetch the whole content into `part`; what is there already is continued when it is surely the same content.

    done: called with bytes so far and bytes in all. Raises LinkGone, Unavailable or RateLimited (try again; what came
    is kept), MediaError when it is longer than any result, OSError with ENOSPC when the disk is full.
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
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(Message("download.broke_off", error=type(error).__name__)) from error
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
    response: httpx.Response, source: DownloadSource, part: Path, notes: Path, have: int,
    known: Mapping[str, str], done: Callable[[int, int | None], None],
) -> None:  # fmt: skip
    start, total = _extent(response, have)
    same = not known.get("total") or known["total"] == str(total)
    if start and (start != have or not same):
        part.unlink()
        notes.unlink()
        raise Unavailable(Message("download.other_part"))
    if response.status_code == 416:  # asked for bytes beyond the end: what we have is whole, or of another file
        if total == have:
            return
        part.unlink()
        notes.unlink()
        raise Unavailable(Message("download.changed"))
    expected = total or source.expected_bytes
    if expected and expected > source.most_bytes:
        raise _too_long(part, source.most_bytes)
    room = shutil.disk_usage(part.parent).free
    if expected and expected - start + SPARE_BYTES > room:
        raise OSError(
            errno.ENOSPC,
            Message("download.no_room", expected=f"{expected / 1e6:,.0f}", room=f"{room / 1e6:,.0f}"),
        )
    if start or (expected or SMALL_BYTES) >= SMALL_BYTES:
        notes.write_text(json.dumps({"etag": _strong_etag(response), "total": str(total)}), "utf-8")
    got = looked = start
    with part.open("ab" if start else "wb") as file:
        async for chunk in response.aiter_raw():
            file.write(chunk)
            got += len(chunk)
            if got > source.most_bytes:
                raise _too_long(part, source.most_bytes)
            if got - looked > CHECK_DISK_BYTES:
                looked = got
                _leave_room(part, keep=bool(expected))
            done(got, expected)
    if expected and got != expected:
        if got > expected:
            part.unlink()
        raise Unavailable(Message("download.ended_early", got=f"{got:,}", expected=f"{expected:,}"))


def _too_long(part: Path, most: int) -> MediaError:
    part.unlink(missing_ok=True)
    part.with_name(part.name + ".json").unlink(missing_ok=True)
    return MediaError(Message("download.too_large", most=f"{most // 2**20:,}"))


def _leave_room(part: Path, *, keep: bool) -> None:
    """Stop before the disk is full. keep: what has come is continued later; it goes where the size is not known."""
    if shutil.disk_usage(part.parent).free < SPARE_BYTES:
        if not keep:
            part.unlink(missing_ok=True)
            part.with_name(part.name + ".json").unlink(missing_ok=True)
        raise OSError(errno.ENOSPC, "the download has filled the disk")


def _extent(response: httpx.Response, have: int) -> tuple[int, int | None]:
    """First byte and whole size of what comes: (0, size) when the server sends everything."""
    range_text = response.headers.get("content-range", "")
    whole = _count(range_text.rpartition("/")[2])
    if response.status_code == 206:
        first = _count(range_text.removeprefix("bytes ").partition("-")[0])
        return have if first is None else first, whole
    return 0, whole if response.status_code == 416 else _count(response.headers.get("content-length", ""))


def _count(text: str) -> int | None:
    """A number of bytes in a header; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 16 else None


def _strong_etag(response: httpx.Response) -> str:
    etag = response.headers.get("etag", "")
    return "" if etag.startswith("W/") else etag


async def _open(http: httpx.AsyncClient, source: DownloadSource, headers: Mapping[str, str]) -> httpx.Response:
    url = addresses.parse(source.url)
    first = (url.scheme, url.host, url.port)
    for _ in range(MOST_REDIRECTS + 1):
        await addresses.check(url, source.home)
        sent = {**headers, **(source.headers if (url.scheme, url.host, url.port) == first else {})}
        request = http.build_request("GET", url, headers=sent, extensions={"home": source.home})
        response = await http.send(request, stream=True)
        if response.is_redirect and (where := response.headers.get("location")):
            await response.aclose()
            url = _joined(url, where)
            continue
        if response.status_code in (200, 206, 416):
            return response
        await response.aclose()
        raise _classed(response)
    raise LinkGone(Message("download.circles"))


def _joined(url: httpx.URL, where: str) -> httpx.URL:
    try:
        return addresses.parse(str(url.join(where)))
    except httpx.InvalidURL:
        raise LinkGone(Message("download.bad_link", where=addresses.shown(where)), code="link") from None


def _classed(response: httpx.Response) -> EngineError:
    code = str(response.status_code)
    if response.status_code == 429:
        wait = retry_after_s(response.headers.get("retry-after"))
        return RateLimited(Message("download.slow_down"), code=code, retry_after_s=wait)
    if response.status_code >= 500 or response.status_code == 408:
        wait = retry_after_s(response.headers.get("retry-after"))
        return Unavailable(Message("download.server_failed", code=code), code=code, retry_after_s=wait)
    return LinkGone(Message("download.link_gone", code=code), code=code)
