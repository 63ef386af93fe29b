"""What holds for every page: axe's rules, one heading, one stop for the tabs, shortcuts, kept preferences."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from studio.domain import Run
from tests.browser.conftest import Site, show, violations

Opener = Callable[..., Page]
TABS = ("t2i", "storyboard", "gallery", "queue", "models", "workflows", "refunds", "settings")


def test_every_page_passes_axe_and_has_one_heading(open_page: Opener, axe: str) -> None:
    page = open_page()
    page.evaluate(axe)
    found = {}
    for tab in TABS:
        show(page, tab)
        heading = page.locator("h1:visible, h1.st-off")
        panel = page.locator(f"#tab-{tab}")
        expect(panel.locator("h1")).to_have_count(1)
        assert heading.count() >= 1
        found[tab] = violations(page)
    assert {tab: wrong for tab, wrong in found.items() if wrong} == {}


def test_the_tabs_are_one_stop_and_a_link_leads_past_them(open_page: Opener) -> None:
    page = open_page("queue")
    stops = page.locator("#studio-tabs > .tab-wrapper [role=tab][tabindex='0']")
    expect(stops).to_have_count(1)
    expect(stops).to_have_id("tab-queue-button")
    stops.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#tab-models-button")).to_be_focused()
    page.locator(".studio-skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-queue")).to_be_focused()
    expect(page).to_have_title("Queue · Wan Studio")


def test_a_question_mark_lists_the_shortcuts_and_back_closes_them(open_page: Opener) -> None:
    page = open_page("gallery")
    expect(page).to_have_title("Gallery · Wan Studio")
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Show shortcuts")
    page.go_back()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_preferences_survive_a_reload(open_page: Opener) -> None:
    page = open_page("settings")
    page.locator("#pref-theme").select_option("light")
    page.reload()
    expect(page.locator("#pref-theme")).to_have_value("light")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.locator("#pref-language").select_option("zh-CN")
    expect(page.locator("#settings h1, .st-house h1").first).to_have_text("设置")


def finished(site: Site, prompt: str) -> Run:
    """A small picture, made."""
    body = {"task": "text-to-image", "model": "draft/animatic", "prompt": prompt, "width": 320, "height": 192}
    [run] = site.studio.local.requests.submit(body)
    [done] = site.studio.local.runs.wait([run.id], timeout_s=60)
    return done


def test_times_go_on_while_the_page_stays_open(open_page: Opener, context: BrowserContext, site: Site) -> None:
    run = finished(site, "an old clock")
    page = context.new_page()
    page.clock.install()
    open_page("gallery", page)
    shown = page.locator(f"#cell-{run.id} time.st-since")
    expect(shown).to_have_text("just now")
    page.clock.fast_forward("10:00")
    expect(shown).to_have_text(re.compile(r"^1[01] min"))


HIDE = "Object.defineProperty(document, 'hidden', {{ get: () => {}, configurable: true }})"
RECORD = """
window.shown = [];
window.Notification = class extends Notification { constructor(words, more) { super(words, more); shown.push(words); } }
"""


def test_what_ends_while_nobody_looks_is_in_the_title_and_notified(
    open_page: Opener, context: BrowserContext, site: Site
) -> None:
    """Asked for by a press on Settings, never before; a run of another test may be under way beside it."""
    context.grant_permissions(["notifications"])
    page = context.new_page()
    page.add_init_script(RECORD)
    open_page("settings", page)
    assert page.evaluate("localStorage.getItem('studio-notify')") is None
    page.get_by_label("Shown when this page is not in front.").check()
    page.evaluate(HIDE.format("true"))
    finished(site, "unseen")
    expect(page).to_have_title("Done · Settings · Wan Studio")
    page.wait_for_function("shown.includes('Run finished')")
    assert page.locator('link[rel="icon"][href^="data:image/svg"]').count() == 1
    page.evaluate(HIDE.format("false") + "; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title("Settings · Wan Studio")
    site.studio.queue.pause()
    try:
        body = {"task": "text-to-image", "model": "draft/animatic", "prompt": "waits", "width": 320, "height": 192}
        [run] = site.studio.local.requests.submit(body)
        expect(page).to_have_title(re.compile("^1 waiting · "))
        site.studio.local.runs.cancel(run.id)
    finally:
        site.studio.queue.resume()
