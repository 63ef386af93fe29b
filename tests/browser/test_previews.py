"""The picture of a run under way is seen to change on every card of the run, and then gives way to the result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from studio.catalogue import load
from studio.domain import Run
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript
from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import PATIENT_MS, Site, renewed, show
from tests.support.kit import QUICK, image

HELP = "A preview of the run in progress, not the result."


class Painter:
    """A studio whose provider paints and ends when the test says so."""

    def __init__(self, site: Site, provider: FakeProvider) -> None:
        self.site, self.provider = site, provider

    def begin(self, body: dict[str, object]) -> Run:
        """A run that the provider has taken."""
        return self.taken(self.site.studio.local.requests.submit(body)[0])

    def taken(self, run: Run) -> Run:
        """The run as soon as the provider has it."""
        with self.site.studio.queue.subscribe() as changes:
            while not (now := self.site.studio.local.runs.get(run.id)).handle:
                changes.get(0.2)
        return now

    def paint(self, run: Run, seed: int) -> None:
        self.provider.paint(run.handle or "", seed)

    def release(self, run: Run) -> None:
        self.provider.release(run.handle or "")


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Painter]:
    from studio.web.app import served

    folder: Path = tmp_path_factory.mktemp("previews")
    provider = FakeProvider(folder / "fake")
    fake = FakeEngine(provider=provider, script=FakeScript(never_ends=True), repeatable=True)
    rows = load(Path(__file__).parents[1] / "catalogue")
    with (
        Studio.open(Settings(data=folder / "data"), engines={"fake": fake}, catalogue=rows, timing=QUICK) as studio,
        served(studio, server_port=None) as url,
    ):
        yield Painter(Site(url, studio), provider)


@pytest.fixture
def page(painter: Painter, profile: BrowserContext) -> Iterator[Page]:
    errors: list[str] = []
    with renewed(profile, painter.site.url):
        page = profile.new_page()
        page.set_default_timeout(PATIENT_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(painter.site.url)
        yield page
    assert errors == []


def newest(card: Locator) -> Locator:
    return card.locator("img.st-glimpse").last


SETTLED = """() => Promise.allSettled(document.getAnimations()
    .filter((a) => a.effect.getComputedTiming().endTime !== Infinity).map((a) => a.finished))"""
"""Whatever slides or fades in has come to rest."""


def changes(painter: Painter, run: Run, card: Locator) -> None:
    """First one picture, then another, in a frame that stays where it is."""
    painter.paint(run, 1)
    expect(newest(card)).to_be_visible()
    assert newest(card).get_attribute("alt") == HELP
    card.evaluate(SETTLED)
    first, frame = newest(card).get_attribute("src") or "", newest(card).bounding_box()
    painter.paint(run, 2)
    expect(newest(card)).not_to_have_attribute("src", first)
    expect(card.locator("img.st-glimpse")).to_have_count(1)
    card.evaluate(SETTLED)
    assert newest(card).bounding_box() == frame
    expect(card.get_by_role("progressbar")).to_be_visible()


def test_on_a_create_page_and_then_the_result(page: Page, painter: Painter) -> None:
    run = painter.begin(image("a heron in the reeds"))
    card = page.locator(f'#t2i-feed .st-card[data-id="{run.id}"]')
    expect(card).to_be_visible()
    changes(painter, run, card)
    expect(card.get_by_text("Preview", exact=True)).to_be_visible()
    assert card.locator(".st-open").get_attribute("aria-description") == HELP
    painter.release(run)
    expect(card.locator(".st-pic > img.st-glimpse")).to_have_count(0)
    expect(card.locator(".st-pic.seen > img")).to_be_visible()
    expect(card.get_by_text("Preview", exact=True)).to_have_count(0)


@pytest.mark.parametrize("place", ["queue", "gallery"])
def test_in_the_lists(page: Page, painter: Painter, place: str) -> None:
    run = painter.begin(image(f"a stork above the {place}"))
    show(page, place)
    card = page.locator(f'#queue .st-qrow[data-id="{run.id}"]' if place == "queue" else f"#cell-{run.id}")
    expect(card).to_be_visible()
    changes(painter, run, card)
    painter.release(run)
    painter.site.studio.local.runs.wait([run.id], timeout_s=10)
    over = f'#queue .recent [data-id="{run.id}"]' if place == "queue" else f"#cell-{run.id}.succeeded"
    expect(page.locator(over)).to_be_visible()
    expect(card.locator("img.st-glimpse")).to_have_count(0)


def test_in_the_panel_of_a_run(page: Page, painter: Painter) -> None:
    run = painter.begin(image("a crane, alone"))
    page.locator(f'#t2i-feed .st-card[data-id="{run.id}"] .st-open').click()
    changes(painter, run, page.locator(".st-panel"))
    painter.release(run)
    expect(page.locator(".st-panel .st-glimpse")).to_have_count(0)


def test_on_the_card_of_a_shot_and_on_its_take(page: Page, painter: Painter) -> None:
    boards = painter.site.studio.local.storyboards
    board = boards.create("Marsh", script="Shot 1 [0-2s] a bittern booms", model="fake/clip").board
    show(page, "storyboard")
    page.get_by_text("Marsh").first.click()
    shot = page.locator(".bd-card").first
    expect(shot).to_be_visible()
    run = painter.taken(boards.render(board.id, shots=[board.shots[0].id])[0])
    page.reload()
    painter.paint(run, 1)
    expect(newest(shot)).to_be_visible()
    first = newest(shot).get_attribute("src") or ""
    expect(newest(page.locator(".bd-take"))).to_be_visible()
    expect(newest(page.locator(".bd-stage"))).to_be_visible()
    painter.paint(run, 2)
    expect(newest(shot)).not_to_have_attribute("src", first)
    assert shot.get_attribute("aria-description") == HELP
    painter.release(run)
    expect(shot.locator(".bd-pic > img:not(.st-glimpse)")).to_be_visible()
    expect(shot.locator("img.st-glimpse")).to_have_count(0)
