"""The Chinese page reads Chinese wherever the studio refuses, holds, notes or tells something."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from studio.catalogue import load, validation
from studio.domain import Asset, Kind
from studio.messages import of_error, worded
from studio.storyboard import edit
from tests.browser.conftest import Site

ROWS = load()
R2V, T2V, DRAFT = "alibaba/wan2.7-r2v", "alibaba/wan2.6-t2v", "draft/animatic"
ASSETS = {
    "p": Asset(id="p", kind=Kind.IMAGE, mime="image/gif", name="eda.gif", width=100, height=90, bytes=30_000_000),
    "s": Asset(id="s", kind=Kind.AUDIO, mime="audio/wav", name="eda.wav", duration_s=14.0),
}
WRONG = [
    {"model": T2V, "task": "text-to-video"},
    {"model": T2V, "task": "text-to-video", "prompt": "x" * 2000, "duration_s": 20, "n": 99, "seed": -1, "fps": 12},
    {"model": T2V, "task": "text-to-video", "prompt": "x", "width": 100, "height": 100, "audio": False},
    {"model": T2V, "task": "text-to-video", "prompt": "x", "aspect": "2:1", "tier": "9K"},
    {"model": R2V, "prompt": "x", "references": ["p"] * 7, "reference_voices": {"p": "s", "q": "s"}},
    {"model": R2V, "prompt": "x", "references": ["s"], "audio_file": "s"},
    {"model": DRAFT, "task": "text-to-video", "prompt": "x", "width": 63, "height": 9000, "negative_prompt": "y"},
]


def sentences() -> list[str]:
    """The messages of the catalogue's rules about all that is wrong."""
    found = []
    for body in WRONG:
        row = ROWS.get(str(body["model"]))
        found += [
            of_error(p)
            for p in validation.problems(validation.complete(validation.parse(dict(body), ROWS), row), row, ASSETS)
        ]
    return [*dict.fromkeys(found)]


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.goto(site.url)
    expect(page.locator("#tab-storyboard-button")).to_contain_text("分镜")
    yield page
    context.close()


def left_in_english(text: str) -> list[str]:
    """Words of English, names aside: model labels, formats and units stay as they are."""
    for row in ROWS:
        text = text.replace(row.label, "")
    return [
        w
        for w in re.findall(r"[a-z]{3,}", text)
        if w not in ("eda", "gif", "wav", "jpeg", "png", "bmp", "webp", "mpeg")
    ]


def test_every_refusal_of_the_rules_has_its_words_in_chinese() -> None:
    found = sentences()
    assert len(found) > 15
    for message in found:
        chinese = worded(message, "zh-CN")
        assert left_in_english(chinese) == [], f"{message} -> {chinese}"
        numbers = [re.findall(r"\d+", text) for text in (message, chinese)]
        assert sorted(numbers[0]) == sorted(numbers[1]), f"{message} -> {chinese}"


def test_a_board_tells_in_chinese_what_stands_in_the_way(page: Page, site: Site) -> None:
    boards = site.studio.local.storyboards
    board = boards.create("灯塔", script="Shot 1 [0-2s] a woman waves", model=R2V)
    shot = board.board.shots[0].id
    boards.edit(board.board.id, "shot", lambda b: edit.change(b, shot, prompt="@eda waves"))
    page.goto(f"{site.url}?board={board.board.id}")
    expect(page.locator(".bd-plan .bd-problems")).to_contain_text("@eda 不在角色表中。")
    expect(page.locator(".bd-plan .bd-problems")).to_contain_text("请在提示词中写 @名称")


def test_a_run_tells_in_chinese_what_became_of_it(page: Page, site: Site) -> None:
    """History, outcome and refusals: the whole way from the job manager to the page."""
    site.studio.queue.pause()
    [run] = site.studio.local.requests.submit({"task": "text-to-image", "model": DRAFT, "prompt": "a lighthouse"})
    site.studio.local.runs.cancel(run.id)
    page.goto(f"{site.url}?run={run.id}")
    expect(page.get_by_text("你已取消。").first).to_be_visible()
    answer = page.evaluate(
        "async (path) => (await (await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' },"
        " body: '{}' })).json())",
        f"{site.url.rstrip('/')}/ui/runs/{run.id}/cancel",
    )
    assert (answer["error"], answer["error_id"]) == ("任务已经取消。", "run.is_cancelled")
    site.studio.queue.resume()
