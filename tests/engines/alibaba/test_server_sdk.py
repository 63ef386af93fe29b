"""The local Alibaba server is a faithful one: the provider's official SDK works against it, unchanged.

Whatever the studio's engine is tested against here is therefore what the SDK expects of the real service.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

os.environ.setdefault("DASHSCOPE_API_KEY", "sk-test")  # the SDK looks for one when it is imported
dashscope: Any = pytest.importorskip("dashscope")
ImageGeneration: Any = pytest.importorskip("dashscope.aigc.image_generation").ImageGeneration
VideoSynthesis: Any = pytest.importorskip("dashscope.aigc.video_synthesis").VideoSynthesis

from tests.providers import results  # noqa: E402
from tests.providers.alibaba import AlibabaServer  # noqa: E402
from tests.support import samples  # noqa: E402

KEY = "sk-test"
TEXT = [{"role": "user", "content": [{"text": "a red fox in the snow"}]}]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[AlibabaServer]:
    with AlibabaServer() as server:
        monkeypatch.setattr(dashscope, "base_http_api_url", f"{server.url}/api/v1")
        yield server


def submit(**more: Any) -> Any:
    given: dict[str, Any] = {"model": "wan2.6-t2v", "prompt": "a red fox", "size": "1280*720", "duration": 2}
    return VideoSynthesis.async_call(api_key=KEY, **(given | more))


def bytes_of(url: str) -> bytes:
    return httpx.get(url, timeout=10).raise_for_status().content


def test_the_sdk_submits_polls_and_downloads_a_video(server: AlibabaServer) -> None:
    sent = submit()
    assert (sent.status_code, sent.output.task_status) == (HTTPStatus.OK, "PENDING")
    done = VideoSynthesis.wait(sent, api_key=KEY)
    assert done.output.task_status == "SUCCEEDED"
    assert done.usage.video_duration == 0 or done.usage["duration"] == 2
    assert bytes_of(done.output.video_url)[4:8] == b"ftyp"
    assert server.submits_by_prompt() == {"a red fox": 1}


def test_the_sdk_uploads_a_file_and_the_job_sees_it(server: AlibabaServer, tmp_path: Path) -> None:
    frame = tmp_path / "first frame.png"
    frame.write_bytes(results.png(640, 480, "x"))
    sent = submit(model="wan2.6-i2v", size=None, resolution="720P", img_url=f"file://{frame}")
    assert sent.status_code == HTTPStatus.OK, sent.message
    (task,) = server.tasks.values()
    assert task.body["input"]["img_url"].startswith("oss://dashscope-instant/")
    assert [u[1] for u in server.uploads.values()] == [frame.read_bytes()]


def test_the_sdk_bills_reference_clips_by_the_cap(server: AlibabaServer, tmp_path: Path) -> None:
    """A 4 s clip and a picture: the clip counts 2.5 s beside the 3 s made."""
    clip, picture = tmp_path / "person.mp4", tmp_path / "cat.png"
    clip.write_bytes(results.mp4(320, 240, 4, "p"))
    picture.write_bytes(results.png(320, 240, "c"))
    urls = [f"file://{clip}", f"file://{picture}"]
    sent = submit(model="wan2.6-r2v", prompt="character1 holds character2", reference_urls=urls, duration=3)
    done = VideoSynthesis.wait(sent, api_key=KEY)
    assert done.output.task_status == "SUCCEEDED", done
    assert float(done.usage["duration"]) == 5.5


@pytest.mark.parametrize(
    ("sound", "status"), [("5", HTTPStatus.OK), ("14", HTTPStatus.BAD_REQUEST), ("0.4", HTTPStatus.BAD_REQUEST)]
)
def test_the_sdk_gives_a_reference_its_voice(
    server: AlibabaServer, tmp_path: Path, sound: str, status: HTTPStatus
) -> None:
    """One voice beside its picture, uploaded by the SDK; outside of 1 to 10 s it is refused."""
    face, voice = tmp_path / "anna.png", tmp_path / "anna.wav"
    face.write_bytes(results.png(320, 240, "a"))
    samples.run("-f", "lavfi", "-i", f"sine=duration={sound}", voice)
    media = [{"type": "reference_image", "url": f"file://{face}", "reference_voice": f"file://{voice}"}]
    sent = submit(model="wan2.7-r2v", prompt="Image 1 says hello", size=None, media=media, duration=3)
    assert sent.status_code == status, sent.message
    said = [t.body["input"]["media"][0]["reference_voice"] for t in server.tasks.values()]
    assert [s.endswith(".wav") for s in said] == [True] * (status == HTTPStatus.OK)


def test_the_sdk_lists_and_cancels(server: AlibabaServer) -> None:
    server.pending_s = 60
    first, second = submit(), submit(prompt="another")
    assert VideoSynthesis.cancel(first, api_key=KEY).status_code == HTTPStatus.OK
    listed = VideoSynthesis.list(api_key=KEY, model_name="wan2.6-t2v", page_size=10)
    words = {row["task_id"]: row["status"] for row in listed.output["data"]}
    assert words == {first.output.task_id: "CANCELED", second.output.task_id: "PENDING"}
    server.tasks[second.output.task_id].pending_s = 0
    late = VideoSynthesis.cancel(second, api_key=KEY)
    assert (late.status_code, late.code) == (HTTPStatus.BAD_REQUEST, "UnsupportedOperation")


def test_the_sdk_makes_images_at_once_and_as_a_job(server: AlibabaServer) -> None:
    made = ImageGeneration.call("wan2.6-t2i", KEY, TEXT, n=2, size="1280*1280")
    assert len(made.output.choices) == 2
    assert bytes_of(made.output.choices[0].message.content[0]["image"]).startswith(b"\x89PNG")
    sent = ImageGeneration.async_call("wan2.6-t2i", KEY, TEXT, n=1, size="1280*1280")
    done = ImageGeneration.wait(sent, KEY)
    assert done.output.task_status == "SUCCEEDED"
    assert len(done.output.choices) == 1


def test_the_sdk_streams_text_and_images(server: AlibabaServer) -> None:
    more = {"n": 1, "enable_interleave": True, "max_images": 3}
    chunks = list(ImageGeneration.call("wan2.6-image", KEY, TEXT, stream=True, **more))
    kinds = [chunk.output.choices[0].message.content[0]["type"] for chunk in chunks]
    assert kinds == ["text", "image", "text", "image"]
    assert [chunk.output.choices[0].finish_reason for chunk in chunks][-1] == "stop"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"duration": 16}, 400, "InvalidParameter"),
        ({"size": "640*480"}, 400, "InvalidParameter"),
        ({"prompt": ""}, 400, "InvalidParameter"),
        ({"model": "wan9-t2v"}, 404, "ModelNotFound"),
        ({"model": "wan2.6-t2v", "task": "image2video"}, 400, "InvalidParameter"),
        ({"model": "wan2.6-i2v", "img_url": "oss://x/y.png"}, 400, "InvalidParameter.DataInspection"),
        ({"api_key": "sk-wrong"}, 401, "InvalidApiKey"),
    ],
)
def test_wrong_calls_are_refused_as_documented(
    server: AlibabaServer, change: dict[str, Any], status: int, code: str
) -> None:
    given = {"model": "wan2.6-t2v", "prompt": "a", "size": "1280*720", "duration": 5, "api_key": KEY} | change
    said = VideoSynthesis.async_call(**given)
    assert (said.status_code, said.code) == (status, code)
    assert not server.tasks


def test_a_failed_job_and_a_lost_one_answer_with_status_200(server: AlibabaServer) -> None:
    server.finish("FAILED", "DataInspectionFailed", "Output data may contain inappropriate content.")
    done = VideoSynthesis.wait(submit(), api_key=KEY)
    assert (done.status_code, done.output.task_status) == (HTTPStatus.OK, "FAILED")
    lost = VideoSynthesis.fetch("00000000-0000-0000-0000-000000000000", api_key=KEY)
    assert (lost.status_code, lost.output.task_status) == (HTTPStatus.OK, "UNKNOWN")


def test_results_expire_and_long_prompts_are_cut(server: AlibabaServer) -> None:
    server.link_s = -1.0
    done = VideoSynthesis.wait(submit(prompt="x" * 2000), api_key=KEY)
    (task,) = server.tasks.values()
    assert len(task.prompt()) == 1500
    assert httpx.get(done.output.video_url, timeout=10).status_code == 403


def test_every_fault_can_be_laid_in(server: AlibabaServer) -> None:
    """A reply dropped after the work is done leaves a job that nobody knows of: the case that would be paid twice."""
    server.refuse("submit", 429, "Throttling.RateQuota", headers={"retry-after": "3"})
    slow_down = submit()
    assert (slow_down.status_code, slow_down.code) == (429, "Throttling.RateQuota")
    headers = {"authorization": f"Bearer {KEY}", "x-dashscope-async": "enable"}
    body = {"model": "wan2.6-t2v", "input": {"prompt": "a"}, "parameters": {"size": "1280*720", "duration": 2}}
    path = f"{server.url}/api/v1/services/aigc/video-generation/video-synthesis"
    for fault, jobs in (("drop-before", 0), ("drop-after", 1)):
        server.fail("submit", fault)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(path, json=body, headers=headers)
        assert len(server.tasks) == jobs
    server.fail("poll", "endless")
    with (
        pytest.raises(httpx.ReadTimeout),
        httpx.stream("GET", f"{server.url}/api/v1/tasks/x", headers=headers) as reply,
    ):
        started = time.monotonic()
        for _ in reply.iter_bytes():
            if time.monotonic() - started > 0.5:
                raise httpx.ReadTimeout("it never ends")
