"""Runs of Alibaba models through the whole studio: real runner, database, files, and a provider that misbehaves."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from studio.domain import HeldReason, Run, Status
from studio.engines.alibaba import AlibabaEngine
from studio.errors import CapabilityError, MediaError, NotConfigured
from studio.settings import Settings
from studio.studio import Studio
from tests.providers import results
from tests.providers.alibaba import AlibabaServer
from tests.stories.studio_child import QUICK, opened

T2V = {"model": "alibaba/wan2.6-t2v", "task": "text-to-video", "prompt": "a fox"}


@pytest.fixture
def server() -> Iterator[AlibabaServer]:
    with AlibabaServer() as server:
        yield server


@pytest.fixture
def studio(server: AlibabaServer, tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path / "data", server.url) as studio:
        yield studio


def rest(studio: Studio, run: Run, timeout_s: float = 15) -> Run:
    """The run as soon as it has ended or is held."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        run = studio.local.runs.get(run.id)
        if run.status.ended or run.status == Status.HELD:
            return run
        time.sleep(0.02)
    raise AssertionError(f"the run is still {run.status} ({run.phase}, {run.note})")


def words(studio: Studio, run: Run) -> list[str]:
    return [e.why for e in studio.local.runs.history(run.id)]


def made(studio: Studio, **more: Any) -> Run:
    (run,) = studio.local.requests.submit(T2V | more)
    return rest(studio, run)


def test_a_clip_is_made_kept_and_paid_for(studio: Studio, server: AlibabaServer) -> None:
    run = made(studio)
    assert (run.status, run.cost_usd) == (Status.SUCCEEDED, pytest.approx(0.43006))
    (clip,) = run.assets
    assert studio.local.assets.path(clip).stat().st_size == clip.bytes
    assert clip.has_audio
    assert [row.usd for row in studio.admin.spend("model")] == [pytest.approx(0.43006)]
    assert server.leaks == []


def test_an_illustrated_answer_keeps_its_texts_and_pictures_in_order(studio: Studio) -> None:
    body = {"model": "alibaba/wan2.6-image-interleave", "task": "text-to-image", "prompt": "how to fold a crane"}
    (run,) = studio.local.requests.submit(body)
    assert [a.kind for a in rest(studio, run).assets] == ["text", "image", "text", "image"]


def test_a_talking_photo_goes_through_upload_and_face_check(
    studio: Studio, server: AlibabaServer, tmp_path: Path
) -> None:
    face, voice = tmp_path / "face.png", tmp_path / "voice.wav"
    face.write_bytes(results.png(640, 640, "f"))
    tone = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=4", str(voice)]
    subprocess.run(tone, check=True, timeout=30)
    ids = {"image": studio.local.assets.add(face).id, "audio_file": studio.local.assets.add(voice).id}
    body = {"model": "alibaba/wan2.2-s2v", "task": "audio-to-video", "consent": True, **ids}
    (run,) = studio.local.requests.submit(body)
    assert rest(studio, run).status == Status.SUCCEEDED
    assert server.calls["detect"] == 1
    assert server.calls["upload"] == 3


def test_a_document_is_checked_uploaded_and_named_alone_or_with_a_page_refused(
    studio: Studio, server: AlibabaServer, tmp_path: Path
) -> None:
    from tests.media.test_document import pdf

    assets = studio.local.assets
    body = {"model": "alibaba/wan3.0-video", "task": "reference-to-video", "prompt": "the product of the deck"}
    with pytest.raises(MediaError, match="PDF"):  # where no document is expected, one is none
        assets.add(pdf(tmp_path / "deck.pdf", 50))
    deck = assets.add(tmp_path / "deck.pdf", documents=True)
    long = assets.add(pdf(tmp_path / "long.pdf", 51), documents=True)
    assert (deck.kind, deck.pages, long.pages) == ("document", 50, 51)
    for wrong, says in (
        ({"document": long.id}, "51 pages"),
        ({"document": deck.id, "link": "https://example.com/shop"}, "not both"),
        ({"references": [deck.id]}, "document"),
        ({}, "or a document first"),
    ):
        with pytest.raises(CapabilityError, match=says):
            studio.local.requests.submit(body | wrong)
    run = rest(studio, studio.local.requests.submit(body | {"document": deck.id})[0])
    assert rest(studio, run).status == Status.SUCCEEDED
    assert server.calls["upload"] == 1
    (task,) = server.tasks.values()
    (media,) = task.body["input"]["media"]
    assert media["type"] == "file" and media["url"].startswith("oss://") and media["url"].endswith(".pdf")
    (run,) = studio.local.requests.submit(body | {"link": "https://example.com/shop"})
    assert rest(studio, run).status == Status.SUCCEEDED
    with pytest.raises(MediaError):
        assets.thumbnail(deck.id)
    assert server.leaks == []


