"""The film as a whole in the browser: faults that lead to their shots, shots that follow by themselves, one film in one
run that is shown, cut apart, and still there after a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from studio.domain import Status
from studio.services.board_repository import StoredBoard
from studio.storyboard import edit
from studio.storyboard.model import Board, ShotStatus, Start
from tests.browser.conftest import Site
from tests.browser.test_storyboard import SMALL, Opener, card, drafted, opened, saved

SCRIPT = "Noir.\nShot 1 [0-1s] a tower at dawn\nShot 2 [1-2s] a fox in snow\nShot 3 [2-3s] a boat on a lake"
LATE = "1\n00:00:09,000 --> 00:00:10,000\ntoo late"


@pytest.fixture
def board(site: Site) -> StoredBoard:
    return site.studio.local.storyboards.create("Tower", script=SCRIPT, **SMALL)


@pytest.fixture
def page(open_page: Opener, board: StoredBoard) -> Page:
    return opened(open_page("storyboard"), board)


def fault(page: Page, code: str):
    return page.locator(f'.bd-checks [data-code="{code}"]')


def test_a_fault_leads_to_its_shot_and_goes_when_it_is_put_right(page: Page) -> None:
    card(page, 1).click()
    page.locator("[data-do=check]").click()
    expect(fault(page, "shot_missing")).to_have_text("Shots 1, 2, 3: no take and no draft.")
    fault(page, "shot_missing").get_by_role("button", name="Show shot 2").click()
    expect(page.locator(".bd-dialog")).to_have_count(0)
    expect(card(page, 2)).to_have_attribute("aria-current", "true")
    drafted(page)
    page.locator("[data-do=export]").click()
    expect(fault(page, "shot_draft")).to_contain_text("1, 2, 3")
    expect(fault(page, "shot_missing")).to_have_count(0)


def test_the_list_follows_the_places_and_the_captions(page: Page) -> None:
    page.locator("[data-do=export]").click()
    expect(fault(page, "shot_missing")).to_be_visible()
    page.locator("[data-field=captions]").fill(LATE)
    expect(fault(page, "captions_outside")).to_be_visible()
    expect(fault(page, "too_short")).to_have_count(0)
    page.locator("[data-place=webp]").click()
    expect(fault(page, "captions_lost")).to_contain_text("WebP")


def test_a_chain_is_confirmed_once_and_goes_on_by_itself(page: Page, site: Site, board: StoredBoard) -> None:
    def joined(now: Board) -> Board:
        for number, shot in enumerate(now.shots):
            start = Start(kind="previous" if number else "none")
            now = edit.change(edit.change(now, shot.id, start=start), shot.id, status=ShotStatus.APPROVED)
        return now

    site.studio.local.storyboards.edit(board.board.id, "join", joined)
    expect(page.locator(".bd-card.approved")).to_have_count(3)
    page.locator("[data-do=render-all]").click()
    expect(page.locator(".bd-sec.follow li")).to_have_count(2)
    page.locator("[data-do=render-now]").click()
    expect(page.locator(".bd-card .bd-badge.render")).to_have_count(3, timeout=90_000)
    expect(page.locator(".bd-following")).to_be_hidden()
    shots = site.studio.local.storyboards.get(board.board.id).board.shots
    assert [len(s.takes) for s in shots] == [1, 1, 1]


def test_a_film_in_one_run_is_shown_kept_and_cut_apart(page: Page, site: Site, board: StoredBoard) -> None:
    page.locator("[data-do=ways]").click()
    page.locator("[data-field=way-model]").select_option("draft/animatic")
    page.locator("[data-do=one-run]").click()
    expect(page.locator("[data-do=use-as-takes]")).to_be_enabled(timeout=90_000)
    saved(page)
    page.reload()
    expect(page.locator('.bd-whole [aria-pressed="true"]')).to_have_text("Film in one run")
    film = page.evaluate("document.querySelector('.bd-stage video').dataset.src")
    services = site.studio.local
    [state] = services.one_run_films.states(services.storyboards.get(board.board.id).board)
    assert state.film and state.film.id in film
    page.locator("[data-do=use-as-takes]").click()
    expect(page.locator(".bd-card .bd-badge.render")).to_have_count(3, timeout=60_000)
    expect(page.locator('.bd-whole [aria-pressed="true"]')).to_have_text("Cut of shots")
    runs = [
        site.studio.local.runs.get(s.chosen or "")
        for s in site.studio.local.storyboards.get(board.board.id).board.shots
    ]
    assert {r.status for r in runs} == {Status.SUCCEEDED}


def test_captions_are_made_of_the_dialogue_at_its_shots(open_page: Opener, site: Site) -> None:
    script = 'Shot 1 [0-2s] rain\nShot 2 [2-6s] a quay. Anna: "Is it you?" Ben: "It is me, and I am late."'
    board = site.studio.local.storyboards.create("Spoken", script=script, **SMALL)
    page = opened(open_page("storyboard"), board)
    page.locator("[data-do=export]").click()
    page.locator("[data-do=captions-spoken]").click()
    expect(page.locator("[data-field=captions]")).to_have_value(
        "1\n00:00:02,300 --> 00:00:03,300\nIs it you?\n\n2\n00:00:03,300 --> 00:00:05,700\nIt is me, and I am late."
    )
