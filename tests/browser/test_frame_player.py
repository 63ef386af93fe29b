"""The number in the review player is that of the frame on screen: clips whose frames carry their own number as bits."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from studio.web.static import asset_url
from tests.browser.conftest import Site
from tests.support import samples
from tests.support.numbered import SEEN, numbered

RATES = ["16", "24000/1001", "24", "25", "30000/1001", "30", "60"]
LOOKS = """async ({url, version, src, timing, seeks, steps, waits}) => {
  const { framePlayer } = await import(url);
  const told = () => fetch(timing).then((answer) => answer.json());
  const player = framePlayer(version, { src, ...(timing && { timing: told }) });
  document.body.replaceChildren(player.element);
  const seen = SEEN;
  /** Until no frame is on its way: then number and picture have to agree. */
  const settled = async () => {
    do await new Promise(requestAnimationFrame);
    while (player.clip.busy);
    return [player.frame, seen(player.picture)];
  };
  await new Promise((done) => player.addEventListener("ready", done));
  const found = { seek: [], step: [], pause: [], start: await settled() };
  for (const frame of seeks) {
    await player.seek(frame);
    found.seek.push([frame, ...(await settled())]);
  }
  for (const n of steps) {
    const wanted = Math.max(0, Math.min(player.frames - 1, player.frame + n));
    await player.step(n);
    found.step.push([wanted, ...(await settled())]);
  }
  await player.seek(10);
  player.media.muted = true;
  for (const ms of waits) {
    await player.play();
    await new Promise((done) => setTimeout(done, ms));
    player.pause();
    const [frame, drawn] = await settled();
    found.pause.push([frame, frame, drawn]);
  }
  const before = player.frame;
  for (let i = 0; i < 5; i++) player.step(-1);
  found.quick = [Math.max(0, before - 5), ...(await settled())];
  found.frames = player.frames;
  found.decodes = Boolean(player.clip.decoder);
  player.destroy();
  return found;
}""".replace("SEEN", SEEN)
SEEKS = [57, 3, 89, 0, 44, 45, 30, 29, 71, 12]
STEPS = [1, 1, -1, -1, -1, 1, 10, -10, 1, -1]
WAITS = [130, 310, 70, 210, 170]


@pytest.fixture(scope="module")
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    page.goto(site.url)
    yield page
    context.close()


def looked(page: Page, site: Site, clip: Path, rate: Fraction, *, timing: bool = True, **more: Any) -> dict[str, Any]:
    asset = site.studio.local.assets.add(clip, name=clip.name)
    version = {
        "kind": "video", "width": asset.width, "height": asset.height, "frames": 90, "has_audio": False,
        "rate": {"num": rate.numerator, "den": rate.denominator}, "duration_s": asset.duration_s,
    }  # fmt: skip
    return page.evaluate(
        LOOKS,
        {
            "url": f"{site.url}{asset_url('js/frames/frame_player.js')}", "version": version,
            "src": f"{site.url}media/{asset.id}", "seeks": SEEKS, "steps": STEPS, "waits": WAITS,
            "timing": f"{site.url}ui/frames/{asset.id}" if timing else None,
        } | more,
    )  # fmt: skip


def wrong(told: dict[str, Any]) -> list[tuple[str, Any]]:
    """What was named otherwise than it was drawn, or is not where it was sent: [wanted, number, drawn]."""
    looks = [(kind, one) for kind in ("seek", "step", "pause") for one in told[kind]] + [("quick", told["quick"])]
    return [(kind, one) for kind, one in looks if len(set(one)) > 1]


def test_every_rate_names_the_frame_on_screen(page: Page, site: Site, tmp_path: Path) -> None:
    """After seeks, steps, pauses and quick presses. By decoding single frames, and by seeks alone."""
    for rate in map(Fraction, RATES):
        clip = numbered(tmp_path / f"{float(rate):g}.mp4", rate)
        for timing in (True, False):
            told = looked(page, site, clip, rate, timing=timing)
            bad = wrong(told)
            count = len(SEEKS) + len(STEPS) + len(WAITS) + 1
            print(f"{float(rate):8.3f} {'decoded' if timing else 'sought':8} {count - len(bad)}/{count}")
            assert (bad, told["start"], told["frames"]) == ([], [0, 0], 90), f"{rate} {timing=}"
            assert told["decodes"] is timing


def test_odd_files_name_the_frame_on_screen_too(page: Page, site: Site, tmp_path: Path) -> None:
    """A variable rate, a picture that starts after its sound, a time line that starts late, a beginning cut away."""
    rate = Fraction(25)
    plain = numbered(tmp_path / "plain.mp4", rate)
    ticks = [0]
    for number in range(89):
        ticks.append(ticks[-1] + (1, 2, 1, 4, 3)[number % 5])
    variable = numbered(tmp_path / "variable.mp4", Fraction(60), ticks=ticks)
    sine = ("-f", "lavfi", "-i", "sine=440:d=5")
    late, shifted, cut = (tmp_path / f"{name}.mp4" for name in ("late", "shifted", "cut"))
    samples.run("-itsoffset", "0.5", "-i", plain, *sine, "-map", "0:v", "-map", "1:a", "-c:v", "copy", late)
    samples.run("-i", plain, "-c", "copy", "-movflags", "frag_keyframe+empty_moov", shifted)
    samples.run("-ss", "1.4", "-i", plain, "-c", "copy", cut)
    for clip in (variable, late, shifted):
        told = looked(page, site, clip, rate)
        assert (wrong(told), told["start"], told["frames"]) == ([], [0, 0], 90), clip.name
    told = looked(page, site, cut, rate, seeks=[0, 54, 20, 21], steps=[1, -1, -3])
    told = {key: told[key] if key in ("frames", "start") else [] for key in told} | {
        "seek": [[a, b, n - 35] for a, b, n in told["seek"]],
        "step": [[a, b, n - 35] for a, b, n in told["step"]],
        "pause": [[a, b, n - 35] for a, b, n in told["pause"]],
        "quick": [*told["quick"][:2], told["quick"][2] - 35],
    }
    assert (wrong(told), told["start"], told["frames"]) == ([], [0, 35], 55)


def test_a_range_is_looped_marked_and_left_by_keys(page: Page, site: Site, tmp_path: Path) -> None:
    """What a person does with keys alone: ends of a range, its loop, markers, speed, units; a list says all of them."""
    clip = site.studio.local.assets.add(numbered(tmp_path / "keys.mp4", Fraction(30000, 1001)), name="keys.mp4")
    version = {"kind": "video", "width": 128, "height": 64, "rate": {"num": 30000, "den": 1001}, "frames": 90}
    page.evaluate(
        """async ({url, version, src}) => {
          const { framePlayer } = await import(url);
          window.player = framePlayer(version, { src });
          const box = Object.assign(document.createElement("div"), { style: "height:600px" });
          box.append(player.element);
          document.body.replaceChildren(box);
          await new Promise((done) => player.addEventListener("ready", done));
          player.setMarkers([
            { id: "a", frame: 12, color: "red", label: "Ann: late" },
            { id: "b", frame: 40, frame_out: 60, color: "blue", label: "Ben: slow" },
          ]);
          player.element.focus();
        }""",
        {"url": f"{site.url}{asset_url('js/frames/frame_player.js')}", "version": version,
         "src": f"{site.url}media/{clip.id}"},
    )  # fmt: skip
    keys, clock = page.keyboard, page.locator(".fp-clock")
    shown = "[player.frame, player.clip.busy]"

    def stands_at(frame: int) -> None:
        page.wait_for_function(f"(n) => {shown}.join() === `${{n}},false`", arg=frame)

    keys.press("]")
    stands_at(12)
    keys.press("i")
    for _ in range(3):
        keys.press("ArrowRight")
    stands_at(15)
    keys.press("o")
    assert page.evaluate("player.range") == [12, 15]
    expect(clock).to_have_text("00:00:00;15 / 00:00:02;29")
    keys.press("t")
    expect(clock).to_have_text("15 / 89")
    keys.press("t")
    keys.press("Alt+l")
    page.evaluate("window.seen = new Set(); player.addEventListener('frame', () => seen.add(player.frame))")
    keys.press("Space")
    page.wait_for_function("seen.has(13) && seen.has(12)")
    page.wait_for_timeout(600)
    keys.press("k")
    assert set(page.evaluate("[...seen]")) <= {11, 12, 13, 14, 15, 16}, "it turns at the end of the range"
    keys.press("Alt+x")
    assert page.evaluate("player.range") is None
    page.get_by_role("button", name="Ben: slow").click()
    stands_at(40)
    keys.press("Shift+ArrowLeft")
    stands_at(30)
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keys of the player")).to_contain_text("Frames or timecode")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate("player.destroy()")
