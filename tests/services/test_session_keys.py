"""A key for a session: used for this owner's runs alone, written nowhere, forgotten with the session."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from studio.domain import JSON, HeldReason, Run, Status
from studio.engines import hub_router
from studio.errors import CapabilityError, NotAllowed, NotConfigured, NotFound
from studio.permissions import Actor, Role
from studio.services.hub_models import HUB_BASE
from studio.services.session_keys import HubToken
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.fal import FalServer
from tests.providers.hub_router import HubRouter
from tests.providers.replicate import ReplicateServer
from tests.providers.wavespeed import WaveSpeedServer
from tests.support.kit import QUICK

KEY = FalServer.KEY
CLIP: JSON = {"task": "text-to-video", "model": "fal/wan2.7-t2v", "prompt": "a red fox", "duration_s": 2}


@pytest.fixture(scope="module")
def router() -> Iterator[HubRouter]:
    with HubRouter(FalServer(), WaveSpeedServer(), ReplicateServer()) as running:
        yield running


@pytest.fixture(autouse=True)
def fresh(router: HubRouter) -> None:
    router.paid.clear()
    router.seen.clear()
    router.behind["fal-ai"].reset()


def opened(folder: Path, router: HubRouter, *, access: str = "huggingface", own_key: str = "") -> Studio:
    fal: FalServer = router.behind["fal-ai"]
    options = {"FAL_BASE_URL": fal.url, hub_router.ROUTER_BASE: router.url, HUB_BASE: router.url}
    secrets = {"FAL_KEY": SecretStr(own_key)} if own_key else {}
    settings = Settings(data=folder, options=options, secrets=secrets, access=access)  # type: ignore[arg-type]
    return Studio.open(settings, timing=QUICK)


@pytest.fixture
def studio(tmp_path: Path, router: HubRouter) -> Iterator[Studio]:
    """A public Space whose own fal key is a wrong one, so that a run with it would show."""
    with opened(tmp_path / "data", router, own_key="the studio's own key") as studio:
        yield studio


def visitor(studio: Studio) -> tuple[Actor, str]:
    """A visitor, and the hash of the session."""
    from studio.services.people import hashed

    made = studio.visitors.welcome("192.0.2.1")
    assert made
    return studio.visitors.actor(made[0]), hashed(made[1])


def until(test: Callable[[], bool], *, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def settled(studio: Studio, run: Run) -> Run:
    until(lambda: studio.local.runs.get(run.id).status in (Status.SUCCEEDED, Status.FAILED, Status.HELD))
    return studio.local.runs.get(run.id)


def submit(studio: Studio, actor: Actor) -> Run:
    return studio.acting_for(actor.key).requests.submit(dict(CLIP))[0]


def give(studio: Studio, actor: Actor, session: str, key: str = KEY) -> None:
    studio.acting_for(actor.key).session_keys.save(session, "fal", {"FAL_KEY": key})


def test_a_visitors_own_key_is_used_for_their_runs_alone(studio: Studio, router: HubRouter) -> None:
    (ann, session), (ben, _) = visitor(studio), visitor(studio)
    with pytest.raises(NotConfigured):
        submit(studio, ann)
    give(studio, ann, session)
    run = submit(studio, ann)
    assert run.account == f"session:{ann.id}"
    assert settled(studio, run).status == Status.SUCCEEDED
    with pytest.raises(NotConfigured):
        submit(studio, ben)
    assert len(router.behind["fal-ai"].tasks) == 1


def test_the_key_is_written_nowhere_and_shown_nowhere(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    ann, session = visitor(studio)
    planted = "fal-key-that-must-not-be-found-0123456789"
    give(studio, ann, session, planted)
    settled(studio, submit(studio, ann))  # refused by the provider, and held
    files = [path for path in studio.settings.data.rglob("*") if path.is_file()]
    assert files and not any(planted.encode() in path.read_bytes() for path in files)
    shown = [repr(studio.acting_for(ann.key).session_keys.all(session)), repr(studio.session_keys), caplog.text]
    assert not any(planted in text for text in shown)


def test_the_key_goes_with_the_session_and_runs_wait_for_it(studio: Studio, router: HubRouter) -> None:
    ann, session = visitor(studio)
    give(studio, ann, session)
    router.behind["fal-ai"].running_s = 30
    try:
        run = submit(studio, ann)
        until(lambda: bool(studio.local.runs.get(run.id).handle))
        studio.session_keys.forget(session)
        held = settled(studio, run)
    finally:
        router.behind["fal-ai"].running_s = 0.1
    assert (held.status, held.held_reason) == (Status.HELD, HeldReason.NOT_CONFIGURED)
    assert "Enter it again" in (held.error or "") and held.handle
    with pytest.raises(NotConfigured):
        submit(studio, ann)
    for task in router.behind["fal-ai"].tasks.values():
        task.running_s = 0.0
    give(studio, ann, session)  # entered again: the run goes on, and nothing is paid twice
    assert settled(studio, run).status == Status.SUCCEEDED
    assert len(router.behind["fal-ai"].tasks) == 1


def test_after_a_restart_a_waiting_run_asks_for_the_key(tmp_path: Path, router: HubRouter) -> None:
    with opened(tmp_path / "data", router, own_key="wrong") as studio:
        ann, session = visitor(studio)
        give(studio, ann, session)
        studio.queue.pause()
        run = submit(studio, ann)
    with opened(tmp_path / "data", router, own_key=KEY) as studio:
        studio.queue.resume()
        held = settled(studio, run)
        assert held.status == Status.HELD and "Enter it again" in (held.error or "")
        assert not router.behind["fal-ai"].tasks  # and the studio's own key was not used for it
        give(studio, ann, session)
        assert settled(studio, run).status == Status.SUCCEEDED


def test_a_session_that_has_ended_keeps_nothing(studio: Studio) -> None:
    person = studio.people.create("ada", role=Role.CREATOR)
    token = studio.people.sign_in(person.id, method="password")
    from studio.services.people import hashed

    actor, session = studio.people.actor(person.id), hashed(token)
    give(studio, actor, session)
    assert studio.acting_for(actor.key).session_keys.all(session)[0]
    studio.people.sign_out(token)
    with pytest.raises(NotConfigured):
        submit(studio, actor)
    studio.session_keys.look_after()
    assert not any(one.given for one in studio.session_keys.all(session))
    with pytest.raises(NotAllowed):
        give(studio, actor, session)
    with pytest.raises(NotAllowed):
        give(studio, actor, "")


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 5000])
def test_what_can_be_no_key_is_refused(studio: Studio, key: str) -> None:
    ann, session = visitor(studio)
    with pytest.raises(CapabilityError) as error:
        give(studio, ann, session, key)
    assert not key.strip() or key not in str(error.value)
    with pytest.raises(NotFound):
        studio.acting_for(ann.key).session_keys.save(session, "draft", {"X": "y"})


def person_with_hub(
    studio: Studio, *, pays: bool = True, role: Role = Role.CREATOR, **token: object
) -> tuple[Actor, str]:
    from studio.services.people import hashed

    subject = f"u-{len(studio.people.all())}"
    person = studio.people.person_of_subject("https://hub", subject, login="bo", role=role)
    session = hashed(studio.people.sign_in(person.id, method="huggingface"))
    studio.session_keys.set_hub(person.id, session, HubToken(SecretStr("hf_oauth_visitor"), **token), pays=pays)  # type: ignore[arg-type]
    return studio.people.actor(person.id), session


def test_a_hugging_face_account_pays_for_mapped_models(studio: Studio, router: HubRouter) -> None:
    bo, session = person_with_hub(studio)
    fal_model = studio.catalogue.get(CLIP["model"])
    assert studio.acting_for(bo.key).budgets.affordable([0.5], fal_model).payer == "Paid by your Hugging Face account."
    run = submit(studio, bo)
    assert run.account == f"hub:{bo.id}"
    done = settled(studio, run)
    assert done.status == Status.SUCCEEDED, done.error
    assert router.paid["hf_oauth_visitor"] == 1
    with pytest.raises(NotConfigured):  # the router does not know this one
        studio.acting_for(bo.key).requests.submit(
            {"task": "text-to-image", "model": "fal/wan2.7-image-pro", "prompt": "a fox"}
        )
    studio.acting_for(bo.key).session_keys.let_hub_pay(session, pays=False)
    with pytest.raises(NotConfigured):
        submit(studio, bo)


def test_a_token_is_renewed_before_it_ends_and_forgotten_where_it_cannot_be(studio: Studio, router: HubRouter) -> None:
    router.tokens.add("hf_oauth_second")
    try:
        second = HubToken(SecretStr("hf_oauth_second"), time.time() + 3600)
        bo, _ = person_with_hub(studio, expires_at=time.time() + 60, renew=lambda: second)
        studio.session_keys.look_after()
        settled(studio, submit(studio, bo))
        assert router.paid["hf_oauth_second"] == 1
    finally:
        router.tokens.discard("hf_oauth_second")
    cy, _ = person_with_hub(studio, expires_at=time.time() - 1)
    studio.session_keys.look_after()
    with pytest.raises(NotConfigured):
        submit(studio, cy)


def test_on_a_space_only_who_is_trusted_spends_the_studios_money(tmp_path: Path, router: HubRouter) -> None:
    with opened(tmp_path / "space", router, own_key=KEY) as studio:
        creator, producer = (studio.people.create(role.value, role=role) for role in (Role.CREATOR, Role.PRODUCER))
        with pytest.raises(NotConfigured, match="your own key"):
            submit(studio, studio.people.actor(creator.id))
        assert submit(studio, studio.people.actor(producer.id)).account == ""
    with opened(tmp_path / "team", router, access="password", own_key=KEY) as studio:
        creator = studio.people.create("ann", role=Role.CREATOR)
        assert submit(studio, studio.people.actor(creator.id)).account == ""
