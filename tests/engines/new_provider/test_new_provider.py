"""A provider that the studio has never heard of works by three things: an engine, rows, one line of the registry.

Nothing else is touched: settings, scheduler, prices, form rules and pages take it from there.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import engines, settings
from studio.catalogue import load
from studio.domain import JSON, Run, Status
from studio.engines.base import Balance, Cancels, SubmitLookup, Webhooks
from studio.errors import CapabilityError, NotConfigured
from studio.studio import Studio
from tests.engines.new_provider.engine import NewcoEngine
from tests.providers.http_server import Call, HttpServer, Reply, as_json
from tests.providers.results import png
from tests.support.kit import QUICK

KEY = "newco-secret-key"
ROWS = Path(__file__).with_name("rows.toml")
WAIT_S = 30


class NewcoServer(HttpServer):
    """Topics: submit, poll, ticket, put, download, balance. Each job takes two looks; at_once: most jobs so far."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, JSON] = {}
        self.files: dict[str, bytes] = {}
        self.at_once, self.leaks = 0, list[str]()

    def topic(self, call: Call) -> str:
        kinds = {"uploads": "ticket", "put": "put", "jobs": "poll", "results": "download", "balance": "balance"}
        return next((kind for word, kind in kinds.items() if f"/{word}" in call.path), "submit")

    async def answer(self, call: Call, topic: str) -> Reply:
        secret = topic in ("put", "download")
        if secret == (call.headers.get("authorization") == f"Key {KEY}"):
            self.leaks.append(call.path)
        return getattr(self, f"_{topic}")(call)

    def _ticket(self, call: Call) -> Reply:
        name = f"f{len(self.files)}"
        self.files[name] = b""
        return as_json({"put_url": f"{self.url}/put/{name}?sig=1", "url": f"https://files.newco.example/{name}"})

    def _put(self, call: Call) -> Reply:
        self.files[call.path.rpartition("/")[2]] = call.body
        return Reply()

    def _submit(self, call: Call) -> Reply:
        name = f"j{len(self.jobs)}"
        self.jobs[name] = call.json()["input"] | {"looks": 0}
        self.at_once = max(self.at_once, sum(job["looks"] < 2 for job in self.jobs.values()))
        return as_json({"id": name, "status_url": f"{self.url}/jobs/{name}"}, 202)

    def _poll(self, call: Call) -> Reply:
        job = self.jobs[call.path.rpartition("/")[2]]
        job["looks"] += 1
        if job["looks"] < 2:
            return as_json({"state": "working"})
        name = call.path.rpartition("/")[2]
        made = [{"url": f"{self.url}/results/{name}-{n}.png"} for n in range(job["num_images"])]
        each = 12 if job["resolution"] == "2k" else 6
        return as_json(made, 200, **{"x-newco-credits": str(each * job["num_images"])})

    def _download(self, call: Call) -> Reply:
        return Reply(200, png(64, 48, call.path), {"content-type": "image/png"})

    def _balance(self, call: Call) -> Reply:
        return as_json({"data": {"credits": "250.5"}})


@pytest.fixture
def server() -> Iterator[NewcoServer]:
    with NewcoServer() as found:
        yield found


