"""Writing MP4: H.264 in BT.709 limited range with all four colour tags, AAC, a key frame each second.

The file gets its name only when it is whole: it is written beside it, synced and renamed; on failure nothing is left.
A key frame each second lets later joins copy packets. Free metadata keys go in with the mux, so any program can read
them with the same flag. The same frames must give the same file on every machine, so the number of encoder threads is
fixed, and x264 runs without the part of it that reads memory which nobody wrote (see `repeatable`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from av.video.stream import VideoStream

from studio.errors import MediaError
from studio.media import hdr
from studio.media.files import replacing
from studio.messages import Message

BT709 = int(Colorspace.ITU709)
LIMITED_RANGE = int(ColorRange.MPEG)
THREADS = 4
AVX_512 = 256
"""OpenCV's number of the processor's AVX-512 (CPU_AVX512_SKX of cv::CpuFeatures): what x264 asks for its own."""
SOUND_RATE_HZ = 48_000
ACCURATE_SCALING = int(
    Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
)
"""swscale's way that brings every colour back within one step of 255; without it grey loses two."""


class Abandoned(Exception):
    """Given to the naming of the file, so that it is removed instead."""


class VideoWriter:
    """One MP4 on its way to `path`. Use it as a context manager: an exception, or abandon(), leaves no file.

    Frames come as `blank()` frames filled by the caller, or as RGB; sound in any pieces, best in step with the picture
    (what runs ahead is held in memory). fps: frames in a second, exact. crf: 16 (large) to 28 (small).
    channels: 1 or 2; 0 makes a silent file without a sound track. metadata: free keys and their text.
    sound_coder: twoloop, or fast at a quarter of the cost for sound that is only a guide (FFmpeg's AAC encoder).
    Raises MediaError for odd sides, which 4:2:0 pictures cannot have.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        fps: int | Fraction,
        channels: int = 0,
        metadata: Mapping[str, str] | None = None,
        crf: int = 20,
        preset: str = "veryfast",
        sound_coder: str = "twoloop",
    ) -> None:
        if width % 2 or height % 2:
            raise MediaError(Message("clip.odd_sides", width=width, height=height))
        self.path, self.width, self.height, self.fps = path, width, height, Fraction(fps)
        self.frames = 0
        self.samples = 0
        self._named = contextlib.ExitStack()
        partial = self._named.enter_context(replacing(path))
        self._file = av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart+use_metadata_tags"})
        for key, text in (metadata or {}).items():
            self._file.metadata[key] = text
        self._video = self._add_video(crf, preset)
        self._sound = self._add_sound(channels, sound_coder) if channels else None
        self._open = True

    def _add_video(self, crf: int, preset: str) -> VideoStream:
        stream = self._file.add_stream("libx264", rate=self.fps)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = self.width, self.height, "yuv420p"
        context.time_base = 1 / self.fps
        context.thread_count, context.thread_type = THREADS, "FRAME"
        context.gop_size = max(1, round(self.fps))
        context.options = {"crf": str(crf), "preset": preset, "forced-idr": "1", **repeatable()}
        context.color_range, context.colorspace = LIMITED_RANGE, BT709
        context.color_primaries, context.color_trc = int(ColorPrimaries.BT709), int(ColorTrc.BT709)
        return stream

    def _add_sound(self, channels: int, coder: str) -> AudioStream:
        layout = "mono" if channels == 1 else "stereo"
        stream = self._file.add_stream("aac", rate=SOUND_RATE_HZ, layout=layout)
        stream.codec_context.bit_rate = 80_000 * channels
        stream.codec_context.options = {"aac_coder": coder}
        return stream

    @property
    def sound_due(self) -> int:
        """Samples that the sound track still lacks to be as long as the picture written so far."""
        return round(self.frames * SOUND_RATE_HZ / self.fps) - self.samples

    def blank(self) -> VideoFrame:
        """A frame of the clip's size for `planes` and `write`; its content is undefined. It may be used again."""
        frame = VideoFrame(self.width, self.height, "yuv420p")
        frame.colorspace, frame.color_range = BT709, LIMITED_RANGE
        frame.color_primaries, frame.color_trc = int(ColorPrimaries.BT709), int(ColorTrc.BT709)
        return frame

    def write(self, frame: VideoFrame) -> None:
        """Append a yuv420p frame in BT.709 limited range, of the clip's size. A scene cut may be any frame."""
        frame.pts, frame.time_base = self.frames, 1 / self.fps
        self._file.mux(self._video.encode(frame))
        self.frames += 1

    def write_rgb(self, rgb: np.ndarray) -> None:
        """Append a picture: uint8 (height, width, 3), sRGB."""
        self.write(from_rgb(rgb))

    def write_sound(self, samples: np.ndarray) -> None:
        """Append sound: float32 (n, channels), -1..1, 48 kHz."""
        if self._sound is None:
            raise MediaError(Message("clip.no_sound_track"))
        if not len(samples):
            return
        layout = self._sound.codec_context.layout.name
        packed = np.ascontiguousarray(np.clip(samples, -1.0, 1.0), np.float32).T
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(packed), format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE_HZ, self.samples, Fraction(1, SOUND_RATE_HZ)
        self._file.mux(self._sound.encode(frame))
        self.samples += len(samples)

    def close(self) -> Path:
        """Finish the file and give it its name. Raises MediaError when nothing was written."""
        if not self._open:
            return self.path
        if not self.frames:
            self.abandon()
            raise MediaError(Message("clip.no_frame"))
        self._file.mux(self._video.encode(None))
        if self._sound is not None:
            self._file.mux(self._sound.encode(None))
        self._file.close()
        self._open = False
        self._named.close()
        return self.path

    def abandon(self) -> None:
        """Stop, and leave nothing behind."""
        if not self._open:
            return
        self._open = False
        with contextlib.suppress(FFmpegError, OSError):  # an unfinished file may refuse its trailer
            self._file.close()
        self._named.__exit__(Abandoned, Abandoned(), None)  # an exception keeps the file from getting its name

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self.abandon()
            return
        try:
            self.close()
        except BaseException:
            self.abandon()
            raise


