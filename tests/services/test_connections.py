"""Keys pasted on the Connections page, against real local providers: they count at once, survive in the keyring only,
and runs under way are never lost or paid twice, whatever happens to their key."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from limits import RateLimitItemPerMinute
from pydantic import SecretStr

from studio import engines
from studio.domain import HeldReason, Run, Status
from studio.engines.fake import FakeEngine, FakeProvider
from studio.errors import CapabilityError, Conflict
from studio.jobs.engine_uses import EngineUses
from studio.services import connection_check, key_store
from studio.services.connection_values import clean_key, clean_option
from studio.settings import Settings
from studio.studio import Studio
from studio.web.routes import connections as routes
from tests.providers.alibaba import AlibabaServer
from tests.providers.kie import KieServer
from tests.support.keyrings import MemoryKeyring, NoKeyring, used
from tests.support.kit import QUICK
from tests.support.provider_cases import PROVIDERS
from tests.support.provider_jobs import catalogue
from tests.support.web import serving

KEY = KieServer.KEY
BODY = {"task": "text-to-video", "model": "kie/wan2.7-t2v", "prompt": "a red coat", "duration_s": 2}


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    backend = MemoryKeyring()
    with used(backend):
        yield backend


@pytest.fixture
def kie() -> Iterator[KieServer]:
    with KieServer() as server:
        yield server


def opened(folder: Path, **more: Any) -> Studio:
    return Studio.open(Settings(data=folder / "data", **more), catalogue=catalogue(), timing=QUICK)


def connect(studio: Studio, server: KieServer, key: str = KEY) -> None:
    studio.connections.save("kie", key=key, options={"KIE_BASE_URL": server.url}, local=True)


def until(condition: Callable[[], Any], limit_s: float = 20) -> Any:
    end = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def status(studio: Studio, run: Run, wanted: Status) -> Run:
    return until(lambda: (r := studio.local.runs.get(run.id)).status == wanted and r)


def under_way(studio: Studio, server: KieServer) -> Run:
    """A run that the provider has accepted and works on."""
    server.running_s = 3600
    [run] = studio.local.requests.submit(BODY)
    return until(lambda: (r := studio.local.runs.get(run.id)).handle and r)


def finish(studio: Studio, server: KieServer, run: Run) -> None:
    """The provider ends its work; the run must have succeeded on one submit."""
    server.running_s = 0.01
    [ended] = studio.local.runs.wait([run.id], timeout_s=20)
    assert (ended.status, ended.error) == (Status.SUCCEEDED, None)
    assert server.submits_by_prompt() == {"a red coat": 1}


def test_a_pasted_key_works_at_once_and_is_found_nowhere(
    tmp_path: Path, ring: MemoryKeyring, kie: KieServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Pasted -> tested -> balance -> run, over HTTP and without a restart; after a restart it still works."""
    caplog.set_level(logging.DEBUG)
    answers: list[str] = []
    with opened(tmp_path) as studio, serving(studio) as url, httpx.Client(base_url=url) as http:

        def call(method: str, path: str, **body: Any) -> Any:
            answer = http.request(method, f"/ui/connections{path}", json=body or None)
            answers.append(answer.text)
            assert answer.status_code == 200, answer.text
            return answer.json()

        before = next(c for c in call("GET", "")["connections"] if c["provider"] == "kie")
        assert (before["state"], before["keys"][0]["source"]) == ("missing", None)
        saved = call("POST", "/kie", key=f"  {KEY}\n", options={"KIE_BASE_URL": kie.url}, local=True)
        assert (saved["state"], saved["keys"][0]["source"]) == ("ready", "keyring")
        tested = call("POST", "/kie/test")
        assert tested["check"]["state"] == "works"
        assert tested["check"]["balance"] == {"amount": 100.5, "unit": "credits", "usd": 0.5025}
        assert not kie.tasks  # a test starts nothing
        [run] = studio.local.requests.submit(BODY)
        finish(studio, kie, run)
        answers.append(http.get("/ui/house").text)
    with opened(tmp_path) as studio:
        assert studio.connections.get("kie").keys[0].source == "keyring"
        assert studio.connections.test("kie").state == "ready"
        assert not studio.connections.remove_key("kie").in_keyring
        assert studio.connections.get("kie").state == "missing"
    assert not ring.entries
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert KEY.encode() not in kept and kie.url.encode() in kept
    assert KEY not in caplog.text and KEY not in "".join(answers)


