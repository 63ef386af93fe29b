"""The engine of Alibaba Model Studio against the local server: every model, every failure, nothing paid twice."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from studio.catalogue import load, validation
from studio.domain import JSON, Asset, Kind, Progress, Status
from studio.engines.alibaba import AlibabaEngine, regions
from studio.engines.base import Input, Job
from studio.errors import (
    CapabilityError,
    EngineError,
    Moderated,
    OutOfCredit,
    RateLimited,
    Refused,
    Unauthorised,
    Unavailable,
    UnknownHandle,
    UnknownOutcome,
)
from studio.settings import Settings
from tests.providers import results
from tests.providers.alibaba import AlibabaServer
from tests.providers.http_server import Reply, as_json

ROWS = load()
KEY = "sk-test"
T2V: JSON = {"model": "wan2.6-t2v", "task": "text-to-video"}


@pytest.fixture
def server() -> Iterator[AlibabaServer]:
    with AlibabaServer() as server:
        yield server


def settings(server: AlibabaServer | None = None, /, **options: str) -> Settings:
    where = {"ALIBABA_BASE_URL": server.url} if server else {}
    return Settings(secrets={"DASHSCOPE_API_KEY": SecretStr(KEY)}, options=where | options)


class Bench:
    """One engine and the files a job may need. `run` gives it an event loop of its own for each story."""

    def __init__(self, server: AlibabaServer, folder: Path, **options: str) -> None:
        self.server, self.folder = server, folder
        self.settings = settings(server, **options)
        self.files = {
            "p": self._file("p.png", results.png(640, 480, "p"), Kind.IMAGE, "image/png", 640, 480),
            "q": self._file("q.png", results.png(720, 720, "q"), Kind.IMAGE, "image/png", 720, 720),
            "v": self._file("v.mp4", results.mp4(320, 240, 3, "v"), Kind.VIDEO, "video/mp4", 640, 480, 3.0),
            "s": self._file("s.mp3", results.mp4(32, 32, 4, "s"), Kind.AUDIO, "audio/mpeg", seconds=4.0),
        }

    def _file(
        self,
        name: str,
        data: bytes,
        kind: Kind,
        mime: str,
        width: int = 0,
        height: int = 0,
        seconds: float | None = None,
    ) -> Input:
        path = self.folder / name
        path.write_bytes(data)
        shape = {"width": width or None, "height": height or None, "duration_s": seconds, "fps": 24.0}
        return Input(Asset(id=name[0], kind=kind, mime=mime, name=name, bytes=len(data), **shape), path)

    def job(self, name: str = "r1", **body: Any) -> Job:
        """A complete, allowed job. The model's name may be short."""
        body = {"prompt": "a fox", "seed": 7} | body
        model = ROWS.get(f"alibaba/{body['model']}")
        if model.prompt.max_chars == 0:
            body["prompt"] = ""
        seed = body.pop("seed")
        request = validation.complete(validation.parse(body | {"model": model.id}, ROWS), model)
        assert validation.problems(request, model, {i: f.asset for i, f in self.files.items()}) == []
        return Job(name, request, model, seed if model.seeds else None, self.folder, self.files)

    def run(self, story: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(asyncio.wait_for(story, 20))

    def engine(self, settle_s: float = 0.3) -> AlibabaEngine:
        return AlibabaEngine(self.settings, settle_s=settle_s)


@pytest.fixture
def bench(server: AlibabaServer, tmp_path: Path) -> Bench:
    return Bench(server, tmp_path)


async def sent(engine: AlibabaEngine, job: Job) -> str:
    """Prepared and submitted; the handle."""
    uploads = dict(await engine.prepare(job))
    return await engine.submit(Job(**{**vars(job), "uploads": uploads}))


async def result(engine: AlibabaEngine, handle: str) -> Progress:
    """The look that finds it done."""
    for _ in range(300):
        if (seen := await engine.poll(handle)).status == Status.SUCCEEDED:
            return seen
        await asyncio.sleep(0.02)
    raise AssertionError("it did not end")


async def whole(engine: AlibabaEngine, job: Job) -> tuple[str, Progress]:
    handle = await sent(engine, job)
    done = await result(engine, handle)
    await engine.close()
    return handle, done


def only_task(server: AlibabaServer) -> JSON:
    (task,) = server.tasks.values()
    return task.body


# ------------------------------------------------------------------------------------------------------ every model

STORIES: list[JSON] = [
    {"model": "wan2.6-t2v", "task": "text-to-video", "negative_prompt": "blur", "shot_type": "multi"},
    {"model": "wan2.6-t2v", "task": "audio-to-video", "audio_file": "s"},
    {"model": "wan2.6-i2v", "task": "image-to-video", "first_frame": "p"},
    {"model": "wan2.6-i2v-flash", "task": "image-to-video", "first_frame": "p", "audio": False},
    {"model": "wan2.6-r2v", "references": ["v", "p"], "duration_s": 4},
    {"model": "wan2.6-r2v-flash", "references": ["p"], "audio": False},
    {"model": "wan2.6-t2i", "negative_prompt": "blur"},
    {"model": "wan2.6-image", "images": ["p", "q"]},
    {"model": "wan2.6-image-interleave", "task": "text-to-image", "max_images": 2},
    {"model": "wan2.6-image-interleave", "task": "image-edit", "images": ["p"]},
    {"model": "wan2.2-kf2v-flash", "first_frame": "p", "last_frame": "q"},
    {"model": "wan2.2-s2v", "image": "p", "audio_file": "s"},
    {"model": "wan2.2-animate-move", "image": "p", "video": "v"},
    {"model": "wan2.2-animate-mix", "image": "p", "video": "v", "mode": "wan-pro"},
    {"model": "video-style-transform", "video": "v", "style": "ink wash"},
    {"model": "wanx2.1-i2v-plus-effects", "first_frame": "p", "template": "dance1"},
    {"model": "wanx2.1-i2v-turbo-effects", "first_frame": "p"},
    {"model": "wanx2.1-kf2v-plus-effects", "first_frame": "p"},
    {"model": "wan2.1-vace-reference", "references": ["p", "q"], "obj_or_bg": "obj, bg"},
    {"model": "wan2.1-vace-repaint", "video": "v", "strength": 0.5},
    {"model": "wan2.1-vace-edit", "video": "v", "image": "p"},
    {"model": "wan2.1-vace-extend", "task": "image-to-video", "first_frame": "p"},
    {"model": "wan2.1-vace-extend", "task": "video-to-video", "references": ["v"]},
    {"model": "wan2.1-vace-outpaint", "video": "v", "left_scale": 1.5},
    {"model": "wan2.7-t2v", "task": "text-to-video", "aspect": "4:3"},
    {"model": "wan2.7-i2v", "task": "image-to-video", "first_frame": "p", "last_frame": "q"},
    {"model": "wan2.7-i2v", "task": "video-to-video", "video": "v"},
    {"model": "wan2.7-r2v", "references": ["p", "v"], "reference_voices": {"v": "s"}},
    {"model": "wan2.7-videoedit", "video": "v"},
    {"model": "wan3.0-video", "task": "reference-to-video", "references": ["p", "v", "s"], "duration_s": 2},
    {"model": "wan3.0-video-prime", "task": "image-to-video", "first_frame": "p", "tier": "480P", "duration_s": 2},
    {"model": "wan2.5-t2v-preview", "task": "text-to-video", "tier": "480P", "aspect": "1:1"},
    {"model": "wan2.5-i2v-preview", "task": "image-to-video", "first_frame": "p", "tier": "480P"},
    {"model": "wan2.5-t2i-preview"},
    {"model": "wan2.5-i2i-preview", "images": ["p", "q"]},
    {"model": "happyhorse-1.0-t2v", "aspect": "3:4"},
    {"model": "happyhorse-1.0-i2v", "first_frame": "p", "tier": "1080P", "duration_s": 3},
    {"model": "happyhorse-1.0-r2v", "references": ["p", "q"]},
    {"model": "happyhorse-1.0-video-edit", "video": "v", "references": ["p"], "audio_setting": "origin"},
    {"model": "happyhorse-1.1-t2v", "tier": "480P"},
    {"model": "happyhorse-1.1-i2v", "first_frame": "p"},
    {"model": "happyhorse-1.1-r2v", "references": ["p"], "duration_s": 15},
    {"model": "wan2.7-image", "task": "text-to-image", "enable_sequential": True, "series_length": 3},
    {"model": "wan2.7-image-pro", "task": "text-to-image", "tier": "4K"},
]


@pytest.mark.parametrize("body", STORIES, ids=lambda b: f"{b['model']}-{b.get('task', '')}")
def test_every_model_makes_its_files_and_costs_what_was_estimated(bench: Bench, body: JSON) -> None:
    job, engine = bench.job(**body), bench.engine()
    bench.files["s"].asset  # noqa: B018
    _, done = bench.run(whole(engine, job))
    wanted = Kind.IMAGE if job.request.task.makes == Kind.IMAGE else Kind.VIDEO
    assert {o.kind for o in done.outputs} - {Kind.TEXT} == {wanted}
    estimate = engine.estimate_usd(job.request, job.model, {i: f.asset for i, f in bench.files.items()})
    assert estimate is not None
    most = estimate * (1.001 if body.get("max_images") or "interleave" not in body["model"] else 5)
    assert done.cost_usd is not None
    assert estimate * 0.39 <= done.cost_usd <= most + 0.4
    assert bench.server.leaks == []


def test_every_row_has_a_story() -> None:
    assert {m.id for m in ROWS if m.provider == "alibaba"} - {f"alibaba/{s['model']}" for s in STORIES} == {
        "alibaba/wan2.6-t2v-us",
        "alibaba/wan2.6-i2v-us",
    }


def test_nothing_is_left_to_the_provider(bench: Bench) -> None:
    bench.run(whole(bench.engine(), bench.job(**T2V)))
    assert only_task(bench.server)["parameters"] == {
        "size": "1280*720", "duration": 5, "seed": 7, "watermark": False, "prompt_extend": True, "shot_type": "single",
    }  # fmt: skip
    bench.server.tasks.clear()
    bench.run(whole(bench.engine(), bench.job(model="wan2.6-t2i", negative_prompt="blur")))
    assert only_task(bench.server)["parameters"] == {
        "size": "1280*1280", "n": 1, "seed": 7, "watermark": False, "prompt_extend": True, "negative_prompt": "blur",
    }  # fmt: skip


def test_references_keep_their_order_and_each_voice_its_owner(bench: Bench) -> None:
    told = {"references": ["p", "v", "q"], "reference_voices": {"q": "s", "v": "s"}, "first_frame": "q"}
    bench.run(whole(bench.engine(), bench.job(model="wan2.7-r2v", **told)))
    media = only_task(bench.server)["input"]["media"]
    assert [(m["type"], m.get("reference_voice", "")[-4:]) for m in media] == [
        ("first_frame", ""),
        ("reference_image", ""),
        ("reference_video", ".mp3"),
        ("reference_image", ".mp3"),
    ]
    assert bench.server.calls["upload"] == 4, "a voice used twice is uploaded once"


def test_pictures_travel_inside_where_allowed_and_small_and_are_uploaded_otherwise(bench: Bench) -> None:
    bench.run(whole(bench.engine(), bench.job(model="wan2.6-i2v", task="image-to-video", first_frame="p")))
    assert only_task(bench.server)["input"]["img_url"].startswith("data:image/png;base64,")
    bench.server.tasks.clear()
    bench.run(whole(bench.engine(), bench.job(model="wan2.6-r2v", references=["p"])))
    assert only_task(bench.server)["input"]["reference_urls"][0].startswith("oss://")
    assert [data for _, data in bench.server.uploads.values()] == [bench.files["p"].path.read_bytes()]


def test_an_answer_at_once_is_its_own_handle(server: AlibabaServer, tmp_path: Path) -> None:
    """It outlives the provider, and the streamed one keeps the order of texts and pictures."""
    bench = Bench(server, tmp_path, ALIBABA_IMAGES="direct")

    async def story() -> None:
        engine = bench.engine()
        plain = await sent(engine, bench.job(model="wan2.6-t2i"))
        streamed = await sent(engine, bench.job(model="wan2.6-image-interleave", task="text-to-image", max_images=2))
        server.stop()
        assert [o.kind for o in (await engine.poll(plain)).outputs] == [Kind.IMAGE]
        done = await engine.poll(streamed)
        assert [o.kind for o in done.outputs] == [Kind.TEXT, Kind.IMAGE, Kind.TEXT, Kind.IMAGE]
        assert done.cost_usd == pytest.approx(0.057342)
        assert await engine.cancel(plain) is False
        await engine.close()

    bench.run(story())
    assert server.tasks == {}


STREAM = {"content-type": "text/event-stream"}
REFUSED = json.dumps({"code": "DataInspectionFailed", "message": "no"}).encode()
PIECE = b'id:1\nevent:result\ndata:{"output":{"choices":[{"finish_reason":"null","message":{"content":[]}}]}}\n\n'


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Reply(headers=STREAM, body=b"id:1\nevent:error\ndata:" + REFUSED + b"\n\n"), Moderated),
        (Reply(headers=STREAM, body=b"data:" + REFUSED + b"\n\n"), Moderated),
        (Reply(headers=STREAM, body=PIECE), UnknownOutcome),
        (Reply(status=400, headers={"content-type": "application/json"}, body=REFUSED), Moderated),
        (Reply(headers=STREAM, body=PIECE, cut=40), UnknownOutcome),
    ],
)
def test_a_stream_that_fails_or_stops_early_is_no_result(
    server: AlibabaServer, tmp_path: Path, answer: Reply, kind: type[EngineError]
) -> None:
    """One that stops may have made pictures, and a direct call leaves nothing to look up: a person decides."""
    bench = Bench(server, tmp_path, ALIBABA_IMAGES="direct")
    job = bench.job(model="wan2.6-image-interleave", task="text-to-image")

    async def story() -> None:
        engine = bench.engine()
        server.fail("stream", "reply", reply=answer)
        with pytest.raises(EngineError) as told:
            await sent(engine, job)
        assert type(told.value) is kind
        with pytest.raises(UnknownOutcome, match="no task"):
            await engine.find(job, submitted_after=0, submitted_before=1)
        await engine.close()

    bench.run(story())


