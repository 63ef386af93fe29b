"""The story of a retake in a browser: a comment at frames, one press, the prefilled run, and the take that answers."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from studio.review.model import NewComment
from tests.browser.conftest import Site

BOX = {"shapes": [{"type": "box", "from": [0.3, 0.3], "to": [0.6, 0.8], "color": "#ff3b30", "size": 0.01}]}


def test_one_press_at_a_comment_makes_the_take_that_answers_it(site: Site, open_page: Callable[..., Page]) -> None:
    studio = site.studio.local
    body = {"task": "text-to-video", "model": "draft/animatic", "prompt": "A red boat", "duration_s": 3, "seed": 7}
    [run] = studio.requests.submit(body)
    assert studio.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
    review = studio.reviews.create("Boats", "").id
    studio.reviews.add(review, run_ids=[run.id])
    version = studio.reviews.get(review).content.versions[0].id
    comment = studio.review_comments.add(review, version, NewComment("make the boat blue", 36, 60), shapes=BOX).id

    page = open_page()
    page.goto(f"{site.url}?tab=review&review={review}")
    page.locator("[data-do=retake]").click()
    box = page.locator(".rk-dialog")
    text = box.locator("[data-field=retake-prompt]")
    expect(text).to_have_value("A red boat. Make the boat blue.")
    expect(text).to_be_focused()
    expect(box.locator(".rk-mirror mark")).to_have_text("Make the boat blue.")
    expect(box.locator(".rk-region polygon")).to_have_count(1)
    expect(box.locator(".rk-price b")).to_have_text("Free")
    assert box.locator(".rk-frame img").evaluate("i => i.decode().then(() => i.naturalWidth)") == 960

    chosen = box.locator("[data-way][aria-checked=true]")
    chosen.focus()
    page.keyboard.press("ArrowRight")
    expect(chosen).to_have_attribute("data-way", "from_frame")
    expect(box.get_by_label("End on the last frame of the range")).to_be_checked()
    page.keyboard.press("ArrowLeft")
    expect(chosen).to_have_attribute("data-way", "again")
    text.fill("A blue boat")
    expect(box.locator("[data-do=prefill]")).to_be_visible()
    box.locator("[data-field=retake-seed]").select_option("new")
    expect(box.locator("[data-do=start-retake]")).to_be_enabled()
    box.locator("[data-do=start-retake]").click()

    page.locator("[data-do=show-retake]").click(timeout=60_000)
    expect(page.locator(".rv [data-do=versions]")).to_contain_text("v2")
    first, second = studio.reviews.get(review).content.versions
    assert (first.run, second.answers) == (run.id, comment)
    made = studio.runs.get(second.run or "")
    assert (made.request.prompt, made.status) == ("A blue boat", "succeeded") and made.seed != 7