@pytest.mark.parametrize("name", ["alibaba", *sorted(PROVIDERS.keys() & engines.REGISTRY.keys())])
def test_a_test_proves_the_key_and_costs_nothing(name: str, tmp_path: Path, ring: MemoryKeyring) -> None:
    key_name = next(n for n, v in engines.environment(name).items() if v.secret)
    base = next(n for n in engines.environment(name) if n.endswith("_BASE_URL"))
    if name == "alibaba":
        with AlibabaServer() as server, opened(tmp_path) as studio:
            _prove(studio, name, key_name, base, server, "sk-test")
        return
    with PROVIDERS[name](tmp_path) as case, opened(tmp_path) as studio:
        _prove(studio, name, key_name, base, case.server, case.server.KEY)
        check = studio.connections.get(name).check
        assert check and (check.balance.usd if check.balance else None) == case.balance


def _prove(studio: Studio, name: str, key_name: str, base: str, server: Any, key: str) -> None:
    studio.connections.save(name, key="wrong-key-0000", key_name=key_name, options={base: server.url}, local=True)
    refused = studio.connections.test(name)
    if not refused.testable:  # honest where no free call proves a key
        assert refused.check and refused.check.state == "unknown"
        return
    assert refused.state == "refused" and refused.problem and refused.check
    assert "wrong-key" not in refused.problem
    studio.connections.save(name, key=key)
    works = studio.connections.test(name)
    assert works.check and (works.state, works.check.state) == ("ready", "works"), works.check
    assert (works.check.balance is not None) == works.tells_balance
    if name == "fal":  # an ordinary key may not read the balance, and is no wrong key for that
        server.admin = False
        plain = studio.connections.test(name).check
        assert plain and (plain.state, plain.balance) == ("works", None)
        server.admin = True
        studio.connections.test(name)
    assert not getattr(server, "tasks", None) and not getattr(server, "requests", None)


def test_runs_under_way_wait_for_a_removed_key_and_go_on_with_the_next(
    tmp_path: Path, ring: MemoryKeyring, kie: KieServer
) -> None:
    with opened(tmp_path) as studio:
        connect(studio, kie)
        run = under_way(studio, kie)
        studio.connections.remove_key("kie")
        held = status(studio, run, Status.HELD)
        assert held.held_reason == HeldReason.NOT_CONFIGURED and held.handle == run.handle
        assert held.error and "Kie.ai" in held.error
        assert studio.connections.get("kie").waiting == 1
        studio.connections.save("kie", key=KEY)
        assert status(studio, run, Status.RUNNING).handle == run.handle
        finish(studio, kie, run)


def test_a_run_under_way_is_polled_with_the_key_that_replaces_its_own(
    tmp_path: Path, ring: MemoryKeyring, kie: KieServer
) -> None:
    with opened(tmp_path) as studio:
        connect(studio, kie)
        run = under_way(studio, kie)
        studio.connections.save("kie", key="a-wrong-key")
        held = status(studio, run, Status.HELD)  # refused, with the provider's reason; the task is kept
        assert held.held_reason == HeldReason.NOT_CONFIGURED and held.handle == run.handle
        vars(kie)["KEY"] = "a-second-key"  # the old one is revoked
        studio.connections.save("kie", key="a-second-key")
        status(studio, run, Status.RUNNING)
        vars(kie)["KEY"] = "a-third-key"
        studio.connections.save("kie", key="a-third-key")
        finish(studio, kie, run)


def test_a_submit_in_flight_ends_with_the_key_it_began_with(
    tmp_path: Path, ring: MemoryKeyring, kie: KieServer
) -> None:
    """Its receipt is kept, it is not sent again, and the next look uses the new key."""
    kie.running_s = 0.3
    with opened(tmp_path) as studio:
        connect(studio, kie)
        kie.fail("submit", "slow-after", seconds=0.5)
        [run] = studio.local.requests.submit(BODY)
        until(lambda: kie.tasks)
        assert studio.local.runs.get(run.id).handle is None
        vars(kie)["KEY"] = "a-second-key"
        studio.connections.save("kie", key="a-second-key")
        finish(studio, kie, run)


def test_a_refused_run_shows_on_the_card_and_goes_on_with_a_key_that_works(
    tmp_path: Path, ring: MemoryKeyring, kie: KieServer
) -> None:
    """Three in a row also hold the model's queue; the new key lets that go on as well."""
    with opened(tmp_path) as studio:
        connect(studio, kie, "a-wrong-key")
        runs = [studio.local.requests.submit(BODY | {"prompt": f"coat {n}"})[0] for n in range(4)]
        until(lambda: studio.connections.get("kie").waiting >= 3)
        card = studio.connections.get("kie")
        assert card.state == "refused" and card.problem and "Kie.ai" in card.problem
        studio.connections.save("kie", key=KEY)
        ended = studio.local.runs.wait([run.id for run in runs], timeout_s=20)
        assert {run.status for run in ended} == {Status.SUCCEEDED}
        assert studio.connections.get("kie").state == "ready"
        assert set(kie.submits_by_prompt().values()) == {1}


