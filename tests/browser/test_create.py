"""A create page in the browser: from typing to a result, and what must not be lost or misunderstood on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from studio.domain import Run, Status
from tests.browser.conftest import Site, autosaved, pick_model, show

Open = Callable[..., Page]


def runs_of(site: Site, word: str) -> list[Run]:
    """Runs whose prompt holds the word."""
    return [r for r in site.studio.local.gallery.search(word).runs if word in r.request.prompt]


def prompt(page: Page, tab: str) -> Locator:
    return page.locator(f"#{tab}-prompt textarea")


def test_a_clip_is_made_from_typing_to_result(open_page: Open, site: Site) -> None:
    """Generate answers at once; the card appears by itself, and ends with a picture that is on our disk."""
    page = open_page("t2v")
    prompt(page, "t2v").fill("a quokka walks along the beach, pan left")
    page.locator("#t2v-tier label", has_text="480P").click()
    page.locator("#t2v-duration_s input[type=number]").fill("1")
    expect(page.locator("#t2v-bar .sf-size")).to_have_text("832 × 480")
    page.locator("#t2v-generate").click()
    expect(page.locator("#t2v-bar .sf-sent")).to_be_visible()
    card = page.locator("#t2v-feed .st-card", has_text="quokka")
    expect(card).to_be_visible()
    expect(card.locator(".st-pic img")).to_be_visible(timeout=60_000)
    [run] = runs_of(site, "quokka")
    assert run.status is Status.SUCCEEDED and run.seed is not None
    assert (run.assets[0].width, run.assets[0].height, run.assets[0].duration_s) == (832, 480, 1.0)


LOOKED_AT = ("#create-t2i .sl-title", "#t2i-prompt textarea", "#t2i-bar button", "#t2i-picker button")
LOOK = """(name) => {
  const element = document.querySelector(name), { color, backgroundColor, fontFamily } = getComputedStyle(element);
  const { x, y, height } = element.getBoundingClientRect();
  return [color, backgroundColor, fontFamily.split(",")[0].replaceAll('"', "")].concat([x, y, height].map(Math.round));
}"""


def test_the_form_can_be_used_before_the_tabs_are_there(context: BrowserContext, site: Site) -> None:
    """Gradio comes late here: the form is typed into meanwhile, and goes into its tab with text, caret and price."""
    page, held = context.new_page(), list[Route]()
    page.route("**/assets/index-*.js", lambda route: held.append(route))
    page.goto(site.url, wait_until="commit")
    prompt(page, "t2i").fill("a kakapo")
    page.locator("#t2i-tier label", has_text="480P").click()
    expect(page.locator("#t2i-bar .sf-size")).to_have_text("832 × 480")
    prompt(page, "t2i").press("Home")
    assert page.locator("#studio-tabs").count() == 0
    look = {name: page.evaluate(LOOK, name) for name in LOOKED_AT}
    held[0].continue_()
    expect(page.locator("#tab-t2i #t2i-prompt textarea")).to_have_value("a kakapo")
    expect(page.locator(".studio-first")).to_have_count(0)
    page.keyboard.type("now ")
    expect(prompt(page, "t2i")).to_have_value("now a kakapo")
    expect(page.locator("#t2i-tier label:has(:checked)")).to_have_text("480P")
    assert {name: page.evaluate(LOOK, name) for name in LOOKED_AT} == look


def test_what_was_typed_during_a_switch_of_model_stays(open_page: Open) -> None:
    """The answer to the switch comes late, and knows an older text."""
    page, held = open_page("t2v"), list[Route]()
    prompt(page, "t2v").fill("a tern")
    page.route("**/ui/forms/t2v/pick", lambda route: held.append(route), times=1)
    with page.expect_request("**/ui/forms/t2v/pick"):
        pick_model(page, "t2v", "alibaba/wan2.6-t2v")
    prompt(page, "t2v").fill("a tern over the sea")
    held[0].continue_()
    expect(page.locator("#t2v-prompt .sf-count")).to_have_text("19 / 1,500")
    expect(prompt(page, "t2v")).to_have_value("a tern over the sea")


def test_another_model_keeps_what_is_legal_and_says_what_it_changed(open_page: Open) -> None:
    page = open_page("t2v")
    prompt(page, "t2v").fill("a heron takes off")
    page.locator("#t2v-aspect label", has_text="21:9").click()
    page.locator("#t2v-duration_s input[type=number]").fill("40")
    page.locator("#t2v-duration_s input[type=number]").blur()
    expect(page.locator("#t2v-bar .sf-size")).to_have_text("1470 × 630")
    pick_model(page, "t2v", "alibaba/wan2.6-t2v")
    notice = page.locator("#t2v-notice")
    expect(notice).to_contain_text("Size 1470 × 630 → 1280 × 720")
    expect(notice).to_contain_text("Length 40 s → 15 s")
    expect(prompt(page, "t2v")).to_have_value("a heron takes off")
    expect(page.locator("#t2v-duration_s input[type=number]")).to_have_value("15")
    expect(page.locator("#t2v-prompt .sf-count")).to_have_text("17 / 1,500")
    expect(page.locator("#t2v-picker .sp-missing")).to_contain_text("Add a key for Alibaba Model Studio")


def test_what_was_typed_survives_a_reload(open_page: Open) -> None:
    page = open_page("t2v")
    with autosaved(page):
        prompt(page, "t2v").fill("an otter dives ${1+1} {{value}}")
    with autosaved(page):
        page.locator("#t2v-aspect label", has_text="9:16").click()
    expect(page.locator("#t2v-bar .sf-size")).to_have_text("720 × 1280")
    page.reload()
    show(page, "t2v")
    expect(prompt(page, "t2v")).to_have_value("an otter dives ${1+1} {{value}}")
    expect(page.locator("#t2v-aspect label:has(:checked)")).to_have_text("9:16")


def test_combinations_and_seeds_show_count_and_price_before_generate(open_page: Open) -> None:
    """2 coats x 2 skies x 3 seeds at $0.10 a second, 5 s each."""
    page = open_page("t2v")
    pick_model(page, "t2v", "alibaba/wan2.6-t2v")
    prompt(page, "t2v").fill("{red|blue} coat, {rain|snow}")
    expect(page.locator("#t2v-bar .sf-runs")).to_have_text("1 run")
    page.locator("#create-t2v .studio-fold > summary").first.click()
    page.locator("#t2v-combinations input").check()
    page.locator("#t2v-seeds input, #t2v-seeds textarea").first.fill("7, 8-9")
    expect(page.locator("#t2v-bar .sf-runs")).to_have_text("12 runs")
    price = page.locator("#t2v-bar .sf-price").inner_text()
    assert float(price.removeprefix("$")) > 12 * 5 * 0.08


def test_a_refusal_stands_at_its_field_before_generate(open_page: Open, site: Site) -> None:
    page = open_page("t2v")
    pick_model(page, "t2v", "alibaba/wan2.6-t2v")
    prompt(page, "t2v").fill("wombat " + "x" * 1500)
    refusal = page.locator("#t2v-prompt .sf-refusal")
    expect(refusal).to_contain_text("1,507 characters")
    expect(page.locator("#t2v-generate")).to_be_enabled()
    page.locator("#t2v-generate").click()
    expect(page.locator("#t2v-generate")).not_to_have_class(re.compile("busy"))
    assert runs_of(site, "wombat") == []


def test_a_prompt_is_never_run_as_code(open_page: Open, site: Site) -> None:
    """Template literals, handlebars and markup stay text in the form, the cards and after a reload."""
    evil = "badger ${window.hit=1} {{window.hit=2}} <img src=x onerror='window.hit=3'> <script>window.hit=4</script>"
    page = open_page("t2i")
    with autosaved(page):
        prompt(page, "t2i").fill(evil)
    with autosaved(page):
        page.locator("#t2i-tier label", has_text="480P").click()
    page.get_by_role("button", name="Send it as it stands").first.click()
    page.locator("#t2i-generate").click()
    card = page.locator("#t2i-feed .st-card", has_text="badger")
    expect(card).to_contain_text("<img src=x onerror=")
    expect(card.locator(".st-pic img")).to_be_visible(timeout=60_000)
    page.reload()
    show(page, "t2i")
    expect(prompt(page, "t2i")).to_have_value(evil)
    expect(page.locator("#t2i-feed .st-card", has_text="badger")).to_be_visible()
    assert page.evaluate("window.hit") is None


def test_ctrl_enter_generates_on_the_visible_page(open_page: Open, site: Site) -> None:
    page = open_page("t2i")
    prompt(page, "t2i").fill("a numbat under a lamp")
    page.locator("#t2i-tier label", has_text="480P").click()
    prompt(page, "t2i").press("Control+Enter")
    expect(page.locator("#t2i-feed .st-card", has_text="numbat")).to_be_visible()
    assert len(runs_of(site, "numbat")) == 1


def test_a_preset_brings_the_form_back(open_page: Open) -> None:
    """Saved by name, loaded by name, in another visit too; the dice gives a fixed seed another number."""
    page = open_page("t2i")
    prompt(page, "t2i").fill("a potoroo in the moss")
    page.locator("#t2i-seed_mode label", has_text="Fixed").click()
    page.locator("#t2i-seed .sf-dice").click()
    seed = page.locator("#t2i-seed input").input_value()
    assert seed.isdecimal()
    page.locator("#t2i-presets").click()
    page.locator("#t2i-preset-name").fill("moss <b>")
    page.locator("#t2i-preset-name").press("Enter")
    expect(page.locator("#t2i-notice")).to_contain_text("moss <b>")
    prompt(page, "t2i").fill("something else")
    page.locator("#t2i-presets").click()
    page.locator(".sl-load", has_text="moss <b>").click()
    expect(prompt(page, "t2i")).to_have_value("a potoroo in the moss")
    expect(page.locator("#t2i-seed input")).to_have_value(seed)


def test_references_are_named_by_their_order(open_page: Open, tmp_path: Path) -> None:
    """Alt and arrows move a file; its name follows its place, and a press writes it into the prompt."""
    for name in ("teal", "orange"):
        Image.new("RGB", (320, 240), name).save(tmp_path / f"{name}.png")
    page = open_page("r2v")
    files = [tmp_path / "teal.png", tmp_path / "orange.png"]
    page.locator("#r2v-media [data-slot=references] input[type=file]").set_input_files(files)
    tiles = page.locator("#r2v-media .sm-tile")
    expect(tiles).to_have_count(2)
    second = tiles.nth(1).get_attribute("data-id")
    tiles.nth(1).focus()
    page.keyboard.press("Alt+ArrowLeft")
    expect(tiles.nth(0)).to_have_attribute("data-id", second or "")
    tiles.nth(0).locator(".sm-name").click()
    expect(prompt(page, "r2v")).to_have_value("character1")
    expect(page.locator("#r2v-bar .sf-price")).to_be_visible()


def test_shots_in_brackets_are_drawn_with_their_gaps(open_page: Open) -> None:
    page = open_page("t2v")
    prompt(page, "t2v").fill("Shot 1 [0-2s] a harbour. Shot 2 [3-5s] a fisherman")
    strip = page.locator("#t2v-strip")
    expect(strip.locator(".ss-shot")).to_have_count(2)
    expect(strip.locator(".ss-gap")).to_have_count(1)
    expect(strip).to_contain_text("Timed shots: 2, 5 s")
    expect(strip).to_contain_text("no description for 2-3 s")
    prompt(page, "t2v").fill("[Shot 1] a harbour. [Shot 2] a fisherman")
    expect(strip).to_contain_text("Numbered shots: 2")
    expect(strip.locator(".ss-fault")).to_have_count(0)


def test_a_file_of_the_studio_restores_its_settings(open_page: Open, site: Site, tmp_path: Path) -> None:
    """Dropped on any form, it opens the form of its task, seed and all."""
    body = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a pangolin in fog", "seed": 4711}
    [run] = site.studio.local.requests.submit(body | {"width": 480, "height": 832})
    [done] = site.studio.local.runs.wait([run.id], timeout_s=60)
    file = site.studio.local.assets.path(done.assets[0])
    page = open_page("t2v")
    page.locator("#t2v-tools input[type=file]").set_input_files(file)
    expect(page.locator("#t2i-prompt textarea")).to_have_value("a pangolin in fog")
    expect(page.locator("#t2i-seed input")).to_have_value("4711")
    expect(page.locator("#t2i-aspect label:has(:checked)")).to_have_text("9:16")
    expect(page.locator("#t2i-tier label:has(:checked)")).to_have_text("480P")


def test_a_picture_is_checked_as_it_comes_and_makes_a_clip(open_page: Open, site: Site, tmp_path: Path) -> None:
    Image.new("RGB", (320, 240), "teal").save(tmp_path / "frame.png")
    (tmp_path / "not.png").write_text("no picture")
    page = open_page("i2v")
    page.locator("#i2v-media [data-slot=first_frame] input[type=file]").set_input_files(tmp_path / "not.png")
    expect(page.locator("#i2v-notice")).to_contain_text("not.png")
    page.locator("#i2v-media [data-slot=first_frame] input[type=file]").set_input_files(tmp_path / "frame.png")
    expect(page.locator("#i2v-media .sm-tile .sm-facts")).to_contain_text("320×240")
    prompt(page, "i2v").fill("slow zoom over the bandicoot")
    page.locator("#i2v-generate").click()
    expect(page.locator("#i2v-bar .sf-sent")).to_be_visible()
    [run] = runs_of(site, "bandicoot")
    assert run.request.first_frame


def test_a_phone_shows_one_column_with_generate_in_sight(open_page: Open) -> None:
    page = open_page("t2v")
    page.set_viewport_size({"width": 390, "height": 844})
    for tab in ("t2v", "i2v", "r2v"):
        show(page, tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        expect(page.locator(f"#{tab}-generate")).to_be_in_viewport()


def test_every_word_is_chinese_for_a_chinese_browser(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(site.url)
    show(page, "t2v")
    expect(page.locator("#t2v-generate")).to_have_text("生成")
    expect(page.locator("#t2v-prompt")).to_contain_text("提示词")
    expect(page.locator("#t2v-seed_mode")).to_contain_text("随机")
    words = page.locator("#create-t2v").inner_text()
    assert "forms." not in words and "shell." not in words and "__i18n__" not in words
    context.close()
