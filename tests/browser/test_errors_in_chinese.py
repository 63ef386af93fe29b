"""Refusals in Chinese: the sentences that the studio really says come out of the phrase book whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from studio.catalogue import load, validation
from studio.domain import Asset, Kind
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
    """What the catalogue's rules say about all that is wrong."""
    found = []
    for body in WRONG:
        row = ROWS.get(str(body["model"]))
        found += [
            str(p)
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


def spoken(page: Page, said: list[str]) -> list[str]:
    """The sentences as the page puts them."""
    script = """async (said) => {
      const sheet = document.querySelector('link[href$="/css/widgets.css"]').href;
      const { say } = await import(new URL("../js/phrases.js", sheet));
      return said.map(say);
    }"""
    page.locator('link[href$="/css/widgets.css"]').first.wait_for(state="attached")
    return page.evaluate(script, said)


def left_in_english(text: str) -> list[str]:
    """Words of English, names aside: model labels, formats and units stay as they are."""
    for row in ROWS:
        text = text.replace(row.label, "")
    return [
        w
        for w in re.findall(r"[a-z]{3,}", text)
        if w not in ("eda", "gif", "wav", "jpeg", "png", "bmp", "webp", "mpeg")
    ]


def test_every_refusal_of_the_rules_is_said_in_chinese(page: Page) -> None:
    said = sentences()
    assert len(said) > 15
    for english, chinese in zip(said, spoken(page, said), strict=True):
        assert left_in_english(chinese) == [], f"{english} -> {chinese}"
        numbers = [re.findall(r"\d+", text) for text in (english, chinese)]
        assert sorted(numbers[0]) == sorted(numbers[1]), f"{english} -> {chinese}"


def test_joined_sentences_are_said_one_by_one_and_unknown_ones_stay(page: Page) -> None:
    joined = "@eda is not in the cast. Nobody knows this one. Wan 2.7 reference to video needs a prompt."
    assert spoken(page, [joined, ""]) == [
        "@eda 不在角色表中。Nobody knows this one. Wan 2.7 reference to video 需要提示词。",
        "",
    ]


def test_a_board_tells_in_chinese_what_stands_in_the_way(page: Page, site: Site) -> None:
    board = site.studio.boards.create("灯塔", script="Shot 1 [0-2s] @eda waves", model=R2V)
    page.goto(f"{site.url}?board={board.board.id}")
    expect(page.locator(".bd-plan .bd-problems")).to_contain_text("@eda 不在角色表中。")
    expect(page.locator(".bd-plan .bd-problems")).to_contain_text("请在提示词中写 @名字")
