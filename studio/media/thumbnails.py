"""Small pictures of media for the gallery: thumbnails, posters, hover clips, strips, waveforms.

Measured on a 5 s 720p clip: poster 40 CPU ms, strip of key frames 50, hover clip 750; so posters are made at once and
hover clips when first asked for. WebP method 2 gives most bytes saved per CPU second; MP4 beats animated WebP 4x.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import av_io, hdr, images
from studio.media.detect import sniff
from studio.media.files import Cancelled, Stopped, atomic_write, replacing
from studio.messages import Message

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame
    from PIL import Image

THUMB_PX = 384
POSTER_PX = 960
VIEW_PX = 2048
"""For results shown as large as the page has room, on screens of two pixels a point too."""

HOVER_PX = 320
HOVER_FPS = 15
HOVER_S = 8.0
"""Longest hover clip; longer videos show their first seconds."""
MIN_CONTRAST = 8.0
"""Standard deviation of luma (0..127) below which a frame counts as empty (black, white, a fade)."""


def thumbnail(path: Path, out: Path, *, side_px: int = THUMB_PX) -> None:
    """Write a WebP, at most side_px large, of any picture, video or sound file."""
    kind = sniff(path).kind
    if kind is Kind.AUDIO:
        waveform_picture(path, out, width_px=side_px, height_px=side_px * 9 // 16)
        return
    picture = _small_picture(path, side_px) if kind is Kind.IMAGE else _first_with_contrast(path, side_px)
    _save_webp(picture, out)


def poster(path: Path, out: Path, *, side_px: int = POSTER_PX) -> None:
    """Write the first frame that shows something, as WebP at most side_px large."""
    _save_webp(_first_with_contrast(path, side_px), out)


def _save_webp(picture: Image.Image, out: Path) -> None:
    with replacing(out) as draft:
        picture.save(draft, "WEBP", method=2, quality=80)


def _small_picture(path: Path, side_px: int) -> Image.Image:
    with images.opened(path) as (image, _):
        image.draft("RGB", (side_px, side_px))
        if image.mode in ("P", "CMYK") or image.mode.startswith("I"):
            image = images.to_srgb(image)
        image.thumbnail((side_px, side_px), reducing_gap=2.0)
        return images.to_srgb(image)


def _first_with_contrast(path: Path, side_px: int, *, look_s: float = 2.0) -> Image.Image:
    """The first frame with some contrast among the first seconds, else the one with the most."""
    with av_io.opened(path) as (box, _):
        video = av_io.picture_stream(box)
        if video is None:
            raise MediaError(Message("file.no_picture", name=path.name))
        best: VideoFrame | None = None
        most = -1.0
        for frame in box.decode(video):
            contrast = _contrast(frame)
            if contrast > most:
                best, most = frame, contrast
            if contrast >= MIN_CONTRAST or (frame.time or 0.0) > look_s:
                break
        if best is None:
            raise MediaError(Message("file.no_frame", name=path.name))
        return av_io.still(best, max_side_px=side_px, aspect=video.sample_aspect_ratio)


def _contrast(frame: VideoFrame) -> float:
    import numpy as np

    grey = frame.reformat(width=64, height=36, format="gray", interpolation="FAST_BILINEAR")
    return float(np.std(grey.to_ndarray()))


def strip(path: Path, out: Path, *, tiles: int = 10, height_px: int = 90) -> None:
    """Write a WebP of `tiles` pictures side by side, spread over the video.

    Only key frames are decoded where there are enough of them (a tenth of the work).
    """
    from PIL import Image

    shots = _tiles(path, tiles, height_px, keys_only=True)
    if len(shots) < tiles:
        shots = _tiles(path, tiles, height_px, keys_only=False)
    if not shots:
        raise MediaError(Message("file.no_frame", name=path.name))
    width = max(shot.width for shot in shots)
    sheet = Image.new("RGB", (width * len(shots), height_px))
    for number, shot in enumerate(shots):
        sheet.paste(shot.convert("RGB"), (number * width, 0))
    _save_webp(sheet, out)


def _tiles(path: Path, tiles: int, height_px: int, *, keys_only: bool) -> list[Image.Image]:
    with av_io.opened(path) as (box, _):
        video = av_io.picture_stream(box)
        if video is None or video.time_base is None:
            raise MediaError(Message("file.no_picture", name=path.name))
        length_s = float(video.duration * video.time_base) if video.duration else (box.duration or 0) / 1e6
        av_io.threaded(video)
        if keys_only:
            video.codec_context.skip_frame = "NONKEY"
        side = round(height_px * max(video.width / video.height, video.height / video.width))
        shots: list[Image.Image] = []
        start_s = float((video.start_time or 0) * video.time_base)
        for frame in box.decode(video):
            due_s = start_s + length_s * len(shots) / tiles
            if (frame.time or 0.0) + 1e-6 >= due_s and len(shots) < tiles:
                shots.append(_at_height(av_io.still(frame, max_side_px=side), height_px))
        return shots


def _at_height(picture: Image.Image, height_px: int) -> Image.Image:
    return picture.resize((max(1, round(picture.width * height_px / picture.height)), height_px))


def hover(path: Path, out: Path, *, side_px: int = HOVER_PX, cancelled: Cancelled | None = None) -> None:
    """Write a small silent MP4 (H.264, 15 fps, at most 8 s) that plays when the pointer rests on a card."""
    import av

    with av_io.opened(path) as (box, _), replacing(out) as draft:
        video = av_io.picture_stream(box)
        if video is None:
            raise MediaError(Message("file.no_picture", name=path.name))
        av_io.threaded(video)
        with av.open(str(draft), "w", format="mp4", options={"movflags": "+faststart"}) as made:
            stream = None
            for number, frame in _at_rate(box.decode(video), HOVER_FPS, HOVER_S):
                if cancelled and cancelled():
                    raise Stopped
                small = _with_even_sides(frame, side_px, video.sample_aspect_ratio)
                if stream is None:
                    options = {"crf": "27", "preset": "veryfast", "bf": "2"}
                    stream = made.add_stream("libx264", rate=HOVER_FPS, options=options)
                    stream.width, stream.height, stream.pix_fmt = small.width, small.height, "yuv420p"
                    stream.codec_context.color_range, stream.codec_context.thread_type = 1, "FRAME"
                small.pts, small.time_base = number, Fraction(1, HOVER_FPS)
                made.mux(stream.encode(small))
            if stream is None:
                raise MediaError(Message("file.no_frame", name=path.name))
            made.mux(stream.encode())


def _at_rate(frames: Iterable[VideoFrame], fps: int, length_s: float) -> Iterator[tuple[int, VideoFrame]]:
    """(number, frame) at `fps` frames a second: the newest frame at each tick, repeated or left out as needed."""
    start_s, number = None, 0
    for frame in frames:
        t_s = frame.time or 0.0
        start_s = t_s if start_s is None else start_s
        while number / fps <= t_s - start_s + 1e-6:
            if number >= length_s * fps:
                return
            yield number, frame
            number += 1


def _with_even_sides(frame: VideoFrame, side_px: int, aspect: Fraction | None) -> VideoFrame:
    """The frame upright, at most side_px large, with even sides, as yuv420p."""
    import av

    if frame.rotation or hdr.is_hdr(frame.color_trc):
        frame = av.VideoFrame.from_image(av_io.still(frame, max_side_px=side_px, aspect=aspect).convert("RGB"))
        aspect = None
    width = frame.width * float(aspect) if aspect and aspect > 0 else frame.width
    scale = min(1.0, side_px / max(width, frame.height))
    even = [max(2, round(side * scale / 2) * 2) for side in (width, frame.height)]
    return frame.reformat(width=even[0], height=even[1], format="yuv420p", interpolation="BILINEAR")


def waveform(path: Path, *, points: int = 400) -> list[float]:
    """The loudest sample in each of `points` equal stretches of the sound, 0..1. Empty when there is no sound."""
    import numpy as np

    level = _levels(path)
    if level.size == 0:
        return []
    edges = np.linspace(0, level.size, points + 1).astype(int)
    return [round(float(level[a : max(b, a + 1)].max(initial=0.0)), 4) for a, b in pairwise(edges)]


def _levels(path: Path) -> np.ndarray:
    """Peaks of 5 ms stretches: small enough for hours of sound, fine enough for any picture."""
    import numpy as np
    from av.audio.resampler import AudioResampler

    peaks: list[np.ndarray] = []
    with av_io.opened(path) as (box, _):
        if not box.streams.audio:
            return np.zeros(0)
        resampler = AudioResampler(format="flt", layout="mono", rate=8000)
        rest = np.zeros(0, np.float32)
        for frame in box.decode(audio=0):
            for part in resampler.resample(frame):
                rest = np.concatenate((rest, part.to_ndarray().reshape(-1)))
            whole = len(rest) // 40 * 40
            peaks.append(np.abs(rest[:whole]).reshape(-1, 40).max(axis=1))
            rest = rest[whole:]
    return np.minimum(np.concatenate(peaks), 1.0) if peaks else np.zeros(0)


def waveform_picture(
    path: Path, out: Path, *, width_px: int = 800, height_px: int = 120, colour: str = "#6d83f2"
) -> None:
    """Write the waveform as WebP on a transparent ground. A silent or soundless file gives a flat line."""
    from PIL import Image, ImageDraw

    levels = waveform(path, points=width_px) or [0.0] * width_px
    picture = Image.new("RGBA", (width_px, height_px), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    middle = height_px / 2
    for x, level in enumerate(levels):
        reach = max(0.5, level * (middle - 2))
        pen.line((x, middle - reach, x, middle + reach), fill=colour)
    _save_webp(picture, out)


def waveform_json(path: Path, out: Path, *, points: int = 400) -> None:
    """Write {"points": [0..1, ...]} for players that draw the waveform themselves."""
    import json

    atomic_write(out, json.dumps({"points": waveform(path, points=points)}).encode())
