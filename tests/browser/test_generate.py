"""The line above Generate is what Generate does: after a reload, while it is worked out, and however it is pressed."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.conftest import PRESSES_APART_MS, Site, autosaved, clocked, pick_model, show
from tests.browser.test_create import prompt, runs_of

Open = Callable[..., Page]
MADE = re.compile("added to the queue")


def line(page: Page, tab: str) -> tuple[int, str]:
    """Runs and size, as the line above Generate says them when the button may be pressed."""
    expect(page.locator(f"#{tab}-generate")).to_be_enabled()
    runs = page.locator(f"#{tab}-bar .sf-runs").inner_text()
    return int(runs.split()[0]), page.locator(f"#{tab}-bar .sf-size").inner_text()


def generate(page: Page, tab: str) -> None:
    page.locator(f"#{tab}-generate").click()
    expect(page.locator(f"#{tab}-bar .sf-sent")).to_have_text(MADE)


def test_the_line_is_what_is_made_after_each_reload(open_page: Open, site: Site) -> None:
    """Two combinations at 480P: after every reload the line says so, and the press makes just that."""
    page = open_page("t2i")
    page.locator("#create-t2i .studio-fold > summary").first.click()
    page.locator("#t2i-combinations input").check()
    with autosaved(page):
        prompt(page, "t2i").fill("a {red|blue} nudibranch")
    with autosaved(page):
        page.locator("#t2i-tier label", has_text="480P").click()
    expect(page.locator("#t2i-bar .sf-runs")).to_have_text("2 runs")
    for reloads in range(3):
        page.reload()
        runs, size = line(page, "t2i")
        assert (runs, size) == (2, "832 × 480")
        before = len(runs_of(site, "nudibranch"))
        generate(page, "t2i")
        made = runs_of(site, "nudibranch")
        assert len(made) - before == runs, f"after reload {reloads + 1}"
        assert {(r.request.width, r.request.height) for r in made} == {(832, 480)}


def test_a_double_click_enter_and_a_click_or_two_taps_make_one_batch(
    open_page: Open, context: BrowserContext, site: Site
) -> None:
    page = open_page("t2i", clocked(context))
    page.locator("#t2i-tier label", has_text="480P").click()
    presses = {
        "axolotl": lambda: page.locator("#t2i-generate").dblclick(),
        "blobfish": lambda: (page.locator("#t2i-generate").press("Enter"), page.locator("#t2i-generate").click()),
        "coelacanth": lambda: page.evaluate(
            "for (const n of [1, 2, 3]) document.getElementById('t2i-generate').click()"
        ),
    }
    for word, press in presses.items():
        prompt(page, "t2i").fill(word)
        expect(page.locator("#t2i-generate")).to_be_enabled()
        page.clock.fast_forward(PRESSES_APART_MS)
        press()
        expect(page.locator("#t2i-bar .sf-sent")).to_have_text(MADE)
        expect(page.locator("#t2i-feed .st-card", has_text=word).first).to_be_visible()
        assert len(runs_of(site, word)) == 1, word


def test_a_press_that_arrives_twice_makes_one_batch(open_page: Open, site: Site) -> None:
    """As a proxy or a browser does that sends a request again."""
    page = open_page("t2i")
    prompt(page, "t2i").fill("a dugong")
    expect(page.locator("#t2i-generate")).to_be_enabled()
    sent: list[Request] = []
    page.on("request", lambda r: sent.append(r) if '"terms"' in (r.post_data or "") else None)
    generate(page, "t2i")
    [press] = sent
    again = page.request.post(press.url, data=press.post_data, headers={"content-type": "application/json"})
    assert again.ok and '"press"' in again.text(), "answered, so nothing more comes of it"
    assert len(runs_of(site, "dugong")) == 1


def test_a_press_before_the_line_has_caught_up_asks_again_where_it_says_something_else(
    open_page: Open, context: BrowserContext, site: Site
) -> None:
    """Typed and pressed at once: what costs the same goes on, what does not is shown first."""
    page = open_page("t2i", clocked(context))
    page.locator("#create-t2i .studio-fold > summary").first.click()
    page.locator("#t2i-combinations input").check()
    prompt(page, "t2i").fill("an echidna")
    expect(page.locator("#t2i-generate")).to_be_enabled()
    prompt(page, "t2i").fill("an {old|young|tame} echidna")
    prompt(page, "t2i").press("Control+Enter")
    expect(page.locator("#t2i-bar .sf-changed")).to_contain_text("3 runs")
    assert runs_of(site, "echidna") == []
    page.clock.fast_forward(PRESSES_APART_MS)
    generate(page, "t2i")
    assert len(runs_of(site, "echidna")) == 3


def test_the_studio_refuses_a_press_that_saw_other_terms(open_page: Open, site: Site) -> None:
    """Whatever a page does wrong: what it showed is compared with what the form would do."""
    page = open_page("t2i")
    prompt(page, "t2i").fill("a fossa")
    expect(page.locator("#t2i-generate")).to_be_enabled()
    sent: list[Request] = []
    page.on("request", lambda r: sent.append(r) if '"terms"' in (r.post_data or "") else None)
    page.route(
        "**/ui/forms/**",
        lambda route: route.abort() if '"terms"' in (route.request.post_data or "") else route.continue_(),
    )
    with page.expect_event("requestfailed"):
        page.locator("#t2i-generate").click()
    [press] = sent
    other = re.sub(r'"terms":"[0-9a-f]+"', '"terms":"0123"', press.post_data or "")
    answer = page.request.post(press.url, data=other, headers={"content-type": "application/json"})
    assert "changed" in answer.text() and runs_of(site, "fossa") == []


def test_a_switch_of_model_holds_generate_until_its_price_is_there(open_page: Open) -> None:
    page = open_page("t2i")
    prompt(page, "t2i").fill("a gharial")
    expect(page.locator("#t2i-bar .sf-price")).to_have_text(re.compile("free", re.IGNORECASE))
    pick_model(page, "t2i", "alibaba/wan2.6-t2i")
    expect(page.locator("#t2i-generate")).to_be_disabled(timeout=1000)
    expect(page.locator("#t2i-generate")).to_be_enabled()
    expect(page.locator("#t2i-bar .sf-price")).to_contain_text("$")


def test_with_the_queue_paused_the_form_says_that_nothing_starts(open_page: Open, site: Site) -> None:
    page = open_page("t2i")
    expect(page.locator("#t2i-bar .sf-paused")).to_be_hidden()
    site.studio.queue.pause()
    try:
        page.reload()
        show(page, "t2i")
        expect(page.locator("#t2i-bar .sf-paused")).to_contain_text("The queue is paused")
        page.locator("#t2i-bar .sf-paused button").click()
        expect(page.locator("#t2i-bar .sf-paused")).to_be_hidden()
        assert site.studio.queue.paused is False
    finally:
        site.studio.queue.resume()
