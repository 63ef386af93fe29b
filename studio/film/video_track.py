"""The film's pictures as H.264 packets: whole groups of pictures copied, only what lies under a transition or a trim
encoded.

The timeline is cut into pieces that alternate between Copy and Draw. A copied piece begins at an IDR picture and ends
before one (or at the clip's end), a drawn piece is one run of the encoder. Frame numbers decide all times, so nothing
rounds or drifts: packet n of the film gets DTS n - reorder and as PTS its frame's place.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.film.clips import BT709, Shelf, SourceClip
from studio.film.timeline import Cut, Timeline, Transition
from studio.film.transitions import Blender
from studio.media import av_io, cube
from studio.media.prefetch import ahead
from studio.messages import Message

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LIMITED = 1
IDR = 5
TICK = Fraction(1, 1000)
REORDER = 2
"""Frames x264 decodes ahead with two B-frames and pyramid."""


@dataclass(frozen=True)
class Copy:
    """Frames first..last-1 of a file, taken over as packets."""

    path: Path
    first: int
    last: int


@dataclass(frozen=True)
class TrackClip:
    """Frames first..last-1 of a file, to be drawn; with `into`, blended into that file's frames from into_first on.

    table, into_table: colour tables the frames go through before they are blended.
    """

    path: Path
    first: int
    last: int
    into: Path | None = None
    into_first: int = 0
    transition: Transition = Transition.CUT
    table: Path | None = None
    into_table: Path | None = None


@dataclass(frozen=True)
class Draw:
    """One run of the encoder over several takes."""

    takes: tuple[TrackClip, ...]


Piece = Copy | Draw


Tables = Sequence[Path | None]
"""By shot: the colour table its frames go through, None where they stay as they are."""


def plan(
    cut: Cut, timeline: Timeline, clips: list[SourceClip], shelf: Shelf, tables: Tables, *, draw: bool = False
) -> list[Piece]:
    """The pieces of the film in order: as much copied as possible; with `draw` nothing."""
    pieces: list[Copy | TrackClip] = []
    before = 0
    for number, (segment, clip) in enumerate(zip(timeline.segments, clips, strict=True)):
        first, last = segment.first + before, segment.last - segment.overlap
        if draw or tables[number]:
            pieces += [TrackClip(clip.path, first, last, table=tables[number])] if last > first else []
        else:
            pieces += _body(clip, first, last, shelf, cut.fps)
        if segment.overlap:
            after = timeline.segments[number + 1]
            into, start = clips[number + 1].path, last
            colours = tables[number], tables[number + 1]
            kind = cut.shots[number].transition
            pieces.append(TrackClip(clip.path, start, segment.last, into, after.first, kind, *colours))
        before = segment.overlap
    return _merged(pieces)


def _body(clip: SourceClip, first: int, last: int, shelf: Shelf, fps: Fraction) -> list[Copy | TrackClip]:
    """A clip's own stretch: encoded up to the first IDR, copied to the last, encoded from there."""
    if first == 0 and last >= clip.frames:
        return [Copy(clip.path, first, last)]
    marks = [edge for edge in edges(clip, shelf, fps) if first <= edge <= last]
    if len(marks) < 2:
        return [TrackClip(clip.path, first, last)] if last > first else []
    parts = (
        TrackClip(clip.path, first, marks[0]),
        Copy(clip.path, marks[0], marks[-1]),
        TrackClip(clip.path, marks[-1], last),
    )
    return [part for part in parts if part.last > part.first]


def _merged(pieces: list[Copy | TrackClip]) -> list[Piece]:
    """Neighbouring takes become one run of the encoder."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Copy):
            merged.append(piece)
        elif merged and isinstance(merged[-1], Draw):
            merged[-1] = Draw((*merged[-1].takes, piece))
        else:
            merged.append(Draw((piece,)))
    return merged


def frames_of(piece: Piece) -> int:
    """How many frames of the film the piece gives."""
    if isinstance(piece, Copy):
        return piece.last - piece.first
    return sum(take.last - take.first for take in piece.takes)


def edges(clip: SourceClip, shelf: Shelf, fps: Fraction) -> list[int]:
    """Frame numbers where copying may begin or end: the IDR pictures, and the clip's end."""
    box = shelf.get(clip.path)
    video = _video(box, clip.path)
    box.seek(video.start_time or 0, stream=video)
    size = (clip.setup[4] & 3) + 1 if clip.setup[:1] == b"\x01" else 4
    number = _numbers(video, fps)
    found = [number(p) for p in box.demux(video) if p.size and p.is_keyframe and _is_idr(bytes(p), size)]
    return sorted({*found, clip.frames})


