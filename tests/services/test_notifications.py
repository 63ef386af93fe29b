"""Messages about runs to a webhook of the user's, and to services: what is sent, signed, when, and how often."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript
from studio.errors import CapabilityError, Conflict, EngineError, Refused, Unauthorised
from studio.services.notifications import NotificationChoices
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.http_server import Reply
from tests.support.keyrings import MemoryKeyring, used
from tests.support.kit import QUICK, finish, image
from tests.support.receiver import Receiver, until

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
TIMING = replace(QUICK, notify_collect_s=0.3, notify_retry_s=(0.05, 0.05, 0.05))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@contextmanager
def opened(folder: Path, catalogue: Catalogue, **environ: str) -> Iterator[Studio]:
    settings = Settings(
        data=folder / "data",
        public_url="https://studio.example",
        environ={name: SecretStr(value) for name, value in environ.items()},
    )
    engine = FakeEngine(provider=FakeProvider(folder / "provider"), repeatable=True)
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=TIMING) as studio:
        yield studio


def told(receiver: Receiver) -> list[Any]:
    return [call.json() for call in receiver.got]


def test_a_run_that_ends_is_told_once_signed_and_as_slack_reads_it(
    tmp_path: Path, catalogue: Catalogue, receiver: Receiver
) -> None:
    secrets = {"STUDIO_NOTIFY_URL": f"{receiver.url}/T0/secret-token", "STUDIO_NOTIFY_SECRET": SECRET}
    with opened(tmp_path, catalogue, **secrets) as studio:
        run = finish(studio, image("<!channel> a red & white coat"))
        call = receiver.wait(1)[0]
        body = call.json()
        Webhook(SECRET).verify(call.body, call.headers)
        assert body["text"].startswith("Finished: “&lt;!channel&gt; a red &amp; white coat”")
        assert body["text"].endswith(f" https://studio.example/?run={run.id}")
        assert (body["type"], body["data"]["id"], body["data"]["status"]) == ("run.succeeded", run.id, "succeeded")
        assert body["data"]["assets"][0]["url"] == f"https://studio.example/media/{run.assets[0].id}"
        until(lambda: studio.notifications.state().latest[0]["sent_at"])
        shown = repr(studio.notifications.state())
        kept = b"".join(p.read_bytes() for p in (tmp_path / "data").glob("studio.db*"))
    for secret in ("secret-token", SECRET):
        assert secret not in shown and secret.encode() not in kept


def test_a_batch_is_one_message_and_so_are_many_runs_at_once(
    tmp_path: Path, catalogue: Catalogue, receiver: Receiver
) -> None:
    with opened(tmp_path, catalogue, STUDIO_NOTIFY_URL=receiver.url) as studio:
        studio.queue.pause()
        batch = studio.local.requests.submit(image("four coats", n=4))
        studio.queue.resume()
        studio.local.runs.wait([run.id for run in batch], timeout_s=15)
        (body,) = [c.json() for c in receiver.wait(1)]
        assert (body["type"], body["data"]["runs"], body["data"]["succeeded"]) == ("batch.finished", 4, 4)
        assert body["text"].startswith("Batch of 4 runs finished: 4 finished.")
        studio.queue.pause()
        singles = [studio.local.requests.submit(image(f"no. {n}"))[0] for n in range(6)]
        studio.queue.resume()
        studio.local.runs.wait([run.id for run in singles], timeout_s=15)
        until(lambda: sum(b["data"].get("runs", 1) for b in told(receiver)) == 10)
        assert len(receiver.got) < 6


def test_what_fails_or_waits_for_a_person_is_told_and_what_nobody_wants_is_not(
    tmp_path: Path, catalogue: Catalogue, receiver: Receiver
) -> None:
    with opened(tmp_path, catalogue, STUDIO_NOTIFY_URL=receiver.url) as studio:
        studio.notifications.set_choices(NotificationChoices(succeeded=False, language="zh-CN"))
        finish(studio, image("nobody wants this"))
        engine = studio.context.engines["fake"]
        assert isinstance(engine, FakeEngine)
        for prompt, error in (("one", Refused("Not this.")), ("two", Unauthorised("No key."))):
            engine.scripts[prompt] = FakeScript(submit=(error,))
            studio.local.requests.submit(image(prompt))
        until(lambda: len(receiver.got) == 2)
        texts = {body["type"]: body["text"] for body in told(receiver)}
        assert texts["run.failed"].startswith("失败：“one”")
        assert "Not this." in texts["run.failed"]
        assert texts["run.held"].startswith("需要处理：“two”")
        engine.scripts["three"] = FakeScript(
            final=EngineError("The provider failed: internal error 7.", code="internal")
        )
        for _ in range(3):
            finish(studio, image("three"))
        until(lambda: [body["data"].get("model") for body in told(receiver) if body["type"] == "model.held"])


@pytest.mark.parametrize(("status", "calls"), [(500, 3), (429, 3), (410, 1)])
def test_a_refused_message_is_sent_again_only_where_that_can_help(
    tmp_path: Path, catalogue: Catalogue, receiver: Receiver, status: int, calls: int
) -> None:
    """Under the same id, so that a receiver can drop what it has had."""
    receiver.fail("hook", "reply", times=2, reply=Reply(status))
    with opened(tmp_path, catalogue, STUDIO_NOTIFY_URL=receiver.url, STUDIO_NOTIFY_SECRET=SECRET) as studio:
        finish(studio, image())
        receiver.wait(calls)
        until(lambda: studio.notifications.state().latest[0]["attempts"] == calls)
        latest = studio.notifications.state().latest[0]
    assert (bool(latest["sent_at"]), latest["pending"]) == (calls == 3, 0)
    assert len({call.headers["webhook-id"] for call in receiver.got}) == 1


def test_nothing_is_told_twice_or_lost_over_a_restart(tmp_path: Path, catalogue: Catalogue, receiver: Receiver) -> None:
    url = receiver.url
    with opened(tmp_path, catalogue, STUDIO_NOTIFY_URL=url) as studio:
        first = finish(studio, image("told before"))
        receiver.wait(1)
        until(lambda: studio.notifications.state().latest[0]["sent_at"])
        receiver.stop()
        second = finish(studio, image("told after"))
        until(lambda: studio.notifications.state().latest[0]["attempts"])
    receiver.start()
    with opened(tmp_path, catalogue, STUDIO_NOTIFY_URL=url) as studio:
        receiver.wait(2)
        third = finish(studio, image("and this"))
        receiver.wait(3)
    assert [body["data"]["id"] for body in told(receiver)] == [first.id, second.id, third.id]


def test_a_page_may_only_name_an_address_on_the_internet(tmp_path: Path, catalogue: Catalogue) -> None:
    refused = (
        "http://hooks.example.com/x",
        "https://127.0.0.1/x",
        "https://nas.local/x",
        "https://u:p@hooks.example.com/",
    )
    with opened(tmp_path, catalogue) as studio:
        for url in (*refused, "https://[::ffff:10.0.0.1]/", "https://2130706433/", "x"):
            with pytest.raises(CapabilityError, match="HTTPS address on the internet"):
                studio.notifications.set_webhook(url=url)
        assert studio.notifications.state().host is None


def test_a_public_name_that_leads_inside_is_not_called(
    tmp_path: Path, catalogue: Catalogue, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    with opened(tmp_path, catalogue) as studio:
        studio.notifications.set_webhook(url=f"https://hooks.example.com:{receiver.port}/x")
        ((_, attempt),) = studio.notifications.send_test()
    assert "private" in (attempt.error or "")
    assert (attempt.final, receiver.got) == (True, [])


def test_a_webhook_set_on_a_page_is_never_told_and_loses_its_secret_with_its_address(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    with opened(tmp_path, catalogue) as studio:
        studio.notifications.set_webhook(url="https://hooks.example.com/T0/abc", secret=SECRET)
        state = studio.notifications.state()
        assert (state.host, state.signed) == ("hooks.example.com", True)
        assert "abc" not in repr(state) and SECRET not in repr(state)
        studio.notifications.set_webhook(url="https://elsewhere.example.com/")
        assert not studio.notifications.state().signed
        with pytest.raises(CapabilityError, match="secret"):
            studio.notifications.set_webhook(secret="short")
        studio.notifications.set_webhook(url="")
        assert studio.notifications.state().host is None
        with pytest.raises(Conflict):
            studio.notifications.send_test()


def test_what_the_environment_sets_is_not_changed_on_a_page(tmp_path: Path, catalogue: Catalogue) -> None:
    given = opened(tmp_path, catalogue, STUDIO_NOTIFY_URL="https://hooks.example.com")
    with given as studio, pytest.raises(Conflict, match="STUDIO_NOTIFY_URL"):
        studio.notifications.set_webhook(url="https://other.example.com")


def test_other_services_are_reached_by_apprise(tmp_path: Path, catalogue: Catalogue, receiver: Receiver) -> None:
    address = receiver.url.replace("http://", "json://") + "/topic?+token=secret-token"
    with opened(tmp_path, catalogue, STUDIO_NOTIFY_TARGETS=f"{address} nonsense://x") as studio:
        assert studio.notifications.state().services == ("json", "nonsense")
        sent = dict(studio.notifications.send_test())
        assert sent["json"].error is None
        assert "not a notification service" in (sent["nonsense"].error or "")
    assert "Notifications work" in receiver.wait(1)[0].json()["message"]


def test_address_and_secret_outlast_a_restart_in_the_keyring_only(tmp_path: Path, catalogue: Catalogue) -> None:
    with used(MemoryKeyring()):
        with opened(tmp_path, catalogue) as studio:
            studio.notifications.set_webhook(url="https://hooks.example.com/T0/abc", secret=SECRET)
            assert studio.notifications.state().source == "keyring"
        with opened(tmp_path, catalogue) as studio:
            assert (studio.notifications.state().host, studio.notifications.state().signed) == (
                "hooks.example.com",
                True,
            )
            studio.notifications.set_webhook(url="")
        with opened(tmp_path, catalogue) as studio:
            assert studio.notifications.state().host is None
    kept = b"".join(p.read_bytes() for p in (tmp_path / "data").glob("studio.db*"))
    assert b"T0/abc" not in kept and SECRET.encode() not in kept
