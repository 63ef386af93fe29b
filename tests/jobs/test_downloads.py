"""Results come whole or not at all: resumed after a break, verified, and never at the price of a key or a neighbour."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from studio.catalogue import Catalogue
from studio.domain import HeldReason, Kind, Status
from studio.engines.addresses import ANYWHERE, NOWHERE
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript, FindingFake, make_file
from studio.errors import MediaError, Unavailable
from studio.jobs import download
from studio.settings import Settings
from studio.studio import Studio
from tests.jobs.test_faults import held
from tests.support.file_server import Files, file_server
from tests.support.kit import QUICK, finish, paid_image


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    """A server with one good picture."""
    make_file(tmp_path / "one.png", Kind.IMAGE, 5)
    with file_server() as served:
        served.content["/one.png"] = (tmp_path / "one.png").read_bytes()
        yield served


def fetch(files: Files, part: Path, path: str = "/big", *, near: bool = True, **more: object) -> None:
    async def once() -> None:
        async with download.client() as http:
            home = ANYWHERE if near else NOWHERE
            source = download.DownloadSource(files.url + path, provider_hosts=home, **more)  # type: ignore[arg-type]
            await download.fetch(http, source, part, lambda *_: None)

    asyncio.run(once())


def test_a_result_behind_a_link_is_brought_home(studio: Studio, paid: FindingFake, files: Files) -> None:
    paid.script = FakeScript(urls=(f"{files.url}/one.png",), headers={"authorization": "Bearer k"})
    run = finish(studio, paid_image())
    assert (run.status, run.assets[0].width) == (Status.SUCCEEDED, 96)
    assert files.asked[0][1]["authorization"] == "Bearer k"


def test_a_broken_download_goes_on_where_it_ended(files: Files, tmp_path: Path) -> None:
    body = bytes(range(256)) * 4000
    files.content["/big"], files.cut_after = body, [300_000, 200_000]
    part = tmp_path / "x.part"
    for _ in range(2):
        with pytest.raises(Unavailable):
            fetch(files, part)
    fetch(files, part)
    assert hashlib.sha256(part.read_bytes()).digest() == hashlib.sha256(body).digest()
    assert [asked[1].get("range") for asked in files.asked] == [None, "bytes=300000-", "bytes=500000-"]


def test_a_file_that_changed_meanwhile_is_never_mixed_with_the_old_one(files: Files, tmp_path: Path) -> None:
    files.content["/big"], files.cut_after = b"a" * 100_000, [50_000]
    part = tmp_path / "x.part"
    with pytest.raises(Unavailable):
        fetch(files, part)
    files.content["/big"], files.etag = b"b" * 100_000, '"two"'
    fetch(files, part)
    assert part.read_bytes() == b"b" * 100_000


def test_a_server_without_ranges_sends_all_again(files: Files, tmp_path: Path) -> None:
    files.content["/big"], files.cut_after, files.ranges = b"a" * 100_000, [50_000], False
    part = tmp_path / "x.part"
    with pytest.raises(Unavailable):
        fetch(files, part)
    fetch(files, part)
    assert part.read_bytes() == b"a" * 100_000


def test_a_size_the_provider_told_is_checked(files: Files, tmp_path: Path) -> None:
    files.content["/big"], files.lengths, files.cut_after = b"a" * 100_000, False, [60_000]
    with pytest.raises(Unavailable, match="60,000 of 100,000"):
        fetch(files, tmp_path / "x.part", expected_bytes=100_000)


def test_a_file_cut_off_without_a_word_is_found_by_decoding_and_fetched_again(
    studio: Studio, paid: FindingFake, files: Files
) -> None:
    files.lengths, files.cut_after = False, [100]
    paid.script = FakeScript(urls=(f"{files.url}/one.png",))
    run = finish(studio, paid_image())
    assert run.status == Status.SUCCEEDED
    assert len(files.asked) == 2


def test_faults_of_the_file_server_are_waited_out(studio: Studio, paid: FindingFake, files: Files) -> None:
    files.statuses = [500, 429, 503]
    paid.script = FakeScript(urls=(f"{files.url}/one.png",))
    assert finish(studio, paid_image()).status == Status.SUCCEEDED
    assert len(files.asked) == 4


def test_a_dead_link_is_asked_for_again_and_then_held_since_the_work_is_billed(
    studio: Studio, paid: FindingFake, files: Files
) -> None:
    paid.script = FakeScript(urls=(f"{files.url}/gone.png",))
    run = held(studio, paid_image())
    assert run.held_reason == HeldReason.BROKEN_RESULT
    assert paid.calls["poll", "a red coat"] == 3
    files.content["/gone.png"] = files.content["/one.png"]
    studio.local.runs.decide(run.id, "fetch_again")
    assert studio.local.runs.wait([run.id], timeout_s=5)[0].status == Status.SUCCEEDED
    assert len(paid.provider.accepted()) == 1


def test_a_key_is_never_sent_to_another_host(files: Files, tmp_path: Path) -> None:
    files.content["/big"] = b"x" * 1000
    with file_server() as first:
        first.redirects = {"/big": f"{files.url}/big"}
        fetch(first, tmp_path / "x.part", headers={"authorization": "Bearer secret", "x-key": "secret"})
        assert first.asked[0][1]["authorization"] == "Bearer secret"
    assert "secret" not in str(files.asked)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://localhost:9/x", "http://169.254.169.254/x", "file:///etc/passwd"]
)
def test_a_provider_far_away_cannot_send_the_studio_to_private_addresses(url: str, tmp_path: Path) -> None:
    with pytest.raises(download.LinkGone):
        fetch(Files(url=url), tmp_path / "x.part", "", near=False)


def test_redirects_are_looked_at_before_they_are_followed(files: Files, tmp_path: Path) -> None:
    """A link on a public server that leads back inside: refused at the second step."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": f"{files.url}/one.png"})

    async def once() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            await download.fetch(
                http, download.DownloadSource("http://1.1.1.1/x"), tmp_path / "x.part", lambda *_: None
            )

    asked: list[str] = []
    with pytest.raises(download.LinkGone, match="private network"):
        asyncio.run(once())
    assert asked == ["http://1.1.1.1/x"]
    assert files.asked == []


