"""Uploads of a public Space are looked at by the real model, in a process that is bounded in time and memory.

The portrait is Grace Hopper's official one, 1984 (US Navy, public domain): the model finds a face in it. No test needs
a picture that would be refused in earnest: refused is a set of the model's own names, and here the face is in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from studio.errors import MediaError
from studio.media import content_check, nudity, validate
from studio.services.assets import Assets
from studio.settings import Settings
from studio.studio import Studio
from tests.support.samples import run

PORTRAIT = Path(__file__).parent / "pictures" / "portrait.jpg"
FACE = {"FACE_FEMALE"}


def look(path: Path, scratch: Path, **more: object) -> None:
    facts = validate.admit(path, name=path.name, max_bytes=10**8)
    content_check.check(path, facts, path.name, scratch, **more)  # type: ignore[arg-type]


def test_what_the_model_finds_decides(tmp_path: Path) -> None:
    look(PORTRAIT, tmp_path)
    with pytest.raises(MediaError, match=r"portrait\.jpg seems to show nudity.*nothing of it was stored"):
        look(PORTRAIT, tmp_path, refused=FACE)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_is_looked_at_at_several_moments(tmp_path: Path) -> None:
    """Two seconds of grey, then a second with the portrait."""
    clip, scratch = tmp_path / "clip.mp4", tmp_path / "scratch"
    scratch.mkdir()
    grey = ["-f", "lavfi", "-i", "color=gray:s=342x400:r=10:d=2"]
    portrait = ["-loop", "1", "-framerate", "10", "-t", "1", "-i", PORTRAIT]
    joined = "[1:v]scale=342:400,setsar=1[p];[0:v]setsar=1[g];[g][p]concat=n=2"
    run(*grey, *portrait, "-filter_complex", joined, "-pix_fmt", "yuv420p", clip)
    look(clip, scratch)
    with pytest.raises(MediaError, match="seems to show nudity"):
        look(clip, scratch, refused=FACE)


def test_an_animation_is_looked_at_beyond_its_first_picture(tmp_path: Path) -> None:
    portrait = Image.open(PORTRAIT)
    grey, scratch = Image.new("RGB", portrait.size, "grey"), tmp_path / "scratch"
    scratch.mkdir()
    grey.save(tmp_path / "a.webp", save_all=True, append_images=[grey, grey, portrait], quality=90)
    with pytest.raises(MediaError):
        look(tmp_path / "a.webp", scratch, refused=FACE)


def test_what_cannot_be_looked_at_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_check, "TIMEOUT_S", 0.01)  # as for a process that hangs
    begun = time.monotonic()
    with pytest.raises(MediaError, match="could not be checked, so it was not kept"):
        look(PORTRAIT, tmp_path)
    assert time.monotonic() - begun < 10


def test_the_process_has_little_memory() -> None:
    code = (
        f"import sys; sys.argv = ['x']; exec(open({nudity.__file__!r}).read().split('if __name__')[0]);"
        "_limit_resources(); bytearray(4_000_000_000)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "MemoryError" in done.stderr


def test_the_process_knows_nothing_of_the_studio() -> None:
    command = [sys.executable, "-P", nudity.__file__, str(PORTRAIT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, cwd="/")
    assert json.loads(done.stdout)["seen"].keys() == FACE


def test_a_refused_upload_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_check, "REFUSED", frozenset(FACE))
    with Studio.open(Settings(data=tmp_path / "data", check_uploads="on"), start=False) as studio:
        assets = Assets(studio.context, "v_ann")
        with pytest.raises(MediaError, match="seems to show nudity"):
            assets.add(PORTRAIT)
        assert studio.admin.storage().assets == 0
        assert [p for p in (studio.settings.data / "library").rglob("*") if p.is_file()] == []
        Image.new("RGB", (64, 64), "red").save(tmp_path / "plain.png")
        kept = assets.add(tmp_path / "plain.png")
        assert assets.path(kept).is_file()
