"""Tools for files: take one in, look at one."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlsplit

from anyio import to_thread
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ContentBlock, ImageContent, ResourceLink
from pydantic import BaseModel, Field

from studio.domain import Asset, Kind
from studio.errors import CapabilityError, MediaError
from studio.jobs import download
from studio.messages import Message
from studio.storage import storing
from studio.web.mcp.answers import AssetAnswer, asset_answer
from studio.web.mcp.caller import Caller, caller_of
from studio.web.mcp.tool import ADD, LOOK, Tool
from studio.web.routes.files import thumb_mime

if TYPE_CHECKING:
    from studio.studio import Studio

FILES_PATH = "/api/v1/assets"
"""Where the REST API takes a file as the body of a POST."""
MAX_BASE64_BYTES = 5_000_000
"""Largest file inside a message: as base64 it must fit into endpoint.MAX_MESSAGE_BYTES."""
MAX_FRAMES = 9
FRAME_PX = 640
"""Longer side of the frames of a clip that an agent looks at."""


class UploadAnswer(BaseModel):
    """asset: the file in the library. Without one, where and how to send a file that is too large for a message."""

    asset: AssetAnswer | None = None
    post_to: str | None = None
    how: str | None = None


def tools(studio: Studio) -> Iterator[Tool]:
    """upload, get_asset."""
    yield Tool(_upload(studio), "Upload a file", ADD)
    yield Tool(_get_asset(studio), "Look at a file", LOOK)


def _upload(studio: Studio) -> Callable[..., object]:
    async def upload(
        context: Context,
        name: Annotated[str, Field(min_length=1, max_length=300, description="File name with its ending")],
        url: Annotated[str, Field(max_length=8192, description="A public https address to fetch it from")] = "",
        data: Annotated[str, Field(description="The file in base64, up to 5 MB")] = "",
    ) -> UploadAnswer:
        """Take a picture, clip, sound or document into the library; the asset's id goes into requests, casts and shots.
        Give url or data; with neither, the answer says where to POST a larger file. Files are judged by content.
        """
        caller, file_name = caller_of(studio, context), PurePosixPath(name.replace("\\", "/")).name
        if url and data:
            raise CapabilityError(Message("mcp.url_or_data"), field="data")
        if url:
            asset = await _fetched(caller, url, file_name)
        elif data:
            asset = await to_thread.run_sync(_decoded, caller, data, file_name)
        else:
            post_to = caller.link(f"{FILES_PATH}?name={quote(file_name)}")
            most = studio.settings.max_upload_mb
            return UploadAnswer(post_to=post_to, how=Message("mcp.how_to_post", most=most))
        return UploadAnswer(asset=asset_answer(caller, asset))

    return upload


async def _fetched(caller: Caller, url: str, name: str) -> Asset:
    """The file at a public address. Private addresses are refused also behind names and redirects."""
    if urlsplit(url).scheme != "https":
        raise CapabilityError(Message("mcp.only_https"), field="url")
    settings = caller.studio.settings
    source = download.DownloadSource(url, max_bytes=settings.max_upload_mb * 1_000_000)
    with storing(settings.data), TemporaryDirectory(dir=caller.studio.context.scratch_folder()) as folder:
        path = Path(folder) / f"fetched{Path(name).suffix[:10]}"
        async with download.client() as http:
            await download.fetch(http, source, path, lambda done, whole: None)
        return await to_thread.run_sync(_add, caller, path, name)


def _decoded(caller: Caller, data: str, name: str) -> Asset:
    try:
        content = base64.b64decode(data.partition("base64,")[2] or data, validate=True)
    except (binascii.Error, ValueError):
        raise CapabilityError(Message("mcp.not_base64"), field="data") from None
    if len(content) > MAX_BASE64_BYTES:
        raise MediaError(Message("mcp.base64_too_large", most=MAX_BASE64_BYTES // 1_000_000))
    with storing(caller.studio.settings.data), TemporaryDirectory(dir=caller.studio.context.scratch_folder()) as folder:
        path = Path(folder) / f"sent{Path(name).suffix[:10]}"
        path.write_bytes(content)
        return _add(caller, path, name)


def _add(caller: Caller, path: Path, name: str) -> Asset:
    return caller.services.assets.add(path, name=name, documents=True)


def _get_asset(studio: Studio) -> Callable[..., object]:
    def get_asset(
        context: Context,
        asset_id: Annotated[str, Field(max_length=64)],
        frames: Annotated[
            int, Field(ge=0, le=MAX_FRAMES, description="Of a clip: how many frames to show, spread over its length")
        ] = 3,
    ) -> Annotated[CallToolResult, AssetAnswer]:
        """Look at a file: a picture, some frames of a clip or the wave of a sound to see, its facts, and a link to the
        file itself. frames=0 answers facts and link only.
        """
        caller = caller_of(studio, context)
        asset = caller.services.assets.get(asset_id)
        answer = asset_answer(caller, asset)
        content: list[ContentBlock] = list(_pictures(caller, asset, frames))
        if asset.path:
            content.append(
                ResourceLink(
                    type="resource_link", uri=answer.url, name=asset.name or asset.id, mime_type=asset.mime,
                    size=asset.bytes or None,
                )
            )  # fmt: skip
        return CallToolResult(content=content, structured_content=answer.model_dump(mode="json"))

    return get_asset


def _pictures(caller: Caller, asset: Asset, count: int) -> Iterator[ImageContent]:
    """What there is to see of the file; nothing where count is 0, and of text and documents."""
    if count == 0 or asset.kind in (Kind.TEXT, Kind.DOCUMENT):
        return
    if asset.kind is Kind.VIDEO and count > 1 and asset.duration_s:
        yield from _frames(caller.services.assets.path(asset), asset.duration_s, count)
        return
    which = {Kind.IMAGE: "view", Kind.VIDEO: "poster"}.get(asset.kind, "wave")
    path = caller.services.assets.thumbnail(asset.id, which)  # pyright: ignore[reportArgumentType]
    yield _image(path.read_bytes(), thumb_mime(path))


def _frames(path: Path, duration_s: float, count: int) -> Iterator[ImageContent]:
    """Frames in the middle of `count` equal parts of the clip."""
    from studio.media import frames

    times_s = [duration_s * (number + 0.5) / count for number in range(count)]
    for picture in frames.grab_many(path, times_s):
        picture.thumbnail((FRAME_PX, FRAME_PX))
        buffer = io.BytesIO()
        picture.save(buffer, "jpeg", quality=80)
        yield _image(buffer.getvalue(), "image/jpeg")


def _image(content: bytes, mime: str) -> ImageContent:
    return ImageContent(type="image", data=base64.b64encode(content).decode(), mime_type=mime)
