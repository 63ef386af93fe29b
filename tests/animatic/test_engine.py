"""The draft engine as the job manager sees it: real worker processes, cancelled, killed, replaced; what it accepts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.catalogue import load, validation
from studio.domain import Asset, Kind, Progress, Status
from studio.engines.base import Input, Job
from studio.engines.draft import DraftEngine
from studio.engines.draft.order import order_of
from studio.errors import EngineError, Refused, WorkerLost
from studio.settings import Settings
from tests.support.drafts import frames, made, picture, source_clip, source_picture
from tests.support.small_disk import flag, small_disk

MODEL = "draft/animatic"
LONG = {"task": "text-to-video", "prompt": "pan over snowy mountains", "duration_s": 60, "audio": False}
LONG |= {"width": 640, "height": 360, "fps": 60}
SHORT = {"task": "text-to-image", "prompt": "a red coat in the snow", "width": 128, "height": 72}


def job(folder: Path, body: dict[str, Any], run: str = "r1", inputs: dict[str, Input] | None = None) -> Job:
    catalogue = load()
    request = validation.complete(validation.parse({"model": MODEL, **body}, catalogue), catalogue.get(MODEL))
    work = folder / run
    work.mkdir()
    return Job(run, request, catalogue.get(MODEL), 7, work, inputs or {})


def asset(name: str, kind: Kind, width: int | None, height: int | None, **more: Any) -> Asset:
    return Asset(id=name, kind=kind, mime="x/x", name=name, width=width, height=height, **more)


@asynccontextmanager
async def running(workers: int = 1) -> AsyncIterator[DraftEngine]:
    engine = DraftEngine(Settings(workers=workers))
    try:
        async with asyncio.timeout(60):
            yield engine
    finally:
        await engine.close()


async def ended(engine: DraftEngine, handle: str) -> Progress:
    while not (seen := await engine.poll(handle)).status.ended:
        await asyncio.sleep(0.02)
    return seen


async def at_work(engine: DraftEngine, handle: str) -> None:
    while ((await engine.poll(handle)).fraction or 0) <= 0.001:
        await asyncio.sleep(0.02)


def test_progress_rises_to_a_file_in_the_work_folder(tmp_path: Path) -> None:
    async def story() -> None:
        async with running() as engine:
            one = job(tmp_path, {**LONG, "duration_s": 2, "fps": 24, "audio": True})
            handle = await engine.submit(one)
            fractions = [0.0]
            while not (seen := await engine.poll(handle)).status.ended:
                fractions.append(seen.fraction or 0.0)
                await asyncio.sleep(0.01)
            assert fractions == sorted(fractions)
            assert seen.outputs[0].path == one.work_dir / "draft.mp4"
            assert [p.name for p in one.work_dir.iterdir()] == ["draft.mp4"]
            assert seen.cost_usd == 0

    asyncio.run(story())


def test_cancel_stops_at_once_and_leaves_no_file(tmp_path: Path) -> None:
    async def story() -> None:
        async with running() as engine:
            one = job(tmp_path, LONG)
            handle = await engine.submit(one)
            await at_work(engine, handle)
            start = time.monotonic()
            assert await engine.cancel(handle)
            assert (await ended(engine, handle)).status == Status.CANCELLED
            assert time.monotonic() - start < 0.6, "0.3 s, and some for a busy machine"
            assert list(one.work_dir.iterdir()) == []
            assert not await engine.cancel(handle)

    asyncio.run(story())


def test_a_waiting_job_can_be_cancelled_and_never_starts(tmp_path: Path) -> None:
    async def story() -> None:
        async with running() as engine:
            first = await engine.submit(job(tmp_path, LONG))
            second = await engine.submit(job(tmp_path, LONG, "r2"))
            assert (await engine.poll(second)).position == 1
            assert await engine.cancel(second)
            assert (await engine.poll(second)).status == Status.CANCELLED
            await engine.cancel(first)

    asyncio.run(story())


def test_a_killed_worker_fails_only_its_job_and_is_replaced(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(workers=2) as engine:
            doomed = job(tmp_path, LONG)
            handle = await engine.submit(doomed)
            await at_work(engine, handle)
            [pid] = engine.pool.pids()
            other = await engine.submit(job(tmp_path, SHORT, "r2"))
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(WorkerLost, match="signal 9"):
                await ended(engine, handle)
            assert list(doomed.work_dir.iterdir()) == []
            assert (await ended(engine, other)).status == Status.SUCCEEDED
            again = await engine.submit(job(tmp_path, SHORT, "r3"))
            assert (await ended(engine, again)).status == Status.SUCCEEDED
            assert pid not in engine.pool.pids()

    asyncio.run(story())


def test_workers_are_used_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(workers=2) as engine:
            assert engine.pool.pids() == [], "none before the first job"
            for n in range(3):
                await ended(engine, await engine.submit(job(tmp_path, SHORT, f"r{n}")))
            assert len(engine.pool.pids()) == 1

    asyncio.run(story())


def test_workers_end_with_a_studio_that_is_killed(tmp_path: Path) -> None:
    """Nobody tells them; they notice that their line is closed."""
    program = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom tests.animatic.test_engine import LONG, at_work, job\n"
        "from studio.engines.draft import DraftEngine\nfrom studio.settings import Settings\n"
        "async def main():\n    engine = DraftEngine(Settings(workers=1))\n"
        "    handle = await engine.submit(job(Path(sys.argv[1]), LONG))\n    await at_work(engine, handle)\n"
        "    print(engine.pool.pids()[0], flush=True)\n    await asyncio.sleep(60)\nasyncio.run(main())"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as studio:
        assert studio.stdout
        pid = int(studio.stdout.readline())
        studio.kill()
    assert _gone(pid, within_s=5)


def _gone(pid: int, *, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_job_ends_although_its_folder_cannot_be_cleared(tmp_path: Path) -> None:
    """It was running for ever when its folder had become read-only: its end was lost on the way."""
    broken = tmp_path / "a.png"
    broken.write_bytes(b"no picture")
    given = {"a": Input(asset("a", Kind.IMAGE, 64, 64), broken)}

    async def story(disk: Path) -> None:
        one = job(disk, {"task": "image-to-video", "first_frame": "a", "duration_s": 1}, inputs=given)
        (one.work_dir / "left.part").write_bytes(b"half")
        assert flag([str(one.work_dir)], "+i")
        try:
            async with running() as engine:
                handle = await engine.submit(one)
                with pytest.raises(EngineError):
                    await ended(engine, handle)
        finally:
            flag([str(one.work_dir)], "-i")

    with small_disk(tmp_path / "disk", 20) as disk:
        asyncio.run(story(disk))


def test_a_broken_input_is_refused_with_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "a.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    given = {"a": Input(asset("a", Kind.IMAGE, 64, 64), broken)}

    async def story() -> None:
        async with running() as engine:
            body = {"task": "image-to-video", "first_frame": "a", "duration_s": 1}
            handle = await engine.submit(job(tmp_path, body, inputs=given))
            with pytest.raises(Refused, match="damaged"):
                await ended(engine, handle)

    asyncio.run(story())


def test_a_worker_without_memory_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker is really short of memory: its address space is limited."""
    monkeypatch.setattr(
        "studio.engines.draft.pool.COMMAND",
        (sys.executable, "-c", "import resource, runpy; from studio.animatic.clips import make; "
         "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); "
         "runpy.run_module('studio.animatic.worker', run_name='__main__')"),
    )  # fmt: skip

    async def story() -> None:
        async with running() as engine:
            handle = await engine.submit(job(tmp_path, {**LONG, "width": 4096, "height": 4096}))
            with pytest.raises(EngineError, match="not enough memory") as failed:
                await ended(engine, handle)
            assert not failed.value.transient

    asyncio.run(story())


