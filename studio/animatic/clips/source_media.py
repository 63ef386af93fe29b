"""Pictures, footage and sound of the user, read in order and held only as far as needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from studio.animatic.draw import input_caption
from studio.animatic.order import InputFile
from studio.errors import MediaError
from studio.media import av_io, encode, images
from studio.messages import Message

RATE = encode.SOUND_RATE_HZ


def picture(source: InputFile) -> np.ndarray:
    """The picture upright in sRGB: uint8 (h, w, 3), or (h, w, 4) where it has transparency.

    An earlier draft comes without its caption strip, in the size it has with it.
    """
    with images.opened(Path(source.path), name=source.name) as (image, _):
        pixels = np.array(images.to_srgb(image))
    if pixels.shape[2] == 4 and pixels[..., 3].min() == 255:
        pixels = np.ascontiguousarray(pixels[..., :3])
    return _bare(pixels, source)


def _bare(pixels: np.ndarray, source: InputFile) -> np.ndarray:
    """The picture without the caption strip that the file is known to have, enlarged to its whole size."""
    tall, wide = pixels.shape[:2]
    rows = input_caption.rows(source.path, wide, tall)
    return resized(input_caption.above(pixels, rows), wide, tall) if rows else pixels


def flat(pixels: np.ndarray, ground: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    """The picture without transparency, on a plain ground."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return np.clip(pixels[..., :3] * alpha + np.array(ground, np.float32) * (1 - alpha) + 0.5, 0, 255).astype(np.uint8)


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture at exactly this size; averages when it gets smaller."""
    if pixels.shape[1::-1] == (width, height):
        return pixels
    smaller = width < pixels.shape[1]
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)


def cover(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """The middle of the picture, filling width x height; what does not fit is cut off evenly."""
    tall, wide = pixels.shape[:2]
    scale = max(width / wide, height / tall)
    keep_w, keep_h = min(wide, max(1, round(width / scale))), min(tall, max(1, round(height / scale)))
    x, y = (wide - keep_w) // 2, (tall - keep_h) // 2
    return resized(np.ascontiguousarray(pixels[y : y + keep_h, x : x + keep_w]), width, height)


def frames(source: InputFile, fps: float, *, loop: bool = False) -> Iterator[np.ndarray]:
    """The clip's pictures, uint8 RGB and upright, at fps: at each tick the newest frame, from the clip's start.

    Ends with the clip, or starts again with loop. Only one frame is held.
    """
    number = 0
    base_s = 0.0
    while True:
        last: np.ndarray | None = None
        begin_s: float | None = None
        ends_s = 0.0
        for t_s, length_s, rgb in _decoded(source):
            begin_s = t_s if begin_s is None else begin_s
            while last is not None and number / fps < base_s + t_s - begin_s - 1e-6:
                yield last
                number += 1
            last, ends_s = rgb, t_s - begin_s + length_s
        if last is None:
            raise MediaError(Message("file.no_decodable_picture", name=source.name))
        while number / fps < base_s + ends_s - 1e-6:
            yield last
            number += 1
        if not loop:
            return
        base_s = number / fps


def _decoded(source: InputFile) -> Iterator[tuple[float, float, np.ndarray]]:
    """(time, length, RGB) of each frame. A frame without a time follows the one before."""
    with av_io.opened(Path(source.path), name=source.name) as (box, _):
        stream = av_io.picture_stream(box)
        if stream is None:
            raise MediaError(Message("file.no_picture", name=source.name))
        av_io.threaded(stream, 2)
        length_s = float(1 / (stream.average_rate or stream.guessed_rate or 25))
        at_s = -length_s
        for frame in box.decode(stream):
            at_s = frame.time if frame.time is not None else at_s + length_s
            yield at_s, length_s, _bare(_upright(frame, stream), source)


def _upright(frame: VideoFrame, stream: av.VideoStream) -> np.ndarray:
    rgb = encode.to_rgb(frame)
    aspect = stream.sample_aspect_ratio
    if aspect and aspect != 1:
        rgb = resized(rgb, max(2, round(rgb.shape[1] * aspect)), rgb.shape[0])
    return np.ascontiguousarray(np.rot90(rgb, frame.rotation // 90)) if frame.rotation % 360 else rgb


def has_sound(source: InputFile) -> bool:
    """Whether the file has a sound track."""
    with av_io.opened(Path(source.path), name=source.name) as (box, _):
        return bool(box.streams.audio)


def sound(source: InputFile) -> Iterator[np.ndarray]:
    """The file's sound in pieces, float32 (n, 2) at 48 kHz, in step with the picture if there is one."""
    with av_io.opened(Path(source.path), name=source.name) as (box, _):
        if not box.streams.audio:
            raise MediaError(Message("file.no_sound", name=source.name))
        track = box.streams.audio[0]
        video = av_io.picture_stream(box)
        begin_s = float(video.start_time * (video.time_base or 0)) if video and video.start_time else 0.0
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        skip: int | None = None
        for frame in box.decode(track):
            if skip is None:  # sound may start before or after the picture
                skip = round((begin_s - (frame.time or 0.0)) * RATE) if video else 0
                if skip < 0:
                    yield np.zeros((-skip, 2), np.float32)
                skip = max(0, skip)
            for result in resampler.resample(frame):
                piece, skip = _samples(result, skip)
                yield piece
        for result in resampler.resample(None):
            yield _samples(result, skip or 0)[0]


def _samples(frame: AudioFrame, skip: int) -> tuple[np.ndarray, int]:
    """The frame as (n, 2) without its first `skip` samples, and how many are left to skip."""
    pieces = np.ascontiguousarray(frame.to_ndarray().T, np.float32)
    return pieces[skip:], max(0, skip - len(pieces))
