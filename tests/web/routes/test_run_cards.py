"""Cards of a page: made from rows where a run has ended, and the same as those made from the run itself."""

from __future__ import annotations

import json

import pytest

from studio.domain import HeldReason, Run, Status
from studio.messages import Message, joined, term
from studio.store import runs
from studio.store.mapping import seed_in
from studio.studio import Studio
from studio.web.encoding import json_bytes
from studio.web.routes.run_cards import card, cards, moment
from tests.support.kit import finish, image, paid_image


@pytest.fixture
def every_kind(studio: Studio) -> list[Run]:
    """Runs in every state, with pictures and without, with inputs, large seeds, messages, stars and in the trash."""
    fox = finish(studio, image("a fox", width=640, height=360))
    finish(studio, {"task": "image-edit", "model": "fake/image", "prompt": "x" * 500, "image": fox.assets[0].id})
    studio.local.gallery.rate(fox.id, 4)
    studio.queue.pause()
    waiting = [studio.local.requests.submit(image(f"waits {n}"))[0] for n in range(6)]
    why = joined(Message("edit.ended", status=term("failed")), Message("board.no_shots"))
    with studio.context.store.write() as db:
        runs.move(db, waiting[0], Status.RUNNING, "Began.")
        runs.move(db, waiting[1], Status.HELD, why, held_reason=HeldReason.BUDGET.value, error=why, note=why)
        gone = runs.move(db, waiting[2], Status.FAILED, why, error=why, error_code="E1", note="plain")
        runs.move(db, waiting[3], Status.CANCELLED, "Cancelled.", estimate_usd=1, cost_usd=float("inf"))
        runs.note(db, gone.id, finished_at="2026-11-30T12:00:00.000000+00:00", started_at="2026-11-30T11:00:00+00:00")
        runs.note(db, gone.id, shared=1, seed=seed_in(2**64 - 2))
    [paid] = studio.local.requests.submit(paid_image("paid"))
    studio.local.runs.cancel(paid.id)
    studio.local.gallery.trash([waiting[3].id])
    return studio.local.gallery.search().runs


@pytest.mark.parametrize("trashed", [False, True])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_page_of_rows_has_the_cards_of_its_runs(
    studio: Studio, every_kind: list[Run], trashed: bool, language: str
) -> None:
    from_rows = cards(studio, studio.local.gallery.show(trashed=trashed).runs)
    from_runs = [card(studio, run) for run in studio.local.gallery.search(trashed=trashed).runs]
    assert len(from_rows) == (1 if trashed else 8)
    assert json.loads(json_bytes(from_rows, language)) == json.loads(json_bytes(from_runs, language))


def test_what_a_card_says_of_a_run(studio: Studio, every_kind: list[Run]) -> None:
    [shown] = json.loads(json_bytes(cards(studio, studio.local.gallery.show("fox").runs)))
    [run] = studio.local.gallery.search("fox").runs
    [file] = run.assets
    nothing = (
        *("phase", "position", "ahead_s", "provider_position", "provider_word", "fraction", "eta_s", "preview"),
        *("held_reason", "error", "error_id", "error_values", "note", "retry_of", "estimate_usd"),
    )
    dumped = run.model_dump(mode="json")
    told = ("created_at", "started_at", "finished_at", "expected_s", "cost_usd", "batch")
    asset = {
        "id": file.id, "kind": "image", "mime": "image/png", "name": file.name, "width": 96, "height": 64,
        "duration_s": None, "fps": None, "has_audio": None, "pages": None, "bytes": file.bytes, "origin": run.id,
        "text": None,
    }  # fmt: skip
    assert shown == (
        dict.fromkeys(nothing)
        | {key: dumped[key] for key in told}
        | {
            "id": run.id, "seq": run.seq, "status": "succeeded", "priority": 0, "false_colours": False, "owner": "",
            "seed": run.seed, "rating": 4, "provider": "fake", "model": "fake/image", "project": "", "shared": False,
            "cancel_wanted": False, "editable": False, "edited": False, "by": "", "at_once": 1, "count": 1,
            "task": "text-to-image", "kind": "image", "model_label": "Fake image", "prompt": "a fox", "asset": asset,
            "trashed": False, "inputs": [], "shape": 1.5,
        }
    )  # fmt: skip


def test_moments_are_written_as_pydantic_writes_them() -> None:
    texts = ("2026-11-30T12:00:00.123456+00:00", "2026-11-30T12:00:00.000000+00:00", "2026-11-30T12:00:00+00:00")
    ends = ("12:00:00.123456Z", "12:00:00Z", "12:00:00Z")
    assert [moment(text) for text in texts] == [f"2026-11-30T{end}" for end in ends]
    assert moment(None) is None
