"""Compare: one run to each model in one batch, once; nothing is stored over a limit; votes become win rates; and nobody
sees or judges what is another's."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from studio import engines
from studio.catalogue import form_values
from studio.domain import JSON, Task
from studio.engines.fake import FakeProvider, FindingFake
from studio.errors import BudgetError, CapabilityError, Conflict, NotFound
from studio.services.comparisons import Comparison, TermsChanged
from studio.services.win_rates import FEW_VOTES, wilson, win_rates
from studio.settings import Settings
from studio.store.comparisons import VotePair
from studio.studio import Studio
from tests.support.kit import QUICK, finish, image
from tests.support.provider_cases import PROVIDERS

BOTH = ["fake/image", "paid/image"]


def finished(studio: Studio, comparison: Comparison) -> Comparison:
    ended = studio.local.runs.wait([m.run.id for m in comparison.members], timeout_s=20)
    assert [run.status for run in ended] == ["succeeded"] * len(ended), [run.error for run in ended]
    return studio.local.comparisons.get(comparison.id)


def count(studio: Studio) -> int:
    return studio.local.gallery.search().total


def test_one_run_goes_to_each_model_in_one_batch(studio: Studio) -> None:
    """Also where the request asks for several; what a model changes is kept with its member."""
    made = studio.local.comparisons.submit_request(image("a fox", n=4, style="bold", seed=7), BOTH)
    assert [m.run.model for m in made.members] == BOTH
    assert {m.run.request.n for m in made.members} == {1} and len({m.run.batch for m in made.members}) == 1
    assert [m.run.seed for m in made.members] == [7, 7]
    changes = [[getattr(c, "id", c) for c in m.changes] for m in made.members]
    assert changes == [[], ["compare.unused"]]
    assert [m.run.estimate_usd for m in finished(studio, made).members] == [None, pytest.approx(0.1)]


def test_a_press_makes_one_comparison_however_often_it_arrives(studio: Studio, settings: Settings) -> None:
    made: list[str] = []

    def press() -> None:
        made.append(studio.local.comparisons.submit_request(image("once"), BOTH, key="press-1").id)

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(made) == 6 and len(set(made)) == 1
    assert count(studio) == 2


@pytest.mark.parametrize(
    ("limits", "said"),
    [({"day_usd": 0.15}, "together"), ({"month_usd": 0.15}, "together"), ({"run_usd": 0.05}, "limit per run")],
)
def test_the_budget_counts_for_the_sum_before_the_first_is_sent(
    settings: Settings, tmp_path: Path, limits: dict[str, float], said: str
) -> None:
    """Each run alone would be within the day's $0.15; both are not."""
    from tests.conftest import Catalogue, load

    rows = load(Path(__file__).parents[1] / "catalogue")
    second = rows.get("paid/image").model_copy(update={"id": "paid/again", "label": "Again"})
    paid = FindingFake(name="paid", provider=FakeProvider(tmp_path / "provider"))
    with Studio.open(settings, engines={"paid": paid}, catalogue=Catalogue([*rows, second]), timing=QUICK) as studio:
        studio.admin.set_limits(**limits)
        body = image("dear") | {"model": "paid/image"}
        with pytest.raises(BudgetError, match=said):
            studio.local.comparisons.submit_request(body, ["paid/image", "paid/again"])
        assert count(studio) == 0
        studio.admin.set_limits(day_usd=0.2)
        assert len(studio.local.comparisons.submit_request(body, ["paid/image", "paid/again"]).members) == 2


