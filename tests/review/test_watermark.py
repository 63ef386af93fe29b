"""Marked copies: what is burnt in can be seen, and the frames stay what and when they were."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from studio.domain import Kind
from studio.media import av_io
from studio.review import watermark
from tests.support.samples import clip, run

BITS, CELL, COUNT = 6, 64, 40
RATES = [Fraction(16), Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)]
TEXT = "Ada 李雷 · 2026-11-30 · Harbour"


def numbered(path: Path, rate: Fraction) -> Path:
    """Each frame has its number as a row of black and white cells, far larger than the letters of the mark."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"crf": "12", "bf": "3", "g": "30"})
        stream.width, stream.height, stream.pix_fmt = BITS * CELL, 128, "yuv420p"
        for number in range(COUNT):
            row = np.array([255 if number >> bit & 1 else 0 for bit in range(BITS)], np.uint8).repeat(CELL)
            picture = np.broadcast_to(row[None, :, None], (128, BITS * CELL, 3))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        out.mux(stream.encode())
    return path


def frames(path: Path) -> list[tuple[Fraction, np.ndarray]]:
    """Time from the first frame, and luma, of each frame as it is shown."""
    with av_io.opened(path) as (box, _):
        video = av_io.picture_stream(box)
        assert video
        found = [(Fraction(f.pts or 0) * Fraction(f.time_base or 0), f) for f in box.decode(video)]
        return [(at - found[0][0], f.to_ndarray(format="gray")) for at, f in found]


def bits(luma: np.ndarray) -> int:
    return sum(int(luma[:, bit * CELL : (bit + 1) * CELL].mean() > 127) << bit for bit in range(BITS))


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_every_frame_keeps_its_number_and_its_time(tmp_path: Path, rate: Fraction) -> None:
    source = numbered(tmp_path / "in.mp4", rate)
    watermark.copy(source, tmp_path / "out.mp4", Kind.VIDEO, TEXT)
    before, after = frames(source), frames(tmp_path / "out.mp4")
    assert [bits(luma) for _, luma in after] == list(range(COUNT))
    assert [at for at, _ in after] == [at for at, _ in before]
    with av.open(str(tmp_path / "out.mp4")) as box:
        assert box.streams.video[0].average_rate == rate


def test_the_name_is_in_every_picture_and_the_sound_is_kept(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", picture="color=c=gray", seconds=1)
    seen: list[float] = []
    watermark.copy(source, tmp_path / "out.mp4", Kind.VIDEO, TEXT, on_progress=seen.append)
    expected = np.asarray(watermark.layer(320, 180, TEXT))[..., 3] > 60
    for _, luma in frames(tmp_path / "out.mp4"):
        changed = np.abs(luma.astype(int) - int(np.median(luma))) > 12
        assert (changed & expected).sum() > 0.6 * expected.sum()
        assert changed.mean() > 0.02
    sounds = [sound(path) for path in (source, tmp_path / "out.mp4")]
    assert sounds[0] == sounds[1] != []
    assert seen
    assert seen[-1] > 0.5


def sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as box:
        return [bytes(packet) for packet in box.demux(audio=0) if packet.size]


def test_odd_sides_and_turned_clips_are_copied_upright(tmp_path: Path) -> None:
    odd = tmp_path / "odd.mkv"
    run("-f", "lavfi", "-i", "testsrc2=s=321x181:r=24:d=0.5", "-c:v", "ffv1", odd)
    watermark.copy(odd, tmp_path / "a.mp4", Kind.VIDEO, TEXT)
    turned = tmp_path / "turned.mp4"
    run("-display_rotation", "90", "-i", clip(tmp_path / "flat.mp4", seconds=0.5), "-c", "copy", turned)
    watermark.copy(turned, tmp_path / "b.mp4", Kind.VIDEO, TEXT)
    sizes = []
    for name in ("a.mp4", "b.mp4"):
        with av.open(str(tmp_path / name)) as box:
            sizes.append((box.streams.video[0].width, box.streams.video[0].height))
    assert sizes == [(320, 180), (180, 320)]


def test_a_picture_is_marked_at_its_size(tmp_path: Path) -> None:
    Image.new("RGB", (640, 360), (10, 20, 30)).save(tmp_path / "in.png")
    watermark.copy(tmp_path / "in.png", tmp_path / "out.webp", Kind.IMAGE, TEXT)
    with Image.open(tmp_path / "out.webp") as marked:
        assert marked.size == (640, 360)
        assert (np.asarray(marked.convert("L")) > 50).mean() > 0.01