def test_the_key_in_a_streamed_error_is_not_repeated(server: AlibabaServer, tmp_path: Path) -> None:
    """Whether the error is an event of the stream or the whole answer, and wherever the network cuts it."""
    bench = Bench(server, tmp_path, ALIBABA_IMAGES="direct")
    job = bench.job(model="wan2.6-image-interleave", task="text-to-image")
    said = json.dumps({"code": "InvalidParameter", "message": f"wrong input, sent with Bearer {KEY}!"}).encode()
    event = b"id:1\nevent:error\ndata:" + said + b"\n\n"
    split = event.index(KEY.encode()) + 3
    answers = [
        Reply(headers=STREAM, body=event),
        Reply(headers=STREAM, parts=in_parts(event[:split], event[split:])),
        Reply(status=400, headers={"content-type": "application/json"}, body=said),
    ]

    async def story() -> None:
        engine = bench.engine()
        for answer in answers:
            server.fail("stream", "reply", reply=answer)
            with pytest.raises(EngineError, match="wrong input") as told:
                await sent(engine, job)
            assert KEY not in f"{told.value!r} {told.value.__cause__!r} {vars(told.value)}"
            assert "[key]" in str(told.value)
        await engine.close()

    bench.run(story())


async def in_parts(*parts: bytes) -> AsyncGenerator[bytes, None]:
    for part in parts:
        yield part
        await asyncio.sleep(0.02)


