"""A list of shots as a model answers it: read leniently, refused where it is none, and traced back to the text."""

from __future__ import annotations

import json
import re

import pytest

from studio.domain import Task
from studio.llm import json_answer, script_answer, system_prompts
from studio.prompt.script.model import FILM
from studio.storyboard.limits import MAX_SHOTS

TEXT = """Harbour at dusk
1. Maya runs along the pier. She shouts "Wait for me!"
2. A gull lands on a rope, waves below.
(budget: ask the producer about Tuesday before noon)
"""


def answer(**more: object) -> str:
    shots = [
        {
            "prompt": "Maya runs along the pier.",
            "duration_s": 0,
            "dialogue": [{"speaker": "Maya", "text": "Wait for me!"}],
        },
        {"prompt": "A gull lands on a rope", "sound": "waves", "cast": None, "lens": None, "duration_s": "2.5 s"},
    ]
    return json.dumps({"title": "Harbour at dusk", "shots": shots} | more)


def test_words_are_traced_to_where_they_stand() -> None:
    script = script_answer.placed(script_answer.read(answer()), TEXT)
    found = {(span.field, span.shot): TEXT[span.start : span.end] for span in script.spans}
    assert found == {
        ("title", FILM): "Harbour at dusk", ("prompt", 0): "Maya runs along the pier.", ("dialogue", 0): "Wait for me!",
        ("prompt", 1): "A gull lands on a rope", ("sound", 1): "waves",
    }  # fmt: skip
    assert [TEXT[u.start : u.end] for u in script.unread] == ["(budget: ask the producer about Tuesday before noon)"]
    first, second = script.shots
    assert (first.source_start, second.source_start) == (TEXT.index("Maya"), TEXT.index("A gull"))
    assert [(shot.duration_s, shot.length_from) for shot in script.shots] == [(4, "default"), (2.5, "own")]


def test_lines_left_out_are_found_in_chinese_too() -> None:
    text = "镜头1：林晚在码头上奔跑。\n制片备注：明天下午三点开会讨论预算。"
    script = script_answer.read('{"shots": [{"prompt": "林晚在码头上奔跑。"}]}')
    [left] = script_answer.placed(script, text).unread
    assert left.text.startswith("制片备注")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}', '```json\n{"a": 1}\n```', '```\n{"a": 1}```', 'Sure {x}! {"a": 1} Bye', '{{{"a": 1}',
        '\ufeff {"a": 1}',
    ],
)  # fmt: skip
def test_the_object_is_found_wherever_it_stands(text: str) -> None:
    assert json_answer.object_of(text) == {"a": 1}


@pytest.mark.parametrize("text", ["", "{", "}" * 200_000, "{" * 200_000, '{"a":' * 100_000, "[1]", "`" * 200_000])
def test_hostile_answers_are_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        json_answer.object_of(text)


@pytest.mark.parametrize(
    "shots",
    [
        [], [{"prompt": "x"}] * (MAX_SHOTS + 1), [{"prompt": "x" * 20_001}], [{"duration_s": -1}], ["a shot"],
        [{"prompt": {"text": "x"}}],
    ],
)  # fmt: skip
def test_what_a_board_could_not_hold_is_refused(shots: list[object]) -> None:
    with pytest.raises(ValueError, match="shots"):
        script_answer.read(json.dumps({"shots": shots}))


def test_the_schema_is_one_that_strict_servers_take() -> None:
    """OpenAI's structured outputs: every property required, nothing else allowed."""

    def look(part: dict[str, object]) -> None:
        if part["type"] == "object":
            assert part["additionalProperties"] is False
            assert isinstance(part["properties"], dict)
            assert part["required"] == list(part["properties"])
            for inner in part["properties"].values():
                look(inner)
        elif part["type"] == "array":
            assert isinstance(part["items"], dict)
            look(part["items"])

    look(script_answer.schema())


def test_every_instruction_is_whole_in_both_languages() -> None:
    """No blank is left open, and the rule that the text is data stands in each."""
    texts = [
        make
        for of in ("en", "zh")
        for make in (
            *(
                system_prompts.expand(of, task=task, sound=True, answer=to, max_chars=800)
                for task in Task
                for to in ("en", "zh")
            ),
            system_prompts.translate(of), system_prompts.treatment(of, 30), system_prompts.shots(of, 30, 4),
            system_prompts.script(of), system_prompts.retake(of, video=False, max_chars=None),
        )
    ]  # fmt: skip
    for text in texts:
        assert "@" in text
        assert not re.search(r"\{[a-z_]+\}", text)
