"""A run is edited and cancelled in every state and phase in which nothing of it was sent, and in no other."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from studio.catalogue import AccountLimits
from studio.domain import HeldReason, Phase, Run, Status
from studio.engines.fake import FakeEngine, FakeScript, FindingFake
from studio.errors import (
    CapabilityError,
    Conflict,
    EngineError,
    NotFound,
    OutOfCredit,
    RateLimited,
    StudioError,
    Unauthorised,
    UnknownHandle,
)
from studio.studio import Studio
from tests.support.kit import finish, image, paid_image
from tests.support.web import serving


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def submit(studio: Studio, **more: object) -> Run:
    return studio.local.requests.submit(paid_image("before", seed=1, **more))[0]


# Each puts a run into a state, and lets it go on afterwards -------------------------------------------------------


def _paused(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    studio.queue.pause()
    return submit(studio), studio.queue.resume


def _no_free_slot(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    paid.scripts = {"full": FakeScript(never_ends=True)}
    others = studio.local.requests.submit(paid_image("full", n=8))
    until(lambda: len(paid.provider.accepted()) == 8)
    return submit(studio), lambda: [paid.provider.release(h) for h in paid.provider.accepted()] and others


def _model_on_hold(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    paid.scripts = {"bad": FakeScript(final=EngineError("Broken.", code="x"))}
    runs = studio.local.requests.submit(paid_image("bad", n=3))
    studio.local.runs.wait([run.id for run in runs], timeout_s=10)
    until(studio.queue.held_models)
    return submit(studio), lambda: studio.queue.resume_model("paid/image")


def _over_budget(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    studio.admin.set_limits(run_usd=0.01)
    run = submit(studio)
    until(lambda: studio.local.runs.get(run.id).held_reason == HeldReason.BUDGET)
    return run, lambda: (studio.admin.set_limits(), studio.local.runs.decide(run.id, "try_again"))


def _refused_key(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    paid.scripts = {"before": FakeScript(submit=(Unauthorised("Wrong key."),))}
    run = submit(studio)
    until(lambda: studio.local.runs.get(run.id).held_reason == HeldReason.NOT_CONFIGURED)
    return run, lambda: None


def _no_credit(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    paid.scripts = {"before": FakeScript(submit=(OutOfCredit("Pay first."),))}
    run = submit(studio)
    until(lambda: studio.local.runs.get(run.id).held_reason == HeldReason.CREDIT)
    return run, lambda: None


def _uploading(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    paid.scripts = {"before": FakeScript(prepare_s=60)}
    run = submit(studio)
    until(lambda: studio.local.runs.get(run.id).phase == Phase.PREPARING)
    return run, lambda: None


def _waiting_for_the_rate(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    limits = AccountLimits(submits_per_s=0.4, concurrent=8, polls_per_s=1000)
    paid.info = paid.info.__class__("paid", "Fake", limits=limits, local=True)
    first = studio.local.requests.submit(paid_image("first"))[0]
    until(lambda: studio.local.runs.get(first.id).handle)
    run = submit(studio)
    until(lambda: studio.local.runs.get(run.id).phase == Phase.PREPARING)
    return run, lambda: None


def _between_two_submits(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    paid.scripts = {"before": FakeScript(submit=(RateLimited("Slow down.", retry_after_s=0.5),) * 9)}
    run = submit(studio)
    until(lambda: studio.local.runs.get(run.id).note)
    return run, lambda: None


def _waiting_for_the_disk(studio: Studio, paid: FindingFake) -> tuple[Run, Callable[[], object]]:
    full = OSError(errno.ENOSPC, "No space left on device")
    paid.scripts = {"before": FakeScript(prepare=(full,) * 999)}
    run = submit(studio)
    until(lambda: getattr(studio.local.runs.get(run.id).note, "id", "") == "wait.disk_full")
    return run, lambda: None


UNSENT = [
    _paused, _no_free_slot, _model_on_hold, _over_budget, _refused_key, _no_credit, _uploading, _waiting_for_the_rate,
    _between_two_submits, _waiting_for_the_disk,
]  # fmt: skip


@pytest.mark.parametrize("arrange", UNSENT)
def test_what_was_not_sent_is_edited_and_only_the_new_request_is_sent(
    studio: Studio, paid: FindingFake, arrange: Callable[..., tuple[Run, Callable[[], object]]]
) -> None:
    run, go_on = arrange(studio, paid)
    edited = studio.local.runs.edit(run.id, paid_image("after", seed=2))
    assert (edited.id, edited.request.prompt, edited.seed, edited.edits) == (run.id, "after", 2, 1)
    paid.script = FakeScript()
    if edited.status == Status.HELD or arrange in (_paused, _no_free_slot, _model_on_hold):
        go_on()
    elif arrange is _over_budget:
        until(lambda: studio.local.runs.get(run.id).held_reason == HeldReason.BUDGET)  # checked again
        go_on()
    [done] = studio.local.runs.wait([run.id], timeout_s=15)
    assert (done.status, done.request.prompt, done.seed) == (Status.SUCCEEDED, "after", 2)
    sent = [task["prompt"] for task in paid.provider.accepted().values()]
    assert (sent.count("after"), sent.count("before")) == (1, 0)
    history = [event.why for event in studio.local.runs.history(run.id)]
    assert any("before → after" in why and "1 → 2" in why for why in history)


@pytest.mark.parametrize("arrange", UNSENT)
def test_what_was_not_sent_is_cancelled_for_nothing(
    studio: Studio, paid: FindingFake, arrange: Callable[..., tuple[Run, Callable[[], object]]]
) -> None:
    run, _ = arrange(studio, paid)
    studio.local.runs.cancel(run.id)
    [ended] = studio.local.runs.wait([run.id], timeout_s=5)
    assert ended.status == Status.CANCELLED
    assert "before" not in [task["prompt"] for task in paid.provider.accepted().values()]
    with pytest.raises(Conflict):
        studio.local.runs.edit(run.id, paid_image("after"))


SENT: list[tuple[FakeScript, Callable[[Run], object]]] = [
    (FakeScript(submit_s=0.5), lambda run: run.phase == Phase.SUBMITTING),
    (FakeScript(never_ends=True), lambda run: run.phase == Phase.WAITING),
    (FakeScript(), lambda run: run.status == Status.SUCCEEDED),
    (FakeScript(final=EngineError("Broken.")), lambda run: run.status == Status.FAILED),
    (FakeScript(final=UnknownHandle("Gone.")), lambda run: run.held_reason == HeldReason.LOST_TASK),
    (FakeScript(final=Unauthorised("Key gone.")), lambda run: run.held_reason == HeldReason.NOT_CONFIGURED),
    (FakeScript(broken=True), lambda run: run.held_reason == HeldReason.BROKEN_RESULT or run.status.ended),
]


@pytest.mark.parametrize(("script", "reached"), SENT)
def test_what_was_sent_is_refused_in_a_sentence(
    studio: Studio, paid: FindingFake, script: FakeScript, reached: Callable[[Run], object]
) -> None:
    paid.script = script
    run = submit(studio)
    until(lambda: reached(studio.local.runs.get(run.id)))
    with pytest.raises(Conflict, match="can no longer be edited"):
        studio.local.runs.edit(run.id, paid_image("after"))
    assert studio.local.runs.get(run.id).request.prompt == "before"
    assert studio.queue.edit_refusal(studio.local.runs.get(run.id))


def test_an_edit_and_a_start_at_once_never_send_both(studio: Studio, paid: FindingFake) -> None:
    """Twenty runs are edited while the scheduler takes them: each is sent once, as it was or as it is."""
    runs = studio.local.requests.submit_many([paid_image(f"before {n}") for n in range(20)])
    outcomes: dict[str, bool] = {}

    def edit(run: Run, number: int) -> None:
        try:
            studio.local.runs.edit(run.id, paid_image(f"after {number}"))
            outcomes[f"{number}"] = True
        except Conflict:
            outcomes[f"{number}"] = False

    threads = [threading.Thread(target=edit, args=(run, n)) for n, run in enumerate(runs)]
    for thread in reversed(threads):
        thread.start()
    for thread in threads:
        thread.join()
    studio.local.runs.wait([run.id for run in runs], timeout_s=20)
    sent = sorted(task["prompt"] for task in paid.provider.accepted().values())
    assert sent == sorted(f"{'after' if edited else 'before'} {n}" for n, edited in outcomes.items())


def test_an_edit_keeps_the_place_and_reprices_and_searches_anew(studio: Studio) -> None:
    studio.queue.pause()
    first, second, third = studio.local.requests.submit_many([paid_image(name, seed=3) for name in ("a", "b", "c")])
    clip = {"task": "text-to-video", "model": "paid/clip", "prompt": "a lighthouse", "duration_s": 2}
    edited = studio.local.runs.edit(second.id, clip)
    assert [run.id for run in studio.local.runs.active()] == [first.id, second.id, third.id]
    assert (edited.batch, edited.model, edited.request.task) == (second.batch, "paid/clip", "text-to-video")
    assert edited.estimate_usd == studio.local.requests.estimate([clip]).usd
    found = [[run.id for run in studio.local.gallery.search(word).runs] for word in ("lighthouse", "b")]
    assert found == [[second.id], []]
    assert studio.local.gallery.search("", model="paid/clip").total == 1
    assert studio.local.gallery.search("", model="paid/image").total == 2


def test_the_same_edit_again_changes_nothing(studio: Studio) -> None:
    studio.queue.pause()
    [run] = studio.local.requests.submit(paid_image("before", seed=1))
    body = paid_image("after")
    once, twice = studio.local.runs.edit(run.id, body), studio.local.runs.edit(run.id, body)
    assert (twice.seed, twice.edits) == (once.seed, 1)
    assert len(studio.local.runs.history(run.id)) == 2


def test_a_waived_limit_holds_for_no_dearer_request(studio: Studio, paid: FindingFake) -> None:
    run, _ = _over_budget(studio, paid)
    studio.queue.pause()
    studio.local.runs.decide(run.id, "run_anyway")
    clip = {"task": "text-to-video", "model": "paid/clip", "prompt": "x", "duration_s": 10}
    studio.local.runs.edit(run.id, clip)
    studio.queue.resume()
    until(lambda: studio.local.runs.get(run.id).held_reason == HeldReason.BUDGET)


def test_inputs_and_consent_follow_the_edit(studio: Studio, engine: FakeEngine) -> None:
    made = finish(studio, image())
    picture, other = made.assets[0].id, finish(studio, image("other")).assets[0].id
    body = {"task": "reference-to-video", "model": "fake/clip", "prompt": "x", "references": [picture]}
    [held] = studio.local.requests.submit(body)
    assert held.held_reason == HeldReason.CONSENT
    studio.queue.pause()
    edited = studio.local.runs.edit(held.id, body | {"references": [other], "consent": True})
    assert (edited.status, edited.request.references) == (Status.QUEUED, (other,))
    again = studio.local.runs.edit(held.id, body)
    assert (again.status, again.held_reason) == (Status.HELD, HeldReason.CONSENT)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (paid_image("x", n=2), CapabilityError),
        (paid_image("x", width=9), CapabilityError),
        (paid_image("x", model="paid/nothing"), NotFound),
        (paid_image("x", unknown=1), CapabilityError),
    ],
)
def test_an_edit_is_checked_as_a_submit_is(studio: Studio, body: dict[str, Any], error: type[StudioError]) -> None:
    studio.queue.pause()
    run = submit(studio)
    with pytest.raises(error):
        studio.local.runs.edit(run.id, body)
    assert studio.local.runs.get(run.id) == run.model_copy(update={"position": None})


def test_over_http(studio: Studio) -> None:
    studio.queue.pause()
    run = studio.on_behalf_of("anna").requests.submit(paid_image("before"))[0]
    with serving(studio) as url, httpx.Client(base_url=url, timeout=10, headers={"x-user": "anna"}) as client:
        card = client.put(f"/ui/runs/{run.id}/request", json=paid_image("after", seed=5)).json()
        assert (card["prompt"], card["editable"], card["edited"], card["seed"]) == ("after", True, True, 5)
        assert client.put(f"/ui/runs/{run.id}/request", json={"task": "x"}).status_code == 422
        mine = {"x-user": "ben"}
        assert client.put(f"/ui/runs/{run.id}/request", json=paid_image("b"), headers=mine).status_code == 404
        client.post(f"/ui/runs/{run.id}/cancel")
        refused = client.put(f"/ui/runs/{run.id}/request", json=paid_image("late"))
        assert (refused.status_code, refused.json()["error_id"]) == (409, "edit.ended")
