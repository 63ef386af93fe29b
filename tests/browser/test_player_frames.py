"""The number beside the player is that of the frame on screen: clips whose frames carry their own number as bits."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site
from tests.support.numbered import SEEN, numbered

RATES = [Fraction(30000, 1001), Fraction(30)]
"""Those at which the moment of the player ran ahead of the picture most; test_frame_player goes through all."""
PAUSE = """async ({url, id, fps, waits, steps}) => {
  const { player } = await import(url);
  const box = player({ id, kind: "video", fps, has_audio: false });
  document.body.append(box);
  const video = box.querySelector("video");
  const drawn = SEEN;
  const seen = () => drawn(video);
  const pair = () => [Number(box.querySelector(".st-counter").textContent.match(/\\d+/)[0]), seen()];
  /** Wait until number and frame agree; where they never do, the test sees it. */
  const settled = async () => {
    for (let i = 0; i < 20; i++) {
      await new Promise((done) => setTimeout(done, 250));
      const [shown, drawn] = pair();
      if (shown === drawn) return;
    }
  };
  const found = [];
  for (const ms of waits) {
    await video.play();
    await new Promise((done) => setTimeout(done, ms));
    video.pause();
    await settled();
    found.push(pair());
  }
  for (const word of steps) {
    box.querySelector(`[data-do=${word}]`).click();
    await settled();
    found.push(pair());
  }
  const before = found.at(-1)[1];
  for (let i = 0; i < 5; i++) box.querySelector("[data-do=back]").click();
  await settled();
  box.remove();
  return { found, back: [before, ...pair()] };
}""".replace("SEEN", SEEN)


@pytest.fixture(scope="module")
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url)
    yield page
    context.close()


@pytest.mark.parametrize("rate", RATES, ids=lambda r: f"{float(r):g}")
def test_the_number_is_that_of_the_frame_on_screen(page: Page, site: Site, tmp_path: Path, rate: Fraction) -> None:
    from studio.web.static import asset_url

    clip = site.studio.local.assets.add(numbered(tmp_path / "numbered.mp4", rate), name="numbered.mp4")
    told = page.evaluate(
        PAUSE,
        {
            "url": f"{site.url}{asset_url('js/player.js')}", "id": clip.id, "fps": clip.fps,
            "waits": [130, 310, 70, 210, 170], "steps": ["on", "on", "back", "on"],
        },
    )  # fmt: skip
    assert [shown for shown, _ in told["found"]] == [drawn for _, drawn in told["found"]]
    before, shown, drawn = told["back"]
    assert shown == drawn == max(0, before - 5), "five quick presses are five frames"
