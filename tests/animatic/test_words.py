"""Prompts are read alike in English and Chinese: framing, moves, time, weather, colours, and who is there."""

from __future__ import annotations

import pytest
from PIL import ImageFont

from studio.animatic.draw import caption
from studio.animatic.text import reader
from studio.animatic.text.reader import read
from studio.animatic.text.reading import Colour, Move


def who(prompt: str) -> list[tuple[str, int, str, str]]:
    return [(f.kind, f.count, f.posture, f.colour) for f in read(prompt).figures]


@pytest.mark.parametrize(
    ("prompt", "figures"),
    [
        ("two men walking", [("man", 2, "walking", "")]),
        ("三个人在雪地里行走", [("person", 3, "walking", "")]),
        ("十二名士兵", [("knight", 12, "", "")]),
        ("a man and two dogs", [("man", 1, "", ""), ("dog", 2, "", "")]),
        ("A man sits. The man stands up and leaves.", [("man", 1, "sitting", "")]),
        ("twenty-one shots later, 35mm, 5s, a cat", [("cat", 1, "", "")]),
        ("no people here: 16:9, 4k, f/1.8", []),
        ("a couple hugging", [("woman", 1, "hugging", ""), ("man", 1, "hugging", "")]),
    ],
)
def test_numbers_and_postures_go_to_their_figures(prompt: str, figures: list[tuple[str, int, str, str]]) -> None:
    assert who(prompt) == figures


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a woman in a red coat beside a blue car", [Colour("red", "coat"), Colour("blue", "car")]),
        ("穿红色大衣的女人站在海边，两只白色的狗", [Colour("red", "coat"), Colour("white", "dog")]),
        ("teal and orange tones", [Colour("teal"), Colour("orange")]),
    ],
)
def test_a_colour_belongs_to_the_noun_it_stands_before(prompt: str, colours: list[Colour]) -> None:
    assert list(read(prompt).colours) == colours


@pytest.mark.parametrize("prompt", ["a woman in a red coat", "穿红色大衣的女人", "一个女人穿着红色大衣"])
def test_a_red_coat_makes_the_figure_red(prompt: str) -> None:
    (figure,) = read(prompt).figures
    assert (figure.kind, figure.colour, figure.wears) == ("woman", "red", ("coat",))


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("the camera pans slowly to the left", [Move("pan-left", "slow")]),
        ("slow dolly in, then fast zoom out", [Move("dolly-in", "slow"), Move("zoom-out", "fast")]),
        ("镜头缓慢向左摇", [Move("pan-left", "slow")]),
        ("手持跟拍", [Move("handheld"), Move("tracking-right")]),
        ("环绕拍摄，快速", [Move("orbit-right")]),
        ("固定镜头", [Move("static")]),
        ("crane up over the town", [Move("crane-up")]),
        ("a quiet picture", []),
    ],
)
def test_camera_words_are_moves_with_direction_and_pace(prompt: str, moves: list[Move]) -> None:
    assert list(read(prompt).moves) == moves


@pytest.mark.parametrize(
    ("prompt", "field", "value"),
    [
        ("Close-up of a face", "shot_size", "close-up"),
        ("extreme close-up of an eye", "shot_size", "extreme close-up"),
        ("过肩镜头", "shot_size", "over-the-shoulder"),
        ("two-shot in a bar", "shot_size", "two-shot"),
        ("航拍城市", "shot_size", "aerial"),
        ("low angle", "angle", "low"),
        ("shot on 35mm film", "lens", "35mm"),
        ("50 毫米镜头", "lens", "50mm"),
        ("golden hour", "time_of_day", "golden hour"),
        ("黄昏的海边", "time_of_day", "sunset"),
        ("rain on a window", "weather", ("rain",)),
        ("下着大雪的森林", "settings", ("forest",)),
        ("a busy market with thunder", "sounds", ("crowd", "thunder")),
        ("black and white film noir", "styles", ("black and white", "noir")),
    ],
)
def test_each_kind_of_word_lands_in_its_field(prompt: str, field: str, value: object) -> None:
    assert getattr(read(prompt), field) == value


def test_words_nobody_knows_are_listed() -> None:
    assert read("a zorbulent man in a quixotic hat").unread == ("zorbulent", "quixotic")
    assert read("a man in the rain").unread == ()


def test_over_the_shoulder_needs_two() -> None:
    assert read("over-the-shoulder shot of a woman").people == 2


@pytest.mark.parametrize("prompt", ["an old fisherman", "two elderly nurses", "老渔夫"])
def test_an_old_person_is_old_whatever_the_work(prompt: str) -> None:
    found = read(prompt)
    assert [f.kind for f in found.figures] == ["elder"]
    assert not found.unread


@pytest.mark.parametrize(
    "unit", ["a red fox and a blue cat, ", "Anna and Bob meet Carl. ", "一个女人走过灯塔，", "abcdefgh"]
)
def test_a_caption_measures_a_long_text_a_few_times_only(unit: str) -> None:
    """Its line is the same as when letter by letter was taken off."""

    class Counting(ImageFont.FreeTypeFont):
        measured = 0

        def getlength(self, text: str | bytes, *rest: object, **more: object) -> float:
            Counting.measured += len(text)
            return super().getlength(text)

    font = Counting(str(caption.FONT), 14)
    long = (unit * 20_000)[:20_000]
    lines = caption._wrapped(long, font, 600, 2)
    assert len(lines) == 2
    assert Counting.measured < 60_000, "characters measured for 20,000 and two lines"
    assert lines == caption._wrapped(long[:400], font, 600, 2)
    assert all(font.getlength(line) <= 600 for line in lines)


def test_a_page_of_text_is_drawn_as_a_crowd_not_as_thousands() -> None:
    many = reader.read("a tall man and a red fox, " * 700)
    assert sum(f.count for f in many.figures) <= reader.MAX_FIGURES + 99
    assert reader.read("a man and a woman").crowd is False
