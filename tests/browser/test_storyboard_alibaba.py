"""A film from a pasted script to the exported file, rendered by a local server that speaks Alibaba's protocol.

Every clip of that server has a colour of its own, so that the film's frames tell which take they come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pydantic import SecretStr

from studio import engines
from studio.domain import Status
from studio.media import frames
from studio.media.probe import probe
from studio.settings import Settings
from studio.storyboard import to_timeline
from studio.storyboard.model import Board, CastMember
from studio.studio import Studio
from tests.browser.conftest import PATIENT_MS, Site
from tests.providers import results
from tests.providers.alibaba import AlibabaServer
from tests.support.boards import put_member
from tests.support.kit import QUICK

SCRIPT = "Storybook.\nShot 1 [0-2s] a lighthouse\nShot 2 [2-4s] a girl with a lantern\nShot 3 [4-6s] a boat turns"
SLOW_MS = 90_000


@dataclass(frozen=True)
class Place:
    """The studio in the browser, and the provider it renders with."""

    site: Site
    server: AlibabaServer

    @property
    def studio(self) -> Studio:
        return self.site.studio


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    from studio.web.app import served

    with AlibabaServer() as server:
        settings = Settings(
            data=tmp_path / "data", workers=1, secrets={"DASHSCOPE_API_KEY": SecretStr("sk-test")},
            options={"ALIBABA_BASE_URL": f"{server.url}/api/v1"},
        )  # fmt: skip
        made = {name: engines.build(name, settings) for name in ("draft", "alibaba")}
        with Studio.open(settings, engines=made, timing=QUICK) as studio, served(studio, server_port=None) as url:
            yield Place(Site(url, studio), server)


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US", accept_downloads=True)
    page, errors = context.new_page(), []
    page.set_default_timeout(PATIENT_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(place.site.url)
    yield page
    context.close()
    assert errors == []


def card(page: Page, number: int) -> Locator:
    return page.locator(".bd-card").nth(number - 1)


def middle(place: Locator) -> tuple[float, float]:
    place.hover(trial=True)  # until it stands still
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pasted(page: Page) -> None:
    """A board of three shots, made by pasting them."""
    page.locator("#tab-storyboard-button").click()
    page.locator("[data-do=new-board]").first.click()
    page.locator(".bd-dialog input[type=text]").fill("Lighthouse")
    page.locator(".bd-dialog select").select_option("832x480")
    page.locator("[data-field=script]").fill(SCRIPT)
    expect(page.locator(".bd-dialog .bd-read")).to_contain_text("3 shots, 6 s")
    page.locator("[data-do=create]").click()
    expect(page.locator(".bd-card")).to_have_count(3)
    page.locator("[data-field=film-model]").select_option("alibaba/wan2.6-t2v")
    expect(page.locator(".bd-facts")).to_contain_text("to render")


def reordered(page: Page) -> None:
    """The last shot to the front with the mouse, then one place on with keys."""
    (x, y), (to, _) = middle(card(page, 3)), middle(card(page, 1))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to - 30, y, steps=8)
    page.mouse.up()
    expect(card(page, 1)).to_contain_text("a boat turns")
    card(page, 1).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(card(page, 2)).to_contain_text("a boat turns")


def approved_and_rendered(page: Page) -> float:
    """Drafts, an approval of all, and a take of each; the total in dollars that was shown before."""
    expect(page.locator(".bd-card.draft .bd-pic img")).to_have_count(3, timeout=SLOW_MS)
    page.locator("[data-view=sheet]").click()
    page.locator("[data-do=approve-all]").click()
    expect(page.locator(".bd-viewhead")).to_contain_text("3 of 3 approved")
    page.locator("[data-view=cut]").click()
    page.locator("[data-do=render-all]").click()
    expect(page.locator(".bd-dialog .ready li")).to_have_count(3)
    total = page.locator(".bd-total strong").inner_text()
    page.locator("[data-do=render-now]").click()
    expect(page.locator(".bd-card.render")).to_have_count(3, timeout=SLOW_MS)
    return float(total.removeprefix("$"))


def retaken(page: Page) -> None:
    """A second take of the first shot, put into the film."""
    card(page, 1).click()
    page.locator("[data-do=retake]").click()
    newest = page.locator(".bd-take.succeeded", has_text="Take 2")
    expect(newest).to_be_visible(timeout=SLOW_MS)
    newest.get_by_role("button", name="Use in the film").click()
    expect(newest).to_contain_text("In the film")


def exported(page: Page, out: Path) -> Path:
    page.locator("[data-do=export]").click()
    page.locator("[data-do=export-now]").click()
    link = page.locator(".bd-exports [data-do=download]").first
    expect(link).to_be_visible(timeout=SLOW_MS)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(out)
    return out


def colours(film: Path, board: Board) -> list[np.ndarray]:
    """The mean colour in the middle of each shot."""
    timeline = to_timeline.timeline(board, {})
    times = [at + timeline.shown_s(n) / 2 for n, at in enumerate(timeline.starts_s())]
    return [np.asarray(picture, float)[..., :3].mean(axis=(0, 1)) for picture in frames.grab_many(film, times)]


@pytest.mark.timeout(300)
def test_a_pasted_script_becomes_a_film_of_the_takes_that_were_chosen(page: Page, place: Place, tmp_path: Path) -> None:
    pasted(page)
    reordered(page)
    shown = approved_and_rendered(page)
    runs = place.studio.local.gallery.search(model="alibaba/wan2.6-t2v").runs
    assert [r.status for r in runs] == [Status.SUCCEEDED] * 3
    assert shown == pytest.approx(sum(r.cost_usd or 0 for r in runs), abs=0.005), "billed is what was shown"
    retaken(page)
    film = exported(page, tmp_path / "film.mp4")

    facts = probe(film)
    assert (facts.width, facts.height, round(facts.duration_s or 0, 1), facts.has_audio) == (832, 480, 6.0, True)
    board = place.studio.local.storyboards.all()[0].board
    assert [s.prompt for s in board.shots] == ["a lighthouse", "a boat turns", "a girl with a lantern"]
    handles = [place.studio.local.runs.get(s.chosen or "").handle or "" for s in board.shots]
    numbers = [next(t.number for t in place.server.tasks.values() if t.id in handle) for handle in handles]
    assert numbers[0] == 3, "the second take of the first shot was the last to be asked for"
    tints = np.array([results.tint(n) for n in range(results.TINTS)], float)
    nearest = [int(np.abs(tints - seen).sum(axis=1).argmin()) for seen in colours(film, board)]
    assert nearest == numbers


def test_the_render_window_says_what_a_model_leaves_out(page: Page, place: Place, tmp_path: Path) -> None:
    """Before money is spent: the references of the cast that a model for words alone does not see, and its sister."""
    face = tmp_path / "eda.png"
    face.write_bytes(results.png(320, 320, "eda"))
    made = place.studio.local.storyboards.create(
        "Lamp", script="Shot 1 [0-2s] @eda waves", model="alibaba/wan2.6-t2v"
    ).board
    eda = CastMember(id="c1", name="eda", references=(place.studio.local.assets.add(face).id,), consent=True)
    place.studio.local.storyboards.edit(made.id, "cast", lambda b: put_member(b, eda))
    page.goto(f"{place.site.url}?board={made.id}")
    page.locator("[data-do=render-one]").click()
    expect(page.locator(".bd-dialog .ready .bd-hint")).to_contain_text("the description of @eda, not the references")
    page.locator(".bd-dialog [data-do=close]").click()
    page.locator("[data-do=fit-one]").click()
    page.locator("[data-do=render-one]").click()
    expect(page.locator(".bd-dialog .ready li")).to_contain_text("Wan 2.6 reference to video")
    expect(page.locator(".bd-dialog .bd-hint")).to_have_count(0)
