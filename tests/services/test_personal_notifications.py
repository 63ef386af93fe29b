"""Web push to devices: encrypted for one browser, signed, without a prompt unless allowed, tried again, and ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript
from studio.errors import CapabilityError, Conflict, NotFound, Refused
from studio.permissions import Role
from studio.services import own_targets, push_delivery
from studio.services.personal_messages import PersonalChoices
from studio.services.vapid import VapidKey
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.http_server import Fault, Reply
from tests.support.keyrings import MemoryKeyring, used
from tests.support.kit import QUICK, finish, image
from tests.support.push_service import Browser, PushService, claims, encoded
from tests.support.receiver import until

TIMING = replace(QUICK, notify_collect_s=0.1, notify_retry_s=(0.05, 0.05, 0.05))


@pytest.fixture
def service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


@contextmanager
def opened(
    folder: Path, catalogue: Catalogue, service: PushService, *, accounts: bool = False, **environ: str
) -> Iterator[Studio]:
    given = {"STUDIO_PUSH_SERVICE": service.url, **environ}
    settings = Settings(
        data=folder / "data",
        access="password" if accounts else "",
        environ={name: SecretStr(value) for name, value in given.items()},
    )
    engine = FakeEngine(provider=FakeProvider(folder / "provider"), repeatable=True)
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=TIMING) as studio:
        yield studio


def subscribed(studio: Studio, service: PushService, person: str = "") -> Browser:
    browser = service.browser()
    studio.notifications.own(person).subscribe(**browser.subscription, device="Chrome, Android")
    return browser


def devices(studio: Studio, person: str = "") -> list[str]:
    return [one["device"] for one in studio.notifications.own(person).state()["devices"]]


def test_a_run_that_ends_is_told_on_the_device_without_its_prompt(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    with opened(tmp_path, catalogue, service) as studio:
        browser = subscribed(studio, service)
        run = finish(studio, image("a secret red coat"))
        [told] = service.wait(browser, 1)
        assert (told["title"], told["url"], told["tag"]) == ("Run finished", f"?run={run.id}", run.id)
        assert "coat" not in str(told)
        assert b"coat" not in service.posts[0].body and b"Run finished" not in service.posts[0].body
        signed = claims(service.posts[0])
        assert signed["aud"] == service.url and 0 < signed["exp"] - time.time() <= 24 * 3600
        studio.notifications.own("").set_choices(PersonalChoices(prompts=True, language="zh-CN"))
        finish(studio, image("a secret red coat"))
        assert "a secret red coat" in service.wait(browser, 2)[1]["body"]
        assert service.wait(browser, 2)[1]["title"] == "任务已完成"


def test_each_person_is_told_of_their_own_runs_only(tmp_path: Path, catalogue: Catalogue, service: PushService) -> None:
    with opened(tmp_path, catalogue, service) as studio:
        local = subscribed(studio, service)
    with opened(tmp_path, catalogue, service, accounts=True) as studio:
        people = [studio.people.create(name, role=Role.CREATOR) for name in ("anna", "ben", "carl")]
        anna, ben, carl = (subscribed(studio, service, person.id) for person in people)
        studio.people.disable(people[2].id)
        studio.on_behalf_of(people[2].id).requests.submit(image("a hat"))
        runs = [studio.acting_for(person.id).requests.submit(image("a coat"))[0] for person in people[:2]]
        assert [one["tag"] for one in service.wait(anna, 1)] == [runs[0].id]
        assert [one["tag"] for one in service.wait(ben, 1)] == [runs[1].id]
        assert (carl.got, local.got) == ([], []), "a closed account, and what was there before accounts"


def test_what_was_not_chosen_is_not_told(tmp_path: Path, catalogue: Catalogue, service: PushService) -> None:
    with opened(tmp_path, catalogue, service) as studio:
        browser = subscribed(studio, service)
        studio.notifications.own("").set_choices(PersonalChoices(succeeded=False))
        finish(studio, image("a coat"))
        engine = studio.context.engines["fake"]
        assert isinstance(engine, FakeEngine)
        engine.scripts["a hat"] = FakeScript(submit=(Refused("No."),) * 3)
        finish(studio, image("a hat"))
        assert [one["title"] for one in service.wait(browser, 1)] == ["Run failed"]


def test_a_subscription_that_has_ended_is_forgotten_and_others_are_tried_again(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    with opened(tmp_path, catalogue, service) as studio:
        left, stays = subscribed(studio, service), subscribed(studio, service)
        service.gone.add(left.endpoint.removeprefix(service.url))
        finish(studio, image("a coat"))
        service.wait(stays, 1)
        until(lambda: len(devices(studio)) == 1)
        service.faults["push"] = [Fault("reply", times=2, reply=Reply(503))]
        finish(studio, image("a hat"))
        assert len(service.wait(stays, 2)) == 2 and left.got == []


def test_the_key_is_made_once_and_kept_like_a_pasted_one(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    with used(MemoryKeyring()):
        with opened(tmp_path, catalogue, service) as studio:
            key = studio.notifications.own("").state()["server_key"]
        with opened(tmp_path, catalogue, service) as studio:
            assert studio.notifications.own("").state()["server_key"] == key
        assert len(key) == 87
    own = encoded(bytes(31) + b"\7")
    with opened(tmp_path / "own", catalogue, service, STUDIO_VAPID_KEY=own) as studio:
        state = studio.notifications.own("").state()
        assert state["server_key"] and state["problem"] is None
        subscribed(studio, service)
        kept = b"".join(p.read_bytes() for p in (tmp_path / "own" / "data").glob("studio.db*"))
        assert own.encode() not in kept and own not in repr(state)
    with opened(tmp_path / "bad", catalogue, service, STUDIO_VAPID_KEY="no key") as studio:
        assert "STUDIO_VAPID_KEY is not a VAPID key" in studio.notifications.own("").state()["problem"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/1", "https://127.0.0.1/1", "https://10.0.0.1/1", "https://[::1]/1",
        "https://169.254.169.254/1", "https://printer.local/1", "https://u:p@push.example.com/1", "ftp://x.example/1",
        "",
    ],
)  # fmt: skip
def test_only_push_services_on_the_internet_are_asked(endpoint: str, service: PushService) -> None:
    keys = service.browser().subscription
    with pytest.raises(CapabilityError):
        push_delivery.check_subscription(endpoint, keys["p256dh"], keys["auth"])
    push_delivery.check_subscription("https://push.example.com/1", keys["p256dh"], keys["auth"])
    with pytest.raises(CapabilityError):
        push_delivery.check_subscription("https://push.example.com/1", keys["p256dh"][:20], keys["auth"])


def test_a_name_that_leads_to_this_machine_is_not_called(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    """What is looked up decides, not what the address looks like: localtest-like names lead home."""
    with opened(tmp_path, catalogue, service) as studio:
        browser = subscribed(studio, service)
        home = push_delivery.send(
            _subscription(studio, browser),
            {"title": "x"},
            VapidKey(studio.settings, studio.context.engine_settings.keys),
        )
        assert home[0].error and home[0].final and service.posts == []


def _subscription(studio: Studio, browser: Browser):
    from studio.store import push

    with studio.context.store.read() as db:
        return next(one for one in push.subscriptions(db, "") if one.endpoint == browser.endpoint)


def test_a_device_belongs_to_who_subscribed_last_and_is_removed_by_its_person_only(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    with opened(tmp_path, catalogue, service) as studio:
        browser = subscribed(studio, service, "anna")
        studio.notifications.own("ben").subscribe(**browser.subscription, device="Firefox, Linux")
        assert devices(studio, "anna") == [] and devices(studio, "ben") == ["Firefox, Linux"]
        device = studio.notifications.own("ben").state()["devices"][0]["id"]
        with pytest.raises(NotFound):
            studio.notifications.own("anna").remove(device)
        studio.notifications.own("ben").remove(device)
        assert devices(studio, "ben") == []
        with pytest.raises(Conflict):
            studio.notifications.own("ben").send_test()


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("ntfy://my-topic", "ntfy"),
        ("tgram://123456789:ABCdefghijklmnopqrstuvwxyz123456789/12315544/", "tgram"),
        ("mailto://somebody:password@gmail.com", "mailto"),
    ],
)
def test_a_person_may_be_told_by_services_with_a_host_of_their_own(address: str, service: str) -> None:
    assert own_targets.service_of(address) == service


@pytest.mark.parametrize(
    "address",
    [
        "json://10.0.0.1/x", "ntfys://printer.lan/topic", "ntfy://192.168.1.3/topic", "syslog://localhost",
        "mailtos://a:b@example.com?smtp=10.0.0.1", "mailtos://a:b@example.com?smtp=localhost", "file:///etc/passwd",
        "https://hooks.example.com", "", "tgram://x",
    ],
)  # fmt: skip
def test_and_by_no_host_of_the_studios_network(address: str) -> None:
    with pytest.raises(CapabilityError):
        own_targets.service_of(address)


def test_the_address_of_a_service_is_kept_like_a_key(
    tmp_path: Path, catalogue: Catalogue, service: PushService
) -> None:
    keyring = MemoryKeyring()
    with used(keyring), opened(tmp_path, catalogue, service) as studio:
        target = studio.notifications.own("").add_target("ntfy://very-private-topic")
        assert [t["service"] for t in studio.notifications.own("").state()["targets"]] == ["ntfy"]
        assert "very-private-topic" not in repr(studio.notifications.own("").state())
        kept = b"".join(p.read_bytes() for p in (tmp_path / "data").glob("studio.db*"))
        assert b"very-private-topic" not in kept and "ntfy://very-private-topic" in keyring.entries.values()
        studio.notifications.own("").remove(target)
        assert "ntfy://very-private-topic" not in keyring.entries.values()
