"""Marks of other prompt programs: found, named, put into plain words; and what only looks like one."""

from __future__ import annotations

import pytest

from studio.prompt import markup


@pytest.mark.parametrize(
    ("text", "kind", "plain"),
    [
        ("a __color__ car", "wildcard", "a color car"),
        ("a __animals/big_cats__ runs", "wildcard", "a big cats runs"),
        ("{2$$oak|elm|ash} trees", "variant", "oak, elm trees"),
        ("{2$$ and $$oak|elm|ash} trees", "variant", "oak and elm trees"),
        ("{0.5::fog|2::rain} falls", "variant", "rain falls"),
        ("a {red|blue} car", "choice", "a red car"),
        ("a {red|{dark|light} blue} car", "choice", "a red car"),
        ("a (golden:1.2) lamp", "weight", "a golden lamp"),
        ("a (soft glow: .8) lamp", "weight", "a soft glow lamp"),
        ("((fog)), hills", "weight", "fog, hills"),
        ("a [cow|horse] in a field", "alternation", "a cow in a field"),
        ("[cow | horse] in a field", "alternation", "cow in a field"),
        ("a [day:night:0.5] street", "schedule", "a night street"),
        ("a [fog:0.3] street", "schedule", "a fog street"),
        ("a fox <lora:film_v2:0.8> runs", "lora", "a fox runs"),
        ("a fox BREAK a hill", "keyword", "a fox a hill"),
        ("a fox AND a hill", "keyword", "a fox and a hill"),
        ("一只(金色:1.3)的猫", "weight", "一只金色的猫"),
        ("{红色|蓝色}的车", "choice", "红色的车"),
    ],
)
def test_a_mark_is_found_and_said_in_plain_words(text: str, kind: str, plain: str) -> None:
    assert [mark.kind for mark in markup.find(text)] == [kind]
    assert markup.plain(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        '{"shots": [{"camera": "pan|tilt", "prompt": "a fox"}]}',
        '[{"a": "x|y", "b": "(c:1.2)"}]',
        '```json\n{"shot": "pan|tilt", "length": "{3|4} s"}\n```',
        '{"title": "Ember", "shots": [{"prompt": "a {red|blue} fox"',
        "[Wide shot | slow push-in] A man walks to the pier.",
        "a map (scale 1:50) on the wall, the clock says (10:30)",
        "(Shot:2) a fox, (Anna:2) runs, (f:2.8)",
        "__init__.py on a screen",
        "__Title__\nA fox runs.",
        "((OS)) Anna waits",
        "[00:03:15] a fox, [Shot:1] a hare, [3s: an owl]",
        "(aspect ratio 16:9), John (3:16)",
        "__Camera:__ slow pan, __Camera__: slow pan",
        "a sign BREAK THE RULES, STOP AND GO",
        "INT. KITCHEN AND HALL - NIGHT",
        "He turns. [[Prop: the glass apple]]",
        "a house -- and -- a hill",
        "{just braces} and a {name}",
        "镜头(时长:5) 一只猫",
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert markup.find(text) == []


def test_a_model_that_reads_weights_gets_them() -> None:
    assert [mark.kind for mark in markup.find("a (golden:1.2) [cow|horse]", ("weight",))] == ["alternation"]


def test_a_mark_inside_another_is_told_with_it() -> None:
    [mark] = markup.find("{2$$(red:1.2)|__hue__}")
    assert (mark.kind, markup.plain("{2$$(red:1.2)|__hue__}")) == ("variant", "red, hue")


@pytest.mark.parametrize("piece", ['" "', "(", "[", "{", "(a:", "[a|", "{a|", "__a", "<lora:", "BREAK ", "((", "|"])
def test_hostile_texts_end(piece: str) -> None:
    assert len(markup.find(piece * (200_000 // len(piece)))) <= markup.MAX_MARKS