def _is_idr(packet: bytes, size: int) -> bool:
    """True when the packet holds an IDR slice: decoding may begin here, nothing after it looks back."""
    at = 0
    while at + size < len(packet):
        if packet[at + size] & 31 == IDR:
            return True
        at += size + int.from_bytes(packet[at : at + size], "big")
    return False


def _numbers(video: VideoStream, fps: Fraction) -> Callable[[Packet], int]:
    """A function that gives a packet's frame number in display order."""
    start, scale = video.start_time or 0, float((video.time_base or 0) * fps)
    return lambda packet: round(((packet.pts or 0) - start) * scale)


def _video(box, path: Path) -> VideoStream:
    video = av_io.picture_stream(box)
    if video is None:
        raise MediaError(Message("file.no_picture", name=path.name))
    return video


class Packets:
    """The film's video packets in decoding order, with the film's time stamps.

    plain: all pieces are copies with the same decoder setup, so their packets stay as they are; otherwise each
    stretch carries its own parameter sets (Annex B). redrawn: how many of the copied frames finishing just encoded.
    """

    def __init__(
        self, cut: Cut, pieces: list[Piece], clips: list[SourceClip], shelf: Shelf, *, redrawn: int = 0
    ) -> None:
        self.cut, self.pieces, self.shelf = cut, pieces, shelf
        copied = {piece.path for piece in pieces if isinstance(piece, Copy)}
        setups = {clip.setup for clip in clips if clip.path in copied}
        self.plain = len(setups) == 1 and not any(isinstance(piece, Draw) for piece in pieces)
        drawn = [REORDER] if any(isinstance(piece, Draw) for piece in pieces) else []
        self.reorder = max([*drawn, *(clip.reorder for clip in clips if clip.path in copied)], default=REORDER)
        self.frames = sum(frames_of(p) for p in pieces)
        self.encoded = redrawn + sum(frames_of(p) for p in pieces if isinstance(p, Draw))

    def template(self) -> VideoStream | None:
        """The stream whose setup the film takes over; None when the encoder's is used."""
        first = self.pieces[0]
        return _video(self.shelf.get(first.path), first.path) if self.plain and isinstance(first, Copy) else None

    def __iter__(self) -> Iterator[Packet]:
        number, at = 0, 0
        tick = 1 / self.cut.fps
        for piece in self.pieces:
            packets = self._copied(piece) if isinstance(piece, Copy) else self._drawn(piece)
            for place, packet in packets:
                packet.pts, packet.dts, packet.duration = at + place, number - self.reorder, 1
                packet.time_base = tick
                if packet.dts > packet.pts:
                    raise MediaError(Message("film.frame_order"))
                yield packet
                number += 1
            at += frames_of(piece)

    def _copied(self, piece: Copy) -> Iterator[tuple[int, Packet]]:
        from av.bitstream import BitStreamFilterContext

        box = self.shelf.get(piece.path)
        video = _video(box, piece.path)
        fps, tick = self.cut.fps, video.time_base or Fraction(1, 90000)
        box.seek((video.start_time or 0) + round(piece.first / fps / tick), stream=video)
        annex = None if self.plain else BitStreamFilterContext("h264_mp4toannexb", video)
        seen, wanted, number = 0, piece.last - piece.first, _numbers(video, fps)
        for packet in box.demux(video):
            place = number(packet) - piece.first
            if packet.size == 0 or place < 0 or seen == wanted:
                continue
            if place >= wanted:
                break
            for ready in annex.filter(packet) if annex else (packet,):
                yield place, ready
            seen += 1
        if seen != wanted:
            raise MediaError(Message("film.part_frames", name=piece.path.name, seen=seen, wanted=wanted))

    def _drawn(self, piece: Draw) -> Iterator[tuple[int, Packet]]:
        encoder = open_encoder(self.cut)
        for place, frame in enumerate(ahead(drawn([piece], self.cut))):
            frame.pts, frame.time_base = place, 1 / self.cut.fps
            frame.pict_type = 0
            for packet in encoder.encode(frame):
                yield packet.pts or 0, packet
        for packet in encoder.encode(None):
            yield packet.pts or 0, packet