def test_a_test_of_a_provider_that_never_ends_its_answer_is_bounded(
    tmp_path: Path, ring: MemoryKeyring, kie: KieServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_check, "CHECK_TIMEOUT_S", 0.5)
    with opened(tmp_path) as studio:
        connect(studio, kie)
        kie.fail("balance", "endless")
        check = studio.connections.test("kie").check
        assert check and check.state == "failed" and studio.connections.get("kie").state == "ready"


def test_waiting_runs_that_lack_a_key_go_on_when_it_is_there(
    tmp_path: Path, ring: MemoryKeyring, kie: KieServer
) -> None:
    with opened(tmp_path) as studio:
        connect(studio, kie)
        studio.queue.pause()
        [run] = studio.local.requests.submit(BODY)
        studio.connections.remove_key("kie")
        studio.queue.resume()
        assert status(studio, run, Status.HELD).held_reason == HeldReason.NOT_CONFIGURED
        assert not kie.tasks
        studio.connections.save("kie", key=KEY)
        finish(studio, kie, run)


def test_the_environment_wins_and_its_key_goes_to_no_saved_address(
    tmp_path: Path, ring: MemoryKeyring, kie: KieServer
) -> None:
    with opened(tmp_path) as studio:
        connect(studio, kie)
    environ = {"KIE_API_KEY": SecretStr("from-the-environment")}
    with opened(tmp_path, environ=environ) as studio:
        shown = studio.connections.get("kie")
        assert (shown.keys[0].source, shown.options[0].value) == ("environment", "")
        assert studio.context.engines["kie"].info.base_url == "https://api.kie.ai"
        with pytest.raises(Conflict):
            studio.connections.save("kie", key=KEY)
        with pytest.raises(Conflict):
            studio.connections.save("kie", options={"KIE_UPLOAD_URL": "https://elsewhere.example"})
        with pytest.raises(Conflict):
            studio.connections.remove_key("kie")


def test_an_address_receives_a_saved_key_only_together_with_it(tmp_path: Path, ring: MemoryKeyring) -> None:
    with opened(tmp_path) as studio:
        studio.connections.save("fal", key="fal-key-1")
        with pytest.raises(CapabilityError, match="on your own network"):
            studio.connections.save("fal", key="fal-key-2", options={"FAL_BASE_URL": "http://10.0.0.1"})
        with pytest.raises(CapabilityError, match="Paste FAL_KEY again"):
            studio.connections.save("fal", options={"FAL_BASE_URL": "https://proxy.example"})
        studio.connections.save("fal", key="fal-key-1", options={"FAL_BASE_URL": "https://proxy.example/fal/"})
        assert studio.connections.get("fal").options[0].value == "https://proxy.example/fal"
        studio.connections.save("fal", options={"FAL_BASE_URL": ""})  # back to the provider's own
        assert studio.context.engines["fal"].info.base_url == "https://queue.fal.run"


@pytest.mark.parametrize(
    "key", ["", "   ", "two\nlines", "schlüssel", "FAL_KEY=abc", "with a space", "x" * 2001, "nul\0"]
)
def test_what_is_no_key_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(CapabilityError) as refused:
        clean_key("FAL_KEY", key)
    assert not key.strip() or key.strip() not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "local"),
    [
        *((a, False) for a in ("fal.run", "ftp://fal.run", "https://", "https://u:p@fal.run", "https://fal.run/?q=1")),
        *((a, False) for a in ("http://fal.run", "http://[::1]", "https://10.0.0.1", "https://nas", "https://a b")),
        *((a, True) for a in ("http://169.254.169.254", "http://[fe80::1]", "http://[::ffff:169.254.1.1]", "http://a:0")),
    ],
)  # fmt: skip
def test_addresses_that_a_key_must_not_go_to_are_refused(address: str, local: bool) -> None:
    with pytest.raises(CapabilityError):
        clean_option("FAL_BASE_URL", engines.environment("fal")["FAL_BASE_URL"], address, local=local)


