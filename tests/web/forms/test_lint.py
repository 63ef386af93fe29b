"""Findings beside a create form: from its values, in its check, and never in the way of a press."""

from __future__ import annotations

import pytest

from studio.domain import JSON
from studio.studio import Studio
from studio.web.forms.events import FormEvents


@pytest.fixture
def forms(studio: Studio) -> FormEvents:
    return FormEvents(studio)


def checked(forms: FormEvents, prompt: str, page: str = "t2i", **values: object) -> JSON:
    sent = {"model": "fake/image", "media": {}, "values": {"prompt": prompt} | values}
    return forms.answer(page, "check", sent, {"turn": 1}, "")["parts"]


def rules(parts: JSON) -> list[str]:
    return [finding["rule"] for finding in parts["lint"]["findings"]]


def test_a_clean_prompt_is_quiet(forms: FormEvents) -> None:
    assert rules(checked(forms, "A fox sleeps on a boat.")) == []
    assert rules(checked(forms, "")) == []


def test_a_doubt_blocks_nothing(forms: FormEvents) -> None:
    parts = checked(forms, "a fox at night under bright sunlight")
    assert rules(parts) == ["contradiction"]
    assert parts["bar"]["problems"] == []


def test_choices_without_combinations_are_told_with_a_remedy_and_not_sent(forms: FormEvents) -> None:
    parts = checked(forms, "a {red|{dark|light} blue} car")
    [finding] = parts["lint"]["findings"]
    assert finding["remedies"][0]["changes"][0] == {"field": "combinations", "value": True, "append": False}
    assert [problem["field"] for problem in parts["bar"]["problems"]] == ["prompt"]
    spread = checked(forms, "a {red|{dark|light} blue} car", combinations=True)
    assert (rules(spread), spread["bar"]["problems"], spread["bar"]["runs"]) == ([], [], 3)


def test_marks_are_sent_only_when_the_form_says_so(forms: FormEvents) -> None:
    parts = checked(forms, "😀 a (golden:1.2) lamp")
    [finding] = parts["lint"]["findings"]
    assert (finding["start"], finding["end"]) == (5, 17), "in UTF-16 units"
    assert parts["bar"]["problems"]
    wanted = checked(forms, "😀 a (golden:1.2) lamp", literal_prompt=True)
    assert (rules(wanted), wanted["bar"]["problems"]) == ([], [])


def test_combinations_still_refuse_the_marks_that_stay(forms: FormEvents) -> None:
    parts = checked(forms, "a {red|__hue__} car", combinations=True)
    assert [problem["field"] for problem in parts["bar"]["problems"]] == ["prompt"]
    assert rules(parts) == ["foreign.wildcard"]
    assert parts["bar"]["warnings"] == [], "it is not sent, so nothing says that it is"
    literal = checked(forms, "a {red|__hue__} car", combinations=True, literal_prompt=True)["bar"]
    assert (literal["warnings"][0], literal["problems"]) == ("Sent as written: __hue__.", [])
