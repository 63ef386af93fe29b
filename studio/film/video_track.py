"""The film's pictures as H.264 packets: they are copied wherever they can be decoded as they are; only frames in a
transition, and from an in point to the next key frame, are encoded.

The timeline is split into pieces that are either Copy or Encode. A copied piece starts at an IDR picture and ends where
all that was decoded has been shown, so that none of its frames needs a later one; an encoded piece is one run of the
encoder. All times come from frame numbers, so nothing rounds or drifts: packet n of the film has DTS n - reorder, and
its frame's number as PTS.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.film.clips import BT709, ContainerPool, SourceClip
from studio.film.timeline import Cut, Timeline, Transition
from studio.film.transitions import Blender
from studio.media import av_io, cube
from studio.media import packets as typed
from studio.media.prefetch import prefetch
from studio.messages import Message

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from studio.media.packets import VideoPacket

LIMITED = 1
IDR = 5
TICK = Fraction(1, 1000)
REORDER = 2
"""Frames by which decoding is ahead of display in x264's output with two B-frames and pyramid."""


@dataclass(frozen=True)
class Copy:
    """Frames first..last-1 of a file, copied as packets."""

    path: Path
    first: int
    last: int


@dataclass(frozen=True)
class EncodeRange:
    """Frames first..last-1 of a file, to be encoded; with `next_path`, blended into that file's frames from next_first.

    lut, next_lut: colour tables applied before blending.
    """

    path: Path
    first: int
    last: int
    next_path: Path | None = None
    next_first: int = 0
    transition: Transition = Transition.CUT
    lut: Path | None = None
    next_lut: Path | None = None


@dataclass(frozen=True)
class Encode:
    """One run of the encoder over several ranges."""

    ranges: tuple[EncodeRange, ...]


Piece = Copy | Encode


Luts = Sequence[Path | None]
"""The colour table of each shot; None keeps its colours."""


def plan(
    cut: Cut, timeline: Timeline, clips: list[SourceClip], pool: ContainerPool, luts: Luts, *, encode_all: bool = False
) -> list[Piece]:
    """The pieces of the film in order, copied where possible. encode_all: copy nothing."""
    pieces: list[Copy | EncodeRange] = []
    lead = 0
    for number, (segment, clip) in enumerate(zip(timeline.segments, clips, strict=True)):
        first, last = segment.first + lead, segment.last - segment.overlap
        if encode_all or luts[number]:
            pieces += [EncodeRange(clip.path, first, last, lut=luts[number])] if last > first else []
        else:
            pieces += _clip_pieces(clip, first, last, pool, cut.fps)
        if segment.overlap:
            after = timeline.segments[number + 1]
            next_path, start = clips[number + 1].path, last
            pair_of_luts = luts[number], luts[number + 1]
            kind = cut.shots[number].transition
            pieces.append(EncodeRange(clip.path, start, segment.last, next_path, after.first, kind, *pair_of_luts))
        lead = segment.overlap
    return _merge(pieces)


def _clip_pieces(
    clip: SourceClip, first: int, last: int, pool: ContainerPool, fps: Fraction
) -> list[Copy | EncodeRange]:
    """A clip between its overlaps: encoded up to the first IDR picture, copied as far as it can be, encoded from there.

    A clip of one key frame, as providers send them, is so copied up to the last frame before its transition or two.
    """
    if first == 0 and last >= clip.frames:
        return [Copy(clip.path, first, last)]
    idrs, ends = _decoding_points(clip, pool, fps)
    start = next((number for number in idrs if first <= number < last), last)
    end = max((number for number in ends if start < number <= last), default=start)
    if end <= start:
        return [EncodeRange(clip.path, first, last)] if last > first else []
    parts = (
        EncodeRange(clip.path, first, start),
        Copy(clip.path, start, end),
        EncodeRange(clip.path, end, last),
    )
    return [part for part in parts if part.last > part.first]


def _merge(pieces: list[Copy | EncodeRange]) -> list[Piece]:
    """Adjacent ranges joined into one run of the encoder."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Copy):
            merged.append(piece)
        elif merged and isinstance(merged[-1], Encode):
            merged[-1] = Encode((*merged[-1].ranges, piece))
        else:
            merged.append(Encode((piece,)))
    return merged


def frame_count(piece: Piece) -> int:
    """Frames of the film in this piece."""
    if isinstance(piece, Copy):
        return piece.last - piece.first
    return sum(clip_range.last - clip_range.first for clip_range in piece.ranges)


def copy_points(clip: SourceClip, pool: ContainerPool, fps: Fraction) -> list[int]:
    """Frame numbers where copying may start or end: the IDR pictures, and the clip's end."""
    return sorted({*_decoding_points(clip, pool, fps)[0], clip.frames})