def test_a_portrait_without_a_face_is_refused_before_anything_is_billed(bench: Bench) -> None:
    bench.server.face = False
    with pytest.raises(Refused, match="No usable face"):
        bench.run(sent(bench.engine(), bench.job(model="wan2.2-s2v", image="p", audio_file="s")))
    assert bench.server.tasks == {}


# --------------------------------------------------------------------------------------------------- what goes wrong

REFUSALS: list[tuple[int, str, type[EngineError], str]] = [
    (400, "InvalidParameter", Refused, "refused"),
    (400, "InvalidParameter.DataInspection", Refused, "fetch"),
    (400, "InvalidURL.Timeout", Refused, "fetch"),
    (400, "BadRequest.TooLarge", Refused, "refused"),
    (400, "DataInspectionFailed", Moderated, "unsafe"),
    (400, "IPInfringementSuspect", Moderated, "protected"),
    (400, "Arrearage", OutOfCredit, "unpaid"),
    (401, "InvalidApiKey", Unauthorised, "ALIBABA_REGION"),
    (403, "AccessDenied.Unpurchased", Unauthorised, "Enable the model"),
    (403, "Workspace.AccessDenied", Unauthorised, "ALIBABA_WORKSPACE"),
    (403, "AllocationQuota.FreeTierOnly", OutOfCredit, "free quota"),
    (404, "ModelNotFound", Refused, "does not offer"),
    (429, "Throttling.RateQuota", RateLimited, "limiting requests"),
    (429, "PrepaidBillOverdue", OutOfCredit, "unpaid"),
]


