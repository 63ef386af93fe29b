"""An instruction in English or Chinese changes the picture as it says, and what cannot be done is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.animatic.text.instructions import parse
from tests.support.drafts import frames, made, picture, scenery, sound, source_clip, source_picture

SKY, RED = (40, 60), (108, 192)


def edited(folder: Path, prompt: str, *more: np.ndarray, pixels: np.ndarray | None = None) -> tuple[np.ndarray, str]:
    pixels = scenery() if pixels is None else pixels
    inputs = {"image": [source_picture(folder / "in.png", pixels)]}
    if more:
        inputs["images"] = [source_picture(folder / f"in{n}.png", p) for n, p in enumerate(more)]
    size = {"width": pixels.shape[1], "height": pixels.shape[0]}
    result = made(folder, "image-edit", prompt, inputs=inputs, **size)
    return picture(result["path"]), result["note"]


def light(rgb: np.ndarray) -> float:
    return float(rgb[: rgb.shape[0] * 3 // 4].mean())


@pytest.mark.parametrize(("more", "less"), [("brighter", "darker"), ("调亮", "调暗")])
def test_brighter_is_brighter_and_darker_darker(tmp_path: Path, more: str, less: str) -> None:
    bright, plain, dark = (light(edited(tmp_path, p)[0]) for p in (more, "crop", less))
    assert dark < plain - 8 < plain + 8 < bright


def test_amounts_scale_the_change(tmp_path: Path) -> None:
    levels = [light(edited(tmp_path, p)[0]) for p in ("slightly brighter", "brighter", "much brighter")]
    assert levels == sorted(levels)
    assert levels[2] - levels[0] > 10


@pytest.mark.parametrize("prompt", ["black and white", "变成黑白"])
def test_black_and_white_has_no_colour(tmp_path: Path, prompt: str) -> None:
    rgb = edited(tmp_path, prompt)[0].astype(int)[:150]
    assert np.ptp(rgb, axis=2).max() <= 2


@pytest.mark.parametrize("prompt", ["make the sky orange", "把天空变成橙色"])
def test_the_sky_turns_orange_and_the_ground_stays(tmp_path: Path, prompt: str) -> None:
    rgb, note = edited(tmp_path, prompt)
    red, _, blue = rgb[SKY].astype(int)
    assert red > blue + 60
    assert np.abs(rgb[170, 60].astype(int) - scenery()[170, 60]).max() < 6
    assert note == ""


def test_one_colour_is_replaced_by_another(tmp_path: Path) -> None:
    rgb, note = edited(tmp_path, "change the red box to blue")
    assert rgb[RED][2] > rgb[RED][0] + 40
    assert np.abs(rgb[170, 60].astype(int) - scenery()[170, 60]).max() < 6
    assert "Everything red became blue" in note


def test_shape_words_shape_the_picture(tmp_path: Path) -> None:
    assert edited(tmp_path, "crop to 1:1")[0].shape == (216, 216, 3)
    assert edited(tmp_path, "rotate 90 degrees clockwise")[0].shape == (384, 216, 3)
    marked = scenery()
    marked[:60, :60] = 255
    assert edited(tmp_path, "flip horizontally", pixels=marked)[0][10, 370].min() > 240
    assert edited(tmp_path, "顺时针旋转90度", pixels=marked)[0][10, 200].min() > 240
    assert edited(tmp_path, "rotate 90 degrees counterclockwise", pixels=marked)[0][370, 10].min() > 240


def test_blur_of_the_background_leaves_the_subject(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    noisy = np.clip(scenery().astype(int) + rng.integers(-40, 40, scenery().shape), 0, 255).astype(np.uint8)
    plain, blurred = noisy.astype(float), edited(tmp_path, "blur the background", pixels=noisy)[0].astype(float)
    assert blurred[10:40, 10:90, 0].std() < 0.5 * plain[10:40, 10:90, 0].std()
    assert blurred[95:120, 175:210, 0].std() > 0.6 * plain[95:120, 175:210, 0].std()


@pytest.mark.parametrize(
    "look", ["sepia", "film look", "pixel art", "pencil sketch", "cartoon", "oil painting", "night", "sunset", "noir"]
)
def test_every_look_changes_the_picture_and_keeps_its_size(tmp_path: Path, look: str) -> None:
    rgb, note = edited(tmp_path, look)
    assert rgb.shape == scenery().shape
    assert np.abs(rgb[:150].astype(int) - scenery()[:150]).mean() > 4
    assert note == ""


def test_words_nobody_can_act_on_are_listed(tmp_path: Path) -> None:
    note = edited(tmp_path, "make it warmer and give him a wizard hat")[1]
    assert '"wizard"' in note
    assert '"hat"' in note
    assert "warmer" not in note
    assert parse("去掉背景里的人，亮一点").unread == ("背景", "人")
    assert parse("make the car blue").steps == ()
    assert "car" in parse("make the car blue").unread


def test_kept_things_are_not_touched() -> None:
    asked = parse("Keep the sky unchanged, make it much darker")
    assert [(s.kind, s.target, s.amount < -1) for s in asked.steps] == [("brightness", "all", True)]
    assert asked.unread == ()


def test_several_pictures_are_put_together(tmp_path: Path) -> None:
    white = np.full((216, 384, 3), 255, np.uint8)
    beside, note = edited(tmp_path, "side by side", white)
    assert beside.shape[1] / beside.shape[0] > 3
    assert note == ""
    grid = edited(tmp_path, "a grid", white, white, white)[0]
    assert 1.6 < grid.shape[1] / grid.shape[0] < 2
    assert "names no layout" in edited(tmp_path, "brighter", white)[1]


def test_transparency_survives(tmp_path: Path) -> None:
    clear = np.dstack((scenery(), np.zeros((216, 384), np.uint8)))
    clear[50:150, 100:300, 3] = 255
    rgba = edited(tmp_path, "warmer", pixels=clear)[0]
    assert rgba.shape[2] == 4
    assert rgba[10, 10, 3] == 0
    assert rgba[100, 200, 3] == 255


def test_a_clip_is_graded_with_its_motion_and_sound(tmp_path: Path) -> None:
    """Ten steps of a moving square are found at the same places, without colour, with the same tone."""
    clip = np.full((24, 108, 192, 3), 60, np.uint8)
    for n in range(24):
        clip[n, 40:60, 10 + 6 * n : 30 + 6 * n] = (230, 60, 60)
    source = source_clip(tmp_path / "in.mp4", clip, tone_hz=440)
    result = made(tmp_path, "video-to-video", "black and white", inputs={"video": [source]}, sound=True)
    out = frames(result["path"]).astype(int)
    assert len(out) == 24
    assert np.ptp(out[:, :80], axis=3).max() <= 3
    places = [np.flatnonzero(f[50, :, 0] > f[50, :, 0].min() + 15).mean() for f in out]
    assert np.allclose(np.diff(places), 6, atol=1)
    track = sound(result["path"])[4800:38_400, 0]
    assert np.argmax(np.abs(np.fft.rfft(track))) * 48_000 / len(track) == pytest.approx(440, abs=2)


def test_a_clip_may_be_turned_and_cropped(tmp_path: Path) -> None:
    clip = np.full((12, 108, 192, 3), 90, np.uint8)
    source = source_clip(tmp_path / "in.mp4", clip)
    result = made(tmp_path, "video-to-video", "rotate 90 degrees, warmer", inputs={"video": [source]}, duration_s=0.5)
    assert frames(result["path"]).shape == (12, 192, 108, 3)
