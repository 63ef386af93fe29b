"""Shots written into a prompt are read in both languages, and wrong times are told in a sentence."""

from __future__ import annotations

import pytest

from studio.prompt import shots


@pytest.mark.parametrize(
    ("prompt", "spans"),
    [
        ("Film look. Shot 1 [0-3s] a cat. Shot 2 [3-5s] a dog", [(0, 3, "a cat."), (3, 5, "a dog")]),
        ("电影感。第1个镜头[0-3秒] 一只猫 第2个镜头[3-5秒] 一只狗", [(0, 3, "一只猫"), (3, 5, "一只狗")]),
        ("第一个镜头【0-1.5秒】雨 镜头2【1.5～4秒】雪", [(0, 1.5, "雨"), (1.5, 4, "雪")]),
        ("[0-2] one\n[2-4] two", [(0, 2, "one"), (2, 4, "two")]),
        ("Scene 1: (0s-2s): one; Scene 2: (2s – 4s) two", [(0, 2, "one"), (2, 4, "two")]),
        ("[0s: walks] [2s: runs]", [(0, 2, "walks"), (2, 6, "runs")]),
        ("a cat [close-up] in 1999", []),
    ],
)
def test_every_usual_spelling_is_read(prompt: str, spans: list[tuple[float, float, str]]) -> None:
    read = shots.parse(prompt, duration_s=6)
    assert [(s.start_s, s.end_s, s.text) for s in read.spans] == spans


def test_the_style_line_is_what_stands_before_the_first_shot() -> None:
    assert shots.parse("Noir, 35mm.\nShot 1 [0-3s] rain").style == "Noir, 35mm."
    assert shots.parse("no shots at all").style == "no shots at all"


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
    ],
)
def test_wrong_times_are_told(prompt: str, words: list[str]) -> None:
    said = shots.faults(shots.parse(prompt), 5)
    assert len(said) == len(words)
    assert all(word in sentence for word, sentence in zip(words, said, strict=True))


@pytest.mark.parametrize("chinese", [False, True])
def test_what_is_written_is_read_back(chinese: bool) -> None:
    prompt = shots.write("Noir.", ["a cat", "a dog", "both"], [2, 1.5, 3], chinese=chinese)
    read = shots.parse(prompt)
    assert read.style == "Noir."
    assert [(s.start_s, s.end_s, s.text) for s in read.spans] == [
        (0, 2, "a cat"),
        (2, 3.5, "a dog"),
        (3.5, 6.5, "both"),
    ]
    assert shots.faults(read, 6.5) == []