@pytest.mark.parametrize(("status", "code", "kind", "words"), REFUSALS, ids=lambda v: str(v))
def test_a_refused_submit_says_what_to_do(
    bench: Bench, status: int, code: str, kind: type[EngineError], words: str
) -> None:
    bench.server.refuse("submit", status, code, f"because of {KEY}")
    with pytest.raises(EngineError, match=words) as told:
        bench.run(sent(bench.engine(), bench.job(**T2V)))
    assert (type(told.value), told.value.code) == (kind, code)
    assert KEY not in str(told.value)
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DataInspectionFailed", Moderated),
        ("InvalidParameter", Refused),
        ("InternalError.Timeout", EngineError),
        ("Throttling.AllocationQuota", EngineError),
        ("Arrearage", EngineError),
        ("SomethingNew", Refused),
    ],
)
def test_a_failed_task_is_final(bench: Bench, code: str, kind: type[EngineError]) -> None:
    """Looking at the same task again changes nothing, so none of these errors is transient."""
    bench.server.finish("FAILED", code, "no luck")
    with pytest.raises(EngineError) as told:
        bench.run(whole(bench.engine(), bench.job(**T2V)))
    assert (type(told.value), told.value.transient) == (kind, False)


def test_a_failure_told_without_a_task_counts_as_well(bench: Bench) -> None:
    """The pages show such an answer for pictures."""

    async def story() -> None:
        engine = bench.engine()
        handle = await sent(engine, bench.job(model="wan2.6-t2i"))
        bench.server.fail("poll", "reply", reply=as_json({"code": "IPInfringementSuspect", "message": "no"}))
        with pytest.raises(Moderated):
            await engine.poll(handle)
        await engine.close()

    bench.run(story())


