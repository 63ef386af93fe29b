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
from studio.engines.http import IDLE_CONNECTIONS, IDLE_TIMEOUT_S, retry_after_s
from studio.errors import EngineError, MediaError, RateLimited, Unavailable
from studio.messages import Message

MAX_REDIRECTS = 5
MIN_FREE_BYTES = 64 * 2**20
"""Free disk space that a download must leave."""

MIN_RESUMED_BYTES = 2**15
"""A smaller file is fetched again rather than resumed."""


MAX_OTHER_BYTES = 256 * 2**20
MAX_VIDEO_BYTES, MAX_VIDEO_BYTES_PER_S = 512 * 2**20, 64 * 2**20
"""Largest picture or sound, and largest clip: providers send some 2 MB a second, lossless 4K has about 60."""
MAX_OWN_SERVER_BYTES, NO_LIMIT = 64 * 2**30, 2**62
"""Largest file from a server of the user's own, whose workflows may make anything, and from this machine."""
CHECK_DISK_BYTES = 32 * 2**20
"""Free disk space is checked after every so many bytes of a file of unknown size."""


@dataclass(frozen=True)
class DownloadSource:
    """A link. headers go to its own host only. provider_hosts: may be private addresses.

    max_bytes: a longer answer is not the result; see `max_result_bytes`.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    expected_bytes: int | None = None
    provider_hosts: AllowedHosts = NOWHERE
    max_bytes: int = MAX_OWN_SERVER_BYTES


def client() -> httpx.AsyncClient:
    """The one client for downloads."""
    limits = httpx.Limits(
        max_connections=32, max_keepalive_connections=IDLE_CONNECTIONS, keepalive_expiry=IDLE_TIMEOUT_S
    )
    return addresses.client(limits, httpx.Timeout(60, connect=15))


def max_result_bytes(run: Run, kind: Kind, info: EngineInfo) -> int:
    """The largest size a result of this kind from this engine can have."""
    if info.local or info.by_time:
        return NO_LIMIT if info.local else MAX_OWN_SERVER_BYTES
    if kind != Kind.VIDEO:
        return MAX_OTHER_BYTES
    return MAX_VIDEO_BYTES + round((run.request.duration_s or 60) * MAX_VIDEO_BYTES_PER_S)


async def fetch(
    http: httpx.AsyncClient, source: DownloadSource, part: Path, on_progress: Callable[[int, int | None], None]
) -> None:
    """Fetch the whole content into `part`, resuming what is already there when it is certainly the same content.

    on_progress: called with bytes so far and bytes in all. Raises LinkGone, Unavailable or RateLimited (try again; what
    came is kept), MediaError when it is longer than any result, OSError with ENOSPC when the disk is full.
    """
    sidecar = part.with_name(part.name + ".json")
    offset, origin = _partial_download(part, sidecar)
    headers = {"accept-encoding": "identity"}
    if offset:
        headers["range"] = f"bytes={offset}-"
        if origin.get("etag"):
            headers["if-range"] = origin["etag"]
    try:
        response = await _open(http, source, headers)
        try:
            await _receive(response, source, part, sidecar, offset, origin, on_progress)
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(Message("download.broke_off", error=type(error).__name__)) from error
    sidecar.unlink(missing_ok=True)


def _partial_download(part: Path, sidecar: Path) -> tuple[int, dict[str, str]]:
    """Bytes already here with their ETag and total; nothing where those are unknown."""
    try:
        origin = json.loads(sidecar.read_text("utf-8"))
        return part.stat().st_size, origin
    except (OSError, ValueError):
        part.unlink(missing_ok=True)
        return 0, {}


async def _receive(
    response: httpx.Response, source: DownloadSource, part: Path, sidecar: Path, offset: int,
    origin: Mapping[str, str], on_progress: Callable[[int, int | None], None],
) -> None:  # fmt: skip
    start, total = _content_range(response, offset)
    same_size = not origin.get("total") or origin["total"] == str(total)
    if start and (start != offset or not same_size):
        part.unlink()
        sidecar.unlink()
        raise Unavailable(Message("download.other_part"))
    if response.status_code == 416:  # asked for bytes beyond the end: what we have is whole, or of another file
        if total == offset:
            return
        part.unlink()
        sidecar.unlink()
        raise Unavailable(Message("download.changed"))
    expected = total or source.expected_bytes
    if expected and expected > source.max_bytes:
        raise _too_large(part, source.max_bytes)
    free_bytes = shutil.disk_usage(part.parent).free
    if expected and expected - start + MIN_FREE_BYTES > free_bytes:
        raise OSError(
            errno.ENOSPC,
            Message("download.no_room", expected=f"{expected / 1e6:,.0f}", room=f"{free_bytes / 1e6:,.0f}"),
        )
    if start or (expected or MIN_RESUMED_BYTES) >= MIN_RESUMED_BYTES:
        sidecar.write_text(json.dumps({"etag": _strong_etag(response), "total": str(total)}), "utf-8")
    received = disk_checked_at = start
    with part.open("ab" if start else "wb") as file:
        async for chunk in response.aiter_raw():
            file.write(chunk)
            received += len(chunk)
            if received > source.max_bytes:
                raise _too_large(part, source.max_bytes)
            if received - disk_checked_at > CHECK_DISK_BYTES:
                disk_checked_at = received
                _check_free_space(part, keep=bool(expected))
            on_progress(received, expected)
    if expected and received != expected:
        if received > expected:
            part.unlink()
        raise Unavailable(Message("download.ended_early", got=f"{received:,}", expected=f"{expected:,}"))


def _too_large(part: Path, limit_bytes: int) -> MediaError:
    part.unlink(missing_ok=True)
    part.with_name(part.name + ".json").unlink(missing_ok=True)
    return MediaError(Message("download.too_large", most=f"{limit_bytes // 2**20:,}"))


def _check_free_space(part: Path, *, keep: bool) -> None:
    """Stop before the disk is full. keep: the part is resumed later; without it the part is removed."""
    if shutil.disk_usage(part.parent).free < MIN_FREE_BYTES:
        if not keep:
            part.unlink(missing_ok=True)
            part.with_name(part.name + ".json").unlink(missing_ok=True)
        raise OSError(errno.ENOSPC, "the download has filled the disk")


def _content_range(response: httpx.Response, offset: int) -> tuple[int, int | None]:
    """First byte and total size of the response: (0, size) when the server sends everything."""
    range_text = response.headers.get("content-range", "")
    total = _byte_count(range_text.rpartition("/")[2])
    if response.status_code == 206:
        first = _byte_count(range_text.removeprefix("bytes ").partition("-")[0])
        return offset if first is None else first, total
    return 0, total if response.status_code == 416 else _byte_count(response.headers.get("content-length", ""))


def _byte_count(text: str) -> int | None:
    """A number of bytes in a header; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 16 else None