@pytest.fixture
def studio(server: NewcoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """The registry's engines, this one among them, from an environment as a shell would give it."""
    monkeypatch.setitem(engines.REGISTRY, "newco", "tests.engines.new_provider.engine:NewcoEngine")
    given = settings.read({"data": tmp_path / "data"}, {"NEWCO_API_KEY": KEY, "NEWCO_BASE_URL": server.url})
    with Studio.open(given, catalogue=load(extra=[ROWS]), timing=QUICK) as opened:
        yield opened


def request(studio: Studio, folder: Path, **more: object) -> JSON:
    file = folder / "in.png"
    file.write_bytes(png(320, 240, "input"))
    asset = studio.local.assets.add(file)
    return {"model": "newco/wan2.6-image", "prompt": "make it night", "images": [asset.id]} | more


def finished(studio: Studio, *runs: Run) -> list[Run]:
    """The runs, once they have ended or are held."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        found = [studio.local.runs.get(run.id) for run in runs]
        if not any(run.status in (Status.QUEUED, Status.RUNNING) for run in found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"not finished in {WAIT_S} s")


def test_from_submit_to_files_on_the_disk(studio: Studio, server: NewcoServer, tmp_path: Path) -> None:
    """One paid call with three results: priced as three, three files, the cost that the provider's credits say."""
    body = request(studio, tmp_path, num_images=3, tier="2K", seed=7)
    assert studio.local.requests.estimate([body]).usd == pytest.approx(3 * 12 * 0.005)
    [run] = finished(studio, *studio.local.requests.submit(body))
    assert run.status == Status.SUCCEEDED, run.error
    assert (len(run.assets), run.cost_usd) == (3, pytest.approx(0.18))
    assert all(studio.local.assets.path(a).read_bytes() for a in run.assets)
    (sent,) = server.jobs.values()
    assert {k: v for k, v in sent.items() if k != "looks"} == {
        "prompt": "make it night", "image_urls": ["https://files.newco.example/f0"],
        "resolution": "2k", "num_images": 3, "seed": "7",
    }  # fmt: skip
    assert server.files["f0"].startswith(b"\x89PNG")
    assert server.leaks == [], "the key went where it must not, or was missing"
    assert KEY.encode() not in b"".join(p.read_bytes() for p in (tmp_path / "data").glob("studio.db*"))


def test_the_row_limits_what_is_under_way_and_what_is_taken(
    studio: Studio, server: NewcoServer, tmp_path: Path
) -> None:
    """The account allows four runs at once, this model one; what the row does not allow is refused before a call."""
    body = request(studio, tmp_path)
    runs = [run for n in range(5) for run in studio.local.requests.submit(body | {"prompt": f"no. {n}"})]
    assert {run.status for run in finished(studio, *runs)} == {Status.SUCCEEDED}
    assert server.at_once == 1
    calls = server.calls["submit"]
    with pytest.raises(CapabilityError, match="accepts a whole number from 1 to 4"):
        studio.local.requests.submit(body | {"num_images": 5})
    assert server.calls["submit"] == calls == 5


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        (
            as_json({"detail": [{"loc": ["seed"], "msg": "too odd", "type": "bad"}]}, 422),
            Status.FAILED,
            "seed: too odd",
        ),
        (as_json({"message": "no such key"}, 401), Status.HELD, "does not accept the key"),
        (as_json({"message": "empty"}, 402), Status.HELD, "no credit left"),
        (as_json({}, 500), Status.HELD, "returned an error"),
    ],
)
def test_refusals_need_no_code_of_the_engines_own(
    studio: Studio, server: NewcoServer, tmp_path: Path, reply: Reply, status: Status, words: str
) -> None:
    server.fail("submit", "reply", reply=reply)
    [run] = finished(studio, *studio.local.requests.submit(request(studio, tmp_path)))
    assert run.status == status
    assert words in (run.error or "")


def test_a_rate_limit_is_waited_for_and_nothing_is_sent_twice(
    studio: Studio, server: NewcoServer, tmp_path: Path
) -> None:
    server.fail("submit", "reply", reply=as_json({"message": "slow"}, 429, **{"retry-after": "0.1"}))
    [run] = finished(studio, *studio.local.requests.submit(request(studio, tmp_path)))
    assert run.status == Status.SUCCEEDED
    assert (server.calls["submit"], len(server.jobs)) == (2, 1)


def test_it_is_found_by_its_model_and_says_what_it_can(
    studio: Studio, server: NewcoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = {m.id for m in studio.catalogue.providers_of("wan2.6-image")}
    assert {"newco/wan2.6-image", "alibaba/wan2.6-image"} <= same
    status = next(s for s in studio.admin.engine_status() if s.name == "newco")
    assert (status.ready, status.needs, status.models) == (True, ("NEWCO_API_KEY",), 1)
    engine = NewcoEngine(studio.settings)
    assert isinstance(engine, Balance | Webhooks)
    assert not isinstance(engine, Cancels | SubmitLookup)
    body = json.dumps({"id": "j7"}).encode()
    signature = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()

    async def asked() -> tuple[object, bool, bool]:
        try:
            good = await engine.verify({"x-newco-signature": signature}, body)
            return await engine.balance(), good, await engine.verify({"x-newco-signature": signature}, body + b" ")
        finally:
            await engine.close()

    balance, good, forged = asyncio.run(asked())
    assert (getattr(balance, "amount", None), getattr(balance, "usd", None)) == (250.5, 1.2525)
    assert (good, forged, engine.to_handle(json.loads(body))) == (True, False, "j7")


def test_without_its_key_it_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines.REGISTRY, "newco", "tests.engines.new_provider.engine:NewcoEngine")
    given = settings.read({"data": tmp_path / "data"}, {})
    with Studio.open(given, catalogue=load(extra=[ROWS]), timing=QUICK) as studio:
        body = request(studio, tmp_path)
        with pytest.raises(NotConfigured, match="NEWCO_API_KEY"):
            studio.local.requests.submit(body)
    assert settings.without_secrets({"NEWCO_API_KEY": KEY, "NEWCO_BASE_URL": "x"}) == {"NEWCO_BASE_URL": "x"}
