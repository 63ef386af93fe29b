"""A video or sound file read from end to end: how long it really is, and whether a part of it is missing.

A header may be wrong or open without harm: an edit list hides frames, a camera drops some, a stream's writer did not
know its length. So a file counts as cut off only where it says by an exact index, or by a length that is no guess,
that there was more. All lengths come from the packets and samples themselves.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from studio.errors import MediaError
from studio.media import av_io, headers
from studio.media.detect import AAC, AMR, ASF, AVI, FLAC, MP3, PS, RF64, TS, WAV, FileType
from studio.media.probe import MediaFacts, stream_facts
from studio.messages import Message

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LENGTH_TOLERANCE_S = 0.5
"""A stream may end this much before the file says it does; more counts as cut off."""
JUMP_BACK_S, JUMP_AHEAD_S = 0.5, 10.0
"""Where times go back, or ahead, by more than this, another recording begins (FFmpeg's own threshold is 10 s)."""
MAX_DAMAGED_SHARE = 0.01
"""Part of a sound's packets that may be damaged; the first and last of a recording often are."""
THREADS_FROM_PIXELS = 100_000_000
"""Below this much picture (a second and a half of 1080p) starting threads costs more than they save."""
MAX_BUFFERED_BYTES = 64 * 2**20
RECORDINGS = (TS, PS)
"""Formats of broadcasts, begun and ended anywhere and joined by plain copying: a gap in them is no fault."""


@dataclass
class _Length:
    """The time that a stream's packets cover, over all recordings that were joined. In seconds."""

    begin_s: float | None = None
    end_s: float = 0.0
    before_s: float = 0.0
    last_s: float | None = None
    jumps: int = 0

    def add(self, at_s: float, order_s: float, length_s: float) -> None:
        """A packet shown at at_s for length_s. order_s: its place in the order of decoding."""
        if self.last_s is not None and not -JUMP_BACK_S < order_s - self.last_s < JUMP_AHEAD_S:
            self.before_s, self.begin_s, self.end_s = self.total_s, None, 0.0
            self.jumps += 1
        self.last_s = order_s
        self.begin_s = at_s if self.begin_s is None else min(self.begin_s, at_s)
        self.end_s = max(self.end_s, at_s + length_s)

    @property
    def total_s(self) -> float:
        """The length so far."""
        return self.before_s + (self.end_s - self.begin_s if self.begin_s is not None else 0.0)


@dataclass
class _Reading:
    """What was seen on the way through the file."""

    lengths: dict[int, _Length] = field(default_factory=lambda: defaultdict(_Length))
    frames: int = 0
    end_s: float = 0.0
    samples_s: float = 0.0

    def see(self, packet: Packet[Any], start_s: float) -> None:
        """The next packet with content. start_s: where the file's times begin."""
        shown = packet.pts if packet.pts is not None else packet.dts
        if shown is None or packet.time_base is None or packet.is_discard:
            return
        rate = packet.stream.average_rate if packet.stream.type == "video" else None
        length_s = float(packet.duration * packet.time_base) if packet.duration else float(1 / rate if rate else 0)
        at_s = float(shown * packet.time_base)
        order_s = float(packet.dts * packet.time_base) if packet.dts is not None else at_s
        self.lengths[packet.stream.index].add(at_s, order_s, length_s)
        self.end_s = max(self.end_s, at_s + length_s - start_s)


class Reader(Protocol):
    """Somebody who takes the packets of the same reading."""

    def begin(self, box: InputContainer, kind: FileType) -> None:
        """Before the first packet of this container."""
        ...

    def add(self, packet: Packet[Any]) -> None:
        """The next packet of any stream; it may be changed, but for its content."""
        ...


def verify(
    path: Path, name: str, box: InputContainer, kind: FileType, max_pixels: int, also: Reader | None = None
) -> MediaFacts:  # fmt: skip
    """The facts of an open video or sound after reading all of it. Raises MediaError when it is broken or cut off.

    also: gets every packet, those of a file that turns out to be broken as well.
    """
    video = av_io.picture_stream(box)
    if video is None and not box.streams.audio:
        raise MediaError(Message("file.nothing_in_it", name=name))
    is_recording = kind in RECORDINGS
    ends = _FirstAndLastFrames(video, name, max_pixels, tolerant=is_recording) if video is not None else None
    if video is not None and not video.width * video.height:
        raise MediaError(Message("file.no_picture_decodes", name=name))
    if also is not None:
        also.begin(box, kind)
    reading = _read(box, name, ends, also, may_have_gaps=is_recording or kind in (WAV, RF64))
    facts = stream_facts(path, name, box, kind, ends.begin() if ends else None)
    _refuse_cut_off(path, name, box, kind, reading)
    if video is None or ends is None:
        length_s = round(reading.samples_s, 3)
        return replace(facts, duration_s=length_s, remedy=_sound_remedy(path, facts, length_s, kind))
    ends.finish()
    length = reading.lengths[video.index]
    length_s = round(length.total_s, 3) or facts.duration_s
    if video.duration and video.time_base and not length.jumps:
        says_s = float(video.duration * video.time_base)
        length_s = round(says_s, 3) if abs(says_s - length.total_s) < 1.5 / (facts.fps or 25) else length_s
    remedy = "remux" if length.jumps or (kind.reader == "matroska" and not box.duration) else facts.remedy
    return replace(facts, frames=reading.frames, duration_s=length_s, remedy=remedy)


def _read(
    box: InputContainer, name: str, ends: _FirstAndLastFrames | None, also: Reader | None, *, may_have_gaps: bool
) -> _Reading:  # fmt: skip
    """All packets; on the way `ends` sees the picture's, and where there is no picture the sound is decoded.

    may_have_gaps: a damaged packet proves nothing, as with samples up to the end of a file of unknown length.
    """
    reading = _Reading()
    start_s = (box.start_time or 0) / 1e6
    sound = _Sound(name) if ends is None else None
    sound_index = box.streams.audio[0].index if sound and box.streams.audio else None
    for packet in box.demux():
        index = packet.stream.index
        if sound and index == sound_index:
            sound.add(packet)
        if packet.size and packet.is_corrupt and not may_have_gaps:
            raise cut_off(name, Message("file.part_missing"))
        if packet.size:
            reading.see(packet, start_s)
            if ends is not None and index == ends.video.index:
                reading.frames += not packet.is_discard
                ends.see(packet)
        if also is not None:
            also.add(packet)
    if sound:
        reading.samples_s = sound.length_s()
    return reading


def _refuse_cut_off(path: Path, name: str, box: InputContainer, kind: FileType, reading: _Reading) -> None:
    size = path.stat().st_size
    if kind.reader == "mov":
        missing = sum(e.pos + e.size > size for stream in box.streams for e in stream.index_entries)
        if missing:
            raise cut_off(name, Message("file.frames_missing", count=missing))
        return
    if kind in (AVI, ASF):
        says = headers.avi_bytes(path) if kind is AVI else headers.asf_bytes(path)
        if says is not None and says > size + 1024:
            raise cut_off(name, Message("file.bytes_missing", count=f"{says - size:,}"))
        return
    says_s = _length_by_header(path, box, kind)
    has_s = reading.samples_s if av_io.picture_stream(box) is None else reading.end_s
    if says_s and has_s < says_s - max(LENGTH_TOLERANCE_S, 0.02 * says_s):
        raise cut_off(name, Message("file.ends_early", has_s=f"{has_s:.1f}", says_s=f"{says_s:.1f}"))


def _length_by_header(path: Path, box: InputContainer, kind: FileType) -> float | None:
    """The length the file says it has, in seconds; None where that is a guess or a placeholder."""
    if kind in (AAC, AMR, *RECORDINGS) or not box.duration:
        return None
    if kind is MP3:
        return headers.mp3_length_s(path)
    if kind is FLAC and not headers.flac_samples(path):
        return None
    if kind in (WAV, RF64):
        layout = headers.wav(path)
        sound = box.streams.audio[0] if box.streams.audio else None
        bits = sound.codec_context.bit_rate if sound else None
        return None if layout is None or layout.is_open or not bits else layout.says * 8 / bits
    if box.duration / 1e6 > headers.PLACEHOLDER_BYTES / 192_000:  # an open AIFF: hours beyond what a file can hold
        return None
    return box.duration / 1e6


def _sound_remedy(path: Path, facts: MediaFacts, length_s: float, kind: FileType) -> str:
    """What the library's copy of a sound needs, because programs that are strict would misread this one."""
    if facts.remedy:
        return facts.remedy
    if kind in (WAV, RF64):
        layout = headers.wav(path)
        return "sizes" if layout and layout.needs_header else ""
    if kind is FLAC:
        return "" if headers.flac_samples(path) else "sizes"
    says_s = headers.mp3_length_s(path) if kind is MP3 else facts.duration_s
    return "remux" if kind is AAC or says_s is None or abs(says_s - length_s) > LENGTH_TOLERANCE_S else ""


class _Sound:
    """Decodes a sound and measures it by its samples."""

    def __init__(self, name: str) -> None:
        self._name, self._packets, self._broken, self._length_s = name, 0, 0, 0.0

    def add(self, packet: Packet[Any]) -> None:
        """The next packet; the empty one at the end brings out what the decoder still holds."""
        from av.error import InvalidDataError

        self._packets += 1
        try:
            for frame in packet.decode():
                self._length_s += frame.samples / frame.sample_rate
        except InvalidDataError:
            self._broken += 1

    def length_s(self) -> float:
        """Raises MediaError where nothing, or too little, could be decoded."""
        if not self._length_s or self._broken > max(2, self._packets * MAX_DAMAGED_SHARE):
            raise MediaError(Message("file.no_sound_decodes", name=self._name))
        return self._length_s


class _FirstAndLastFrames:
    """Decodes the first frame of a video, and everything from its last key frame on, in one reading of the file.

    Packets since the latest key frame are kept; where they grow beyond MAX_BUFFERED_BYTES they are decoded at once.
    tolerant: damaged frames are passed over, as at the two ends of a recording.
    """

    def __init__(self, video: VideoStream, name: str, max_pixels: int, *, tolerant: bool = False) -> None:
        if video.width * video.height > max_pixels:
            raise MediaError(Message("file.frames_too_large", name=name, width=video.width, height=video.height))
        if video.width * video.height * (video.frames or 1000) > THREADS_FROM_PIXELS:
            av_io.threaded(video)
        self.video, self._name, self._tolerant = video, name, tolerant
        self.first: VideoFrame | None = None
        self._last: VideoFrame | None = None
        self._kept: list[Packet[VideoStream]] = []
        self._kept_bytes, self._follows = 0, False

    def see(self, packet: Packet[Any]) -> None:
        """The next packet of the picture, in the order of the file."""
        if packet.is_keyframe:
            self._kept.clear()
            self._kept_bytes, self._follows = 0, False
        if self.first is None:
            self.first = next(iter(self._frames(packet)), None)
        if self._follows:
            self._decode(packet)
            return
        self._kept.append(packet)
        self._kept_bytes += packet.size
        if self._kept_bytes > MAX_BUFFERED_BYTES and self.first is not None:
            self._catch_up()

    def begin(self) -> VideoFrame | None:
        """The first frame, once all packets were seen; a short video gives it only then."""
        if self.first is None:
            self.first = next(iter(self._frames(None)), None)
        return self.first

    def finish(self) -> None:
        """The end of the file. Raises MediaError when one of the two ends cannot be decoded."""
        if not self._follows:
            self._catch_up()
        self._decode(None)
        if self.first is None or (self._last is None and not self._tolerant):
            raise MediaError(Message("file.no_picture_decodes", name=self._name))

    def _catch_up(self) -> None:
        """Decode what was kept, from its key frame on."""
        self._follows = True
        self.video.codec_context.flush_buffers()
        for packet in self._kept:
            self._decode(packet)
        self._kept.clear()

    def _decode(self, packet: Packet[Any] | None) -> None:
        for frame in self._frames(packet):
            self._last = frame

    def _frames(self, packet: Packet[Any] | None) -> list[VideoFrame]:
        from av.error import InvalidDataError

        try:
            frames = self.video.decode(packet)
        except InvalidDataError:
            if not self._tolerant:
                raise
            return []
        if not self._tolerant and self._follows and any(frame.is_corrupt for frame in frames):
            raise MediaError(Message("file.damaged_end", name=self._name))
        return [frame for frame in frames if not (self._tolerant and frame.is_corrupt)]


def cut_off(name: str, how: str) -> MediaError:
    """The refusal of a file that once was longer."""
    return MediaError(Message("file.cut_off", name=name, how=how))