def _strong_etag(response: httpx.Response) -> str:
    etag = response.headers.get("etag", "")
    return "" if etag.startswith("W/") else etag


async def _open(http: httpx.AsyncClient, source: DownloadSource, headers: Mapping[str, str]) -> httpx.Response:
    url = addresses.parse(source.url)
    origin = (url.scheme, url.host, url.port)
    for _ in range(MAX_REDIRECTS + 1):
        await addresses.check(url, source.provider_hosts)
        request_headers = {**headers, **(source.headers if (url.scheme, url.host, url.port) == origin else {})}
        request = http.build_request("GET", url, headers=request_headers, extensions={"home": source.provider_hosts})
        response = await http.send(request, stream=True)
        if response.is_redirect and (location := response.headers.get("location")):
            await response.aclose()
            url = _redirect_target(url, location)
            continue
        if response.status_code in (200, 206, 416):
            return response
        await response.aclose()
        raise _status_error(response)
    raise LinkGone(Message("download.circles"))


def _redirect_target(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return addresses.parse(str(url.join(location)))
    except httpx.InvalidURL:
        raise LinkGone(Message("download.bad_link", where=addresses.shown(location)), code="link") from None


def _status_error(response: httpx.Response) -> EngineError:
    code = str(response.status_code)
    if response.status_code == 429:
        wait = retry_after_s(response.headers.get("retry-after"))
        return RateLimited(Message("download.slow_down"), code=code, retry_after_s=wait)
    if response.status_code >= 500 or response.status_code == 408:
        wait = retry_after_s(response.headers.get("retry-after"))
        return Unavailable(Message("download.server_failed", code=code), code=code, retry_after_s=wait)
    return LinkGone(Message("download.link_gone", code=code), code=code)
