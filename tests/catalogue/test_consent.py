"""Whether a real person is shown is asked only where a model takes people and a file may show one; No is an answer."""

from __future__ import annotations

import pytest

from studio.catalogue import Catalogue, consent
from studio.catalogue.form_values import from_request, people_subject, to_request
from studio.domain import JSON, Asset, HeldReason, Kind, Status, Task
from studio.studio import Studio
from tests.support.kit import finish, image

TASK = Task.REFERENCE_TO_VIDEO


def body(studio: Studio, **more: object) -> JSON:
    picture = finish(studio, image()).assets[0].id
    return {"task": TASK.value, "model": "fake/clip", "prompt": "x", "references": [picture]} | more


@pytest.mark.parametrize(
    ("kinds", "about"),
    [
        ([Kind.IMAGE], "picture"), ([Kind.VIDEO, Kind.VIDEO], "clip"), ([Kind.AUDIO], "voice"),
        ([Kind.IMAGE, Kind.AUDIO], "files"), ([Kind.TEXT], ""), ([], ""),
    ],
)  # fmt: skip
def test_the_question_names_what_is_there(kinds: list[Kind], about: str) -> None:
    assert consent.subject(kinds) == about


@pytest.mark.parametrize(
    ("answer", "held", "message"),
    [
        ({}, True, "consent.ask_picture"),
        ({"real_people": False}, False, None),
        ({"real_people": True}, True, "consent.confirm_picture"),
        ({"real_people": True, "consent": True}, False, None),
        ({"consent": True}, False, None),
    ],
)
def test_a_run_waits_only_for_an_answer(studio: Studio, answer: JSON, held: bool, message: str | None) -> None:
    [run] = studio.local.requests.submit(body(studio, **answer))
    assert (run.held_reason == HeldReason.CONSENT) is held
    assert getattr(run.error, "id", None) == message


@pytest.mark.parametrize(("choice", "stored"), [("no_real_person", (False, False)), ("confirm_consent", (None, True))])
def test_both_answers_let_a_held_run_go_and_are_stored(
    studio: Studio, choice: str, stored: tuple[bool | None, bool]
) -> None:
    [run] = studio.local.requests.submit(body(studio))
    assert [c.id for c in studio.queue.hold_choices(run)] == ["no_real_person", "confirm_consent", "give_up"]
    studio.local.runs.decide(run.id, choice)
    [done] = studio.local.runs.wait([run.id], timeout_s=10)
    assert (done.status, (done.request.real_people, done.request.consent)) == (Status.SUCCEEDED, stored)
    again = studio.local.runs.retry(run.id)
    assert again.status != Status.HELD


def test_nothing_is_asked_of_a_model_that_takes_no_people(studio: Studio) -> None:
    frame = finish(studio, image()).assets[0].id
    first = {"task": "image-to-video", "model": "fake/clip", "prompt": "x", "first_frame": frame}
    assert studio.local.requests.submit(first)[0].held_reason is None


@pytest.mark.parametrize(
    ("people", "ticked", "sent"),
    [
        (None, False, {}),
        ("no", True, {"real_people": False}),
        ("yes", False, {"real_people": True}),
        ("yes", True, {"real_people": True, "consent": True}),
    ],
)
def test_the_form_sends_the_answer_only_where_it_asks(
    catalogue: Catalogue, people: str | None, ticked: bool, sent: JSON
) -> None:
    model = catalogue.get("fake/clip")
    values = from_request({"prompt": "x"}, model, TASK) | {"people": people, "consent": ticked}
    assert people_subject(values, model, TASK) == ""
    assert not {"real_people", "consent"} & to_request(values, model, TASK).keys()
    values["media"] = {"references": [Asset(id="a", kind=Kind.IMAGE, mime="image/png").model_dump(mode="json")]}
    made = to_request(values, model, TASK)
    assert {k: made[k] for k in ("real_people", "consent") if k in made} == sent
    assert from_request(made, model, TASK)["people"] == people
