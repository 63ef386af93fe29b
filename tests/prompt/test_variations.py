"""One form into many requests: lines, combinations, seeds, and the limits on them."""

from __future__ import annotations

import pytest

from studio.errors import CapabilityError
from studio.prompt.variations import MAX_REQUESTS, expand, literal_braces_note, parse_seeds


def prompts(body: dict[str, object], *, per_line: bool = False, combinations: bool = False) -> list[object]:
    return [b["prompt"] for b in expand(body, per_line=per_line, combinations=combinations)]


def test_without_a_switch_the_text_stays_as_it_was_typed() -> None:
    body = {"prompt": "a {red|blue} coat\nsecond line", "n": 2}
    assert expand(body) == [body]


def test_one_prompt_per_line_leaves_empty_lines_out() -> None:
    assert prompts({"prompt": " a fox \n\n a hare\n"}, per_line=True) == ["a fox", "a hare"]


def test_combinations_multiply_and_the_last_turns_fastest() -> None:
    made = prompts({"prompt": "{red|blue} coat, {rain|snow}"}, combinations=True)
    assert made == ["red coat, rain", "red coat, snow", "blue coat, rain", "blue coat, snow"]


def test_combinations_reach_the_negative_prompt() -> None:
    made = expand({"prompt": "a fox", "negative_prompt": "{blur|noise}"}, combinations=True)
    assert [b["negative_prompt"] for b in made] == ["blur", "noise"]


def test_braces_without_a_choice_are_plain_text_and_an_empty_choice_is_allowed() -> None:
    assert prompts({"prompt": "{just braces}"}, combinations=True) == ["{just braces}"]
    assert prompts({"prompt": "fox {|at night}"}, combinations=True) == ["fox", "fox at night"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a {red|{dark|light} blue} car", ["a red car", "a dark blue car", "a light blue car"]),
        ("{a|{b|{c|d}}} {1|2}", ["a 1", "a 2", "b 1", "b 2", "c 1", "c 2", "d 1", "d 2"]),
        ("{{a|b}|{c|d}e}", ["a", "b", "ce", "de"]),
        ("{a :( |b}", ["a :(", "b"]),
        ("{@anna|@ben} walks", ["@anna walks", "@ben walks"]),
    ],
)
def test_choices_nest(text: str, made: list[str]) -> None:
    assert prompts({"prompt": text}, combinations=True) == made
    assert literal_braces_note({"prompt": text}) == ""


@pytest.mark.parametrize(
    ("text", "made", "kept"),
    [
        ("{2$$a|b|c}", ["{2$$a|b|c}"], "{2$$a|b|c}"),
        ("{0.5::a|1::b}", ["{0.5::a|1::b}"], "{0.5::a|1::b}"),
        ("{ {1-2$$x|y} | z }", ["{1-2$$x|y}", "z"], "{1-2$$x|y}"),
        ("${x=!{a|b}} {1|2}", ["${x=!{a|b}} 1", "${x=!{a|b}} 2"], "${x=!{a|b}}"),
        (r"\{a|b\} {1|2}", [r"\{a|b\} 1", r"\{a|b\} 2"], r"\{, \}"),
        ("{[a|b]|(c|d:1.2)}", ["[a|b]", "(c|d:1.2)"], "[a|b], (c|d:1.2)"),
        ("(coat:1.2) {1|2}", ["(coat:1.2) 1", "(coat:1.2) 2"], "(coat:1.2)"),
        ("{__hue__|red}", ["__hue__", "red"], "__hue__"),
        ("{{word}}", ["{{word}}"], "{{word}}"),
    ],
)
def test_the_marks_of_other_programs_stay_and_are_told(text: str, made: list[str], kept: str) -> None:
    assert prompts({"prompt": text}, combinations=True) == made
    assert literal_braces_note({"prompt": text}) == f"Sent as written: {kept}."


@pytest.mark.parametrize("text", ["{red|blue coat", "red|blue} coat", "{a|{b|c}", "a}{b", "{2$$a|b"])
@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_a_brace_without_its_partner_is_refused(text: str, field: str) -> None:
    with pytest.raises(CapabilityError, match="without a") as caught:
        expand({"prompt": "fox", field: text}, combinations=True)
    assert caught.value.field == field


@pytest.mark.parametrize("text", ["{" * 10_000 + "}" * 10_000, "{x" * 9_000 + "{a|b}" + "}" * 9_000])
def test_braces_may_nest_as_deep_as_a_prompt_is_long(text: str) -> None:
    assert len(prompts({"prompt": text}, combinations=True)) == 1 + ("|" in text)


def test_deep_choices_count_toward_the_limit() -> None:
    with pytest.raises(CapabilityError, match="4,001 runs"):
        expand({"prompt": "{a|" * 4000 + "}" * 4000}, combinations=True)


def test_seeds_go_with_every_prompt_and_leave_the_rest_alone() -> None:
    made = expand({"prompt": "a\nb", "n": 1}, per_line=True, seeds=[7, 8])
    assert [(b["prompt"], b["seed"], b["n"]) for b in made] == [("a", 7, 1), ("a", 8, 1), ("b", 7, 1), ("b", 8, 1)]


def test_more_than_the_limit_is_refused_before_anything_is_built() -> None:
    with pytest.raises(CapabilityError, match="over 1,000,000 runs") as caught:
        expand({"prompt": "{0|1|2|3|4|5|6|7|8|9}" * 12}, combinations=True)
    assert caught.value.field == "prompt" and caught.value.limit == MAX_REQUESTS


def test_seeds_are_read_from_lists_and_ranges() -> None:
    assert parse_seeds("3, 10-12 3，40 .. 41") == [3, 10, 11, 12, 40, 41]
    assert parse_seeds("  ") == []


@pytest.mark.parametrize("text", ["red", "5-", "9-2", "1-100000", "-3", "1.5"])
def test_what_is_not_a_seed_is_named(text: str) -> None:
    with pytest.raises(CapabilityError) as caught:
        parse_seeds(text)
    assert caught.value.field == "seeds"
