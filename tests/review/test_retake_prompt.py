"""The wish of a comment in a retake: as a sentence, in the right shot, in the prompt's language, within its limit;
alone for an edit; and never naming what a mask is to take out."""

from __future__ import annotations

import pytest

from studio.review import retake_prompt
from studio.review.retake_prompt import for_edit, for_mask, for_new_take, wish_of


def test_a_wish_is_the_comment_without_the_people_it_calls_on() -> None:
    assert wish_of("@Anna Lee, make the coat\nblue  please", ["Anna Lee", "Anna"]) == "make the coat blue please"
    assert wish_of("@Annabel darker", ["Anna"]) == "@Annabel darker"


@pytest.mark.parametrize(
    ("prompt", "wish", "joined"),
    [
        ("A red fox in snow", "make it run", "A red fox in snow. Make it run."),
        ("A red fox in snow. ", "Make it run!", "A red fox in snow. Make it run!"),
        ("雪地里的一只红狐狸", "让它跑起来", "雪地里的一只红狐狸。让它跑起来。"),
        ("", "make it run", "Make it run."),
        ("A red fox", "", "A red fox"),
    ],
)
def test_a_new_take_reads_the_wish_as_its_last_sentence(prompt: str, wish: str, joined: str) -> None:
    made = for_new_take(prompt, wish)
    assert made.text == joined and made.text.endswith(made.wish)


@pytest.mark.parametrize(
    ("prompt", "joined"),
    [
        (
            "Film look. Shot 1 [0-3s] a fox sleeps\nShot 2 [3-5s] it wakes",
            "Film look. Shot 1 [0-3s] a fox sleeps. Slower.\nShot 2 [3-5s] it wakes",
        ),
        ("[0s: a fox sleeps] [3s: it wakes]", "[0s: a fox sleeps. Slower.] [3s: it wakes]"),
    ],
)
def test_with_written_shots_the_wish_goes_into_the_one_that_is_seen(prompt: str, joined: str) -> None:
    assert for_new_take(prompt, "slower", at_s=1.5).text == joined
    assert for_new_take(prompt, "slower", at_s=3.2).text.replace("]", "").endswith("it wakes. Slower.")


def test_a_prompt_too_long_loses_its_end_and_never_the_wish() -> None:
    made = for_new_take("A fox sleeps in the snow. " * 10, "make it run", limit=100)
    assert len(made.text) <= 100 and made.text.endswith("snow. Make it run.") and made.left_out > 0
    long_wish = for_new_take("A fox", "run " * 50, limit=100)
    assert long_wish.text == long_wish.wish, "the wish is left for the model's own rule to refuse"


def test_an_edit_reads_the_wish_alone_with_its_place_where_a_region_was_drawn() -> None:
    assert for_edit("make the coat blue").text == "Make the coat blue."
    assert (
        for_edit("make the coat blue", place="top left").text == "At the top left of the picture: make the coat blue."
    )
    assert for_edit("make the left coat blue", place="right").text == "Make the left coat blue."
    assert for_edit("外套改成蓝色", place="bottom").text == "画面下方：外套改成蓝色。"
    assert set(retake_prompt.PLACES) >= {"middle", "top", "bottom right"}


@pytest.mark.parametrize(
    ("wish", "prompt", "text"),
    [
        ("make the coat blue", "A woman walks", "Make the coat blue. A woman walks"),
        ("please remove the microphone", "A stage", "Only the undisturbed background in the marked area. A stage"),
        ("remove the microphone", "A microphone on a stage", "Only the undisturbed background in the marked area."),
        ("把麦克风去掉", "舞台中央的歌手", "标记区域只有完整的背景。舞台中央的歌手"),
    ],
)
def test_a_mask_is_not_told_what_has_to_go(wish: str, prompt: str, text: str) -> None:
    made = for_mask(prompt, wish)
    assert made.text == text and made.unnamed == (wish != "make the coat blue")


def test_a_mask_prompt_keeps_to_the_limit() -> None:
    made = for_mask("A woman walks through the rain. " * 40, "make the coat blue", limit=800)
    assert len(made.text) <= 800 and made.text.startswith("Make the coat blue.")