def open_encoder(cut: Cut) -> VideoCodecContext:
    """x264 in the film's format, each run beginning with its own parameter sets and a key frame every second."""
    from av.codec.context import CodecContext
    from av.video.codeccontext import VideoCodecContext

    encoder = CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)  # noqa: S101 - for the type checker
    set_up(encoder, cut)
    return encoder


def set_up(encoder: VideoCodecContext, cut: Cut) -> None:
    """Give an encoder the film's size, rate, colours and quality."""
    encoder.width, encoder.height, encoder.pix_fmt = cut.width, cut.height, "yuv420p"
    encoder.time_base, encoder.framerate = 1 / cut.fps, cut.fps
    encoder.gop_size, encoder.max_b_frames = round(cut.fps), REORDER
    encoder.color_range, encoder.colorspace = LIMITED, BT709
    encoder.color_primaries = encoder.color_trc = BT709
    encoder.options = {"crf": str(cut.crf), "preset": cut.preset}


def drawn(pieces: list[Piece], cut: Cut) -> Generator[VideoFrame, None, None]:
    """The frames of all pieces to be drawn, in order."""
    return (frame for piece in pieces if isinstance(piece, Draw) for frame in _frames(piece, cut))


def _frames(piece: Draw, cut: Cut) -> Iterator[VideoFrame]:
    return (frame for take in piece.takes for frame in _pictures(take, cut))


def _pictures(take: TrackClip, cut: Cut) -> Iterator[VideoFrame]:
    """The frames of a take, blended where it goes over into another clip."""
    count = take.last - take.first
    own = _toned(_decoded(take.path, take.first, count, cut.fps), take.table)
    if take.into is None:
        yield from own
        return
    blend = Blender(take.transition, cut.width, cut.height)
    other = _toned(_decoded(take.into, take.into_first, count, cut.fps), take.into_table)
    for number, (a, b) in enumerate(zip(own, other, strict=True)):
        yield blend(a, b, (number + 1) / (count + 1))


def _toned(frames: Iterator[VideoFrame], table: Path | None) -> Iterator[VideoFrame]:
    """The frames through a colour table, by the same filter as the grade's; the names go to it as they are."""
    if table is None:
        yield from frames
        return
    from av.filter import Graph

    graph = None
    for frame in frames:
        if graph is None:
            graph = Graph()
            steps = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=TICK)]
            steps += [graph.add(name, **options) for name, options in cube.as_options(table)]
            graph.link_nodes(*steps, graph.add("buffersink")).configure()
        frame.time_base = TICK  # no filter looks at the time, but the graph wants one that fits
        graph.push(frame)
        yield graph.pull()  # type: ignore[misc]


def _decoded(path: Path, first: int, count: int, fps: Fraction) -> Iterator[VideoFrame]:
    """Exactly `count` frames from number `first` on; a frame that is missing shows the one before it again."""
    with av_io.opened(path) as (box, _):
        video = av_io.threaded(_video(box, path))
        tick, start = video.time_base or Fraction(1, 90000), video.start_time or 0
        box.seek(start + round(first / fps / tick), stream=video)
        given, held = 0, None
        for frame in box.decode(video):
            place = round(((frame.pts or 0) - start) * tick * fps) - first
            while held is not None and given < min(place, count):
                yield held
                given += 1
            if given >= count:
                return
            held = frame
        if held is None:
            raise MediaError(Message("film.frames_missing", name=path.name))
        for _ in range(count - given):
            yield held
