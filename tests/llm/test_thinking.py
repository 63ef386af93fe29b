"""Thinking is taken out of a stream of any pieces."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.llm.thinking import ThinkingFilter, without_thinking


def filtered(pieces: list[str]) -> str:
    one = ThinkingFilter()
    return "".join([*(one.feed(piece) for piece in pieces), one.end()])


@settings(derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text("ab<>/think \n", max_size=60), st.text("ab<>/think \n", max_size=60), st.lists(st.integers(1, 5)))
def test_the_pieces_do_not_matter(thought: str, said: str, cuts: list[int]) -> None:
    text = f"<think>{thought.replace('<', '')}</think>{said}"
    pieces, at = list[str](), 0
    for cut in cuts:
        pieces.append(text[at : at + cut])
        at += cut
    assert filtered([*pieces, text[at:]]).strip() == said.strip()


@pytest.mark.parametrize("text", ["", "plain", "<thin", "<b>bold</b>", "a <think>b</think>", "<"])
def test_what_is_no_thinking_stays(text: str) -> None:
    assert filtered(list(text)) == text


def test_long_thinking_and_long_silence_take_no_longer_than_their_length() -> None:
    assert filtered([" "] * 200_000 + ["x"]) == "x"
    assert filtered(["<think>", *("a" * 200_000), "</think>", "x"]) == "x"
    assert without_thinking("no beginning</think> x") == "x"
