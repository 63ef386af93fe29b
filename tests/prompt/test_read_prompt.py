"""A prompt with written shots is read as such, one of paragraphs is one shot; wrong times are told in a sentence."""

from __future__ import annotations

import pytest

from studio.prompt.script.model import Script
from studio.prompt.script.read_prompt import prompt_style, read_prompt
from studio.prompt.script.times import clip_times, time_faults, write_timed

Spans = list[tuple[float, float, str]]


def script(prompt: str, duration_s: float | None = None) -> Script:
    found = read_prompt(prompt, duration_s)
    assert found is not None
    return found


def spans(prompt: str, duration_s: float | None = None) -> Spans:
    """Start, end and words of each shot."""
    read = script(prompt, duration_s)
    return [
        (time.start_s, time.end_s, prompt[shot.source_start : shot.source_end])
        for shot, time in zip(read.shots, clip_times(read, duration_s), strict=True)
    ]


@pytest.mark.parametrize(
    ("prompt", "right"),
    [
        ("Film look. Shot 1 [0-3s] a cat. Shot 2 [3-5s] a dog", [(0, 3, "a cat."), (3, 5, "a dog")]),
        ("电影感。第1个镜头[0-3秒] 一只猫 第2个镜头[3-5秒] 一只狗", [(0, 3, "一只猫"), (3, 5, "一只狗")]),
        ("第一个镜头【0-1.5秒】雨 镜头2【1.5～4秒】雪", [(0, 1.5, "雨"), (1.5, 4, "雪")]),
        ("[0-2] one\n[2-4] two", [(0, 2, "one"), (2, 4, "two")]),
        ("Scene 1: (0s-2s): one; Scene 2: (2s – 4s) two", [(0, 2, "one"), (2, 4, "two")]),
        ("[0s: walks] [2s: runs]", [(0, 2, "walks"), (2, 6, "runs")]),
        ("shot 1, 2, one; shot 2, 4, two", [(0, 2, "one"), (2, 6, "two")]),
        ("Shot 1: one. Shot 2: two.", [(0, 3, "one."), (3, 6, "two.")]),
        ("[00:00] one\n[00:02] two", [(0, 2, "one"), (2, 6, "two")]),
    ],
)
def test_the_shots_of_a_clip_of_six_seconds(prompt: str, right: Spans) -> None:
    assert spans(prompt, 6) == right


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "a cat [close-up] in 1999",
        "A fox sleeps.\n\nIt wakes and runs.",
        "1. mix the flour\n2. add water",
        "INT. KITCHEN - DAY\n\nMAYA\nHello.",
        '{"shots": [{"prompt": "a"}]}',
        "Shot 1: the only one",
    ],
)
def test_any_other_prompt_is_one_shot(prompt: str) -> None:
    assert read_prompt(prompt, 5) is None
    assert prompt_style(prompt) == prompt.strip()


def test_the_style_is_what_stands_above_and_below_the_shots() -> None:
    assert prompt_style("Noir, 35mm.\nShot 1 [0-3s] rain") == "Noir, 35mm."
    assert prompt_style("Noir.\nShot 1: a\nShot 2: b\n\nOverall tone: cold.") == "Noir.\nOverall tone: cold."


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("[0-3s] a [3-5s] b", []),
        ("[0-3s] a [4-5s] b", ["3-4 s"]),
        ("[0-3s] a [2-5s] b", ["overlaps"]),
        ("[0-3s] a [3-6s] b", ["is 5 s long"]),
        ("[0-3s] a", ["the last 2 s"]),
        ("[3-1s] a [0-5s] b", ["ends before it starts"]),
        ("[0-3s] [3-5s] b", ["no text"]),
        ("Shot 1 (3s) a\nShot 2 (4s) b", ["is 5 s long"]),
        ("Shot 1: a. Shot 2: b.", []),
    ],
)
def test_wrong_times_are_told(prompt: str, words: list[str]) -> None:
    faults = time_faults(script(prompt, 5), 5)
    assert len(faults) == len(words), faults
    assert all(word in sentence for word, sentence in zip(words, faults, strict=True))


@pytest.mark.parametrize("chinese", [False, True])
def test_what_is_written_is_read_back(chinese: bool) -> None:
    prompt = write_timed("Noir.", ["a cat", "a dog", "both"], [2, 1.5, 3], chinese=chinese)
    assert prompt_style(prompt) == "Noir."
    assert spans(prompt) == [(0, 2, "a cat"), (2, 3.5, "a dog"), (3.5, 6.5, "both")]
    assert time_faults(script(prompt), 6.5) == []
