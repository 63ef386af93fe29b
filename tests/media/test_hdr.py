"""HDR clips are shown, drawn and handed to models in ordinary colours: white is white, not grey."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain import Asset, Kind
from studio.engines.base import Input
from studio.jobs.inputs import converted
from studio.media import encode, frames, hdr, thumbnails
from studio.media.validate import admit
from tests.stories.files import saved
from tests.support import samples

CODES = {"pq": 572, "hlg": 721}
"""Diffuse white, 203 nits, as 10-bit limited range (ITU-R BT.2408 table 1: 58 % and 75 %)."""
CURVES = {"pq": "smpte2084", "hlg": "arib-std-b67"}


@pytest.fixture(params=list(CODES))
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Left half diffuse white, right half black."""
    out = tmp_path / f"{request.param}.mp4"
    white = f"geq=lum='if(lt(X,80),{CODES[request.param]},64)':cb=512:cr=512"
    tags = f"setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={CURVES[request.param]}:range=tv"
    picture = ("-f", "lavfi", "-i", "color=s=160x90:r=10:d=0.5", "-vf", f"format=yuv420p10le,{white},{tags}")
    samples.run(*picture, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", out)
    return out


def halves(picture: Image.Image) -> tuple[float, float]:
    """Mean of the left and right half, without the edge between them."""
    levels = np.asarray(picture.convert("L"), float)
    return levels[:, : picture.width // 3].mean(), levels[:, -picture.width // 3 :].mean()


def test_white_is_white_wherever_the_clip_is_shown(clip: Path, tmp_path: Path) -> None:
    assert "HDR" in " ".join(admit(clip).notes)
    thumbnails.thumbnail(clip, tmp_path / "thumb.webp")
    frames.first_frame(clip, tmp_path / "frame.png")
    thumbnails.hover(clip, tmp_path / "hover.mp4")
    frames.first_frame(tmp_path / "hover.mp4", tmp_path / "hover.png")
    for name in ("thumb.webp", "frame.png", "hover.png"):
        white, black = halves(Image.open(tmp_path / name))
        assert white > 228 and black < 12, name


def test_a_model_is_given_a_copy_in_bt709(clip: Path, tmp_path: Path) -> None:
    asset = Asset(id="a_1", kind=Kind.VIDEO, mime="video/mp4", name=clip.name, sha256="x" * 64)
    given = converted({"a_1": Input(asset, clip)}, tmp_path / "cache", lambda: False)["a_1"]
    facts = admit(given.path)
    assert (facts.colour, facts.codec, facts.hdr, facts.width) == ("bt709", "h264", False, 160)
    frames.first_frame(given.path, tmp_path / "given.png")
    white, black = halves(Image.open(tmp_path / "given.png"))
    assert white > 228 and black < 12
    again = converted({"a_1": given}, tmp_path / "cache", lambda: False)["a_1"]
    assert again.path == given.path


def test_the_rest_of_the_range_is_rolled_off_and_hues_stay() -> None:
    levels = np.array([[[0, 0, 0], [20000, 20000, 20000], [38000, 38000, 38000], [50000, 50000, 50000]]], np.uint16)
    grey = hdr._mapped(levels, hdr.PQ)[0]
    assert (np.diff(grey[:, 0].astype(int)) > 0).all() and (np.ptp(grey, axis=1) <= 1).all()
    assert grey[-1, 0] >= 254
    ordinary = Image.new("RGB", (16, 16), "white")
    assert encode.to_rgb(encode.from_rgb(np.asarray(ordinary))).min() >= 254


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_a_model_is_given_a_phones_picture_as_png(form: str, tmp_path: Path) -> None:
    """ComfyUI and the GPU worker may have a Pillow that reads neither."""
    path = tmp_path / "photo.bin"
    path.write_bytes(saved(form=form))
    asset = Asset(id="a_1", kind=Kind.IMAGE, mime=admit(path).mime, name="photo.heic", sha256="y" * 64)
    given = converted({"a_1": Input(asset, path)}, tmp_path / "cache", lambda: False)["a_1"]
    assert (given.asset.mime, given.asset.name) == ("image/png", "photo.png")
    assert admit(given.path).width == 64