def repeatable() -> dict[str, str]:
    """Options with which x264 gives the same bytes for the same frames each time.

    Its look-ahead in AVX-512 takes in memory that nobody wrote: of 20 encodings of the same 320x180 frames among dirty
    memory, 8 differed (x264 of PyAV 18.1; never with AVX2, nor without macroblock tree). AVX2 costs about 6 % more.
    """
    import cv2  # heavy, and loaded already wherever frames are drawn

    return {"x264-params": "asm=avx2"} if cv2.checkHardwareSupport(AVX_512) else {}


def planes(frame: VideoFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The frame's own memory as uint8 (height, width) luma and two (height / 2, width / 2) chroma planes, writable."""
    y, u, v = (
        np.frombuffer(p, np.uint8).reshape(-1, p.line_size)[: p.height, : p.width]  # type: ignore[arg-type]
        for p in frame.planes
    )
    return y, u, v


def from_rgb(rgb: np.ndarray) -> VideoFrame:
    """A yuv420p frame in BT.709 limited range from uint8 (height, width, 3) sRGB with even sides."""
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    return frame.reformat(
        format="yuv420p",
        src_colorspace=BT709,
        dst_colorspace=BT709,
        src_color_range=int(ColorRange.JPEG),
        dst_color_range=LIMITED_RANGE,
        dst_color_primaries=int(ColorPrimaries.BT709),
        dst_color_trc=int(ColorTrc.BT709),
        interpolation=ACCURATE_SCALING,
        threads=1,
    )


def to_rgb(frame: VideoFrame) -> np.ndarray:
    """The frame as uint8 (height, width, 3) sRGB. Untagged pictures are taken as BT.709 from 720 lines, else BT.601.

    HDR is mapped to it.
    """
    if hdr.is_hdr(frame.color_trc):
        return hdr.to_sdr(frame)
    space = frame.colorspace
    if space not in set(Colorspace):
        space = BT709 if frame.height >= 720 else int(Colorspace.ITU601)
    converted = frame.reformat(
        format="rgb24",
        src_colorspace=space,
        dst_colorspace=BT709,
        src_color_range=frame.color_range if frame.color_range else LIMITED_RANGE,
        dst_color_range=int(ColorRange.JPEG),
        interpolation=ACCURATE_SCALING,
        threads=1,
    )
    return converted.to_ndarray()