def test_an_unknown_task_is_named(bench: Bench) -> None:
    bench.server.finish("UNKNOWN")
    with pytest.raises(UnknownHandle, match="24 hours") as told:
        bench.run(whole(bench.engine(), bench.job(**T2V)))
    assert told.value.code in bench.server.tasks


@pytest.mark.parametrize("header", [{"retry-after": "7"}, {"retry-after-ms": "7000"}])
def test_a_wait_that_the_provider_asks_for_is_passed_on(bench: Bench, header: dict[str, str]) -> None:
    bench.server.refuse("submit", 429, "Throttling", headers=header)
    with pytest.raises(RateLimited) as told:
        bench.run(sent(bench.engine(), bench.job(**T2V)))
    assert told.value.retry_after_s == 7


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "truncate", "endless", "slow-after"])
def test_a_look_that_breaks_off_may_be_repeated(bench: Bench, fault: str) -> None:
    async def story() -> None:
        engine = bench.engine()
        handle = await sent(engine, bench.job(**T2V))
        engine._api.total_s = 0.3
        bench.server.fail("poll", fault, seconds=1)
        with pytest.raises(Unavailable):
            await engine.poll(handle)
        assert (await result(engine, handle)).outputs
        await engine.close()

    bench.run(story())


def test_a_look_at_a_server_that_is_down_may_be_repeated_and_a_submit_too(bench: Bench) -> None:
    bench.server.stop()
    with pytest.raises(Unavailable):
        bench.run(sent(bench.engine(), bench.job(**T2V)))


