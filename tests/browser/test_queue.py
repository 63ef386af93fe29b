"""The queue in the browser: seen live, put in order by hand and by keys, decided, paused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from studio.catalogue import load
from studio.domain import Run, Status
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript, FindingFake
from studio.errors import EngineError, Moderated, Refused
from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import PATIENT_MS, Site, renewed
from tests.support.kit import QUICK, image, paid_image

SCRIPTS = {
    "slow": FakeScript(wait_s=4),
    "broken": FakeScript(final=Refused("The provider stopped: internal error 7.")),
    "lost": FakeScript(lost="before"),
    "refused": FakeScript(final=Moderated("The result was refused.", billed=True)),
    "faulty": FakeScript(final=EngineError("The provider failed: internal error 7.", code="internal")),
}


@pytest.fixture(scope="module")
def queue_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio with scripted engines, for what the draft engine never does: fail, wait, bill, lose an answer."""
    from studio.web.app import served

    folder: Path = tmp_path_factory.mktemp("queue")
    fake = FakeEngine(provider=FakeProvider(folder / "fake"), scripts=SCRIPTS, repeatable=True)
    paid = FindingFake(name="paid", provider=FakeProvider(folder / "paid"), scripts=SCRIPTS)
    rows = load(Path(__file__).parents[1] / "catalogue")
    settings = Settings(data=folder / "data")
    engines = {"fake": fake, "paid": paid}
    with (
        Studio.open(settings, engines=engines, catalogue=rows, timing=QUICK) as studio,
        served(studio, server_port=None) as url,
    ):
        yield Site(url, studio)