def test_moderation_ends_the_run_at_once_with_advice(studio: Studio, server: AlibabaServer) -> None:
    server.refuse("submit", 400, "DataInspectionFailed", "Input data may contain inappropriate content.")
    run = made(studio)
    assert (run.status, run.error_code) == (Status.FAILED, "DataInspectionFailed")
    assert "Enhance prompt" in (run.error or "")
    assert server.calls["submit"] == 1
    assert sum(row.usd for row in studio.admin.spend("model")) == 0


@pytest.mark.parametrize(
    ("status", "code", "reason", "advice"),
    [
        (401, "InvalidApiKey", HeldReason.NOT_CONFIGURED, "region"),
        (400, "Arrearage", HeldReason.CREDIT, "unpaid"),
    ],
)
def test_what_only_the_account_can_mend_is_held_and_goes_on_after(
    studio: Studio, server: AlibabaServer, status: int, code: str, reason: HeldReason, advice: str
) -> None:
    server.refuse("submit", status, code)
    run = made(studio)
    assert (run.status, run.held_reason) == (Status.HELD, reason)
    assert advice in (run.error or "")
    studio.local.runs.decide(run.id, "try_again")
    assert rest(studio, run).status == Status.SUCCEEDED


def test_throttling_is_waited_out(studio: Studio, server: AlibabaServer) -> None:
    server.refuse("submit", 429, "Throttling.RateQuota", times=2)
    run = made(studio)
    assert run.status == Status.SUCCEEDED
    assert sum(server.submits_by_prompt().values()) == 1


@pytest.mark.parametrize("fault", ["drop-after", "endless", "truncate"])
def test_a_lost_answer_is_looked_up_and_not_paid_twice(studio: Studio, server: AlibabaServer, fault: str) -> None:
    studio.context.engines["alibaba"]._api.total_s = 0.5  # type: ignore[attr-defined]
    server.fail("submit", fault)
    run = made(studio)
    assert run.status == Status.SUCCEEDED
    assert server.submits_by_prompt() == {"a fox": 1}


def test_an_answer_lost_beside_a_strangers_task_is_held_with_three_choices(
    studio: Studio, server: AlibabaServer
) -> None:
    """A task of another program makes it ambiguous while both are going on. Later the prompt tells."""
    import httpx

    headers = {"authorization": "Bearer sk-test", "x-dashscope-async": "enable"}
    body = {"model": "wan2.6-t2v", "input": {"prompt": "not ours"}, "parameters": {"size": "1280*720", "duration": 2}}
    server.running_s = 4
    httpx.post(f"{server.url}/api/v1/services/aigc/video-generation/video-synthesis", json=body, headers=headers)
    server.fail("submit", "drop-after")
    run = made(studio)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.LOST_SUBMIT)
    assert "2 tasks in the provider's list match" in (run.error or "")
    assert [c.id for c in studio.queue.hold_choices(run)] == ["look_again", "submit_again", "give_up"]
    until = time.monotonic() + 20
    while any(t.status(time.time()) != "SUCCEEDED" for t in server.tasks.values()) and time.monotonic() < until:
        time.sleep(0.1)
    studio.local.runs.decide(run.id, "look_again")
    assert rest(studio, run).status == Status.SUCCEEDED
    assert server.submits_by_prompt()["a fox"] == 1