def test_an_unknown_word_is_no_failure(bench: Bench) -> None:
    async def story() -> None:
        engine = bench.engine()
        handle = await sent(engine, bench.job(**T2V))
        (task,) = bench.server.tasks.values()
        task.end = "DREAMING"
        await asyncio.sleep(0.3)
        with pytest.raises(Unavailable, match="DREAMING"):
            await engine.poll(handle)
        await engine.close()

    bench.run(story())


# ------------------------------------------------------------------------------------------------------ lost answers


async def lost(engine: AlibabaEngine, job: Job) -> None:
    with pytest.raises(UnknownOutcome):
        await sent(engine, job)


async def found(engine: AlibabaEngine, job: Job, known: tuple[str, ...] = ()) -> list[str]:
    """What the lookup says in the end."""
    for _ in range(100):
        try:
            now = time.time()
            return await engine.find(job, submitted_after=now - 60, submitted_before=now + 60, known=known)
        except Unavailable:
            await asyncio.sleep(0.05)
    raise AssertionError("no answer")


@pytest.mark.parametrize("fault", ["drop-after", "truncate", "endless", "slow-after"])
def test_a_submit_whose_answer_is_lost_is_found_again(bench: Bench, fault: str) -> None:
    """Also by an engine that knows nothing of it, as after a restart; and its clip is the right one."""
    job = bench.job(**T2V)

    async def first() -> None:
        engine = bench.engine()
        engine._api.total_s = 0.3
        bench.server.fail("submit", fault, seconds=1)
        await lost(engine, job)
        await engine.close()

    async def second() -> None:
        engine = bench.engine()
        (handle,) = await found(engine, job)
        assert json.loads(handle)["task"] in bench.server.tasks
        assert (await result(engine, handle)).cost_usd == pytest.approx(0.43006)
        await engine.close()

    bench.run(first())
    bench.run(second())
    assert bench.server.submits_by_prompt() == {"a fox": 1}


@pytest.mark.parametrize("proved", [True, False])
def test_a_submit_that_never_arrived_is_known_only_by_a_list_that_shows_later_tasks(bench: Bench, proved: bool) -> None:
    """Nothing promises that the list is complete at any time, so without a later task a person decides."""

    async def story() -> None:
        engine = bench.engine()
        bench.server.fail("submit", "drop-before")
        await lost(engine, bench.job(**T2V))
        if not proved:
            with pytest.raises(UnknownOutcome, match="not sent again automatically"):
                await found(engine, bench.job(**T2V))
            return
        started = time.monotonic()
        await sent(engine, bench.job("r2", **T2V, prompt="a later wolf"))
        assert await found(engine, bench.job(**T2V)) == []
        assert time.monotonic() - started >= 0.2  # and not before it settled
        await engine.close()

    bench.run(story())


def test_a_server_fault_at_submit_counts_as_a_lost_answer(bench: Bench) -> None:
    bench.server.refuse("submit", 500, "InternalError")
    bench.run(lost(bench.engine(), bench.job(**T2V)))


def test_a_task_of_another_run_is_never_adopted(bench: Bench) -> None:
    """Neither one whose handle is on file, nor one that this process is just sending."""

    async def story() -> None:
        engine = bench.engine()
        other = await sent(bench.engine(), bench.job("r2", **T2V, prompt="a wolf"))
        with pytest.raises(UnknownOutcome, match="may still have been accepted"):
            await found(engine, bench.job(**T2V), known=(other,))
        bench.server.fail("submit", "slow", seconds=0.5)
        sending = asyncio.create_task(sent(engine, bench.job("r3", **T2V, prompt="a bear")))
        await asyncio.sleep(0.2)
        with pytest.raises(Unavailable, match="being sent"):
            now = time.time()
            await engine.find(bench.job(**T2V), submitted_after=now - 60, submitted_before=now + 60, known=(other,))
        await sending
        await sent(engine, bench.job("r4", **T2V, prompt="a later bear"))
        assert await found(engine, bench.job(**T2V), known=(other,)) == []
        await engine.close()

    bench.run(story())