@pytest.fixture
def queue(queue_site: Site, profile: BrowserContext) -> Iterator[Page]:
    """The page, opened at the queue; a script error fails the test."""
    errors: list[str] = []
    with renewed(profile, queue_site.url):
        page = profile.new_page()
        page.set_default_timeout(PATIENT_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(queue_site.url)
        page.locator("#tab-queue-button").click()
        expect(page.locator("#queue .st-sum")).to_be_visible()
        yield page
    assert errors == []


@pytest.fixture
def resting(queue_site: Site) -> Iterator[Studio]:
    """The studio with its queue paused and nothing in it."""
    studio = queue_site.studio
    studio.queue.pause()
    yield studio
    for run in studio.local.runs.active():
        if run.status is Status.QUEUED:
            studio.local.runs.cancel(run.id)
    studio.queue.resume()


def row(page: Page, run: Run) -> Locator:
    return page.locator(f'#queue .st-qrow[data-id="{run.id}"]')


def three(studio: Studio) -> list[Run]:
    return [run for word in "abc" for run in studio.local.requests.submit(image(f"number {word}"))]


def order(studio: Studio) -> list[str]:
    return [r.id for r in studio.local.runs.active() if r.status is Status.QUEUED]


def test_a_run_is_seen_from_waiting_to_its_end(queue: Page, queue_site: Site) -> None:
    [run] = queue_site.studio.local.requests.submit(image("a slow swan"))
    expect(queue.locator("#queue .st-part.running")).to_contain_text("a slow swan")
    bar = row(queue, run).get_by_role("progressbar")
    expect(bar).to_be_visible()
    queue.wait_for_function("Number(document.querySelector('#queue [role=progressbar]')?.ariaValueNow) > 10")
    expect(queue.locator("#queue .st-part.recent")).to_contain_text("a slow swan")
    expect(row(queue, run)).to_contain_text("took")


def test_a_waiting_run_is_edited_in_its_form_and_a_held_model_resumed(queue: Page, queue_site: Site) -> None:
    """What was typed in the form before is back afterwards, and the run keeps its place."""
    studio = queue_site.studio
    studio.local.runs.wait([r.id for r in studio.local.requests.submit(image("faulty", n=3))], timeout_s=15)
    first, second = (studio.local.requests.submit(image(f"lake {word}"))[0] for word in ("one", "two"))
    hold = queue.locator('#queue .st-hold[data-model="fake/image"]')
    expect(hold).to_contain_text("2 runs are waiting")
    queue.locator("#tab-t2i-button").click()
    box = queue.locator("#t2i-prompt textarea")
    box.fill("typed before")
    expect(queue.locator("#t2i-bar .st-hold")).to_contain_text("internal error 7")
    queue.wait_for_timeout(1000)  # kept in this browser
    queue.locator("#tab-queue-button").click()
    row(queue, first).locator("[data-do=edit]").click()
    expect(box).to_have_value("lake one")
    expect(queue.locator("#t2i-bar .sf-editing")).to_contain_text("lake one")
    box.fill("a mountain lake")
    expect(queue.locator("#t2i-generate")).to_have_text("Save changes")
    queue.locator("#t2i-generate").click()
    expect(row(queue, first)).to_contain_text("a mountain lake")
    assert order(studio) == [first.id, second.id]
    expect(box).to_have_value("typed before")
    hold.locator("[data-do=resume-model]").click()
    expect(hold).to_have_count(0)
    done = studio.local.runs.wait([first.id, second.id], timeout_s=15)
    assert [run.request.prompt for run in done] == ["a mountain lake", "lake two"]


def test_a_refund_is_claimed_with_a_text_and_noted(queue: Page, queue_site: Site) -> None:
    studio = queue_site.studio
    [run] = studio.local.requests.submit(paid_image("refused after rendering"))
    studio.local.runs.wait([run.id], timeout_s=15)
    queue.locator("#tab-refunds-button").click()
    claim = queue.locator("#refunds .st-claim", has_text="refused after rendering")
    expect(claim).to_contain_text("$0.10")
    queue.locator("#refunds .st-letterbox summary").click()
    text = queue.locator("#refunds textarea")
    expect(text).to_have_value(re.compile(re.escape(studio.local.runs.get(run.id).handle or "none")))
    queue.locator("#refunds .st-letterbox select").select_option("zh-CN")
    expect(text).to_have_value(re.compile("您好"))
    claim.locator("[data-do=refunded]").click()
    queue.locator("dialog [data-do=save]").click()
    expect(claim).to_have_count(0)
    assert sum(row.usd for row in studio.admin.spend()) == 0
    queue.get_by_role("button", name="Show settled").click()
    expect(claim).to_contain_text("Refunded")


def test_order_is_changed_by_dragging(queue: Page, resting: Studio) -> None:
    a, b, c = three(resting)
    expect(row(queue, c)).to_be_visible()
    grip, over = row(queue, c).locator(".st-grip").bounding_box(), row(queue, a).bounding_box()
    assert grip and over
    queue.mouse.move(grip["x"] + 8, grip["y"] + grip["height"] / 2)
    queue.mouse.down()
    queue.mouse.move(over["x"] + 8, over["y"] + 4, steps=6)
    queue.mouse.up()
    expect(row(queue, c).locator(".st-grip b")).to_have_text("1")
    assert order(resting) == [c.id, a.id, b.id]


def test_order_is_changed_by_keys(queue: Page, resting: Studio) -> None:
    a, b, c = three(resting)
    row(queue, a).focus()
    queue.keyboard.press("Alt+ArrowDown")
    expect(row(queue, a).locator(".st-grip b")).to_have_text("2")
    expect(row(queue, a)).to_be_focused()
    queue.keyboard.press("Alt+ArrowDown")
    expect(row(queue, a).locator(".st-grip b")).to_have_text("3")
    assert order(resting) == [b.id, c.id, a.id]


def test_priority_goes_before_order(queue: Page, resting: Studio) -> None:
    a, b, c = three(resting)
    row(queue, c).get_by_label("Priority").select_option(label="High")
    expect(row(queue, c).locator(".st-grip b")).to_have_text("1")
    assert order(resting) == [c.id, a.id, b.id]


def test_a_long_queue_is_a_window_of_rows(queue: Page, resting: Studio) -> None:
    """Only what is seen is loaded and drawn; keys move a row far down, and all means all."""
    runs = resting.local.requests.submit_many([image(f"number {n}", n=8) for n in range(50)])
    expect(queue.locator("#queue .st-part.queued h2")).to_contain_text("400")
    assert queue.locator("#queue .st-part.queued .st-qrow").count() < 100
    queue.mouse.move(500, 500)
    last = row(queue, runs[-1])
    while not last.is_visible():
        queue.mouse.wheel(0, 6000)
        queue.wait_for_timeout(50)
    expect(last.locator(".st-grip b")).to_have_text("400")
    assert queue.locator("#queue .st-part.queued .st-qrow").count() < 100
    last.focus()
    queue.keyboard.press("Alt+ArrowUp")
    expect(last.locator(".st-grip b")).to_have_text("399")
    expect(last).to_be_focused()
    assert order(resting)[-2:] == [runs[-1].id, runs[-2].id]
    with queue.expect_response(lambda response: response.request.method == "POST"):
        queue.keyboard.press("Alt+Home")
    assert order(resting)[0] == runs[-1].id
    queue.locator("#queue [data-do=clear]").click()
    expect(queue.locator("dialog.st-sure")).to_contain_text("400")
    queue.locator("[data-do=clear-now]").click()
    expect(queue.locator("#queue .st-part.queued")).to_be_hidden()
    assert order(resting) == []


def test_cancel_is_for_one_or_for_all_that_wait(queue: Page, resting: Studio) -> None:
    a, _, _ = three(resting)
    row(queue, a).locator("[data-do=cancel]").click()
    expect(queue.locator("#queue .st-part.queued .st-qrow")).to_have_count(2)
    queue.locator("#queue [data-do=clear]").click()
    queue.locator("[data-do=clear-now]").click()
    expect(queue.locator("#queue .st-part.queued")).to_be_hidden()
    assert order(resting) == []


def test_pause_and_resume_are_seen_by_everyone(queue: Page, queue_site: Site) -> None:
    queue.locator("#queue [data-do=pause]").click()
    expect(queue.locator("#queue .st-resting")).to_be_visible()
    queue_site.studio.local.requests.submit(image("waits for the resume"))
    expect(queue.locator("#queue .st-part.queued")).to_contain_text("waits for the resume")
    queue.reload()
    queue.locator("#tab-queue-button").click()
    queue.get_by_role("button", name="Resume the queue").click()
    expect(queue.locator("#queue .st-part.recent")).to_contain_text("waits for the resume")


def test_a_run_beyond_the_limit_asks_and_goes_on(queue: Page, queue_site: Site) -> None:
    queue_site.studio.admin.set_limits(run_usd=0.05)
    [run] = queue_site.studio.local.requests.submit(paid_image("a dear deer"))
    held = row(queue, run)
    expect(held).to_contain_text("This run exceeds a spending limit.")
    expect(held).to_contain_text("Allows this run to exceed the limit.")
    held.get_by_role("button", name="Run anyway").click()
    expect(queue.locator("#queue .st-part.recent")).to_contain_text("a dear deer")
    queue_site.studio.admin.set_limits()


def test_a_failure_tells_why_and_is_tried_again(queue: Page, queue_site: Site) -> None:
    [run] = queue_site.studio.local.requests.submit(image("a broken violin"))
    expect(row(queue, run)).to_contain_text("The provider stopped: internal error 7.")
    row(queue, run).locator("[data-do=retry]").click()
    expect(queue.get_by_text("The run was added to the queue again")).to_be_visible()
    assert queue_site.studio.local.gallery.search("violin", limit=1).runs[0].retry_of == run.id


def test_the_page_goes_on_after_the_connection_broke(queue: Page, queue_site: Site) -> None:
    queue.context.set_offline(True)
    [run] = queue_site.studio.local.requests.submit(image("made meanwhile"))
    queue_site.studio.local.runs.wait([run.id], timeout_s=10)
    queue.context.set_offline(False)
    queue.evaluate("new EventSource('events/runs').close()")
    [later] = queue_site.studio.local.requests.submit(image("made afterwards"))
    expect(queue.locator("#queue .st-part.recent")).to_contain_text("made afterwards")
    expect(row(queue, run)).to_be_visible()
    expect(row(queue, later)).to_be_visible()