@pytest.mark.parametrize(
    ("body", "models", "error"),
    [
        (image("a"), ["fake/image"], CapabilityError),
        (image("a"), [f"fake/{n}" for n in range(7)], CapabilityError),
        (image("a"), ["fake/image", "fake/none"], NotFound),
        (image("a"), ["fake/image", "fake/clip"], CapabilityError),
        (image("a", seed=-1), BOTH, CapabilityError),
    ],
)
def test_what_cannot_be_compared_is_refused_and_nothing_is_stored(
    studio: Studio, body: JSON, models: list[str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        studio.local.comparisons.submit_request(body, models)
    assert count(studio) == 0


def test_a_form_is_sent_only_on_the_terms_that_were_shown(studio: Studio) -> None:
    model, task = studio.catalogue.get("fake/image"), Task.TEXT_TO_IMAGE
    values = form_values.from_request({"prompt": "a fox", "n": 3}, model, task) | {"media": {}}
    shown = studio.local.alternatives.of_form(values, model, task)
    terms = {one.model.id: one.terms for one in shown if one.fit != "refused"}
    with pytest.raises(TermsChanged):
        studio.local.comparisons.submit_form(values | {"prompt": "an owl"}, model, task, terms)
    several = values | {"prompt": "one\ntwo", "per_line": True}
    with pytest.raises(CapabilityError, match="one request at a time"):
        studio.local.comparisons.submit_form(several, model, task, terms)
    assert count(studio) == 0
    made = studio.local.comparisons.submit_form(values, model, task, terms, key="k")
    assert sorted(m.run.model for m in made.members) == BOTH


def test_runs_of_the_gallery_open_as_one_comparison(studio: Studio) -> None:
    """Whatever they answer; votes count only where they answer the same."""
    first, second = finish(studio, image("a fox")), finish(studio, image("an owl"))
    made = studio.local.comparisons.of_runs([second.id, first.id])
    assert studio.local.comparisons.of_runs([first.id, second.id]).id == made.id
    assert [m.run.id for m in made.members] == [second.id, first.id] and not made.same_request
    assert studio.local.comparisons.latest_of(first.id) == made.id
    with pytest.raises(Conflict, match="same request"):
        studio.local.comparisons.vote(made.id, first.id, blind=True)
    with pytest.raises(CapabilityError):
        studio.local.comparisons.of_runs([first.id, first.id])


def test_a_vote_is_kept_once_and_becomes_a_win_rate(studio: Studio) -> None:
    made = studio.local.comparisons.submit_request(image("a fox"), BOTH)
    done = finished(studio, made)
    free, paid = (m.run.id for m in done.members)
    assert done.best is None and studio.local.comparisons.win_rates() == []
    assert studio.local.comparisons.vote(made.id, free, blind=True).best == free
    assert studio.local.comparisons.vote(made.id, paid, blind=True).best == paid
    best, other = studio.local.comparisons.win_rates("text-to-image")
    assert (best.model, best.votes, best.wins, best.few) == ("paid/image", 1, 1.0, True)
    assert best.usd == pytest.approx(0.1) and best.per_usd == pytest.approx(10.0)
    assert (other.model, other.rate, other.per_usd) == ("fake/image", 0.0, None)
    assert studio.local.comparisons.win_rates("text-to-video") == []
    assert studio.local.comparisons.of_runs([paid, free]).id == made.id
    assert studio.local.comparisons.vote(made.id, "", blind=False).best == ""
    assert studio.local.comparisons.win_rates(blind=True) == []
    assert {r.rate for r in studio.local.comparisons.win_rates()} == {0.5}


def test_a_vote_waits_for_two_results(studio: Studio) -> None:
    studio.queue.pause()
    made = studio.local.comparisons.submit_request(image("a fox"), BOTH)
    with pytest.raises(Conflict, match="two finished"):
        studio.local.comparisons.vote(made.id, made.members[0].run.id, blind=True)


def test_nobody_sees_or_judges_anothers_comparison(studio: Studio) -> None:
    ann, bob = studio.on_behalf_of("ann"), studio.on_behalf_of("bob")
    made = ann.comparisons.submit_request(image("a fox"), BOTH)
    finished(studio, made)
    ids = [m.run.id for m in made.members]
    for theirs in (
        lambda: bob.comparisons.get(made.id),
        lambda: bob.comparisons.vote(made.id, ids[0], blind=True),
        lambda: bob.comparisons.of_runs(ids),
    ):
        with pytest.raises(NotFound):
            theirs()
    ann.comparisons.vote(made.id, ids[0], blind=True)
    assert bob.comparisons.win_rates() == [] and len(ann.comparisons.win_rates()) == 2


def pair(winner: str, loser: str, *, tie: bool = False, usd: float | None = 0.1) -> VotePair:
    number = pair.count = getattr(pair, "count", 0) + 1  # pyright: ignore[reportFunctionMemberAccess]
    return VotePair(f"w{number}", f"l{number}", winner, loser, usd, usd, tie)


def test_win_rates_by_hand() -> None:
    """Nine of twelve won: 0.75, between 0.468 and 0.911 (Wilson, 95 %); two runs of one model say nothing."""
    pairs = [*(pair("a", "b") for _ in range(9)), *(pair("b", "a") for _ in range(3)), pair("a", "a")]
    a, b = win_rates(pairs)
    assert (a.model, a.votes, a.wins, a.rate, a.few) == ("a", 12, 9.0, 0.75, FEW_VOTES > 12)
    assert (round(a.low, 3), round(a.high, 3)) == (0.468, 0.911)
    assert a.per_usd == pytest.approx(7.5) and b.rate == 0.25
    assert win_rates([pair("a", "b", tie=True)])[0].rate == 0.5
    assert win_rates([pair("a", "b", usd=None)])[0].per_usd is None
    assert wilson(1.0, 1)[0] == pytest.approx(0.2065, abs=1e-3)


def test_the_draft_and_a_provider_finish_side_by_side(tmp_path: Path) -> None:
    """The real draft engine and Runware's local server: one press, two files."""
    with PROVIDERS["runware"](tmp_path) as case:
        made = {"draft": engines.build("draft", case.settings), "runware": case.build()}
        with Studio.open(case.settings, engines=made, catalogue=case.catalogue, timing=QUICK) as studio:
            body: JSON = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a fox", "seed": 7}
            chosen = ["draft/animatic", "runware/wan2.7-image"]
            comparison = studio.local.comparisons.submit_request(body | {"width": 1024, "height": 1024}, chosen)
            done = studio.local.runs.wait([m.run.id for m in comparison.members], timeout_s=60)
            assert [run.status for run in done] == ["succeeded", "succeeded"], [run.error for run in done]
            assert all(run.assets for run in done) and done[1].estimate_usd
            assert case.server.calls["submit"] == 1