@pytest.mark.parametrize("near", [False, True])
def test_only_a_provider_that_is_itself_private_may_link_to_private_addresses(
    settings: Settings, catalogue: Catalogue, files: Files, tmp_path: Path, near: bool
) -> None:
    base = files.url if near else "https://1.1.1.1"
    script = FakeScript(urls=(f"{files.url}/one.png",))
    engine = FakeEngine(name="paid", provider=FakeProvider(tmp_path / "p"), script=script, local=False, base_url=base)
    with Studio.open(settings, engines={"paid": engine}, catalogue=catalogue, timing=QUICK) as studio:
        if near:
            assert finish(studio, paid_image()).status == Status.SUCCEEDED
        else:
            assert "private network" in (held(studio, paid_image()).error or "")
            assert files.asked == []


def test_a_run_waits_for_room_and_goes_on_by_itself(studio: Studio, paid: FindingFake, files: Files) -> None:
    """The provider tells a size beyond what is free: the run says so; the same task is fetched when there is room."""
    files.lengths = False
    paid.script = FakeScript(urls=(f"{files.url}/one.png",), expected_bytes=10**15)
    [run] = studio.local.requests.submit(paid_image())
    until = time.monotonic() + 10
    while not (waiting := studio.local.runs.get(run.id)).note:
        assert time.monotonic() < until, waiting
        time.sleep(0.01)
    assert (waiting.status, waiting.note) == (Status.RUNNING, "The disk is full. Work continues when there is space.")
    paid.script = FakeScript(urls=(f"{files.url}/one.png",))
    [done] = studio.local.runs.wait([run.id], timeout_s=10)
    assert (done.status, done.note, studio.context.store.health.reason) == (Status.SUCCEEDED, None, None)
    assert len(paid.provider.accepted()) == 1


def test_a_run_that_waits_for_room_can_be_cancelled(studio: Studio, paid: FindingFake, files: Files) -> None:
    files.lengths = False
    paid.script = FakeScript(urls=(f"{files.url}/one.png",), expected_bytes=10**15)
    [run] = studio.local.requests.submit(paid_image())
    while studio.context.store.health.reason != "full":
        time.sleep(0.01)
    studio.local.runs.cancel(run.id)
    assert studio.local.runs.wait([run.id], timeout_s=10)[0].status == Status.CANCELLED
    assert studio.admin.spend()[0].usd == pytest.approx(0.1), "it was accepted, so it may be billed"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3", 3), ("0.5", 0.5), ("-1", 0), ("soon", None), (None, None), ("Fri, 20 Nov 2020 10:00:00 GMT", 0)],
)
def test_retry_after_is_read_as_seconds_or_date(text: str | None, seconds: float | None) -> None:
    assert download.retry_after_s(text) == seconds


@pytest.mark.parametrize("lengths", [True, False])
def test_a_download_without_end_is_stopped(files: Files, tmp_path: Path, lengths: bool) -> None:
    """At the size that such a result can have at most, whether its length was told or not."""
    files.content["/big"], files.lengths = b"x" * 3_000_000, lengths
    with pytest.raises(MediaError, match="more than 1 MB"):
        fetch(files, tmp_path / "x.part", max_bytes=2**20)
    assert list(tmp_path.glob("x.part*")) == []


def test_a_name_that_changes_between_check_and_connection_gains_nothing(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when it is looked at, this machine when it is connected to."""
    answers = ["93.184.216.34", "127.0.0.1"]
    real, port = socket.getaddrinfo, int(files.url.rpartition(":")[2])

    def resolved(host: object, *more: object, **named: object) -> object:
        if host != "rebinding.example":
            return real(host, *more, **named)  # type: ignore[arg-type]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with pytest.raises(download.LinkGone, match="private network"):
        fetch(Files(url=f"http://rebinding.example:{port}"), tmp_path / "x.part", "/one.png", near=False)
    assert (answers, files.asked) == ([], [])
