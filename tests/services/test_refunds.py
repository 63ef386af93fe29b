"""The refund audit: what was billed without a result and nothing else, the text to send, and money that came back."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.catalogue import Catalogue, RefundTerms
from studio.domain import HeldReason, Run, Status
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript
from studio.errors import CapabilityError, Conflict, EngineError, Moderated, NotFound, Refused, UnknownHandle
from studio.services.refunds import AuditedRun, receipt_of
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK, finish, image, paid_image
from tests.support.older_database import made_older
from tests.support.web import serving

NUDE = Moderated("The result was refused.", code="content_policy", billed=True)


@pytest.fixture
def paid(tmp_path: Path) -> FakeEngine:
    """Bills each accepted submit, and cannot look up lost ones."""
    return FakeEngine(name="paid", provider=FakeProvider(tmp_path / "provider-paid"))


def claims(studio: Studio, user: str = "") -> list[AuditedRun]:
    return [one for audit in studio.on_behalf_of(user).refunds.audit() for one in audit.claims]


def spent(studio: Studio) -> float:
    return round(sum(row.usd for row in studio.admin.spend()), 6)


def held(studio: Studio, prompt: str = "x") -> Run:
    """A run that is held by now."""
    [run] = studio.local.requests.submit(paid_image(prompt))
    until = time.monotonic() + 10
    while (seen := studio.local.runs.get(run.id)).status != Status.HELD:
        assert time.monotonic() < until
        time.sleep(0.01)
    return seen


@pytest.mark.parametrize(
    ("script", "claimed"),
    [
        (FakeScript(final=NUDE), ("moderated", 0.1, False, True)),
        (FakeScript(final=Moderated("No.", billed=True, cost_usd=0.04)), ("moderated", 0.04, True, True)),
        (FakeScript(final=EngineError("Broke.", maybe_billed=True)), ("failed", 0.1, False, False)),
        (FakeScript(final=EngineError("Broke.", billed=True)), ("failed", 0.1, False, True)),
        (FakeScript(final=EngineError("Broke.", billed=False)), None),
        (FakeScript(final=Refused("No.", billed=False)), None),
        (FakeScript(submit=(Moderated("No.", billed=True),)), None),  # not accepted
        (FakeScript(), None),
    ],
)
def test_only_what_was_or_may_have_been_billed_is_listed(
    studio: Studio, paid: FakeEngine, script: FakeScript, claimed: tuple[object, ...] | None
) -> None:
    paid.script = script
    run = finish(studio, paid_image())
    assert [(c.claim.cause, c.claim.usd, c.claim.reported, c.claim.booked) for c in claims(studio)] == (
        [claimed] if claimed else []
    )
    if claimed:
        assert (claims(studio)[0].receipt, claims(studio)[0].claim.run) == (run.handle, run.id)
        assert spent(studio) == (claimed[1] if claimed[3] else 0)


def test_free_runs_leave_nothing_to_claim(studio: Studio, engine: FakeEngine) -> None:
    engine.script = FakeScript(final=NUDE)
    finish(studio, image())
    assert claims(studio) == []


@pytest.mark.parametrize(
    ("script", "reason", "cause"),
    [
        (FakeScript(lost="before"), HeldReason.LOST_SUBMIT, "lost"),
        (FakeScript(final=UnknownHandle("Gone.")), HeldReason.LOST_TASK, "expired"),
        (FakeScript(broken=True), HeldReason.BROKEN_RESULT, "broken"),
    ],
)
def test_a_run_in_doubt_is_listed_until_its_result_arrives(
    studio: Studio, paid: FakeEngine, script: FakeScript, reason: HeldReason, cause: str
) -> None:
    paid.script = script
    run = held(studio)
    [one] = claims(studio)
    assert (run.held_reason, one.claim.cause, one.decided) == (reason, cause, False)
    with pytest.raises(Conflict):
        studio.local.refunds.mark(one.claim.seq, "refunded")
    if reason == HeldReason.LOST_TASK:
        paid.script = FakeScript()
        studio.local.runs.decide(run.id, "look_again")
        assert studio.local.runs.wait([run.id], timeout_s=10)[0].status == Status.SUCCEEDED
        assert claims(studio) == []
    else:
        studio.local.runs.decide(run.id, "give_up")
        assert [(c.claim.cause, c.decided) for c in claims(studio)] == [(cause, True)]
        assert spent(studio) == pytest.approx(0.1)


def test_a_second_submit_leaves_the_first_to_claim(studio: Studio, paid: FakeEngine) -> None:
    paid.script = FakeScript(lost="after")
    run = held(studio)
    paid.script = FakeScript()
    studio.local.runs.decide(run.id, "submit_again")
    assert studio.local.runs.wait([run.id], timeout_s=10)[0].status == Status.SUCCEEDED
    assert [(c.claim.run, c.claim.attempt, c.claim.cause) for c in claims(studio)] == [(run.id, 1, "lost")]
    assert spent(studio) == pytest.approx(0.2)
    studio.local.refunds.mark(claims(studio)[0].claim.seq, "refunded")
    assert spent(studio) == pytest.approx(0.1)


def test_a_cancel_that_came_too_late_is_listed(studio: Studio, paid: FakeEngine) -> None:
    paid.script = FakeScript(never_ends=True, unstoppable=True)
    [run] = studio.local.requests.submit(paid_image())
    until = time.monotonic() + 10
    while not studio.local.runs.get(run.id).status.ended:
        assert time.monotonic() < until
        if studio.local.runs.get(run.id).handle:
            studio.local.runs.cancel(run.id)
        time.sleep(0.05)
    assert [(c.claim.cause, c.claim.booked) for c in claims(studio)] == [("cancelled", True)]


def test_money_that_came_back_is_taken_off_once_and_can_be_put_back(studio: Studio, paid: FakeEngine) -> None:
    paid.script = FakeScript(final=NUDE)
    finish(studio, paid_image())
    seq = claims(studio)[0].claim.seq
    refunds = studio.local.refunds
    refunds.mark(seq, "claimed", note="by e-mail")
    refunds.mark(seq, "refunded")
    assert refunds.mark(seq, "refunded").refunded_usd == pytest.approx(0.1)
    assert spent(studio) == 0
    refunds.mark(seq, "refunded", usd=0.04)
    assert spent(studio) == pytest.approx(0.06)
    refunds.mark(seq, "rejected")
    assert spent(studio) == pytest.approx(0.1)
    steps = [(s.from_state, s.to_state, s.usd, s.note) for s in claims(studio)[0].history]
    assert steps[0] == ("open", "claimed", None, "by e-mail")
    assert [round(usd or 0, 6) for _, _, usd, _ in steps] == [0, 0.1, -0.06, -0.04]
    with studio.context.store.read() as db:
        kinds = [row[0] for row in db.conn.execute("SELECT kind FROM ledger ORDER BY seq").fetchall()]
    assert kinds == ["reserve", "settle", "refund", "refund", "refund"]
    for usd in (0.2, float("inf"), -1.0):
        with pytest.raises(CapabilityError):
            refunds.mark(seq, "refunded", usd=usd)
    with pytest.raises(CapabilityError):
        refunds.mark(seq, "paid")


def test_what_was_not_counted_as_spent_is_not_taken_off(studio: Studio, paid: FakeEngine) -> None:
    paid.script = FakeScript(final=EngineError("Broke.", maybe_billed=True))
    finish(studio, paid_image())
    studio.local.refunds.mark(claims(studio)[0].claim.seq, "refunded")
    assert spent(studio) == 0


def test_a_claim_outlives_its_run(studio: Studio, paid: FakeEngine) -> None:
    paid.script = FakeScript(final=NUDE)
    run = finish(studio, paid_image())
    studio.local.gallery.trash([run.id])
    studio.admin.purge(older_than_days=0)
    [one] = claims(studio)
    studio.local.refunds.mark(one.claim.seq, "refunded")
    assert spent(studio) == 0


def test_each_user_has_their_own(studio: Studio, paid: FakeEngine) -> None:
    paid.script = FakeScript(final=NUDE)
    runs = [studio.on_behalf_of(user).requests.submit(paid_image())[0] for user in ("anna", "ben")]
    studio.local.runs.wait([run.id for run in runs], timeout_s=10)
    assert [c.claim.owner for c in claims(studio, "anna")] == ["anna"]
    assert len(claims(studio)) == 2
    with pytest.raises(NotFound):
        studio.on_behalf_of("anna").refunds.mark(claims(studio, "ben")[0].claim.seq, "claimed")


def test_the_text_names_every_receipt_in_both_languages(studio: Studio, paid: FakeEngine) -> None:
    paid.script = FakeScript(final=NUDE)
    runs = [finish(studio, paid_image(f"secret idea {n}")) for n in range(2)]
    english, chinese = (studio.local.refunds.letter("paid", language) for language in ("en", "zh-CN"))
    for run in runs:
        assert run.handle and run.handle in english and run.handle in chinese
    assert "about $0.20" in english and "$0.20" in chinese
    assert "您好" in chinese and "Refused by moderation" in english
    assert "secret idea" not in english
    for one in claims(studio):
        studio.local.refunds.mark(one.claim.seq, "claimed")
    with pytest.raises(CapabilityError):
        studio.local.refunds.letter("paid", "en")


def test_days_are_counted_only_where_a_period_is_stated(
    settings: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    stated = Catalogue(catalogue, refunds={"paid": RefundTerms(claim_days=30)})
    paid = FakeEngine(name="paid", provider=FakeProvider(tmp_path / "p"), script=FakeScript(final=NUDE))
    for rows, days in ((stated, 29), (catalogue, None)):
        with Studio.open(settings, engines={"paid": paid}, catalogue=rows, timing=QUICK) as studio:
            finish(studio, paid_image())
            assert {c.days_left for c in claims(studio)} == {days}


@pytest.mark.parametrize(
    ("handle", "receipt"),
    [
        (None, ""),
        ("task-7", "task-7"),
        ('{"task":"abc","urls":{"status":"https://queue.fal.run/x?token=secret"}}', "abc"),
        ('{"result":{"output":"https://x"}}', ""),
    ],
)
def test_a_receipt_is_the_tasks_name_alone(handle: str | None, receipt: str) -> None:
    assert receipt_of(handle) == receipt


def test_earlier_runs_are_found_when_the_database_is_brought_up_to_date(
    settings: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    """As a database of before: no claims, and a ledger that knows no refunds."""
    paid = FakeEngine(name="paid", provider=FakeProvider(tmp_path / "p"), script=FakeScript(final=NUDE))
    with Studio.open(settings, engines={"paid": paid}, catalogue=catalogue, timing=QUICK) as studio:
        finish(studio, paid_image("earlier"))
        paid.script = FakeScript()
        finish(studio, paid_image("fine"))
    made_older(settings.data / "studio.db", before="m014")
    with Studio.open(settings, engines={"paid": paid}, catalogue=catalogue, timing=QUICK) as studio:
        assert [(c.claim.title, c.claim.usd) for c in claims(studio)] == [("earlier", pytest.approx(0.1))]
        assert spent(studio) == pytest.approx(0.2)


def test_over_http(studio: Studio, paid: FakeEngine) -> None:
    paid.script = FakeScript(final=NUDE)
    run = finish(studio, paid_image("=cmd|' /C calc'!A0"))
    get: Callable[..., Any]
    with serving(studio) as url, httpx.Client(base_url=url, timeout=10) as client:
        get = lambda path, **query: client.get(f"/ui/refunds{path}", params=query)  # noqa: E731
        [audit] = get("").json()["providers"]
        [one] = audit["claims"]
        assert (audit["provider"], audit["open_usd"], one["receipt"], one["days_left"]) == (
            "paid", 0.1, run.handle, None,
        )  # fmt: skip
        assert run.handle in get("/letter", provider="paid").json()["texts"]["zh-CN"]
        [row] = csv.DictReader(io.StringIO(get("/csv").content.decode("utf-8-sig")))
        assert (row["receipt"], row["amount_is"], row["days_left"]) == (run.handle, "estimate", "unknown")
        assert row["prompt"].startswith("'=")
        path = f"/ui/refunds/{one['id']}"
        assert client.post(path, json={"state": "claimed"}).json()["state"] == "claimed"
        refused = client.post(path, json={"state": "refunded", "usd": 5})
        assert (refused.status_code, refused.json()["error_id"]) == (422, "refund.amount")
        assert client.post(path, json={"state": "refunded"}).json()["refunded_usd"] == 0.1
        assert get("").json()["totals"]["refunded"] == 0.1
        assert client.post("/ui/refunds/999", json={"state": "claimed"}).status_code == 404
