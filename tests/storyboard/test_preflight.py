"""Before an export: what is missing or wrong is listed by shot; looks at takes are made once and in the background."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain import Status
from studio.errors import CapabilityError
from studio.services.preflight import PreflightResult
from studio.settings import Settings
from studio.storyboard import edit
from studio.storyboard.model import Board, ShotStatus, Take
from studio.studio import Studio
from tests.support import samples

SCRIPT = "Noir.\nShot 1 [0-2s] a harbour\nShot 2 [2-4s] a dog barks\nShot 3 [4-6s] a street\nShot 4 [6-7s] rain"
CAPTIONS = (
    "1\n00:00:01,000 --> 00:00:01,200\nthese are far too many words to be read\n\n2\n00:00:30,000 --> 00:00:31,000\nx"
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def board(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Board:
    """Shot 1: a take that goes black. 2: silent, still, small, another rate, changed since. 3: a draft. 4: none."""
    folder = tmp_path_factory.mktemp("takes")
    made = studio.local.storyboards.create("Harbour", script=SCRIPT, width=640, height=360, fps=24).board
    first, second, third, _ = made.shots
    black = "drawbox=t=fill:c=black:enable='between(t,0.5,1.5)'"
    samples.run(
        *("-f", "lavfi", "-i", "testsrc2=s=640x360:r=24:d=2", "-f", "lavfi", "-i", "sine=440:d=2", "-vf", black),
        *("-pix_fmt", "yuv420p", folder / "one.mp4"),
    )
    still = samples.clip(
        folder / "two.mp4", seconds=2, width=320, height=180, fps=30, tone_hz=None, picture="color=red"
    )
    for shot, path in ((first, folder / "one.mp4"), (second, still)):
        _put(studio, made, shot.id, path)
    studio.local.storyboards.edit(made.id, "say", lambda b: edit.change(b, second.id, dialogue="Woof"))
    done = studio.local.runs.wait(
        [r.id for r in studio.local.storyboards.draft(made.id, shots=[third.id])], timeout_s=60
    )
    assert [r.status for r in done] == [Status.SUCCEEDED]
    return studio.local.storyboards.get(made.id).board


def _put(studio: Studio, board: Board, shot_id: str, path: Path) -> None:
    """The file as the chosen take of a shot, made by a real run whose file is then this one."""
    from studio.store import runs

    plan = next(p for p in studio.local.storyboards.render_plan(board.id, shots=[shot_id]).ready)
    asset = studio.local.assets.add(path)
    (run,) = studio.local.runs.wait([studio.local.requests.submit(plan.body)[0].id], timeout_s=60)
    with studio.context.store.write() as db:
        runs.attach(db, run.seq, "output", 0, asset.id)
    take = Take(run=run.id, kind="render", fingerprint=plan.fingerprint)
    studio.local.storyboards.edit(board.id, "take", lambda b: edit.add_take(b, shot_id, take))


def looked(studio: Studio, board: Board, *places: str, **options: object) -> PreflightResult:
    until = time.monotonic() + 60
    while (
        found := studio.local.preflight.check(board.id, options, list(places))
    ).measuring and time.monotonic() < until:
        time.sleep(0.05)
    assert not found.measuring
    return found


def codes(found: PreflightResult, number: int = 0) -> set[str]:
    return {f.code for f in found.findings if f.number == number}


def test_every_shot_says_what_is_wrong_with_it(studio: Studio, board: Board) -> None:
    found = looked(studio, board)
    assert codes(found, 1) == {"shot_black"}
    assert codes(found, 2) == {"shot_stale", "shot_frozen", "shot_silent", "shot_small"}
    assert codes(found, 3) == {"shot_draft"} and codes(found, 4) == {"shot_missing"}
    assert "rates_mixed" in codes(found)
    assert found.findings[0].code == "shot_missing" and found.findings[0].shot == board.shots[3].id, "errors first"
    black = next(f for f in found.findings if f.code == "shot_black")
    assert (black.at_s, black.length_s) == (pytest.approx(0.5, abs=0.1), pytest.approx(1.0, abs=0.15))
    assert black.what.startswith("Shot 1: black for 1.")


def test_a_trim_that_cuts_the_fault_off_is_enough(studio: Studio, board: Board) -> None:
    studio.local.storyboards.edit(board.id, "trim", lambda b: edit.change(b, board.shots[0].id, trim_in_s=1.6))
    try:
        assert "shot_black" not in codes(looked(studio, board), 1)
    finally:
        studio.local.storyboards.undo(board.id)


def test_the_place_it_goes_to_decides_what_is_small_or_long(studio: Studio, board: Board) -> None:
    assert "shot_small" in codes(looked(studio, board, "youtube"), 1)
    assert {"shape"} <= codes(looked(studio, board, "shorts")) and "too_short" not in codes(looked(studio, board, "x"))
    assert "shot_small" not in codes(looked(studio, board), 1)


def test_drafts_that_are_not_allowed_are_errors_and_a_wish_for_a_retake_counts(studio: Studio, board: Board) -> None:
    level = {f.code: f.level for f in looked(studio, board, allow_drafts=False).findings}
    assert level["shot_draft"] == "error"
    studio.local.storyboards.edit(
        board.id, "again", lambda b: edit.change(b, board.shots[0].id, status=ShotStatus.RETAKE)
    )
    assert "shot_retake" in codes(looked(studio, board), 1)
    studio.local.storyboards.undo(board.id)


def test_captions_are_read_against_the_film(studio: Studio, board: Board) -> None:
    found = codes(looked(studio, board, "tiktok", captions=CAPTIONS))
    assert {"captions_outside", "captions_fast", "captions_lost"} <= found
    assert "captions_lost" not in codes(looked(studio, board, "tiktok", captions=CAPTIONS, burn=True))
    assert "captions_bad" in codes(looked(studio, board, captions="no captions at all"))
    with pytest.raises(CapabilityError, match="options"):
        studio.local.preflight.check(board.id, {"colour": "red"})


def test_a_title_after_the_end_is_told(studio: Studio, board: Board) -> None:
    assert "titles_outside" not in codes(looked(studio, board))
    late = {"id": "t", "text": "The end", "start_s": 500, "end_s": 503}
    studio.local.storyboards.edit(board.id, "late", lambda b: edit.update(b, titles=(late,)))
    assert "titles_outside" in codes(looked(studio, board))
    studio.local.storyboards.undo(board.id)


def test_a_look_is_kept_by_the_files_hash_for_the_next_start(studio: Studio, board: Board) -> None:
    looked(studio, board)
    kept = studio.settings.data / "cache" / "checks"
    hashes = {s.best.sha256 for s in studio.local.storyboards.states(board) if s.best and s.best_kind == "render"}
    assert {p.stem for p in kept.iterdir()} == hashes
    studio.context.measures.results.clear()
    start = time.monotonic()
    assert studio.local.preflight.check(board.id).measuring == 0, "nothing is looked at twice"
    assert time.monotonic() - start < 2


def test_a_take_whose_file_is_gone_or_cut_is_found_before_the_export(studio: Studio, board: Board) -> None:
    """Also where the take was looked at before, and though nothing says so but the disk."""
    shot = board.shots[0]
    path = studio.local.storyboards.clips(board)[shot.id].path
    content = path.read_bytes()
    for broken in (None, content[: len(content) // 2]):
        path.unlink()
        if broken is not None:
            path.write_bytes(broken)
        found = [f.code for f in studio.local.preflight.check(board.id).findings if f.shot == shot.id]
        assert "shot_lost" in found
        only = studio.local.storyboards.create("One shot").board
        whole = board.model_copy(update={"id": only.id, "shots": (shot,)})
        studio.local.storyboards.edit(only.id, "shots", lambda _, b=whole: b)
        with pytest.raises(CapabilityError, match="missing or incomplete"):
            studio.local.exports.start(only.id, "film")
        path.write_bytes(content)
    assert "shot_lost" not in [f.code for f in studio.local.preflight.check(board.id).findings]
