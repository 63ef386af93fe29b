"""What the header of a sound file says about its length, and whether that is a fact or a placeholder.

Programs that stream do not know how much will follow when they write the header, so they write 0 or a very large
number; every player then reads to the end of the file. Providers often do not, so `copy_wav_with_true_sizes` corrects
them.
Sources: Microsoft RIFF; EBU Tech 3306 (RF64); FLAC format (RFC 9639); Xing and VBRI headers as LAME and FhG write them.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

PLACEHOLDER_BYTES = 1_900_000_000
"""From here on a size counts as a placeholder where the file is shorter: 0xFFFFFFFF, 0x7FFFFFFF, 2,000,000,000 and
what programs take off from these for the header are all above."""
RIFF_LIMIT = 2**32 - 1
MP3_HEADER_BYTES = 4096
ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
MAX_CHUNKS = 1000
"""Most chunks looked at before the samples."""


@dataclass(frozen=True)
class Wav:
    """Where the samples of a WAV lie. says: their bytes by the header; has: by the file."""

    start: int
    says: int
    has: int
    riff_says: int
    ds64: int | None

    @property
    def is_open(self) -> bool:
        """The size is a placeholder: the samples go on to the end of the file."""
        return (self.says == 0 and self.has > 0) or (self.says >= PLACEHOLDER_BYTES and self.says > self.has)

    @property
    def needs_header(self) -> bool:
        """Strict readers would stumble over the sizes, or over the name RF64."""
        return self.says > self.has or self.is_open or self.ds64 is not None


def wav(path: Path) -> Wav | None:
    """The layout of a RIFF or RF64 WAV; None where there are no samples."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        at, ds64, long_data = 12, None, None
        for _ in range(MAX_CHUNKS):
            file.seek(at)
            chunk = file.read(8)
            if len(chunk) < 8:
                return None
            length = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"ds64":
                ds64, long_data = at, int.from_bytes(file.read(16)[8:], "little")
            if chunk[:4] == b"data":
                is_long = length == RIFF_LIMIT and long_data is not None
                says = long_data if is_long and long_data else length
                has = 0 if length == 0 and _is_chunk(file.read(8)) else size - at - 8
                return Wav(at + 8, says, max(0, has), int.from_bytes(head[4:8], "little"), ds64)
            at += 8 + length + length % 2
    return None


def _is_chunk(head: bytes) -> bool:
    """Whether a further chunk follows an empty one, rather than samples."""
    return head[:4] in (b"LIST", b"id3 ", b"ID3 ", b"bext", b"fact", b"cue ", b"JUNK", b"afsp", b"PEAK", b"iXML")


def copy_wav_with_true_sizes(path: Path, out: Path) -> None:
    """Copy a WAV with sizes that are true, RF64 as plain RIFF. Content beyond 4 GiB keeps its header."""
    layout = wav(path)
    shutil.copyfile(path, out)
    if layout is None:
        return
    size = path.stat().st_size
    samples = layout.has if layout.is_open or layout.says > layout.has else layout.says
    if size - 8 > RIFF_LIMIT:
        return
    with out.open("r+b") as file:
        if samples % 2 and layout.start + samples == size:
            file.seek(0, 2)
            file.write(b"\0")
            size += 1
        file.seek(0)
        file.write(b"RIFF" + (size - 8).to_bytes(4, "little"))
        file.seek(layout.start - 4)
        file.write(samples.to_bytes(4, "little"))
        if layout.ds64 is not None:
            file.seek(layout.ds64)
            file.write(b"JUNK")


def mp3_length_s(path: Path) -> float | None:
    """The length an MP3 states in a first frame that counts all others (Xing, Info, VBRI); None where it is a guess."""
    with path.open("rb") as file:
        file.seek(after_id3(file.read(10)))
        first = file.read(MP3_HEADER_BYTES)
    sync = next((i for i in range(len(first) - 4) if first[i] == 0xFF and first[i + 1] & 0xE0 == 0xE0), None)
    if sync is None:
        return None
    version, rate = first[sync + 1] >> 3 & 3, first[sync + 2] >> 2 & 3
    if version == 1 or rate == 3:
        return None
    rate_hz = (44100, 48000, 32000)[rate] >> (0 if version == 3 else 1 if version == 2 else 2)
    frames = _xing_frames(first) or _vbri_frames(first)
    return frames * (1152 if version == 3 else 576) / rate_hz if frames else None


def _xing_frames(first: bytes) -> int:
    at = max(first.find(b"Xing"), first.find(b"Info"))
    has_frames = at >= 0 and first[at + 7 : at + 8] and first[at + 7] & 1
    return int.from_bytes(first[at + 8 : at + 12], "big") if has_frames else 0


def _vbri_frames(first: bytes) -> int:
    at = first.find(b"VBRI")
    return int.from_bytes(first[at + 14 : at + 18], "big") if at >= 0 else 0


def after_id3(head: bytes) -> int:
    """Where the file goes on behind an ID3v2 tag; 0 without one."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    return 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def avi_bytes(path: Path) -> int | None:
    """The size an AVI says it has (its first gigabyte only where it is larger); None for a placeholder."""
    with path.open("rb") as file:
        says = int.from_bytes(file.read(8)[4:], "little")
    return says + 8 if 0 < says < PLACEHOLDER_BYTES else None


def asf_bytes(path: Path) -> int | None:
    """The size a Windows Media file says it has; None where it was streamed.

    Source: ASF specification 3.2, File Properties Object: size at 40, flags at 88 of which bit 0 is "broadcast".
    """
    with path.open("rb") as file:
        head = file.read(65_536)
    at = head.find(ASF_PROPERTIES)
    if at < 0 or len(head) < at + 92 or head[at + 88] & 1:
        return None
    return int.from_bytes(head[at + 40 : at + 48], "little") or None


def flac_samples(path: Path) -> int:
    """How many samples STREAMINFO says there are; 0 is unknown."""
    at = _flac_stream_info(path)
    if at is None:
        return 0
    with path.open("rb") as file:
        file.seek(at)
        info = file.read(18)
    return int.from_bytes(info[13:18], "big") & (2**36 - 1)


def flac_with_samples(path: Path, out: Path, samples: int) -> None:
    """Copy a FLAC with its number of samples written into the header, where the encoder left it open."""
    shutil.copyfile(path, out)
    at = _flac_stream_info(path)
    if at is None:
        return
    with out.open("r+b") as file:
        file.seek(at + 13)
        old = int.from_bytes(file.read(5), "big")
        file.seek(at + 13)
        file.write((old >> 36 << 36 | samples & (2**36 - 1)).to_bytes(5, "big"))


def _flac_stream_info(path: Path) -> int | None:
    """Where the content of STREAMINFO begins; it is always the first block."""
    with path.open("rb") as file:
        start = after_id3(file.read(10))
        file.seek(start)
        mark = file.read(8)
    return start + 8 if mark[:4] == b"fLaC" and mark[4] & 127 == 0 else None
