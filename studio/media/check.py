"""Is this file sound, and may it come in? Every upload and every download passes here.

Nothing is trusted: the pixels of a picture are decoded whole, a video's packets are all read and its first and last
frames decoded, a sound is decoded whole. Nothing is changed; what could be done about a refusal is in the sentence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import containers, pictures
from studio.media.files import replacing
from studio.media.probe import MediaFacts, probe, stream_facts
from studio.media.sniff import FileType, sniff

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image

MAX_ANIMATION_PIXELS = 4_000_000_000
"""Most pixels of an animated picture that are decoded, all frames together."""
SHORTER_S = 0.5
"""A stream may end this much before the file says it does; more counts as cut off."""

THREADS_FROM_PIXELS = 100_000_000
"""Below this much picture (a second and a half of 1080p) starting threads costs more than they save."""
MOST_KEPT_BYTES = 64 * 2**20


def admit(
    path: Path,
    *,
    name: str = "",
    max_pixels: int = pictures.MAX_PIXELS,
    max_bytes: int | None = None,
) -> MediaFacts:
    """The facts of a file that may be used.

    max_pixels: per picture or video frame. Raises MediaError, whose sentence says what is wrong and what would help,
    for anything too large, broken, cut off, of unknown kind or of two kinds at once.
    """
    name = name or path.name
    size = path.stat().st_size if path.is_file() else 0
    if max_bytes and size > max_bytes:
        raise MediaError(f"{name} has {size / 1e6:.1f} MB; at most {max_bytes / 1e6:g} MB are taken. Make it smaller.")
    return verify_decodes(path, name=name, max_pixels=max_pixels)


def verify_decodes(path: Path, *, name: str = "", max_pixels: int = pictures.MAX_PIXELS) -> MediaFacts:
    """The facts of the file after decoding it, `frames` counted. Raises MediaError when it is broken or cut off."""
    name = name or path.name
    if sniff(path, name=name).kind is Kind.IMAGE:
        facts = probe(path, name=name, max_pixels=max_pixels)
        _decode_picture(path, name, max_pixels)
        return facts
    with containers.opened(path, name=name) as (box, kind):
        return _decode_streams(path, name, box, kind, max_pixels)


def _decode_picture(path: Path, name: str, max_pixels: int) -> None:
    with pictures.opened(path, name=name, max_pixels=max_pixels) as (image, _):
        image.load()
        frames = int(getattr(image, "n_frames", 1))
        if frames * image.width * image.height > MAX_ANIMATION_PIXELS:
            raise MediaError(f"{name} is an animation of {frames} frames, too many to check. Export it as a video.")
        for number in range(1, frames):
            image.seek(number)
            image.load()


def _decode_streams(path: Path, name: str, box: InputContainer, kind: FileType, max_pixels: int) -> MediaFacts:
    video = containers.picture_stream(box)
    ends = _Ends(video, name, max_pixels) if video is not None else None
    packets, ends_s = _read_packets(box, name, ends)
    facts = stream_facts(path, name, box, kind, ends.begin() if ends else None)
    if video is not None and ends is not None:
        counted = packets[video.index]
        if video.frames and counted < video.frames:
            raise _cut_off(name, f"it has {counted} of its {video.frames} frames")
        length_s = facts.duration_s if video.duration else round(ends_s.get(video.index, 0.0), 3)
        facts = replace(facts, frames=video.frames or counted, duration_s=length_s or facts.duration_s)
    end_s = max(ends_s.values(), default=0.0)
    if box.duration and end_s < box.duration / 1e6 - max(SHORTER_S, 0.02 * box.duration / 1e6):
        raise _cut_off(name, f"it ends after {end_s:.1f} s of {box.duration / 1e6:.1f} s")
    if ends is not None:
        ends.finish()
    return facts


def _read_packets(box: InputContainer, name: str, ends: _Ends | None) -> tuple[Counter[int], dict[int, float]]:
    """Packets per stream, and where each stream ends in seconds from the file's start.

    On the way `ends` sees the picture's packets; where there is no picture, the sound is decoded.
    """
    counts: Counter[int] = Counter()
    ends_s: dict[int, float] = {}
    start_s = (box.start_time or 0) / 1e6
    sound = box.streams.audio[0].index if ends is None and box.streams.audio else None
    for packet in box.demux():
        index = packet.stream.index
        if index == sound:
            packet.decode()
        if packet.size == 0:
            continue
        if packet.is_corrupt:
            raise _cut_off(name, "a part of it is missing")
        counts[index] += 1
        if packet.pts is not None:
            rate = packet.stream.average_rate if packet.stream.type == "video" else None
            length_s = float(packet.duration * packet.time_base) if packet.duration else float(1 / rate if rate else 0)
            end_s = float(packet.pts * packet.time_base) + length_s - start_s
            ends_s[index] = max(end_s, ends_s.get(index, 0.0))
        if ends is not None and index == ends.video.index:
            ends.see(packet)
    return counts, ends_s


class _Ends:
    """Decodes the first frame of a video, and everything from its last key frame on, in one reading of the file.

    Packets since the latest key frame are kept; where they grow beyond MOST_KEPT_BYTES they are decoded at once.
    """

    def __init__(self, video: VideoStream, name: str, max_pixels: int) -> None:
        if video.width * video.height > max_pixels:
            raise MediaError(f"{name} has frames of {video.width}x{video.height}, more than can be decoded safely.")
        if video.width * video.height * (video.frames or 1000) > THREADS_FROM_PIXELS:
            containers.threaded(video)
        self.video, self._name = video, name
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
            self.first = next(iter(packet.decode()), None)
        if self._follows:
            self._decode(packet)
            return
        self._kept.append(packet)
        self._kept_bytes += packet.size
        if self._kept_bytes > MOST_KEPT_BYTES and self.first is not None:
            self._catch_up()

    def begin(self) -> VideoFrame | None:
        """The first frame, once all packets were seen; a short video gives it only then."""
        if self.first is None:
            self.first = next(iter(self.video.decode(None)), None)
        return self.first

    def finish(self) -> None:
        """The end of the file. Raises MediaError when one of the two ends cannot be decoded."""
        if not self._follows:
            self._catch_up()
        self._decode(None)
        if self.first is None or self._last is None:
            raise MediaError(f"{self._name} holds no picture that can be decoded. Export or download it again.")

    def _catch_up(self) -> None:
        """Decode what was kept, from its key frame on."""
        self._follows = True
        self.video.codec_context.flush_buffers()
        for packet in self._kept:
            self._decode(packet)
        self._kept.clear()

    def _decode(self, packet: Packet[Any] | None) -> None:
        for frame in self.video.decode(packet):
            if frame.is_corrupt:
                raise MediaError(f"{self._name} has damaged pictures near its end. Export or download it again.")
            self._last = frame


def _cut_off(name: str, how: str) -> MediaError:
    return MediaError(f"{name} is cut off: {how}. Upload or download it again.")


def upright(path: Path, out: Path, *, name: str = "") -> MediaFacts:
    """Write the picture to `out` turned as it is displayed, and return the new file's facts.

    Same size, colours and format (HEIC and other formats models refuse become JPEG, or PNG with alpha); the EXIF
    orientation is gone because the pixels are turned. `out` gets the format its content has, whatever its name.
    """
    from PIL import ImageOps

    with pictures.opened(path, name=name) as (image, kind):
        image.load()
        turned = ImageOps.exif_transpose(image)
        form = kind.reader if kind.reader in ("PNG", "JPEG", "WEBP", "TIFF", "BMP") else ""
        form = form or ("PNG" if pictures.has_alpha(turned) else "JPEG")
        with replacing(out) as draft:
            turned.save(draft, form, **_keep(image, form))
    return probe(out, name=name)


def _keep(image: Image.Image, form: str) -> dict[str, object]:
    """Options that lose as little as the format allows: same chroma grid, high quality, colour profile."""
    from PIL import JpegImagePlugin

    keep: dict[str, object] = {}
    if icc := image.info.get("icc_profile"):
        keep["icc_profile"] = icc
    if form == "JPEG":
        sampling = JpegImagePlugin.get_sampling(image) if isinstance(image, JpegImagePlugin.JpegImageFile) else 0
        keep |= {"quality": 95, "subsampling": max(sampling, 0)}
    if form == "WEBP":
        keep |= {"lossless": True, "method": 2}
    return keep
