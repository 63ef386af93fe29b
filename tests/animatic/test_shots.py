"""The shots of a draft cover its clip exactly, whatever the written times."""

from __future__ import annotations

import pytest

from studio.animatic.text.shots import shots


@pytest.mark.parametrize(
    ("prompt", "duration_s", "spans"),
    [
        ("one thing", 5, [(0, 5, "one thing")]),
        ("", 5, [(0, 5, "")]),
        ("Noir. Shot 1 [0-3s] a cat. Shot 2 [3-5s] a dog", 5, [(0, 3, "a cat."), (3, 5, "a dog")]),
        ("第1个镜头[0-3秒] 猫 第2个镜头[3-5秒] 狗", 5, [(0, 3, "猫"), (3, 5, "狗")]),
        ("[0s: walks] [2s: runs]", 4, [(0, 2, "walks"), (2, 4, "runs")]),
        ("[1-2s] a [3-4s] b", 6, [(0, 3, "a"), (3, 6, "b")]),  # gaps belong to the shot before
        ("[0-4s] a [2-6s] b", 6, [(0, 2, "a"), (2, 6, "b")]),  # the later start cuts
        ("[0-3s] a [3-9s] b [9-12s] c", 5, [(0, 3, "a"), (3, 5, "b")]),  # the clip ends when it ends
        ("[7-9s] late", 5, [(0, 5, "late")]),
        ("[2-4s] b [0-2s] a", 4, [(0, 2, "a"), (2, 4, "b")]),
        ("Film. Shot 1: a city. Shot 2: a man.", 6, [(0, 3, "a city."), (3, 6, "a man.")]),
    ],
)
def test_spans(prompt: str, duration_s: float, spans: list[tuple[float, float, str]]) -> None:
    assert [(s.start_s, s.end_s, s.text) for s in shots(prompt, duration_s)] == spans