@pytest.mark.parametrize("fault", ["truncate", "drop-before"])
def test_a_download_that_breaks_off_is_resumed(studio: Studio, server: AlibabaServer, fault: str) -> None:
    server.fail("download", fault)
    run = made(studio)
    assert run.status == Status.SUCCEEDED
    assert server.calls["download"] >= 2


def test_an_expired_link_is_asked_for_anew(studio: Studio, server: AlibabaServer) -> None:
    server.link_s = -1
    (run,) = studio.local.requests.submit(T2V)
    until = time.monotonic() + 10
    while not server.calls["download"] and time.monotonic() < until:
        time.sleep(0.01)
    server.link_s = 86400
    assert rest(studio, run).status == Status.SUCCEEDED


def test_a_failed_and_an_unknown_task_say_what_happened(studio: Studio, server: AlibabaServer) -> None:
    server.finish("FAILED", "InternalError.Algo", "model crashed")
    failed = made(studio)
    assert (failed.status, "Nothing was billed" in (failed.error or "")) == (Status.FAILED, True)
    server.finish("UNKNOWN")
    unknown = made(studio, prompt="a wolf")
    assert (unknown.status, unknown.held_reason) == (Status.HELD, HeldReason.LOST_TASK)


def test_a_server_that_is_away_is_waited_for(studio: Studio, server: AlibabaServer) -> None:
    """Both before the submit and while watching."""
    server.stop()
    (run,) = studio.local.requests.submit(T2V)
    time.sleep(1)
    server.running_s = 1
    server.start()
    until = time.monotonic() + 10
    while not server.tasks and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.3)
    server.stop()
    time.sleep(1)
    server.start()
    assert rest(studio, run).status == Status.SUCCEEDED
    assert server.submits_by_prompt() == {"a fox": 1}


def test_a_key_revoked_half_way_holds_the_run_and_a_new_key_finishes_it(studio: Studio, server: AlibabaServer) -> None:
    server.running_s = 1
    (run,) = studio.local.requests.submit(T2V)
    until = time.monotonic() + 10
    while not server.tasks and time.monotonic() < until:
        time.sleep(0.02)
    server.keys.clear()
    held = rest(studio, run)
    assert (held.status, held.held_reason) == (Status.HELD, HeldReason.NOT_CONFIGURED)
    server.keys.add("sk-test")
    studio.local.runs.decide(run.id, "try_again")
    assert rest(studio, run).status == Status.SUCCEEDED
    assert server.submits_by_prompt() == {"a fox": 1}


def test_clocks_that_disagree_lead_to_a_question_and_not_to_a_second_bill(
    studio: Studio, server: AlibabaServer
) -> None:
    server.clock_s = 900
    server.fail("submit", "drop-after")
    run = made(studio)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.LOST_SUBMIT)
    assert server.submits_by_prompt() == {"a fox": 1}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own with 66 MB; the studio leaves 64 MB free."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=66m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, timeout=10, check=False).returncode:
        pytest.skip("a disk of its own can only be mounted by root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True, timeout=10)


def test_a_run_waits_on_a_full_disk_and_room_finishes_it(small_disk: Path, server: AlibabaServer) -> None:
    server.full_size = True
    (small_disk / "ballast").write_bytes(b"x" * 2_000_000)
    with opened(small_disk / "data", server.url) as studio:
        [run] = studio.local.requests.submit(T2V)
        until = time.monotonic() + 30
        while studio.context.store.health.reason != "full":
            assert time.monotonic() < until, studio.local.runs.get(run.id)
            time.sleep(0.05)
        assert studio.local.runs.get(run.id).handle
        subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True, timeout=10)
        assert rest(studio, run).status == Status.SUCCEEDED
    assert server.submits_by_prompt() == {"a fox": 1}


