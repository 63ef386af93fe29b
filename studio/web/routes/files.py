"""Files of the library as HTTP answers: by id, for their owner only, and never as something a browser would run.

Only known image, video and sound types are shown in place; everything else is a download of unknown type. An asset's
bytes never change, so its answers may be kept for ever.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response

from studio.domain import Asset, Run
from studio.messages import Message
from studio.web.conditional import names_tag
from studio.web.program_files import IMMUTABLE

INLINE = frozenset(
    {
        *("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"),
        *("video/mp4", "video/webm", "video/quicktime", "video/x-matroska"),
        *("audio/mpeg", "audio/wav", "audio/x-wav", "audio/ogg", "audio/flac", "audio/mp4", "audio/aac", "audio/webm"),
    }
)
SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "video/x-matroska": ".mkv",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/webm": ".weba",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
SANDBOX = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
PICTURE_SIGNATURES = (
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"\x89PNG\r\n", "image/png"),
    (rb"RIFF....WEBP", "image/webp"),
)
"""How the pictures begin that an engine may give of a run under way."""
NAME_CHARS = 60


def download_name(asset: Asset, run: Run | None = None) -> str:
    """A file name that says what the file is: date, the prompt's first words, seed, the id's end; or the user's own.

    Letters of every script stay; anything a file system or a header could trip over becomes a hyphen.
    """
    suffix = suffix_of(asset.mime)
    if run is None:
        stem = _slug(Path(asset.name).stem) or asset.id
        return stem + (suffix if asset.mime in SUFFIXES else _slug_suffix(asset.name))
    parts = [run.created_at.strftime("%Y-%m-%d"), _slug(run.request.prompt) or run.request.task.value]
    parts += [f"seed{run.seed}"] if run.seed is not None else []
    return "_".join([*parts, asset.id[-6:]]) + suffix


def suffix_of(mime: str) -> str:
    """The end of a file name for this type."""
    return SUFFIXES.get(mime) or ".bin"


def _slug(text: str) -> str:
    words = re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", text), flags=re.UNICODE).strip("-_")
    return words[:NAME_CHARS].strip("-_")


def _slug_suffix(name: str) -> str:
    suffix = re.sub(r"[^A-Za-z0-9.]", "", Path(name).suffix)
    return suffix if len(suffix) > 1 else ".bin"


def file_response(
    path: Path, *, mime: str, etag: str, headers: Headers, name: str = "", download: bool = False,
    caching: str = IMMUTABLE,
) -> Response:  # fmt: skip
    """The file with Range, ETag and safe headers; 304 when the browser has it; 404 when the disk lost it.

    etag: names the content. headers: of the request. name: for a download. caching: what a browser may do with it.
    """
    tag = f'"{etag}"'
    safe = {"etag": tag, "cache-control": caching, "x-content-type-options": "nosniff"}
    if names_tag(headers, tag):
        return Response(status_code=304, headers=safe)
    try:
        stat = path.stat()
    except OSError:
        return Response(Message("file.gone_from_library"), 404, media_type="text/plain")
    inline = mime in INLINE and not download
    safe |= {"content-security-policy": SANDBOX, "cross-origin-resource-policy": "same-origin"}
    return FileResponse(
        path,
        headers=safe,
        media_type=mime if mime in INLINE else "application/octet-stream",
        filename=name or path.name,
        content_disposition_type="inline" if inline else "attachment",
        stat_result=stat,
    )


def preview_response(path: Path, *, version: str, headers: Headers) -> Response:
    """The small picture of a run under way, never kept by a browser; 304 when the asker has this version, 404 when it
    is gone or is no picture. headers: of the request."""
    tag = f'"{version}"'
    safe = {"etag": tag, "cache-control": "private, no-store", "x-content-type-options": "nosniff"}
    if names_tag(headers, tag):
        return Response(status_code=304, headers=safe)
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    mime = next((m for start, m in PICTURE_SIGNATURES if re.match(start, content, re.DOTALL)), None)
    if mime is None:
        return Response(Message("run.picture_gone"), 404, media_type="text/plain")
    safe |= {"content-security-policy": SANDBOX, "cross-origin-resource-policy": "same-origin"}
    return Response(content, media_type=mime, headers=safe)


def thumb_mime(path: Path) -> str:
    """The type of a preview the studio made itself, by its suffix."""
    mimes = {".webp": "image/webp", ".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg"}
    return mimes.get(path.suffix, "application/octet-stream")
