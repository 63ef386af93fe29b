"""Where each frame lies in its file: what the page fetches and decodes by itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from studio.media.frame_timing import frame_timing
from studio.media.packet_index import NEVER_SHOWN, packet_index
from tests.support import samples
from tests.support.numbered import numbered


def test_each_packet_lies_where_it_is_said_to_lie(tmp_path: Path) -> None:
    clip = numbered(tmp_path / "a.mp4", Fraction(24), count=40)
    index = packet_index(clip)
    assert index and index.codec.startswith("avc1.") and index.file_bytes == clip.stat().st_size
    content = clip.read_bytes()
    units = [
        int.from_bytes(content[at : at + 4]) for at in index.at
    ]  # a sample begins with the length of its first unit
    assert all(0 < unit < size for unit, size in zip(units, index.size, strict=True))
    assert sorted(index.frame) == list(range(40)) and index.frame[0] == 0 and index.keys[0] == 0
    assert list(index.frame) != sorted(index.frame), "B-frames are decoded after what they lie between"


def test_what_an_edit_list_leaves_out_has_no_number(tmp_path: Path) -> None:
    clip = numbered(tmp_path / "a.mp4", Fraction(25))
    samples.run("-ss", "1.4", "-i", clip, "-c", "copy", tmp_path / "cut.mp4")
    index = packet_index(tmp_path / "cut.mp4")
    assert index
    shown = [n for n in index.frame if n != NEVER_SHOWN]
    assert len(shown) < len(index.frame) and sorted(shown) == list(range(frame_timing(tmp_path / "cut.mp4").frames))


def test_what_a_canvas_would_show_otherwise_has_no_index(tmp_path: Path) -> None:
    clip = numbered(tmp_path / "a.mp4", Fraction(25), count=10)
    assert packet_index(samples.turned(clip, tmp_path / "turned.mp4", 90)) is None
    assert packet_index(numbered(tmp_path / "a.webm", Fraction(25), count=10, codec="libvpx")) is None