def _decoding_points(clip: SourceClip, pool: ContainerPool, fps: Fraction) -> tuple[list[int], list[int]]:
    """Frame numbers where decoding may start, the IDR pictures; and those before which it may end: all frames before
    them, and no others, were decoded by then. Both in order."""
    container = pool.get(clip.path)
    video = _video_stream(container, clip.path)
    container.seek(video.start_time or 0, stream=video)
    size = (clip.extradata[4] & 3) + 1 if clip.extradata[:1] == b"\x01" else 4
    number = _frame_number(video, fps)
    idrs: list[int] = []
    ends: list[int] = []
    decoded, newest = 0, -1
    for packet in container.demux(video):
        if not packet.size:
            continue
        if packet.is_keyframe and _is_idr(bytes(packet), size):
            idrs.append(number(packet))
        decoded, newest = decoded + 1, max(newest, number(packet))
        if newest == decoded - 1:
            ends.append(decoded)
    return sorted(idrs), ends


def _is_idr(packet: bytes, size: int) -> bool:
    """True when the packet holds an IDR slice: decoding may start here, no later frame refers to an earlier one."""
    at = 0
    while at + size < len(packet):
        if packet[at + size] & 31 == IDR:
            return True
        at += size + int.from_bytes(packet[at : at + size], "big")
    return False


def _frame_number(video: VideoStream, fps: Fraction) -> Callable[[VideoPacket], int]:
    """A function from a packet to its frame number in display order."""
    start, scale = video.start_time or 0, float((video.time_base or 0) * fps)

    def number(packet: VideoPacket) -> int:
        return round(((packet.pts or 0) - start) * scale)

    return number


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    video = av_io.picture_stream(container)
    if video is None:
        raise MediaError(Message("file.no_picture", name=path.name))
    return video


class VideoPackets:
    """The film's video packets in decoding order, with the film's time stamps.

    same_extradata: all pieces are copies with the same parameter sets, so packets are not changed; otherwise each piece
    carries its own parameter sets (Annex B). reencoded: frames of copied pieces that finishing encoded before.
    """

    def __init__(
        self, cut: Cut, pieces: list[Piece], clips: list[SourceClip], pool: ContainerPool, *, reencoded: int = 0
    ) -> None:
        self.cut, self.pieces, self.pool = cut, pieces, pool
        copied = {piece.path for piece in pieces if isinstance(piece, Copy)}
        parameter_sets = {clip.extradata for clip in clips if clip.path in copied}
        self.same_extradata = len(parameter_sets) == 1 and not any(isinstance(piece, Encode) for piece in pieces)
        encoder = [REORDER] if any(isinstance(piece, Encode) for piece in pieces) else []
        self.reorder_frames = max(
            [*encoder, *(clip.reorder_frames for clip in clips if clip.path in copied)], default=REORDER
        )
        self.frames = sum(frame_count(p) for p in pieces)
        self.encoded = reencoded + sum(frame_count(p) for p in pieces if isinstance(p, Encode))

    def template(self) -> VideoStream | None:
        """The stream whose parameter sets the film uses; None when they are the encoder's."""
        first = self.pieces[0]
        return (
            _video_stream(self.pool.get(first.path), first.path)
            if self.same_extradata and isinstance(first, Copy)
            else None
        )

    def __iter__(self) -> Iterator[VideoPacket]:
        number, start = 0, 0
        tick = 1 / self.cut.fps
        for piece in self.pieces:
            packets = self._copied(piece) if isinstance(piece, Copy) else self._encoded(piece)
            for position, packet in packets:
                packet.pts, packet.dts, packet.duration = start + position, number - self.reorder_frames, 1
                packet.time_base = tick
                if packet.dts > packet.pts:
                    raise MediaError(Message("film.frame_order"))
                yield packet
                number += 1
            start += frame_count(piece)

    def _copied(self, piece: Copy) -> Iterator[tuple[int, VideoPacket]]:
        from av.bitstream import BitStreamFilterContext

        container = self.pool.get(piece.path)
        video = _video_stream(container, piece.path)
        fps, tick = self.cut.fps, video.time_base or Fraction(1, 90000)
        container.seek((video.start_time or 0) + round(piece.first / fps / tick), stream=video)
        annex_b = None if self.same_extradata else BitStreamFilterContext("h264_mp4toannexb", video)
        count, expected, number = 0, piece.last - piece.first, _frame_number(video, fps)
        for packet in container.demux(video):
            position = number(packet) - piece.first
            if packet.size == 0 or position < 0:
                continue
            if position >= expected or count == expected:
                break
            for filtered in typed.filter_video(annex_b, packet) if annex_b else (packet,):
                yield position, filtered
            count += 1
        if count != expected:
            raise MediaError(Message("film.part_frames", name=piece.path.name, seen=count, wanted=expected))

    def _encoded(self, piece: Encode) -> Iterator[tuple[int, VideoPacket]]:
        encoder = open_encoder(self.cut)
        for position, frame in enumerate(prefetch(rendered_frames([piece], self.cut))):
            frame.pts, frame.time_base = position, 1 / self.cut.fps
            frame.pict_type = 0
            for packet in typed.encode_video(encoder, frame):
                yield packet.pts or 0, packet
        for packet in typed.encode_video(encoder, None):
            yield packet.pts or 0, packet


