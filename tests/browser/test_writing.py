"""The language model in a browser, over a local server that speaks its protocol: a prompt that is expanded and keeps
what it was, a film from an idea, a retake from a comment. Nothing changes before a person takes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from studio.review.model import NewComment
from tests.browser.conftest import Site, pick_model, violations
from tests.support.chat_server import ChatServer

FIRST = "A wet heron stands in rain at night"
EXPANDED = "A wet grey heron stands in heavy rain at night, low street lamps, medium shot"
TREATMENT = "A keeper finds a bottle. She reads her own words."
SHOTS = {
    "title": "The bottle",
    "style": "16mm film",
    "negative": "",
    "cast": [{"name": "Keeper", "kind": "character", "description": "an old woman"}],
    "shots": [
        {"prompt": "Waves roll a green bottle ashore", "duration_s": 4, "shot_size": "wide shot"},
        {"prompt": "The keeper unrolls a letter", "duration_s": 6, "move": "slow push in"},
    ],
}


@pytest.fixture
def server(site: Site) -> Iterator[ChatServer]:
    """A language model's server that the studio uses for this test."""
    model = site.studio.language_model
    with ChatServer(key=ChatServer.KEY) as running:
        model.save(base=running.base, model="small-model", key=ChatServer.KEY, local=True)
        yield running
        model.remove_key()
        model.save(base="", model="")


def test_a_prompt_is_expanded_taken_in_part_and_kept_with_what_it_was(
    site: Site, server: ChatServer, open_page: Callable[..., Page], axe: str
) -> None:
    page = open_page("t2v")
    pick_model(page, "t2v", "draft/animatic")
    prompt = page.locator("#t2v-prompt textarea")
    prompt.fill(FIRST)
    expand, box = page.locator("#t2v-prompt [data-do=expand]"), page.locator(".wr-dialog")

    expand.click()
    expect(box.locator(".wr-state")).to_contain_text("your own machine")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(expand).to_be_focused()
    assert server.seen == [], "a price costs nothing"

    server.answers, server.pause_s = [EXPANDED], 0.5
    page.keyboard.press("Enter")
    box.locator("[data-do=writing-start]").click()
    expect(box.locator(".wr-writing")).to_contain_text("A we")
    page.keyboard.press("Enter")  # Stop has the focus
    expect(box.locator(".wr-state")).to_contain_text("unchanged")
    expect(prompt).to_have_value(FIRST)

    server.pause_s = 0.0
    page.keyboard.press("Enter")
    expect(box.locator(".wr-change")).to_have_text(["grey ", "heavy ", ", low street lamps, medium shot"])
    expect(prompt).to_have_value(FIRST)
    page.evaluate(axe)
    found = [rule for rule, _ in violations(page)]
    assert found == []
    box.locator(".wr-change").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(box.locator("[data-do=writing-use]")).to_have_text("Use 2 of 3 changes")
    box.locator("[data-do=writing-use]").click()
    taken = EXPANDED.replace("heavy ", "")
    expect(prompt).to_have_value(taken)
    expect(prompt).to_be_focused()

    page.locator(".st-undo").click()
    expect(prompt).to_have_value(FIRST)
    expand.click()
    box.locator("[data-do=writing-start]").click()
    box.locator("[data-do=writing-use]").click()
    page.locator("#t2v-writing [data-do=show-changes]").click()
    expect(box.locator(".wr-change ins")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator("#t2v-writing [data-do=show-changes]")).to_be_focused()

    page.locator("#t2v-generate").click()
    page.locator("#t2v-feed .st-card").first.wait_for()
    [run] = site.studio.local.gallery.search('"wet heron"').runs
    assert (run.request.prompt, run.request.original_prompt) == (EXPANDED, FIRST)
    page.goto(f"{site.url}?run={run.id}")
    expect(page.locator(".st-panel .wr-diff del, .st-panel .wr-diff ins")).to_have_count(3)
    page.locator(".st-panel [data-do=use-first]").click()
    expect(page.locator("#t2v-prompt textarea")).to_have_value(FIRST)
    site.studio.local.runs.cancel(run.id)


def test_a_prompt_for_a_retake_is_proposed_and_only_a_person_takes_it(
    site: Site, server: ChatServer, open_page: Callable[..., Page]
) -> None:
    studio = site.studio.local
    body = {"task": "text-to-video", "model": "draft/animatic", "prompt": "A red boat drifts", "duration_s": 2}
    [run] = studio.requests.submit(body)
    assert studio.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
    review = studio.reviews.create("Boats", "").id
    studio.reviews.add(review, run_ids=[run.id])
    version = studio.reviews.get(review).content.versions[0].id
    studio.review_comments.add(review, version, NewComment("make the boat blue", 10, 20))
    server.answers = ["A blue boat drifts"]

    page = open_page()
    page.goto(f"{site.url}?tab=review&review={review}")
    page.locator("[data-do=retake]").click()
    text = page.locator("[data-field=retake-prompt]")
    expect(text).to_have_value("A red boat drifts. Make the boat blue.")
    page.locator("[data-do=suggest-retake]").click()
    page.locator("[data-do=writing-start]").click()
    expect(page.locator(".wr-change del")).to_have_text(["red"])
    expect(text).to_have_value("A red boat drifts. Make the boat blue.")
    page.locator("[data-do=writing-use]").click()
    expect(text).to_have_value("A blue boat drifts")
    page.locator("[data-do=start-retake]").click()
    expect(page.locator(".rk-dialog")).to_have_count(0)
    second = studio.reviews.get(review).content.versions[1]
    made = studio.runs.get(second.run or "").request
    assert (made.prompt, made.original_prompt) == ("A blue boat drifts", "A red boat drifts")


def test_a_film_from_an_idea_ends_in_the_table_and_no_model_means_one_line(
    site: Site, server: ChatServer, open_page: Callable[..., Page]
) -> None:
    server.answers = [TREATMENT, json.dumps(SHOTS)]
    page = open_page("storyboard")
    page.locator("[data-do=new-board]").first.click()
    page.locator("[data-do=from-idea]").click()
    idea = page.locator(".wr-dialog")
    expect(idea.locator("[data-do=writing-shots]")).to_be_disabled()
    idea.locator("[data-field=writing-idea]").fill("A keeper finds a bottle")
    idea.locator("[data-field=writing-seconds]").fill("10")
    idea.locator("[data-do=writing-treatment]").click()
    treatment = idea.locator("[data-field=writing-treatment]")
    expect(treatment).to_have_value(TREATMENT)
    treatment.press("End")
    treatment.press_sequentially(" Night falls.")
    idea.locator("[data-do=writing-shots]").click()
    expect(idea).to_have_count(0)
    assert "Night falls." in json.dumps(server.seen[-1], ensure_ascii=False)
    table = page.locator(".bd-dialog .sp-result")
    expect(table).to_contain_text("Waves roll a green bottle ashore")
    page.locator(".bd-dialog [data-do=create]").click()
    expect(page.locator(".bd-panel [data-field=prompt]")).to_have_value("Waves roll a green bottle ashore")
    [board] = [row for row in site.studio.local.storyboards.all() if row.board.title == "The bottle"]
    assert [shot.duration_s for shot in board.board.shots] == [4, 6] and board.board.style == "16mm film"

    site.studio.language_model.save(base="", model="")
    page.reload()
    expect(page.locator(".bd-panel [data-do=add-language-model]")).to_have_text("Add a language model")
    expect(page.locator(".bd-panel [data-do=expand]")).to_have_count(0)
