"""Drafts are drawn from what the prompt says, at any size, the same for the same seed."""

from __future__ import annotations

import colorsys
import itertools

import numpy as np
import pytest

from studio.animatic.draw import figures
from studio.animatic.draw.caption import strip
from studio.animatic.draw.scene import PAINTERS, Scene, compose, still
from studio.animatic.text.lexicon import phrases
from studio.animatic.text.reader import read

SIZE = (320, 180)


def scene(prompt: str, seed: int = 1, size: tuple[int, int] = SIZE) -> Scene:
    return compose(read(prompt), *size, seed)


def picture(prompt: str, seed: int = 1, size: tuple[int, int] = SIZE) -> np.ndarray:
    return still(scene(prompt, seed, size))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture() -> None:
    prompt = "two women walking in a village"
    first, again, other = (picture(prompt, seed).astype(int) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 8


@pytest.mark.parametrize("place", ["street", "forest", "beach", "城市", "field"])
def test_night_is_darker_than_noon(place: str) -> None:
    assert picture(f"{place} at night").mean() < 0.7 * picture(f"{place} at noon").mean()


@pytest.mark.parametrize(("word", "hue"), [("red", 0.0), ("green", 0.36), ("blue", 0.6), ("紫色", 0.75)])
def test_a_colour_word_moves_the_hue(word: str, hue: float) -> None:
    red, green, blue = picture(f"{word} tones, studio").reshape(-1, 3).mean(0) / 255
    got, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    assert min(abs(got - hue), 1 - abs(got - hue)) < 0.12
    assert saturation > 0.12


def test_black_and_white_has_no_colour() -> None:
    frame = picture("black and white street, a man").astype(int)
    assert np.abs(frame[..., 0] - frame[..., 2]).max() <= 3


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("two men", 2),
        ("三个人", 3),
        ("five dogs", 5),
        ("twelve soldiers", 12),
        ("a man and two girls", 3),
        ("七只鸟", 7),
    ],
)
def test_as_many_are_drawn_as_the_prompt_says(monkeypatch: pytest.MonkeyPatch, prompt: str, count: int) -> None:
    """Every person and animal is painted once; counted where the brush is set down."""
    drawn: list[str] = []
    for module, name in ((figures.people, "person"), (figures.sprites, "paint"), (figures.flocks, "_wings")):
        paint = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _p=paint, **k: (drawn.append("one"), _p(*a, **k)))
    scene(prompt + " in a field")
    assert len(drawn) == count


@pytest.mark.parametrize("people", ["a man", "two women", "三个人", "six people standing"])
@pytest.mark.parametrize("shot", ["wide shot", "full shot", "medium shot", ""])
@pytest.mark.parametrize("size", [(480, 270), (270, 480), (320, 320)])
def test_no_head_is_cut_off_and_nobody_leaves_the_frame(people: str, shot: str, size: tuple[int, int]) -> None:
    made = scene(f"{shot} {people} in a desert", size=size)
    alpha = next(layer for layer in made.layers if layer.name == "figures").rgba[..., 3] > 128
    width, height = size
    left, top = (alpha.shape[1] - width) // 2, (alpha.shape[0] - height) // 2
    assert not alpha[: top + 2].any()
    assert not alpha[:, : left + 1].any() and not alpha[:, left + width :].any()


def test_the_wider_the_shot_the_smaller_the_figure() -> None:
    shots = ("wide shot", "full shot", "medium shot", "close-up", "extreme close-up")
    cover = [
        (next(x for x in scene(f"{s} of a man in a desert").layers if x.name == "figures").rgba[..., 3] > 128).mean()
        for s in shots
    ]
    assert cover == sorted(cover) and cover[0] * 20 < cover[-1]


@pytest.mark.parametrize("size", [(64, 64), (65, 97), (160, 90), (90, 160), (640, 64), (64, 640), (1024, 436)])
def test_any_size_gives_layers_with_overscan_far_to_near(size: tuple[int, int]) -> None:
    made = scene("a woman in a street, rain", size=size)
    assert still(made).shape == (size[1], size[0], 3)
    assert all(layer.rgba.shape == (round(size[1] * 1.25), round(size[0] * 1.25), 4) for layer in made.layers)
    depths = [layer.depth for layer in made.layers]
    assert depths == sorted(depths)
    assert made.layers[0].rgba[..., 3].min() == 255, "the farthest layer must be closed"


@pytest.mark.parametrize("setting", sorted({*PAINTERS} - {""}))
def test_every_setting_has_parallax_and_differs_from_the_plain_backdrop(setting: str) -> None:
    word = next(p for p, meaning in phrases().items() if meaning.get("setting") == setting)
    made = scene(word)
    assert len(made.layers) >= 2
    assert np.abs(still(made).astype(int) - picture("").astype(int)).mean() > 4


def test_no_prompt_fails() -> None:
    """Random handfuls of everything the vocabulary knows."""
    rng = np.random.default_rng(3)
    words = sorted(phrases())
    for seed in range(45):
        chosen = rng.choice(words, 9).tolist()
        numbers = itertools.cycle(["", "a", "seven", "两只", "40", ""])
        prompt = " ".join(f"{n} {w}" for n, w in zip(numbers, chosen, strict=False))
        size = ((96, 54), (54, 96), (72, 72))[seed % 3]
        assert picture(prompt, seed, size).shape == (size[1], size[0], 3), prompt


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (64, 64), (1280, 720), (4096, 512)])
def test_the_caption_is_read_at_any_size_and_leaves_the_picture_free(size: tuple[int, int]) -> None:
    prompt = "Wide shot, slow dolly in: 雨夜的街道上，两个男人走过 " * 6
    made = strip(read(prompt), *size, label="Shot 1 of 2")
    left, top, right, bottom = made.box
    assert made.overlay.shape == (bottom - top, right - left, 4)
    assert (left, right, bottom) == (0, size[0], size[1])
    assert bottom - top <= max(0.25 * size[1], 44)
    assert (made.overlay[..., :3].min(2) > 190).sum() > 40, "no light letters"
