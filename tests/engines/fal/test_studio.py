"""Runs of fal models through the whole studio: what is kept, what is booked, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.domain import JSON, HeldReason, Run, Status
from studio.studio import Studio
from tests.engines.alibaba.test_studio import rest
from tests.providers import results
from tests.providers.fal import FalServer
from tests.providers.http_server import Reply, as_json
from tests.stories.studio_child import opened_with
from tests.support import samples

BODY = {"model": "fal/wan2.7-t2v", "task": "text-to-video", "duration_s": 2}
T2V = BODY | {"prompt": "a fox"}


@pytest.fixture
def server() -> Iterator[FalServer]:
    with FalServer() as server:
        yield server


@pytest.fixture
def studio(server: FalServer, tmp_path: Path) -> Iterator[Studio]:
    with opened_with("fal", tmp_path / "data", server.url) as studio:
        yield studio


def made(studio: Studio, **more: Any) -> Run:
    (run,) = studio.local.requests.submit(T2V | more)
    return rest(studio, run)


def test_a_clip_from_a_picture_is_made_kept_and_paid_for(studio: Studio, server: FalServer, tmp_path: Path) -> None:
    picture = tmp_path / "first.png"
    picture.write_bytes(results.png(320, 240, "f"))
    frame = studio.local.assets.add(picture)
    run = made(studio, model="fal/wan2.7-i2v", task="image-to-video", first_frame=frame.id, consent=True, seed=11)
    assert (run.status, run.cost_usd, run.seed) == (Status.SUCCEEDED, pytest.approx(0.2), 11), run.error
    assert studio.local.assets.path(run.assets[0]).stat().st_size == run.assets[0].bytes
    assert server.leaks == []
    assert FalServer.KEY.encode() not in b"".join(p.read_bytes() for p in (tmp_path / "data").glob("studio.db*"))


def test_pictures_that_did_not_come_are_not_paid_for(studio: Studio, server: FalServer) -> None:
    server.fewer = 1
    run = made(studio, model="fal/wan2.6-t2i", task="text-to-image", duration_s=None, max_images=3)
    assert (run.status, len(run.assets), run.cost_usd) == (Status.SUCCEEDED, 2, pytest.approx(0.06))
    assert "2 of 3 files" in (run.note or "")


@pytest.mark.parametrize(
    ("body", "units", "kind", "cost"),
    [
        ({"model": "fal/veo-3.1-fast-t2v", "task": "text-to-video", "duration_s": 4}, "", "video", 0.6),
        ({"model": "fal/nano-banana-pro", "task": "text-to-image", "num_images": 2}, "", "image", 0.3),
        (
            {"model": "fal/kling-avatar-2-pro", "task": "audio-to-video", "image": "p", "audio_file": "s"},
            "4",
            "video",
            0.46,
        ),
        # A minute in the place of a second explains nothing: the estimate is booked, not a sixtieth of it.
        (
            {"model": "fal/sync-lipsync-2", "task": "video-to-video", "video": "v", "audio_file": "s"},
            "0.03",
            "video",
            None,
        ),
    ],
    ids=lambda value: value["model"] if isinstance(value, dict) else "",
)
def test_other_families_are_made_and_booked(
    studio: Studio, server: FalServer, tmp_path: Path, body: JSON, units: str, kind: str, cost: float | None
) -> None:
    server.amount = units
    (tmp_path / "p.png").write_bytes(results.png(640, 480, "p"))
    samples.clip(tmp_path / "v.mp4", seconds=4)
    samples.run("-f", "lavfi", "-i", "sine=d=4", tmp_path / "s.wav")
    files = {"image": "p.png", "video": "v.mp4", "audio_file": "s.wav"}
    given = {name: studio.local.assets.add(tmp_path / files[name]).id for name in files if name in body}
    prompt = None if body["model"] == "fal/sync-lipsync-2" else "a fox"
    (run,) = studio.local.requests.submit({"prompt": prompt} | body | given | {"consent": True})
    run = rest(studio, run)
    assert (run.status, run.cost_usd) == (Status.SUCCEEDED, cost and pytest.approx(cost)), run.error
    assert ("estimate was recorded" in (run.note or "")) == (cost is None)
    assert {asset.kind for asset in run.assets} == {kind}
    assert len(run.assets) == body.get("num_images", 1)


def test_a_submit_whose_answer_was_lost_keeps_its_money_set_aside(studio: Studio, server: FalServer) -> None:
    server.fail("submit", "reply", reply=as_json({"detail": "x"}, 503))
    run = made(studio)
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.LOST_SUBMIT)
    assert [row.usd for row in studio.admin.spend("model")] == [pytest.approx(0.2)]


@pytest.mark.parametrize(("units", "usd"), [("", 0.0), ("2", 0.2)])
def test_a_refused_result_is_booked_only_where_fal_bills_it(
    studio: Studio, server: FalServer, units: str, usd: float
) -> None:
    server.amount = units
    server.finish("content_policy_violation", "Not this.")
    run = made(studio)
    assert run.status == Status.FAILED
    assert "Not this" in (run.error or "")
    assert sum(row.usd for row in studio.admin.spend("model")) == pytest.approx(usd)


def test_faults_on_the_way_are_outlasted_and_nothing_is_sent_twice(studio: Studio, server: FalServer) -> None:
    server.fail("submit", "reply", reply=as_json({"detail": "slow"}, 429, **{"retry-after": "0.1"}))
    server.fail("status", "reply", times=2, reply=Reply(502, b"<html>nginx</html>"))
    server.fail("result", "truncate")
    server.fail("download", "truncate")
    run = made(studio)
    assert run.status == Status.SUCCEEDED, run.error
    assert server.submits_by_prompt() == {"a fox": 1}