def test_of_two_lost_runs_each_gets_its_own_task_or_none(bench: Bench) -> None:
    async def story() -> None:
        engine = bench.engine()
        fox, wolf = bench.job("r1", **T2V), bench.job("r2", **T2V, prompt="a wolf")
        for job in (fox, wolf):
            bench.server.fail("submit", "drop-after")
            await lost(engine, job)
        with pytest.raises(UnknownOutcome, match="2 tasks in the provider's list match"):
            await found(engine, fox)
        await asyncio.sleep(0.3)  # finished tasks tell their prompt
        ((a,), (b,)) = await found(engine, fox), await found(engine, wolf)
        prompts = [bench.server.tasks[json.loads(h)["task"]].prompt() for h in (a, b)]
        assert prompts == ["a fox", "a wolf"]
        await engine.close()

    bench.run(story())


def test_two_lost_runs_with_the_same_prompt_are_left_to_a_person(bench: Bench) -> None:
    """Nothing tells their tasks apart, and each has its own seed."""

    async def story() -> None:
        engine = bench.engine()
        for name, fault in (("r1", "drop-after"), ("r2", "drop-before")):
            bench.server.fail("submit", fault)
            await lost(engine, bench.job(name, **T2V))
        await asyncio.sleep(0.3)
        with pytest.raises(UnknownOutcome, match="another run"):
            await found(engine, bench.job("r2", **T2V))
        await engine.close()

    bench.run(story())


def test_a_task_that_turns_out_to_be_anothers_is_not_shown(bench: Bench) -> None:
    async def story() -> None:
        bench.server.running_s = 0.5
        await sent(bench.engine(), bench.job("r9", **T2V, prompt="a stranger's wolf"))
        engine = bench.engine()
        (handle,) = await found(engine, bench.job(**T2V))
        await asyncio.sleep(0.6)
        with pytest.raises(UnknownHandle, match="a different prompt"):
            await engine.poll(handle)
        await engine.close()

    bench.run(story())


def test_a_task_from_another_hour_leaves_it_to_a_person(bench: Bench) -> None:
    """A clock that jumped must not lead to a second bill."""

    async def story() -> None:
        engine = bench.engine()
        bench.server.fail("submit", "drop-after")
        await lost(engine, bench.job(**T2V))
        now = time.time() + 600
        with pytest.raises(UnknownOutcome, match="this studio did not send"):
            await engine.find(bench.job(**T2V), submitted_after=now, submitted_before=now + 60)
        await engine.close()

    bench.run(story())


# ----------------------------------------------------------------------------------------------- stopping and watching


def test_a_waiting_task_can_be_stopped_and_a_running_one_not(bench: Bench) -> None:
    async def story() -> None:
        engine = bench.engine()
        bench.server.pending_s = 60
        handle = await sent(engine, bench.job(**T2V))
        assert await engine.cancel(handle) is True
        assert (await engine.poll(handle)).status == Status.CANCELLED
        bench.server.pending_s = 0
        assert await engine.cancel(await sent(engine, bench.job(**T2V))) is False
        await engine.close()

    bench.run(story())


def test_many_tasks_are_watched_through_the_list(server: AlibabaServer, tmp_path: Path) -> None:
    """60 tasks, looked at 20 times each, cost far fewer calls; each is announced once when it is done."""
    bench = Bench(server, tmp_path, ALIBABA_SUBMITS_PER_S="1000")
    server.running_s = 4.5

    async def story() -> None:
        engine, told = bench.engine(), []
        engine.subscribe(told.append)
        job = bench.job(**T2V)
        handles = [await engine.submit(job) for _ in range(60)]
        await asyncio.gather(*(engine.poll(h) for h in handles[:5]))
        await asyncio.sleep(2.2)
        server.calls.clear()
        for _ in range(20):
            seen = [await engine.poll(h) for h in handles]
            assert {p.status for p in seen} == {Status.RUNNING}
        assert server.calls["poll"] <= 5
        await asyncio.sleep(4)
        assert sorted(told) == sorted(handles)
        await engine.close()

    bench.run(story())


