"""How much may be sent to the studio: never more than the disk can hold, and not too many files at once.

Whatever writes an upload to disk, Gradio's route or one of ours, reads it through here.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
from anyio import to_thread
from starlette import types
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.messages import Message
from studio.web.language import error_json

RESERVE_BYTES = 512 * 1024**2
"""Disk space that uploads leave to the database, results and exports."""
RESERVE_DIVISOR = 20
"""On a small disk the reserve is this part of it: a disk of 5 GB with 400 MB free is no full disk."""
MIN_CHECKED_BYTES = 2**20
"""Bodies that are no files (a run to cancel, a setting) pass whatever the disk has: they may be what makes room."""

MAX_CONCURRENT_UPLOADS = 16
"""Uploads under way at once."""

MAX_WAITING_FILES = 1000
"""Uploaded files that wait in Gradio's folder to be taken into the library."""

MAX_WAIT_S = 3600
"""A file that waited so long gives way to new ones; a cut-off upload, which nobody will fetch, after a sixth of it."""

CHECK_BYTES = 8 * 1024**2
"""The disk is looked at again each time that so much has come."""

DRAIN_S = 5
"""How long a refused upload is read on, so that its sender gets to the answer."""

NOT_UPLOADS = ("application/json", "application/x-www-form-urlencoded", "text/plain")


class _DiskFull(Exception):
    """The reserve is reached in the middle of a body."""


class UploadLimits:
    """ASGI middleware: 507 for a body that the disk cannot hold, 429 for one upload too many.

    data: the data folder. folder: where Gradio puts uploads.
    """

    def __init__(self, app: ASGIApp, data: Path, folder: Path, *, reserve_bytes: int | None = None) -> None:
        self.app, self.data, self.folder, self.reserve_bytes = app, data, folder, reserve_bytes
        self._active_uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it before or while its body comes."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        is_upload = _is_upload(headers)
        size = int(declared) if declared.isdecimal() else 0
        if (is_upload or size > MIN_CHECKED_BYTES) and size > self._available_bytes():
            await _refuse(scope, receive, send, self._full_message(), 507)
        elif is_upload and (
            self._active_uploads >= MAX_CONCURRENT_UPLOADS or await to_thread.run_sync(self._is_crowded)
        ):
            await _refuse(scope, receive, send, Message("upload.too_many"), 429)
        else:
            await self._forward(scope, receive, send, upload=is_upload)

    async def _forward(self, scope: Scope, receive: Receive, send: Send, *, upload: bool) -> None:
        response_started, since_check = False, 0

        async def checked_receive() -> types.Message:
            nonlocal since_check
            message = await receive()
            since_check += len(message.get("body", b""))
            if since_check >= CHECK_BYTES:
                since_check = 0
                if self._available_bytes() <= 0:
                    raise _DiskFull
            return message

        async def tracked_send(message: types.Message) -> None:
            nonlocal response_started
            response_started = response_started or message["type"] == "http.response.start"
            await send(message)

        self._active_uploads += upload
        try:
            await self.app(scope, checked_receive, tracked_send)
        except _DiskFull:
            if not response_started:
                await _refuse(scope, receive, send, self._full_message(), 507)
        finally:
            self._active_uploads -= upload

    def _available_bytes(self) -> int:
        disk = shutil.disk_usage(self.data)
        reserve = (
            min(RESERVE_BYTES, disk.total // RESERVE_DIVISOR) if self.reserve_bytes is None else self.reserve_bytes
        )
        return disk.free - reserve

    def _full_message(self) -> str:
        free = max(0, self._available_bytes()) // 1_000_000
        return Message("upload.no_room", free=free)

    def _is_crowded(self) -> bool:
        """Whether too many files wait, old ones removed."""
        now = time.time()
        waiting = list(_files(self.folder))
        expired = [
            path for path, at in waiting if now - at > (MAX_WAIT_S if path.parent != self.folder else MAX_WAIT_S / 6)
        ]
        if len(waiting) < MAX_WAITING_FILES:
            expired = [
                path for path in expired if path.parent == self.folder
            ]  # cut off: taken files lie in folders of their own
        for path in expired:
            path.unlink(missing_ok=True)
        return len(waiting) - len(expired) >= MAX_WAITING_FILES


def _is_upload(headers: Headers) -> bool:
    has_body = headers.get("content-length", "") != "0" or "transfer-encoding" in headers
    kind = headers.get("content-type", "")
    return has_body and bool(kind) and not kind.startswith(NOT_UPLOADS)


def _files(folder: Path) -> Iterator[tuple[Path, float]]:
    for path in folder.rglob("*"):
        try:
            stat = path.stat()
        except OSError:  # taken meanwhile
            continue
        if path.is_file():
            yield path, stat.st_mtime


async def _refuse(scope: Scope, receive: Receive, send: Send, sentence: str, status: int) -> None:
    """Answer once the body has come, or after DRAIN_S: a sender who still sends would not hear it."""
    with anyio.move_on_after(DRAIN_S):
        more = True
        while more:
            message = await receive()
            more = message["type"] == "http.request" and message.get("more_body", False)
    headers = {"connection": "close", "retry-after": "60"}
    await error_json(scope, sentence, status, headers)(scope, receive, send)
