"""Captions never pile up: an input that this engine drew comes without its strip. And what was not drawn is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.animatic.clips import source_media
from studio.animatic.draw import input_caption
from studio.animatic.order import InputFile
from studio.media import frames as media_frames
from studio.media import metadata
from tests.support.drafts import made, picture, source_picture

PROMPT = "Low angle, 35mm, a woman walks through a dark forest at night, static"
SIZE = {"width": 320, "height": 180}


def drawn(folder: Path, task: str, **given: Any) -> InputFile:
    folder.mkdir()
    result = made(folder, task, given.pop("prompt", PROMPT), **SIZE, **given)
    return InputFile(result["path"], result["kind"], "draft", 320, 180, 1.0, 24.0)


def letters(rgb: np.ndarray) -> int:
    """Bright pixels in the left lower part of a night scene: only the caption's text is bright there."""
    return int((rgb[140:, :160].min(2) > 130).sum())


@pytest.mark.parametrize("task", ["text-to-image", "text-to-video"])
def test_a_draft_is_used_without_its_strip(tmp_path: Path, task: str) -> None:
    source = drawn(tmp_path / "a", task)
    raw = picture(source.path) if task == "text-to-image" else np.array(media_frames.grab(Path(source.path), 0.0))
    used = source_media.picture(source) if task == "text-to-image" else next(source_media.frames(source, 24))
    assert letters(raw) > 20
    assert letters(used) == 0
    assert used.shape == raw.shape


def test_a_frame_taken_from_a_draft_is_known_as_one(tmp_path: Path) -> None:
    source, frame = drawn(tmp_path / "a", "text-to-video"), tmp_path / "f.png"
    media_frames.last_frame(Path(source.path), frame)
    metadata.carry_draft(Path(source.path), frame)
    assert input_caption.rows(str(frame), 320, 180) > 20


def test_what_has_no_strip_is_left_whole(tmp_path: Path) -> None:
    """No caption asked for, edits with the mark alone, settings of a model, and the user's own pictures."""
    bare = drawn(
        tmp_path / "a",
        "text-to-image",
        params={"caption": False},
        settings={"task": "text-to-image", "prompt": PROMPT, "caption": False},
    )
    edited = drawn(tmp_path / "b", "image-edit", prompt="noir", inputs={"image": [bare]})
    own = source_picture(tmp_path / "own.png", np.full((180, 320, 3), 90, np.uint8))
    of_model = source_picture(tmp_path / "model.png", np.full((180, 320, 3), 90, np.uint8))
    metadata.write(Path(of_model.path), {"task": "text-to-image", "model": "m", "prompt": PROMPT})
    assert [input_caption.rows(s.path, 320, 180) for s in (bare, edited, own, of_model)] == [0, 0, 0, 0]


@pytest.mark.parametrize(("task", "name"), [("image-to-video", "first_frame"), ("image-edit", "image")])
def test_no_task_shows_an_old_caption(tmp_path: Path, task: str, name: str) -> None:
    source = drawn(tmp_path / "a", "text-to-image")
    prompt = "darker" if task == "image-edit" else "static, night"
    made_ = drawn(tmp_path / "b", task, prompt=prompt, inputs={name: [source]}, params={"caption": False})
    rgb = picture(made_.path)[..., :3] if task == "image-edit" else np.array(media_frames.grab(Path(made_.path), 0.5))
    assert letters(rgb) == 0


@pytest.mark.parametrize(
    ("prompt", "note"),
    [
        ("An aardvark walks along the beach", "Not drawn: aardvark."),
        ("A stylish woman in a long red dress and two tapirs graze by a river", "Not drawn: tapirs."),
        ("A giraffe and an anvil on a skateboard", "Not drawn: anvil."),
        ("街上有一只犰狳", "Not drawn: 犰狳."),
        ("A warm glow, a sense of stillness in the morning air", ""),
        ("Mia sprints across the wet rooftop, breathing hard", ""),
        ("中景，小雨撑着伞在街上走", ""),
    ],
)
def test_what_was_not_drawn_is_said(tmp_path: Path, prompt: str, note: str) -> None:
    assert made(tmp_path, "text-to-image", prompt)["note"] == note
    assert made(tmp_path, "text-to-video", prompt, duration_s=0.2)["note"] == note