def test_the_few_that_are_left_when_the_list_is_not_read_any_more_get_a_look(
    server: AlibabaServer, tmp_path: Path
) -> None:
    """Their own next look may be half a minute away, set when the list was still expected to tell their end."""
    bench = Bench(server, tmp_path, ALIBABA_SUBMITS_PER_S="1000")
    server.running_s = 60

    async def story() -> None:
        engine, told = bench.engine(), []
        engine.subscribe(told.append)
        job = bench.job(**T2V)
        handles = [await engine.submit(job) for _ in range(22)]
        for task in list(server.tasks.values())[:3]:
            task.running_s = 0
        async with asyncio.timeout(15):
            while len(told) < 3:
                await asyncio.sleep(0.1)
            assert {(await engine.poll(h)).status for h in told} == {Status.SUCCEEDED}
            while len(told) < 22:
                await asyncio.sleep(0.1)
        assert sorted(told) == sorted(handles)
        await engine.close()

    bench.run(story())


# ---------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("options", "base", "region"),
    [
        ({}, "https://dashscope.aliyuncs.com/api/v1", "beijing"),
        ({"ALIBABA_REGION": "Singapore"}, "https://dashscope-intl.aliyuncs.com/api/v1", "singapore"),
        ({"ALIBABA_REGION": "virginia"}, "https://dashscope-us.aliyuncs.com/api/v1", "virginia"),
        (
            {"ALIBABA_REGION": "frankfurt", "ALIBABA_WORKSPACE": "ws1"},
            "https://ws1.eu-central-1.maas.aliyuncs.com/api/v1",
            "frankfurt",
        ),
        (
            {"ALIBABA_BASE_URL": "https://dashscope-intl.aliyuncs.com"},
            "https://dashscope-intl.aliyuncs.com/api/v1",
            "singapore",
        ),
        ({"ALIBABA_BASE_URL": "https://proxy.example/ali/v1/"}, "https://proxy.example/ali/v1", ""),
    ],
)
def test_the_region_decides_the_address(options: dict[str, str], base: str, region: str) -> None:
    place = regions.endpoint(settings(**options))
    assert (place.base, place.region, place.problem) == (base, region, None)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"ALIBABA_REGION": "mars"}, "ALIBABA_REGION"),
        ({"ALIBABA_REGION": "frankfurt"}, "ALIBABA_WORKSPACE"),
        ({"ALIBABA_BASE_URL": "dashscope.aliyuncs.com"}, "https://"),
        ({"ALIBABA_IMAGES": "fast"}, "tasks or direct"),
    ],
)
def test_a_wrong_setting_is_named(options: dict[str, str], word: str) -> None:
    assert word in (AlibabaEngine(settings(**options)).missing() or "")


def test_a_missing_key_and_one_of_the_coding_plan_are_named() -> None:
    assert "DASHSCOPE_API_KEY" in (AlibabaEngine(Settings()).missing() or "")
    plan = Settings(secrets={"DASHSCOPE_API_KEY": SecretStr("sk-sp-abc")})
    assert "Coding Plan" in (AlibabaEngine(plan).missing() or "")


def test_a_model_that_the_region_lacks_is_refused_before_anything_is_sent(bench: Bench) -> None:
    engine = AlibabaEngine(settings(ALIBABA_REGION="virginia"))
    job = bench.job(model="wan2.2-s2v", image="p", audio_file="s")
    (wrong,) = engine.problems(job.request, job.model, {})
    assert isinstance(wrong, CapabilityError)
    assert "Beijing" in str(wrong)


def test_the_region_decides_the_name_of_the_model(server: AlibabaServer, tmp_path: Path) -> None:
    for region, name in (("beijing", "wanx2.1-vace-plus"), ("singapore", "wan2.1-vace-plus")):
        server.tasks.clear()
        bench = Bench(server, tmp_path, ALIBABA_REGION=region)
        bench.run(whole(bench.engine(), bench.job(model="wan2.1-vace-outpaint", video="v")))
        assert only_task(server)["model"] == name


def test_a_redirect_is_not_followed(bench: Bench) -> None:
    """The key goes to the host that was set, and nowhere else."""
    bench.server.fail(
        "submit", "reply", reply=Reply(307, headers={"location": f"http://localhost:{bench.server.port}/x"})
    )
    with pytest.raises(Refused, match="redirect"):
        bench.run(sent(bench.engine(), bench.job(**T2V)))
    assert bench.server.calls["other"] == 0