def open_encoder(cut: Cut) -> VideoCodecContext:
    """An x264 encoder in the film's format: parameter sets at the start of each run, a key frame every second."""
    from av.codec.context import CodecContext
    from av.video.codeccontext import VideoCodecContext

    encoder = CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)  # noqa: S101 - for the type checker
    set_up(encoder, cut)
    return encoder


def set_up(encoder: VideoCodecContext, cut: Cut) -> None:
    """Set the encoder to the film's size, rate, colours and quality."""
    encoder.width, encoder.height, encoder.pix_fmt = cut.width, cut.height, "yuv420p"
    encoder.time_base, encoder.framerate = 1 / cut.fps, cut.fps
    encoder.gop_size, encoder.max_b_frames = round(cut.fps), REORDER
    encoder.thread_type = "FRAME"  # PyAV's own choice splits each frame, which is slower and larger
    encoder.color_range, encoder.colorspace = LIMITED, BT709
    encoder.color_primaries = encoder.color_trc = BT709
    encoder.options = {"crf": str(cut.crf), "preset": cut.preset}


def rendered_frames(pieces: list[Piece], cut: Cut) -> Generator[VideoFrame, None, None]:
    """The frames of all pieces to be encoded, in order."""
    return (frame for piece in pieces if isinstance(piece, Encode) for frame in _rendered(piece, cut))


def _rendered(piece: Encode, cut: Cut) -> Iterator[VideoFrame]:
    return (frame for clip_range in piece.ranges for frame in _range_frames(clip_range, cut))


def _range_frames(clip_range: EncodeRange, cut: Cut) -> Iterator[VideoFrame]:
    """The frames of a range, blended with the next clip's in a transition."""
    count = clip_range.last - clip_range.first
    outgoing = _with_lut(_decoded(clip_range.path, clip_range.first, count, cut.fps), clip_range.lut)
    if clip_range.next_path is None:
        yield from outgoing
        return
    blend = Blender(clip_range.transition, cut.width, cut.height)
    incoming = _with_lut(_decoded(clip_range.next_path, clip_range.next_first, count, cut.fps), clip_range.next_lut)
    for number, (a, b) in enumerate(zip(outgoing, incoming, strict=True)):
        yield blend(a, b, (number + 1) / (count + 1))


def _with_lut(frames: Iterator[VideoFrame], lut: Path | None) -> Iterator[VideoFrame]:
    """The frames after a colour table, by the same filter as the grade's; its path needs no escaping here."""
    if lut is None:
        yield from frames
        return
    from av.filter import Graph

    graph = None
    for frame in frames:
        if graph is None:
            graph = Graph()
            steps = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=TICK)]
            steps += [graph.add(name, **options) for name, options in cube.as_options(lut)]
            graph.link_nodes(*steps, graph.add("buffersink")).configure()
        frame.time_base = TICK  # no filter reads the time, but the graph requires one in its time base
        graph.vpush(frame)
        yield graph.vpull()


def _decoded(path: Path, first: int, count: int, fps: Fraction) -> Iterator[VideoFrame]:
    """Exactly `count` frames from number `first`; a missing frame repeats the one before it."""
    with av_io.opened(path) as (container, _):
        video = av_io.threaded(_video_stream(container, path))
        tick, start = video.time_base or Fraction(1, 90000), video.start_time or 0
        container.seek(start + round(first / fps / tick), stream=video)
        yielded, last_frame = 0, None
        for frame in container.decode(video):
            position = round(((frame.pts or 0) - start) * tick * fps) - first
            while last_frame is not None and yielded < min(position, count):
                yield last_frame
                yielded += 1
            if yielded >= count:
                return
            last_frame = frame
        if last_frame is None:
            raise MediaError(Message("film.frames_missing", name=path.name))
        for _ in range(count - yielded):
            yield last_frame
