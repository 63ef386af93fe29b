"""Takes shorter than their shots: everything that says when a shot begins says what the exported film shows."""

from __future__ import annotations

import csv
import io
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import opentimelineio as otio
import pytest

from studio.domain import JSON
from studio.media import frames
from studio.settings import Settings
from studio.storyboard import contact_sheet, edit, to_timeline
from studio.storyboard.model import Board
from studio.studio import Studio
from tests.support import node, samples
from tests.support.boards import give_takes
from tests.support.web import serving

COLOURS = ("red", "lime", "blue", "yellow", "white")
TAKE_FRAMES, TAKE_FPS = 13, 16  # 0.8125 s for a shot of 1 s
SCRIPT = "\n".join(f'Shot {n + 1} [{n}-{n + 1}s] {c}. Anna: "{c}"' for n, c in enumerate(COLOURS))
CAPTIONS = """
import { captions } from "JS_URL/board/spoken.js";
const result = captions(given);
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("data"), workers=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def board(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Board:
    folder = tmp_path_factory.mktemp("takes")
    made = studio.local.storyboards.create("Short takes", script=SCRIPT, width=160, height=96, fps=24).board
    files = {
        shot.id: studio.local.assets.add(
            samples.clip(
                folder / f"{colour}.mp4", seconds=TAKE_FRAMES / TAKE_FPS, width=160, height=96, fps=TAKE_FPS,
                picture=f"color={colour}",
            )
        )
        for shot, colour in zip(made.shots, COLOURS, strict=True)
    }  # fmt: skip
    give_takes(studio, made.id, files)
    fade = made.shots[2].id
    return studio.local.storyboards.edit(
        made.id, "fade", lambda b: edit.change(b, fade, transition="crossfade", transition_s=0.25)
    ).board


@pytest.fixture(scope="module")
def page(studio: Studio, board: Board) -> JSON:
    """What the board's page knows."""
    with serving(studio) as url:
        return httpx.get(f"{url}/ui/boards/{board.id}", timeout=60).json()


def made(studio: Studio, board: Board, form: str) -> Path:
    film = studio.local.exports.start(board.id, form)
    until = time.monotonic() + 60
    while (film := studio.local.exports.get(film.id)).status == "running" and time.monotonic() < until:
        time.sleep(0.02)
    assert film.status == "succeeded", film.error
    return studio.local.exports.file(film.id)


def shown_starts(film: Path) -> list[int]:
    """Frames of the film from which on each colour alone is to be seen."""
    pictures = frames.grab_many(film, [n / 24 for n in range(round(24 * 4.2))])
    means = np.array([np.asarray(p, float)[..., :3].mean(axis=(0, 1)) for p in pictures])
    tints = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [255, 255, 255]], float)
    far = np.abs(means[:, None] - tints[None]).sum(axis=2)
    return [int(np.flatnonzero(far[:, n] < 40)[0]) for n in range(len(COLOURS))]


def test_the_player_the_lists_and_the_film_agree(studio: Studio, board: Board, page: JSON) -> None:
    shots = [page["shots"][shot.id] for shot in board.shots]
    segments = [shot["segment"] for shot in shots]
    # 0.8125 s are 19.5 frames at 24: half a frame goes to the later one
    assert [s["start"] for s in segments] == [0, 20, 40, 54, 74]
    assert (page["frames"], page["length_s"]) == (94, pytest.approx(94 / 24, abs=1e-5))
    assert [shot["at_s"] for shot in shots] == pytest.approx([s["start"] / 24 for s in segments], abs=1e-5)
    alone = [s["start"] + before["overlap"] for s, before in zip(segments, [{"overlap": 0}, *segments], strict=False)]
    assert shown_starts(made(studio, board, "film")) == alone

    rows = list(csv.DictReader(io.StringIO(made(studio, board, "shots").read_text("utf-8-sig"))))
    assert [float(row["start_s"]) for row in rows] == pytest.approx([shot["at_s"] for shot in shots], abs=1e-3)
    assert [float(row["length_s"]) for row in rows] == pytest.approx([20 / 24] * 5, abs=1e-3)


def test_captions_of_the_dialogue_stand_at_the_shots_of_the_film(page: JSON) -> None:
    """Ten such takes of 4.81 s in shots of 5 s had put the last captions 1.5 s late."""
    shots = [{**shot, **page["shots"][shot["id"]]} for shot in page["board"]["shots"]]
    times = re.findall(r"00:00:(\d\d),(\d{3}) -->", node.computed(CAPTIONS, shots))
    begins = [int(s) + int(ms) / 1000 for s, ms in times]
    for begin, shot in zip(begins, shots, strict=True):
        assert shot["at_s"] < begin < shot["at_s"] + shot["length_s"] / 2


def test_contact_sheet_timeline_and_preflight_use_the_same_clock(studio: Studio, board: Board, page: JSON) -> None:
    clock = to_timeline.timeline(board, studio.local.storyboards.clips(board))
    assert clock.frames == page["frames"]
    assert contact_sheet.caption(board, clock, 4) == "5   3.1-3.9 s   draft"
    with zipfile.ZipFile(made(studio, board, "otio")) as archive:
        timeline = otio.adapters.read_from_string(archive.read("timeline.otio").decode(), "otio_json")
    assert timeline.duration().to_frames() == page["frames"]
    found = studio.local.preflight.check(board.id, {"captions": "1\n00:00:04,000 --> 00:00:05,000\nlate"})
    assert [f.values["length"] for f in found.findings if f.code == "captions_outside"] == ["3.9"]


@pytest.mark.parametrize(("frame", "number"), [(0, 0), (19, 0), (20, 1), (39, 1), (40, 2), (74, 4), (93, 4)])
def test_a_still_is_of_the_shot_the_film_shows_then(studio: Studio, board: Board, frame: int, number: int) -> None:
    picture = studio.local.looks.still(board.id, (frame + 0.01) / 24, plain=True)
    seen = np.asarray(picture, float).mean(axis=(0, 1))
    tints = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [255, 255, 255]], float)
    assert int(np.abs(tints - seen).sum(axis=1).argmin()) == number
