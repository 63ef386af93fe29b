"""Exports of a board: the film is whole and as planned, hand-overs open again, a project moves to another studio."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import opentimelineio as otio
import pytest

from studio.domain import Status
from studio.errors import CapabilityError, MediaError, NotFound
from studio.film import platforms
from studio.media import frames
from studio.media.probe import probe
from studio.settings import Settings
from studio.store.exports import FilmRow
from studio.storyboard import archive as project_archive
from studio.storyboard import edit, to_timeline
from studio.storyboard.model import Board, CastMember
from studio.studio import Studio
from tests.support import samples
from tests.support.boards import put_member

SCRIPT = "Noir.\nShot 1 [0-1s] a harbour at dawn\nShot 2 [1-2s] close-up of @anna\nShot 3 [2-3s] 雨中的街道"

CAPTIONS = "1\n00:00:00,000 --> 00:00:02,000\n一二三 four"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio with the real draft engine, and one drafted board in it."""
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def board(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Board:
    made = studio.local.storyboards.create("=Harbour, 港口", script=SCRIPT, width=256, height=144, fps=24).board
    picture = tmp_path_factory.mktemp("in") / "anna.png"
    samples.corner_picture(300, 300).save(picture)
    anna = CastMember(id="c1", name="anna", references=(studio.local.assets.add(picture).id,), consent=True)
    studio.local.storyboards.edit(made.id, "cast", lambda b: put_member(b, anna))
    studio.local.storyboards.edit(
        made.id, "fade", lambda b: edit.change(b, b.shots[0].id, transition="crossfade", transition_s=0.5)
    )
    runs = studio.local.storyboards.draft(made.id)
    done = studio.local.runs.wait([r.id for r in runs], timeout_s=60)
    assert [r.status for r in done] == [Status.SUCCEEDED] * 3, [r.error for r in done]
    return studio.local.storyboards.get(made.id).board


def exported(studio: Studio, board: Board, form: str, **options: object) -> tuple[FilmRow, Path]:
    film = studio.local.exports.start(board.id, form, options)
    until = time.monotonic() + 60
    while (film := studio.local.exports.get(film.id)).status == "running" and time.monotonic() < until:
        time.sleep(0.02)
    assert film.status == "succeeded", film.error
    return film, studio.local.exports.file(film.id)


def running_s(studio: Studio, board: Board) -> float:
    return to_timeline.timeline(board, studio.local.storyboards.clips(board)).length_s


def test_the_film_has_the_boards_size_rate_and_running_time(studio: Studio, board: Board) -> None:
    film, path = exported(studio, board, "film", loudness=-16.0, label="AI generated")
    facts = probe(path)
    assert (facts.width, facts.height, facts.fps, facts.has_audio) == (256, 144, 24, True)
    assert facts.duration_s == pytest.approx(running_s(studio, board), abs=0.05)
    assert film.asset is not None
    assert studio.local.assets.get(film.asset).duration_s == facts.duration_s
    assert film.report is not None
    assert film.report["frames"] == round(running_s(studio, board) * 24)


def test_a_film_goes_to_a_platform_in_its_shape_and_is_checked(studio: Studio, board: Board) -> None:
    film, path = exported(studio, board, "film", preset="shorts", framing="blur", saturation=0.0)
    facts = probe(path)
    assert (facts.width, facts.height) == (1080, 1920)
    assert film.report is not None
    assert film.report["preset"] == "YouTube Shorts"
    assert film.report["loudness"]["lufs"] == pytest.approx(-14, abs=1.0)
    assert all(f["what"].endswith(".") for f in film.report["findings"])
    with pytest.raises(NotFound, match="preset"):
        studio.local.exports.start(board.id, "film", {"preset": "betamax"})


def test_a_preview_is_a_picture_that_moves(studio: Studio, board: Board) -> None:
    film, path = exported(studio, board, "film", preset="gif")
    assert (path.suffix, probe(path).animated) == (".gif", True)
    assert film.asset is not None
    assert studio.local.assets.get(film.asset).kind == "image"


def test_a_film_without_drafts_is_refused_and_names_the_shots(studio: Studio, board: Board) -> None:
    with pytest.raises(CapabilityError, match="Shot 1 has only a draft"):
        studio.local.exports.start(board.id, "film", {"allow_drafts": False})
    with pytest.raises(CapabilityError, match="options"):
        studio.local.exports.start(board.id, "film", {"colour": "red"})
    with pytest.raises(CapabilityError, match="no export"):
        studio.local.exports.start(board.id, "vhs")


def test_a_cancelled_export_leaves_no_file(studio: Studio, board: Board) -> None:
    film = studio.local.exports.start(board.id, "film")
    studio.local.exports.cancel(film.id)
    until = time.monotonic() + 30
    while studio.local.exports.get(film.id).status == "running" and time.monotonic() < until:
        time.sleep(0.02)
    assert studio.local.exports.get(film.id).status == "cancelled"
    assert not (studio.settings.data / "library" / "films" / film.id).exists()
    with pytest.raises(NotFound):
        studio.local.exports.file(film.id)


@pytest.mark.parametrize("form", ["otio", "edl", "fcpxml"])
def test_a_hand_over_is_opened_again_by_the_library(studio: Studio, board: Board, form: str, tmp_path: Path) -> None:
    _, path = exported(studio, board, form)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    read = otio.adapters.read_from_file(str(tmp_path / f"timeline.{form}"))
    timeline = read if isinstance(read, otio.schema.Timeline) else read[0]
    clips = list(timeline.find_clips()) if hasattr(timeline, "find_clips") else []
    if form == "otio":
        assert [c.name for c in clips] == ["Shot 001", "Shot 002", "Shot 003"]
        for clip in clips:
            assert (tmp_path / clip.media_reference.target_url).is_file()
        assert timeline.duration().to_seconds() == pytest.approx(running_s(studio, board), abs=0.1)
    else:
        assert len(clips) >= 3


def test_the_shot_list_opens_in_a_spreadsheet_and_runs_nothing(studio: Studio, board: Board) -> None:
    studio.local.storyboards.edit(board.id, "note", lambda b: edit.change(b, b.shots[0].id, notes="=1+1"))
    _, path = exported(studio, board, "shots")
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert [r["number"] for r in rows] == ["1", "2", "3"]
    assert rows[0]["notes"] == "'=1+1"
    assert rows[1]["cast"] == "anna"
    assert rows[2]["prompt"] == "雨中的街道"
    assert "/" not in path.name.replace(path.suffix, "")


def test_the_contact_sheet_is_a_pdf_with_every_shot(studio: Studio, board: Board) -> None:
    film, path = exported(studio, board, "contact")
    assert path.read_bytes()[:5] == b"%PDF-"
    assert film.report == {"pages": 1}


def test_a_project_moves_to_another_studio(studio: Studio, board: Board, tmp_path: Path) -> None:
    _, path = exported(studio, board, "project")
    with Studio.open(Settings(data=tmp_path / "other", workers=1), start=False) as other:
        moved = other.local.board_archives.import_archive(path).board
        assert [s.prompt for s in moved.shots] == [s.prompt for s in board.shots]
        assert moved.id != board.id
        (anna,) = moved.cast
        assert other.local.assets.get(anna.references[0]).width == 300
        states = other.local.storyboards.states(moved)
        assert [s.best_kind for s in states] == ["draft"] * 3
        assert states[0].best is not None
        assert probe(other.local.assets.path(states[0].best)).frames == 24
        assert other.local.gallery.search("harbour").runs, "imported takes are in the gallery"


def hostile(tmp_path: Path, manifest: object, **files: bytes) -> Path:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if manifest is not None:
            archive.writestr("project.json", json.dumps(manifest))
        for name, content in files.items():
            archive.writestr(name, content)
    return path


MANIFEST = {"version": 1, "board": {"id": "b", "title": "x"}, "files": {}}


@pytest.mark.parametrize(
    ("manifest", "files", "word"),
    [
        (None, {"x": b""}, "project.json is missing"),
        ([], {}, "cannot be read"),
        (MANIFEST | {"version": 99}, {}, "newer"),
        (MANIFEST | {"files": {"a": "../../etc/passwd"}}, {"../../etc/passwd": b"x"}, "not in the zip file"),
        (MANIFEST | {"files": {"a": "media/none.mp4"}}, {}, "not in the zip file"),
        (MANIFEST | {"files": {"a": "bomb"}}, {"bomb": b"\0" * 3_000_000}, "too large when unpacked"),
        (MANIFEST | {"files": {"a": "page.png"}}, {"page.png": b"<html><script>alert(1)</script>"}, "is a web page"),
        (MANIFEST | {"board": {"id": 3}}, {}, "board cannot be read"),
    ],
)
def test_a_hostile_archive_is_refused_in_a_sentence(
    studio: Studio, tmp_path: Path, manifest: object, files: dict[str, bytes], word: str
) -> None:
    before = len(studio.local.storyboards.all())
    with pytest.raises(MediaError, match=word):
        studio.local.board_archives.import_archive(hostile(tmp_path, manifest, **files))
    assert len(studio.local.storyboards.all()) == before


def test_a_broken_zip_is_refused(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(MediaError, match="not a readable zip"):
        studio.local.board_archives.import_archive(path)


def test_limits_of_an_archive_are_checked_before_anything_is_unpacked(tmp_path: Path) -> None:
    many = MANIFEST | {"files": {str(n): "x" for n in range(project_archive.MAX_FILES + 1)}}
    with pytest.raises(MediaError, match="the limit is"):
        project_archive.unpack(hostile(tmp_path, many), tmp_path)


def test_several_places_share_one_cut_and_each_gets_its_own_words(studio: Studio, board: Board) -> None:
    wanted = ["master", "x", "shorts"]
    options = {"captions": CAPTIONS, "burn": True, "framing": "follow", "saturation": 0.5}
    films = studio.local.exports.start_several(board.id, "film", options, wanted)
    until = time.monotonic() + 160
    while any(studio.local.exports.get(f.id).status == "running" for f in films) and time.monotonic() < until:
        time.sleep(0.02)
    films = [studio.local.exports.get(f.id) for f in films]
    assert [(f.status, f.options["preset"]) for f in films] == [("succeeded", w) for w in wanted], films
    sizes = [
        (probe(studio.local.exports.file(f.id)).width, probe(studio.local.exports.file(f.id)).height) for f in films
    ]
    assert sizes == [(256, 144), (1280, 720), (1080, 1920)]
    for film in films[1:]:
        shown = np.asarray(frames.grab(studio.local.exports.file(film.id), 0.5).convert("L"), int)
        rows = np.flatnonzero((shown > 235).any(axis=1))
        free = 1 - platforms.preset(film.options["preset"]).safe[2]
        assert len(rows) and rows.max() < shown.shape[0] * free, "sharp words, clear of the platform's buttons"


def test_captions_that_are_not_burned_in_can_be_switched_on(studio: Studio, board: Board) -> None:
    for place in ("master", "prores"):
        _, path = exported(studio, board, "film", captions=CAPTIONS, preset=place)
        with av.open(str(path)) as film:
            assert [s.codec_context.name for s in film.streams.subtitles] == ["mov_text"], place


def test_one_of_several_is_cancelled_and_the_others_are_made(studio: Studio, board: Board) -> None:
    first, second = studio.local.exports.start_several(board.id, "film", {}, ["x", "webp"])
    studio.local.exports.cancel(first.id)
    until = time.monotonic() + 60
    while studio.local.exports.get(second.id).status == "running" and time.monotonic() < until:
        time.sleep(0.02)
    assert (studio.local.exports.get(first.id).status, studio.local.exports.get(second.id).status) == (
        "cancelled",
        "succeeded",
    )


def test_an_export_whose_captions_cannot_be_read_fails_and_is_not_left_running(studio: Studio, board: Board) -> None:
    film = studio.local.exports.start(board.id, "film", {"captions": "1\nno times here\nwords"})
    until = time.monotonic() + 60
    while (film := studio.local.exports.get(film.id)).status == "running" and time.monotonic() < until:
        time.sleep(0.02)
    assert film.status == "failed" and film.error


def test_places_made_side_by_side_are_the_files_that_each_alone_is(studio: Studio, board: Board) -> None:
    """The same pictures and sound, whichever is made beside which; what is left of each is known meanwhile."""
    places, told = ["webm", "master-h265"], dict[str, list[float]]()
    options = {"saturation": 0.5}
    alone = [pictures_and_sound(exported(studio, board, "film", preset=place, **options)[1]) for place in places]
    films = studio.local.exports.start_several(board.id, "film", options, places)
    until = time.monotonic() + 120
    while any(studio.local.exports.get(f.id).status == "running" for f in films) and time.monotonic() < until:
        for film in films:
            if (left := studio.local.queue.export_time_left_s(film.id)) is not None:
                told.setdefault(film.id, []).append(left)
        time.sleep(0.02)
    assert [pictures_and_sound(studio.local.exports.file(film.id)) for film in films] == alone
    assert told.keys() == {film.id for film in films}
    assert all(min(lefts) < max(lefts) and min(lefts) >= 0 for lefts in told.values())
    assert all(studio.local.queue.export_time_left_s(film.id) is None for film in films)


def pictures_and_sound(path: Path) -> list[str]:
    """What is seen and heard, without the file's own date and names."""
    with av.open(str(path)) as film:
        return [hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest() for frame in film.decode()]
