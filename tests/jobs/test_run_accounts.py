"""A run is sent, polled and repeated with the keys of one account: the one that was chosen when it was made."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from studio.catalogue import Catalogue, Model
from studio.domain import HeldReason, Run, Status
from studio.engines.base import Engine, Variable
from studio.engines.fake import FakeProvider, FakeScript, FindingFake
from studio.errors import NotConfigured, Unauthorised
from studio.messages import Message
from studio.services.without_key import WithoutKey
from studio.settings import Settings
from studio.store import model_holds
from studio.studio import Studio
from tests.support.kit import QUICK, paid_image

GONE = Message("hubrouter.no_list", provider="the keys")


class Keyed(FindingFake):
    """A fake that needs a key."""

    environment: ClassVar[Mapping[str, Variable]] = {"FAKE_KEY": Variable(secret=True, required=True)}


class Keys:
    """A source of keys: owner -> engine; without one the key is gone."""

    def __init__(self, prefix: str) -> None:
        self.prefix, self.engines = prefix, dict[str, Engine]()
        self.owners = set[str]()

    def account(self, owner: str, model: Model, project: str) -> str | None:
        return f"{self.prefix}{owner}" if owner in self.owners else None

    def engine(self, provider: str, account: str) -> Engine:
        owner = account.removeprefix(self.prefix)
        return self.engines.get(owner) or WithoutKey(Keyed(name=provider), GONE)

    def give(self, owner: str, engine: Engine) -> None:
        self.owners.add(owner)
        self.engines[owner] = engine


def opened(folder: Path, catalogue: Catalogue, engine: Engine, *sources: Keys) -> Studio:
    studio = Studio.open(
        Settings(data=folder / "data"), engines={"paid": engine}, catalogue=catalogue, timing=QUICK, start=False
    )
    studio.context.accounts.sources[:] = sources
    studio.context.scheduler.start()
    return studio


def keyed(folder: Path, name: str, **script: object) -> Keyed:
    return Keyed(name="paid", provider=FakeProvider(folder / name), script=FakeScript(**script))  # type: ignore[arg-type]


def made(studio: Studio, owner: str, prompt: str) -> Run:
    requests = studio.on_behalf_of(owner).requests
    return requests.submit(paid_image(prompt))[0]


def settled(studio: Studio, run: Run, *, until_s: float = 10) -> Run:
    end = time.monotonic() + until_s
    while time.monotonic() < end:
        seen = studio.local.runs.get(run.id)
        if seen.status.ended or seen.status == Status.HELD:
            return seen
        time.sleep(0.01)
    raise AssertionError("the run did not settle")


def test_each_owner_pays_with_own_keys_and_the_first_source_counts(tmp_path: Path, catalogue: Catalogue) -> None:
    house, ada, adas_project = (keyed(tmp_path, name) for name in ("house", "ada", "project"))
    first, second = Keys("first:"), Keys("second:")
    first.give("ada", ada)
    second.give("ada", adas_project)
    second.give("bob", adas_project)
    with opened(tmp_path, catalogue, house, first, second) as studio:
        runs = {owner: made(studio, owner, f"of {owner}") for owner in ("ada", "bob", "eve")}
        assert {o: r.account for o, r in runs.items()} == {"ada": "first:ada", "bob": "second:bob", "eve": ""}
        assert {settled(studio, run).status for run in runs.values()} == {Status.SUCCEEDED}
    assert [t["prompt"] for t in ada.provider.accepted().values()] == ["of ada"]
    assert [t["prompt"] for t in adas_project.provider.accepted().values()] == ["of bob"]
    assert [t["prompt"] for t in house.provider.accepted().values()] == ["of eve"]


def test_after_a_restart_a_run_waits_for_its_key_and_is_sent_with_no_other(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    house, ada = keyed(tmp_path, "house"), keyed(tmp_path, "ada", wait_s=60)
    keys = Keys("first:")
    keys.give("ada", ada)
    with opened(tmp_path, catalogue, house, keys) as studio:
        under_way = made(studio, "ada", "under way")
        while not ada.provider.accepted():
            time.sleep(0.01)
        studio.queue.pause()
        waiting = made(studio, "ada", "waiting")
    with opened(tmp_path, catalogue, house, Keys("first:")) as studio:
        studio.queue.resume()
        for run in (under_way, waiting):
            held = settled(studio, run)
            assert (held.status, held.held_reason) == (Status.HELD, HeldReason.NOT_CONFIGURED)
            assert str(GONE) in (held.error or "")
        assert studio.local.runs.get(under_way.id).handle  # its task is kept
    assert not house.provider.accepted() and len(ada.provider.accepted()) == 1


def test_a_bad_key_of_one_person_stops_nobody_elses_queue(tmp_path: Path, catalogue: Catalogue) -> None:
    house = keyed(tmp_path, "house")
    refused = Unauthorised(Message("hubrouter.no_list", provider="x"))
    bad = keyed(tmp_path, "bad", submit=(refused,) * 9)
    keys = Keys("first:")
    keys.give("eve", bad)
    with opened(tmp_path, catalogue, house, keys) as studio:
        for number in range(4):
            assert settled(studio, made(studio, "eve", f"bad {number}")).status == Status.HELD
        with studio.context.store.read() as db:
            assert model_holds.held(db) == []
        assert settled(studio, made(studio, "ada", "fine")).status == Status.SUCCEEDED


def test_who_may_use_no_key_is_told_before_anything_is_stored(tmp_path: Path, catalogue: Catalogue) -> None:
    house = keyed(tmp_path, "house")
    with opened(tmp_path, catalogue, house) as studio:
        studio.context.accounts.refusal = lambda owner, model: GONE if owner == "v_1" else None
        with pytest.raises(NotConfigured, match="keys"):
            made(studio, "v_1", "for free")
        assert settled(studio, made(studio, "ada", "fine")).status == Status.SUCCEEDED
    assert len(house.provider.accepted()) == 1
