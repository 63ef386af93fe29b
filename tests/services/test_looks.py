"""A film's look, titles, slate and matched shots: saved with the board, seen in the exported frames, never trusted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from studio.domain import Status
from studio.errors import CapabilityError, MediaError, NotFound
from studio.film import colour_match
from studio.media import cube
from studio.media.encode import to_rgb
from studio.settings import Settings
from studio.store.exports import FilmRow
from studio.storyboard import edit
from studio.storyboard.look import Look, Match, Slate, Title
from studio.storyboard.model import Board
from studio.studio import Studio

SCRIPT = "Shot 1 [0-1s] a harbour at dawn\nShot 2 [1-2s] a red desert at noon\nShot 3 [2-3s] a forest"
EVIL = "'; drawtext=text=x,{\\pos(0,0)}%{pts}\r\nDialogue: 0,0:00:00.00,0:00:09.00,,y"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def drafted(studio: Studio) -> Board:
    made = studio.local.storyboards.create(
        "Harbour 港口", script=SCRIPT, width=320, height=180, fps=24, audio=False
    ).board
    done = studio.local.runs.wait([r.id for r in studio.local.storyboards.draft(made.id)], timeout_s=60)
    assert [r.status for r in done] == [Status.SUCCEEDED] * 3
    return studio.local.storyboards.get(made.id).board


@pytest.fixture
def board(studio: Studio, drafted: Board) -> Board:
    """The board as it was drafted, whatever tests before have set."""
    return studio.local.storyboards.edit(drafted.id, "reset", lambda _: drafted).board


def given(studio: Studio, board: Board, **fields: object) -> Board:
    return studio.local.storyboards.edit(board.id, "look", lambda b: edit.update(b, **fields)).board


def exported(studio: Studio, board: Board, form: str = "film", **options: object) -> tuple[FilmRow, Path]:
    film = studio.local.exports.start(board.id, form, options)
    until = time.monotonic() + 60
    while (film := studio.local.exports.get(film.id)).status == "running" and time.monotonic() < until:
        time.sleep(0.02)
    assert film.status == "succeeded", film.error
    return film, studio.local.exports.file(film.id)


def frames(path: Path) -> np.ndarray:
    """Every frame of the film as RGB."""
    with av.open(str(path)) as box:
        return np.stack([to_rgb(frame) for frame in box.decode(video=0)]).astype(int)


def swapped_cube(path: Path, swap: tuple[int, int, int] = (2, 1, 0), side: int = 5) -> Path:
    """A table that exchanges red and blue."""
    return cube.write(path, cube.grid(side)[..., list(swap)])


def test_a_lut_is_kept_by_content_and_its_colours_are_in_the_film(studio: Studio, board: Board, tmp_path: Path) -> None:
    kept = studio.local.looks.add_lut(swapped_cube(tmp_path / "x"), name="../Teal & 青.cube")
    assert studio.local.looks.add_lut(swapped_cube(tmp_path / "y"), name="Teal & 青.cube").id == kept.id
    assert [(lut.name, lut.side) for lut in studio.local.looks.luts()] == [("Teal & 青", 5)]
    assert (studio.settings.data / "library" / "luts" / f"{kept.id}.cube").is_file()
    plain = frames(exported(studio, board)[1])
    for strength in (1.0, 0.5):
        film = given(studio, board, look=Look(lut=kept.id, lut_strength=strength))
        wanted = plain + (plain[..., ::-1] - plain) * strength
        assert np.abs(frames(exported(studio, film)[1]) - wanted).mean() < 4
    studio.local.looks.remove_lut(kept.id)
    assert studio.local.looks.luts() == [] and frames(exported(studio, film)[1]).size


HOSTILE = {
    "empty": (b"", "not a 3D LUT"),
    "page": (b"<html><script>alert(1)</script></html>", "not a 3D LUT"),
    "binary": (bytes(range(256)) * 50, "LUT"),
    "curve": (b"LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "1D LUT"),
    "short": (b"LUT_3D_SIZE 2\n0 0 0\n", "the 2x2x2 colours it declares"),
    "nan": (b"LUT_3D_SIZE 2\n" + b"nan 0 inf\n" * 8, "colours it declares"),
    "ragged": (b"LUT_3D_SIZE 2\n" + b"0 0\n" * 12, "colours it declares"),
    "huge side": (b"LUT_3D_SIZE 100000\n0 0 0\n", "steps per colour"),
    "negative": (b"LUT_3D_SIZE -3\n0 0 0\n", "steps per colour"),
    "domain": (b"LUT_3D_SIZE 2\nDOMAIN_MAX 10 10 10\n" + b"0 0 0\n" * 8, "other than 0 to 1"),
    "too many": (b"LUT_3D_SIZE 2\n" + b"0 0 0\n" * 280_000, "has more colours"),
    "large": (b"#" * (cube.LARGEST_BYTES + 1), "larger than"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_cube_is_refused_in_a_sentence(studio: Studio, tmp_path: Path, kind: str) -> None:
    content, word = HOSTILE[kind]
    (tmp_path / "evil").write_bytes(content)
    before = set((studio.settings.data / "library").rglob("*.cube"))
    with pytest.raises(MediaError, match=word) as said:
        studio.local.looks.add_lut(tmp_path / "evil", name="/etc/evil.cube")
    assert "evil.cube" in str(said.value) and "/etc" not in str(said.value)
    assert set((studio.settings.data / "library").rglob("*.cube")) == before


def test_a_table_with_values_beyond_0_to_1_is_cut_to_what_a_screen_shows(
    studio: Studio, board: Board, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text("LUT_3D_SIZE 2\n" + "1e30 -1e30 0.5\n" * 8)
    film = given(studio, board, look=Look(lut=studio.local.looks.add_lut(tmp_path / "x", name="x.cube").id))
    red, green, blue = frames(exported(studio, film)[1]).mean(axis=(0, 1, 2))
    assert red > 250 and green < 5 and abs(blue - 128) < 5


@pytest.mark.parametrize(("wheel", "low", "high"), [("shadows", 1, 0), ("lights", 0, 1)])
def test_a_wheel_moves_its_own_tones_most(studio: Studio, board: Board, wheel: str, low: int, high: int) -> None:
    plain = frames(exported(studio, board)[1])
    made = frames(exported(studio, given(studio, board, look=Look(**{wheel: (0.0, 0.0, 0.4)})))[1])  # type: ignore[arg-type]
    more = (made - plain)[..., 2]
    light = plain.mean(axis=-1)
    dark_third, light_third = np.percentile(light, (33, 67))
    moved = more[light < dark_third].mean(), more[(light > light_third) & (plain[..., 2] < 200)].mean()
    assert moved[1 - low] > moved[low] + 3 if low else moved[high] > moved[1 - high] + 3
    assert np.abs((made - plain)[..., 1]).mean() < 3


def test_titles_are_there_in_their_time_only_in_chinese_too_and_as_they_were_typed(
    studio: Studio, board: Board
) -> None:
    titles = (
        Title(id="a", text="海的女儿", start_s=1.0, end_s=2.0, fade=False),
        Title(id="b", text=EVIL, style="lower", start_s=2.0, end_s=3.0, place=7, fade=False),
        Title(id="c", text="  ", start_s=0, end_s=3),
    )
    plain = frames(exported(studio, board)[1])
    film, path = exported(studio, given(studio, board, titles=titles))
    made = frames(path)
    changed = (np.abs(made - plain).max(axis=-1) > 60).mean(axis=(1, 2))
    assert (changed[:24] == 0).all() and (changed[25:71] > 0.001).all()
    middle = np.abs(made - plain)[36].max(axis=-1) > 60
    rows = np.flatnonzero(middle.any(axis=1))
    assert rows.min() > 50 and rows.max() < 130, "a title stands in the middle"
    rows = np.flatnonzero((np.abs(made - plain)[60].max(axis=-1) > 60).any(axis=1))
    assert rows.max() < 90, "the plate stands at the top, where it was put"
    assert film.report and film.report["frames"] == 72


def test_a_slate_opens_the_film_ungraded_and_everything_else_is_as_much_later(studio: Studio, board: Board) -> None:
    look, title = Look(saturation=0.0), Title(id="a", text="X", start_s=0, end_s=1, fade=False)
    film = given(studio, board, slate=Slate(on=True, scene="12A", take="3", seconds=1), look=look, titles=(title,))
    done, path = exported(studio, film)
    made = frames(path)
    assert len(made) == 24 + 72
    card, first = made[12], made[30]
    assert card[:20].max() > 230 and np.ptp(card[60:], axis=-1).max() > 5, "stripes, on a ground that is not grey"
    assert np.ptp(first, axis=-1).max() < 14, "the film itself is grey"
    still = np.asarray(studio.local.looks.still(board.id, 6 / 24), int)
    assert np.abs(still - first).mean() < 4
    assert done.report and all((f["at_s"] or 0) <= 3 for f in done.report["findings"])


def test_where_the_shape_changes_the_slate_which_would_be_cut_off_is_left_out(studio: Studio, board: Board) -> None:
    first = board.shots[0].model_copy(update={"duration_s": 0.5})
    film = given(studio, board, slate=Slate(on=True))
    film = studio.local.storyboards.edit(board.id, "short", lambda b: b.model_copy(update={"shots": (first,)})).board
    done, path = exported(studio, film, preset="tiktok", framing="fill")
    assert done.report and any("slate was left out" in note for note in done.report["notes"])
    with av.open(str(path)) as box:
        shown = to_rgb(next(box.decode(video=0)))
        assert box.streams.video[0].frames == 12
    assert np.abs(shown[:40].astype(int) - (242, 242, 238)).max(axis=-1).min() > 8, "no white stripes"


def test_a_matched_shot_follows_the_one_before_and_the_others_stay_as_they_are(studio: Studio, board: Board) -> None:
    copied, path = exported(studio, board)
    assert copied.report and copied.report["encoded"] == 0
    plain = frames(path)
    second = board.shots[1].id
    film = studio.local.storyboards.edit(
        board.id, "match", lambda b: edit.change(b, second, match=Match(on=True, strength=1.0))
    ).board
    report, path = exported(studio, film)
    assert report.report and report.report["encoded"] == 24
    made = frames(path)
    assert np.abs(made[:24] - plain[:24]).max() == 0 and np.abs(made[48:] - plain[48:]).max() == 0

    def lab(at: int, film: np.ndarray) -> np.ndarray:
        return colour_match.oklab(film[at].reshape(-1, 3) / 255)

    target = lab(22, plain)
    assert colour_match.distance(target, lab(25, made)) < 0.7 * colour_match.distance(target, lab(25, plain))
    edge = studio.local.looks.matched_edge(film, second, "first")
    assert edge == studio.local.looks.matched_edge(film, second, "first") and edge.is_file()


def test_shots_may_follow_in_a_chain_or_a_circle(studio: Studio, board: Board) -> None:
    first, second, third = (s.id for s in board.shots)
    for to in ({second: "", third: ""}, {first: third, second: "", third: second}, {first: first, second: "gone"}):
        film = board
        for shot, other in to.items():
            film = edit.change(film, shot, match=Match(on=True, to=other))
        tones = studio.local.looks.tones(film, studio.local.storyboards.clips(film))
        assert set(tones) <= set(to) and second in tones
        assert (first in tones) is (to.get(first) == third)


def test_look_titles_slate_and_match_are_undone_and_survive_a_restart(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, workers=1)
    with Studio.open(settings, start=False) as studio:
        board = studio.local.storyboards.create("x", script="one\n\ntwo").board
        kept = studio.local.looks.add_lut(swapped_cube(tmp_path / "x.cube"), name="x.cube")
        given(studio, board, look=Look(lut=kept.id), slate=Slate(on=True))
        given(studio, board, titles=(Title(id="a", text="one"),))
    with Studio.open(settings, start=False) as studio:
        again = studio.local.storyboards.get(board.id).board
        assert (again.look.lut, again.slate.on, again.titles[0].text) == (kept.id, True, "one")
        assert studio.local.looks.luts() == [kept]
        assert studio.local.storyboards.undo(board.id).board.titles == ()
        assert studio.local.storyboards.undo(board.id).board.look == Look()


def test_a_project_takes_its_look_along(studio: Studio, board: Board, tmp_path: Path) -> None:
    kept = studio.local.looks.add_lut(swapped_cube(tmp_path / "x", (1, 2, 0)), name="Rotated.cube")
    film = given(studio, board, look=Look(lut=kept.id, lut_strength=0.4), titles=(Title(id="a", text="字"),))
    first, _, third = (s.id for s in film.shots)
    film = studio.local.storyboards.edit(
        board.id, "m", lambda b: edit.change(b, third, match=Match(on=True, to=first))
    ).board
    _, path = exported(studio, film, "project")
    with Studio.open(Settings(data=tmp_path / "other", workers=1), start=False) as other:
        moved = other.local.board_archives.import_archive(path).board
        assert moved.look == film.look and moved.titles == film.titles
        assert [lut.name for lut in other.local.looks.luts()] == ["Rotated"]
        assert moved.shots[2].match.to == moved.shots[0].id != first
        assert other.local.looks.lut_file(moved.look)


def test_a_look_without_its_table_is_said_before_the_export(studio: Studio, board: Board) -> None:
    film = given(studio, board, look=Look(lut="0" * 64))
    with pytest.raises(NotFound, match="LUT"):
        studio.local.exports.start(film.id, "film")
    with pytest.raises(CapabilityError, match="ends after it begins"):
        edit.update(board, titles=({"id": "a", "start_s": 3.0, "end_s": 2.0},))
    with pytest.raises(CapabilityError):
        edit.update(board, look={"shadows": (0, 0, 7)})