@pytest.mark.parametrize(
    ("body", "kind", "size", "expected"),
    [
        ({"task": "image-to-video", "first_frame": "a"}, Kind.IMAGE, (3000, 4000), (832, 1104)),
        ({"task": "image-to-video", "first_frame": "a", "tier": "1080P"}, Kind.IMAGE, (1280, 720), (1920, 1080)),
        ({"task": "image-to-video", "first_frame": "a", "tier": "480P"}, Kind.IMAGE, (1000, 1000), (624, 624)),
        ({"task": "video-to-video", "video": "a", "prompt": "x", "tier": "480P"}, Kind.VIDEO, (1080, 1920), (480, 848)),
        ({"task": "image-to-video", "first_frame": "a", "aspect": "9:16"}, Kind.IMAGE, (1000, 1000), (720, 1280)),
        ({"task": "image-edit", "image": "a", "prompt": "x"}, Kind.IMAGE, (333, 217), (333, 217)),
        ({"task": "video-to-video", "video": "a", "prompt": "x"}, Kind.VIDEO, (641, 359), (640, 360)),
    ],
)
def test_what_the_user_leaves_open_follows_the_input(
    tmp_path: Path, body: dict[str, Any], kind: Kind, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    given = asset("a", kind, *size, duration_s=2.5 if kind is Kind.VIDEO else None, fps=25.0)
    order = order_of(job(tmp_path, body, inputs={"a": Input(given, tmp_path / "a")}))
    assert (order.width, order.height) == pytest.approx(expected, abs=2)
    if kind is Kind.VIDEO:
        assert (order.duration_s, order.fps) == (2.5, 25)


def test_an_input_may_be_required_for_one_task_and_optional_for_another() -> None:
    catalogue = load()
    row = catalogue.get(MODEL)

    def wrong(body: dict[str, Any], *assets: Asset) -> set[str]:
        request = validation.complete(validation.parse({"model": MODEL, **body}, catalogue), row)
        return {problem.field for problem in validation.problems(request, row, {a.id: a for a in assets})}

    sound, still = asset("s", Kind.AUDIO, None, None, duration_s=3.0), asset("p", Kind.IMAGE, 640, 360)
    assert wrong({"task": "image-to-video"}) == {"first_frame"}
    assert wrong({"task": "audio-to-video"}) == {"audio_file"}
    assert wrong({"task": "audio-to-video", "audio_file": "s"}, sound) == set()
    assert wrong({"task": "text-to-video", "prompt": "x", "audio_file": "s"}, sound) == set()
    assert wrong({"task": "text-to-video", "prompt": "x", "audio_file": "s", "audio": False}, sound) == {"audio_file"}
    assert wrong({"task": "image-edit", "prompt": "x"}) == {"image"}
    assert wrong({"task": "image-edit", "prompt": "x", "images": ["p"]}, still) == set()
    assert wrong({"task": "text-to-image"}) == {"prompt"}


def test_references_stand_in_the_order_the_shot_names_them(tmp_path: Path) -> None:
    """character2 is named first, so green stands left of red; the second shot shows red alone; a clip plays."""
    red = source_picture(tmp_path / "r.png", np.full((96, 96, 3), (220, 20, 20), np.uint8))
    green = source_clip(tmp_path / "g.mp4", np.full((12, 96, 96, 3), (20, 200, 20), np.uint8))
    prompt = "Shot 1 [0-0.5s] character2 meets character1, static. Shot 2 [0.5-1s] character1 and character9, static."
    result = made(tmp_path, "reference-to-video", prompt, inputs={"references": [red, green]}, width=320, height=180)
    clip = frames(result["path"]).astype(int)

    def middle(frame: Any, channel: int) -> float:
        others = [c for c in range(3) if c != channel]
        mask = (frame[..., channel] > 140) & (frame[..., others[0]] < 90) & (frame[..., others[1]] < 90)
        return float(mask.nonzero()[1].mean()) if mask.sum() > 200 else -1.0

    assert 0 < middle(clip[6], 1) < middle(clip[6], 0)
    assert middle(clip[20], 0) > 0 > middle(clip[20], 1)
    assert result["note"] == "There is no reference for character9."


def test_a_still_is_composed_marked_and_carries_its_settings(tmp_path: Path) -> None:
    from studio.media import metadata

    result = made(tmp_path, "text-to-image", "close-up of a woman, red light, 35mm", width=320, height=180)
    rgb = picture(result["path"])
    assert rgb.shape == (180, 320, 3)
    found = metadata.read(Path(result["path"]))
    assert found
    assert found["prompt"] == "close-up of a woman, red light, 35mm"
    plain = made(tmp_path, "text-to-image", "x", width=320, height=180, params={"caption": False})
    assert picture(plain["path"])[165:, 250:].std() > 2, "the DRAFT mark stays without the caption"


def test_importing_the_engine_is_light() -> None:
    code = "import sys, studio.engines.draft; print([m for m in ('numpy', 'cv2', 'av', 'PIL') if m in sys.modules])"
    root = Path(__file__).parents[2]
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=30, check=True
    )
    assert said.stdout.strip() == "[]"


def test_keys_do_not_reach_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "sk-very-secret")

    async def story() -> None:
        async with running() as engine:
            await ended(engine, await engine.submit(job(tmp_path, SHORT)))
            [pid] = engine.pool.pids()
            assert b"sk-very-secret" not in Path(f"/proc/{pid}/environ").read_bytes()

    asyncio.run(story())
