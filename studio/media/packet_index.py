"""Where each frame of a clip lies in its file, so that a page can fetch and decode single frames itself (WebCodecs)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from studio.errors import MediaError
from studio.media import av_io, hdr
from studio.media.detect import MOV, MP4
from studio.messages import Message

MAX_PACKETS = 20_000
"""About fourteen minutes at 24 frames a second; the index of a longer film is more than a page should read."""
NEVER_SHOWN = -1


@dataclass(frozen=True)
class PacketIndex:
    """Packets in decoding order.

    codec: as WebCodecs names it. description: the decoder's configuration record. file_bytes: of the whole file.
    width, height: px as coded. at, size: bytes in the file. frame: the number of the frame that the packet holds,
    NEVER_SHOWN for what is decoded for others' sake. keys: which packets decoding may begin at.
    """

    codec: str
    description: bytes
    file_bytes: int
    width: int
    height: int
    at: tuple[int, ...]
    size: tuple[int, ...]
    frame: tuple[int, ...]
    keys: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """As assets/js/frames/frame_decoder.js takes it."""
        return vars(self) | {"description": base64.b64encode(self.description).decode()}


def packet_index(path: Path) -> PacketIndex | None:
    """The index of an MP4 or QuickTime file with H.264 or AV1; None for what a canvas would not show as a player does.

    That is a picture that is turned, or HDR, and what has no time for each packet. Raises MediaError.
    """
    from av.stream import Discard

    with av_io.opened(path) as (box, kind):
        video = av_io.picture_stream(box)
        if video is None:
            raise MediaError(Message("file.no_picture", name=path.name))
        described = video.codec_context.extradata or b""
        codec = _codec(video.codec_context.codec.canonical_name, described)
        if kind not in (MP4, MOV) or not codec or hdr.is_hdr(video.codec_context.color_trc) or _turned(path):
            return None
        for other in box.streams:
            if other.index != video.index:
                other.discard = Discard.all
        packets = []
        for packet in box.demux(video):
            if not packet.size:
                continue
            if packet.pts is None or packet.pos is None or len(packets) == MAX_PACKETS:
                return None
            packets.append((packet.pos, packet.size, packet.pts, packet.is_keyframe, packet.is_discard))
        shown = sorted(pts for _, _, pts, _, left_out in packets if not left_out)
        if not shown or any(one == other for one, other in pairwise(shown)):
            return None
        number = {pts: n for n, pts in enumerate(shown)}
        return PacketIndex(
            codec,
            described,
            path.stat().st_size,
            video.codec_context.width,
            video.codec_context.height,
            tuple(at for at, *_ in packets),
            tuple(size for _, size, *_ in packets),
            tuple(NEVER_SHOWN if left_out else number[pts] for _, _, pts, _, left_out in packets),
            tuple(i for i, (*_, key, _) in enumerate(packets) if key),
        )


def _turned(path: Path) -> bool:
    """Whether the picture is turned for display, which only a decoded frame says."""
    with av_io.opened(path) as (box, _):
        video = av_io.picture_stream(box)
        first = next(box.decode(video), None) if video else None
        return bool(first and first.rotation)


def _codec(name: str, record: bytes) -> str:
    """The codec's string of RFC 6381 from its configuration record; '' for other codecs. Source: ISO/IEC 14496-15."""
    if name == "h264" and len(record) > 6 and record[0] == 1:
        return f"avc1.{record[1:4].hex()}"
    if name == "av1" and len(record) >= 4 and record[0] == 0x81:
        profile, level, tier = record[1] >> 5, record[1] & 31, "H" if record[2] >> 7 else "M"
        depth = (12 if profile == 2 and record[2] >> 5 & 1 else 10) if record[2] >> 6 & 1 else 8
        return f"av01.{profile}.{level:02d}{tier}.{depth:02d}"
    return ""