def test_options_are_held_against_what_the_engine_can_use(tmp_path: Path, ring: MemoryKeyring) -> None:
    with opened(tmp_path) as studio:
        studio.connections.save("alibaba", key="sk-1")
        for name, wrong in (
            *(("ALIBABA_REGION", "mars"), ("ALIBABA_REGION", "frankfurt")),  # the second needs a workspace
            *(("ALIBABA_WORKSPACE", "evil.example/"), ("ALIBABA_CONCURRENT", "-1"), ("KIE_BASE_URL", "https://x.test")),
        ):
            with pytest.raises(CapabilityError):
                studio.connections.save("alibaba", options={name: wrong})
        options = {"ALIBABA_REGION": "Frankfurt", "ALIBABA_WORKSPACE": "ws-1", "ALIBABA_CONCURRENT": "3"}
        saved = studio.connections.save("alibaba", options=options)
        assert (saved.state, saved.concurrent) == ("ready", 3)
        assert studio.context.engines["alibaba"].info.base_url.startswith("https://ws-1.eu-central-1.")
    with opened(tmp_path) as studio:
        assert {o.name: o.value for o in studio.connections.get("alibaba").options if o.value} == options | {
            "ALIBABA_REGION": "frankfurt"
        }


def test_without_a_keyring_a_key_lasts_until_the_stop(tmp_path: Path) -> None:
    with used(NoKeyring()):
        with opened(tmp_path) as studio:
            assert studio.connections.keyring is None
            assert studio.connections.save("fal", key="fal-key-1").keys[0].source == "memory"
        with opened(tmp_path) as studio:
            assert studio.connections.get("fal").state == "missing"


def test_a_keyring_that_waits_for_a_person_holds_up_nothing(
    tmp_path: Path, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved: kept in memory until the keyring has it. Started: without the key until it is unlocked."""
    monkeypatch.setattr(key_store, "READ_TIMEOUT_S", 0.1)
    monkeypatch.setattr(key_store, "WRITE_TIMEOUT_S", 0.1)
    with opened(tmp_path) as studio:
        ring.unlocked.clear()
        assert studio.connections.save("fal", key="fal-key-1").keys[0].source == "memory"
        ring.unlocked.set()
        until(lambda: studio.connections.get("fal").keys[0].source == "keyring")
    ring.unlocked.clear()
    with opened(tmp_path) as studio:
        shown = studio.connections.get("fal")
        assert shown.state == "missing" and shown.keys[0].unread
        ring.unlocked.set()
        until(lambda: studio.connections.get("fal").state == "ready")


def test_a_studio_without_pasted_keys_never_asks_the_keyring(tmp_path: Path, ring: MemoryKeyring) -> None:
    with opened(tmp_path) as studio:
        studio.connections.all()
    assert ring.calls == 0


def test_requests_with_secrets_in_the_wrong_place_do_not_repeat_them(
    tmp_path: Path, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "CHANGES", RateLimitItemPerMinute(16))
    with opened(tmp_path) as studio, serving(studio) as url, httpx.Client(base_url=url) as http:
        wrong = [{"key": 123456789}, {"key": ["123456789"]}, {"key": "1234\n56789"}, {"key": "123456789" * 400}]
        wrong += [{"key": "123456789", "key_name": "X"}, {"key_name": "123456789", "key": "k"}, {"token": "123456789"}]
        wrong += [{"options": {"FAL_BASE_URL": "123456789"}}, {"options": {"123456789": "x"}}]
        wrong += [{"key": "123456789", "options": {"FAL_BASE_URL": "https://x.example/123456789"}}]
        for body in wrong:
            answer = http.post("/ui/connections/fal", json=body)
            assert answer.status_code == 422 and "56789" not in answer.text, answer.text
        assert http.post("/ui/connections/fal", json={"key": "k"}, headers={"x-user": "mia"}).status_code == 403
        assert http.get("/ui/connections/draft").status_code == 404
        limited = [http.delete("/ui/connections/nobody/key").status_code for _ in range(12)]
    assert limited[0] == 404 and limited[-1] == 429


def test_a_replaced_engine_is_closed_when_its_last_call_has_returned(tmp_path: Path) -> None:
    closed: list[str] = []

    class Closing(FakeEngine):
        async def close(self) -> None:
            closed.append(self.info.label)

    def made(name: str) -> Closing:
        engine = Closing(provider=FakeProvider(tmp_path / name), repeatable=True)
        vars(engine)["info"] = engine.info.__class__("fake", name)
        return engine

    async def story() -> None:
        first, second, third = made("first"), made("second"), made("third")
        uses = EngineUses(first)
        with uses.in_use() as used_now:
            assert used_now is first
            uses.replace(second)
            with uses.in_use() as used_next:
                assert used_next is second
            await asyncio.sleep(0.01)
            assert closed == []
        await asyncio.sleep(0.01)
        assert closed == ["first"]
        uses.retire(third)  # replaced before anything used it
        await uses.close()
        assert sorted(closed) == ["first", "second", "third"]

    asyncio.run(story())
