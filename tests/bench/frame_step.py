"""One step in the review player, from the press of a key until the frame is on screen: by decoding single frames, and
by seeks as the reference. Clips with a key frame each second, as ours, and with one in ten seconds, as others deliver.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from studio.settings import Settings
from studio.studio import Studio
from studio.web.static import asset_url

FPS, SECONDS = 24, 10
CLIPS = {
    "draft 832x480": (832, 480, FPS),
    "1920x1080": (1920, 1080, FPS),
    "1920x1080 long GOP": (1920, 1080, FPS * SECONDS),
}
MEASURE = """async ({url, version, src, timing, steps, at}) => {
  const { framePlayer } = await import(url);
  const told = timing && (() => fetch(timing).then((answer) => answer.json()));
  const player = framePlayer(version, { src, timing: told });
  const box = Object.assign(document.createElement("div"), { style: "height:800px" });
  box.append(player.element);
  document.body.replaceChildren(box);
  await new Promise((done) => player.addEventListener("ready", done));
  while (timing && !player.clip.decoder) await new Promise((done) => setTimeout(done, 20));
  let last = 0;
  /** ms from the press until the paint after the frame has arrived; 30 presses a second, as of a held key. */
  const press = async (key, wanted) => {
    while (performance.now() - last < 33) await new Promise((done) => setTimeout(done, 1));
    const began = (last = performance.now());
    player.element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    while (player.frame !== wanted || player.clip.busy) await new Promise((done) => setTimeout(done, 0));
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
  };
  const ways = { first: [], on: [], back: [] };
  for (const from of at) {
    await player.seek(from);
    await new Promise((done) => setTimeout(done, 500));
    ways.first.push(await press("ArrowRight", from + 1));
    for (let n = 2; n <= steps; n++) ways.on.push(await press("ArrowRight", from + n));
    for (let n = steps - 1; n >= -steps; n--) ways.back.push(await press("ArrowLeft", from + n));
  }
  player.destroy();
  return ways;
}"""


def main(argv: list[str]) -> None:
    """Make the clips, step through them both ways, tell."""
    from playwright.sync_api import sync_playwright

    from studio.web.app import served
    from tests.browser.conftest import ARGUMENTS, CHROMIUM

    parser = argparse.ArgumentParser(prog="bench frame_step")
    parser.add_argument("--steps", type=int, default=20)
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        with Studio.open(Settings(data=Path(folder) / "data")) as studio, served(studio, server_port=None) as url:
            page.goto(url)
            for name, (width, height, gop) in CLIPS.items():
                asset = studio.local.assets.add(clip(Path(folder) / "clip.mp4", width, height, gop), name=f"{name}.mp4")
                version = {"kind": "video", "width": width, "height": height, "rate": {"num": FPS, "den": 1},
                           "frames": FPS * SECONDS, "has_audio": False}  # fmt: skip
                for way, timing in (("decoded", f"{url}ui/frames/{asset.id}"), ("sought", None)):
                    ways = page.evaluate(
                        MEASURE,
                        {"url": f"{url}{asset_url('js/frames/frame_player.js')}", "version": version,
                         "src": f"{url}media/{asset.id}", "timing": timing, "steps": wanted.steps,
                         "at": [40, 130, 190]},
                    )  # fmt: skip
                    for direction, times in ways.items():
                        figures = figures_of(times)
                        tell(clip=name, way=way, direction=direction, **figures)
        browser.close()


def clip(path: Path, width: int, height: int, gop: int) -> Path:
    """A moving picture with grain, H.264 with three B-frames."""
    from tests.support import samples

    source = f"testsrc2=s={width}x{height}:r={FPS}:d={SECONDS},noise=alls=3:allf=t"
    encoder = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-bf", "3", "-g", str(gop), "-sc_threshold", "0")
    samples.run("-f", "lavfi", "-i", source, *encoder, "-pix_fmt", "yuv420p", "-movflags", "+faststart", path)
    return path


def figures_of(times: list[float]) -> dict[str, int]:
    """times: in ms."""
    p95 = sorted(times)[int(len(times) * 0.95)]
    return {"median_ms": round(statistics.median(times)), "p95_ms": round(p95), "most_ms": round(max(times))}


def tell(**figures: object) -> None:
    """One figure a line."""
    print(json.dumps({"bench": "frame_step"} | figures), flush=True)
