"""Who asks gets the studio's messages in the own language: pages by their cookie or browser, programs in English."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from studio.domain import HeldReason, Run, Status
from studio.messages import Message
from studio.store import runs
from studio.studio import Studio
from tests.support.kit import image
from tests.support.web import serving

ENGLISH, CHINESE = "The storyboard has no shots yet.", "分镜板还没有镜头。"
PAGE = {"cookie": "studio_language=zh-CN"}
BROWSER = {"accept-language": "zh-TW,zh;q=0.9,en;q=0.8"}


@pytest.fixture
def web(studio: Studio) -> Iterator[httpx.Client]:
    with serving(studio) as url, httpx.Client(base_url=url, timeout=10) as client:
        yield client


@pytest.fixture
def held(studio: Studio) -> Run:
    """A run that is held for a reason with an id."""
    studio.queue.pause()
    [run] = studio.local.requests.submit(image())
    why = Message("board.no_shots")
    with studio.context.store.write() as db:
        runs.move(db, run, Status.HELD, why, held_reason=HeldReason.BUDGET.value, error=why, note=why)
    return studio.local.runs.get(run.id)


@pytest.mark.parametrize(("headers", "words"), [(PAGE, CHINESE), (BROWSER, CHINESE), ({}, ENGLISH)])
def test_cards_history_and_live_events_are_worded_for_who_asks(
    web: httpx.Client, held: Run, headers: dict[str, str], words: str
) -> None:
    detail = web.get(f"/ui/runs/{held.id}", headers=headers).json()
    assert (detail["error"], detail["note"], detail["events"][-1]["why"]) == (words, words, words)
    with web.stream("GET", "/events/runs", headers=headers) as stream:
        line = next(line for line in stream.iter_lines() if line.startswith("data:"))
    assert [card["error"] for card in json.loads(line[5:])["active"]] == [words]


def test_the_page_s_own_choice_goes_before_the_browser_s(web: httpx.Client, held: Run) -> None:
    headers = BROWSER | {"cookie": "studio_language=en"}
    assert web.get(f"/ui/runs/{held.id}", headers=headers).json()["error"] == ENGLISH


def test_a_run_answers_the_english_sentence_with_id_and_values(held: Run) -> None:
    body = held.public()
    assert (body["error"], body["error_id"], body["error_values"]) == (ENGLISH, "board.no_shots", {})


def test_a_refusal_answers_its_id_and_values_beside_the_sentence(web: httpx.Client, studio: Studio) -> None:
    board = studio.local.storyboards.create("Film").board
    asked = {"op": "cast", "name": "two words"}
    for headers, words in (
        ({}, "Use one word for the name: letters, digits, hyphens or underscores."),
        (PAGE, "名称只能是"),
    ):
        answer = web.post(f"/ui/boards/{board.id}/edit", json=asked, headers=headers)
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"].startswith(words)
        assert answer.json()["error_id"] == "cast.bad_name"


def test_sentences_of_earlier_versions_are_shown_as_they_were_stored(studio: Studio, held: Run) -> None:
    with studio.context.store.write() as db:
        db.execute("UPDATE runs SET error = 'Said long ago.', error_message = NULL")
        db.execute("UPDATE events SET why = 'Said long ago.', why_message = NULL")
    run = studio.local.runs.get(held.id)
    assert (run.error, run.public()["error_id"]) == ("Said long ago.", None)
    assert [event.why for event in studio.local.runs.history(held.id)][-1] == "Said long ago."