def test_cancel_stops_a_waiting_task_and_keeps_one_that_is_billed(studio: Studio, server: AlibabaServer) -> None:
    server.pending_s = 30
    (run,) = studio.local.requests.submit(T2V)
    until = time.monotonic() + 10
    while studio.local.runs.get(run.id).phase != "waiting" and time.monotonic() < until:
        time.sleep(0.02)
    studio.local.runs.cancel(run.id)
    assert rest(studio, run).status == Status.CANCELLED
    (task,) = server.tasks.values()
    assert task.cancelled


def test_what_the_region_lacks_is_refused_at_submit(tmp_path: Path) -> None:
    key = {"DASHSCOPE_API_KEY": SecretStr("sk-test")}
    settings = Settings(data=tmp_path / "data", secrets=key, options={"ALIBABA_REGION": "virginia"})
    body = {"model": "alibaba/video-style-transform", "task": "video-to-video", "video": "x"}
    with Studio.open(settings, engines={"alibaba": AlibabaEngine(settings)}, timing=QUICK) as studio:
        assert [p.field for p in studio.local.requests.problems(body)] == ["video"]
        effect = {"model": "alibaba/wan2.6-t2v-us", "task": "text-to-video", "prompt": "a"}
        assert studio.local.requests.problems(effect) == []
    beijing = Settings(data=tmp_path / "data", secrets=key)
    home = {"alibaba": AlibabaEngine(beijing)}
    with Studio.open(beijing, engines=home, start=False) as studio, pytest.raises(CapabilityError, match="Virginia"):
        studio.local.requests.submit(effect)


def test_without_a_key_nothing_is_stored(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with Studio.open(settings, engines={"alibaba": AlibabaEngine(settings)}, timing=QUICK) as studio:
        with pytest.raises(NotConfigured, match="DASHSCOPE_API_KEY"):
            studio.local.requests.submit(T2V)
        assert studio.local.gallery.search().total == 0


def test_the_key_is_nowhere_on_the_disk(studio: Studio, server: AlibabaServer, tmp_path: Path) -> None:
    server.refuse("submit", 400, "InvalidParameter", "your key sk-test is fine, but the size is not")
    made(studio)
    made(studio, prompt="a wolf")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"sk-test" not in path.read_bytes(), path


def test_a_price_that_no_page_of_the_provider_confirms_is_said_before(studio: Studio) -> None:
    body = {"task": "text-to-video", "prompt": "a fox"}
    listed, quoted = (
        studio.local.requests.estimate([body | {"model": f"alibaba/{name}"}]) for name in ("wan2.7-t2v", "wan3.0-video")
    )
    assert (listed.usd, listed.warnings) == (pytest.approx(0.43006), ())
    assert quoted.usd == pytest.approx(0.43006)
    assert "may differ" in " ".join(quoted.warnings)


def test_wan_3_is_made_from_references_of_three_kinds(studio: Studio, server: AlibabaServer, tmp_path: Path) -> None:
    face, clip, voice = tmp_path / "face.png", tmp_path / "walk.mp4", tmp_path / "voice.wav"
    face.write_bytes(results.png(640, 640, "f"))
    for source, path in (("testsrc=duration=2:size=320x240:rate=24", clip), ("sine=duration=2", voice)):
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, str(path)], check=True, timeout=30)
    ids = [studio.local.assets.add(path).id for path in (face, clip, voice)]
    body = {
        "model": "alibaba/wan3.0-video",
        "task": "reference-to-video",
        "prompt": "Image 1 walks as in Video 1 and speaks with the voice of Audio 1",
        "references": ids,
        "tier": "480P",
        "duration_s": 2,
        "consent": True,
    }
    (run,) = studio.local.requests.submit(body)
    ended = rest(studio, run)
    assert (ended.status, ended.error) == (Status.SUCCEEDED, None)
    assert ended.cost_usd == pytest.approx((2 + 2) * 0.043006, rel=1e-3)
    (task,) = server.tasks.values()
    kinds = [m["type"] for m in task.body["input"]["media"]]
    assert kinds == ["reference_image", "reference_video", "reference_audio"]
