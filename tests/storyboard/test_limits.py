"""A project from elsewhere holds every limit that edits hold; a refused one leaves nothing behind."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.errors import CapabilityError, MediaError, StudioError
from studio.settings import Settings
from studio.storyboard import limits
from studio.storyboard.model import Board, CastMember, Shot
from studio.studio import Studio

Body = dict[str, Any]
HUGE = 10**9
LONG = "x" * (limits.MAX_TEXT_CHARS + 1)
BOARD = Board(
    id="b", title="Film", shots=(Shot(id="s1", prompt="A fox."),), cast=(CastMember(id="m", name="Ida"),)
).model_dump(mode="json")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("studio"), workers=1), start=False) as opened:
        yield opened


def archive(text: str, **media: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("project.json", text)
        for name, content in media.items():
            written.writestr(name, content)
    return out.getvalue()


def manifest(board: Body | None = None, **more: object) -> str:
    return json.dumps({"version": 1, "board": board or BOARD, "files": {}} | more)


def board(**fields: object) -> str:
    return manifest(BOARD | fields)


def shot(**fields: object) -> str:
    return board(shots=[BOARD["shots"][0] | fields])


def member(**fields: object) -> str:
    return board(cast=[BOARD["cast"][0] | fields])


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


def taken(studio: Studio, tmp_path: Path, content: bytes) -> Board:
    path = tmp_path / "project.zip"
    path.write_bytes(content)
    return studio.local.board_archives.import_archive(path).board


def kept(studio: Studio) -> tuple[int, int, list[Path]]:
    library = studio.settings.data / "library"
    return (
        len(studio.local.storyboards.all()),
        studio.admin.storage().assets,
        [p for p in library.rglob("*") if p.is_file()],
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (board(shots=BOARD["shots"] * 20_000), "up to 500 shots"),
        (board(cast=BOARD["cast"] * 5_000), "up to 200 cast members"),
        (board(cast=BOARD["cast"] * 2), "@Ida is in the cast twice"),
        (board(width=HUGE), "width is 1000000000; it must be at most 4096"),
        (board(height=62), "height is 62; it must be at least 64"),
        (board(width=641), "width is 641; it must be a multiple of 2"),
        (board(fps=HUGE), "fps is 1000000000; it must be at most 120"),
        (board(fps=0), "fps is 0; it must be at least 8"),
        (board(fps="many"), "fps"),
        (board(seed=-1), "seed is -1"),
        (board(seed=2**40), "seed is"),
        (board(seed=10**40), "too many digits"),
        (board(title=LONG), "title has 20,001 characters"),
        (board(title={"a": 1}), "title is an object; it must be text"),
        (board(style=LONG), "style has 20,001 characters"),
        (board(style="\ud800"), "half of an emoji"),
        (board(audio=None), "audio"),
        (board(look={"exposure": 9}), "look.exposure is 9; it must be at most 3"),
        (board(look={"exposure": float("nan")}), "not finite"),
        (board(look={"shadows": [5, 0, 0]}), "look.shadows.0 is 5"),
        (board(titles=[{"id": "t"}] * 201), "titles has 201 entries"),
        (board(slate={"seconds": HUGE}), "slate.seconds"),
        (board(delivery={"loudness": 5}), "delivery.loudness is 5"),
        (board(delivery={"places": ["the-moon"]}), "which this studio does not have"),
        (board(wholes=[{"run": "r", "fingerprint": "f"}] * 1_001), "wholes has 1,001 entries"),
        (board(shots="none"), "shots"),
        (board(unheard_of=1), "newer version"),
        (shot(prompt=LONG), "shots.0.prompt has 20,001 characters"),
        (board(negative=LONG), "negative has 20,001 characters"),
        (shot(angle=LONG), "shots.0.angle has 20,001 characters"),
        (shot(voice_over=LONG), "shots.0.voice_over has 20,001 characters"),
        (shot(number="x" * 41), "shots.0.number has 41 characters"),
        (shot(cast=["a b"]), "shots.0.cast.0"),
        (shot(cast=["a"] * 201), "shots.0.cast has 201 entries"),
        (shot(notes=LONG), "shots.0.notes has 20,001 characters"),
        (shot(duration_s=HUGE), "shots.0.duration_s is 1000000000; it must be at most 60"),
        (shot(trim_in_s=3, trim_out_s=3), "Nothing would be left of shot 1"),
        (shot(seed=2**31), "shots.0.seed"),
        (shot(takes=[{"run": "r", "kind": "render", "fingerprint": "f"}] * 1_001), "shots.0.takes has 1,001 entries"),
        (shot(params={"a": "x" * 30_000}), "settings of shot 1 are too long"),
        (shot(match={"strength": 2}), "shots.0.match.strength is 2"),
        (member(name="x" * 41), "cast.0.name has 41 characters"),
        (member(name="a b"), "cast.0.name"),
        (member(description=LONG), "cast.0.description has 20,001 characters"),
        (member(references=["a"] * 21), "cast.0.references has 21 entries"),
        (manifest(takes={"r": 3}), "takes.r is 3"),
        (manifest(takes={"r": {"request": {}, "assets": [{}]}}), "takes.r.assets.0 is an object"),
        (manifest(takes={"r": {"request": {"task": "juggle"}, "assets": []}}), "take of the archive"),
        (manifest(names={"a": "x" * 2_000}), "names.a has 2,000 characters"),
        (manifest().replace('"fps": 24', '"fps": 1e400'), "not finite"),
        (manifest().replace('"fps": 24', '"fps": NaN'), "not finite"),
        (board(look=json.loads("[" * 90 + "]" * 90)), "nested too deep"),
        ("[" * 200_000 + "]" * 200_000, "cannot be read"),
        ("[" + "[]," * 600_000 + "[]]", "too many parts"),
        ("3", "cannot be read"),
        ("{", "cannot be read"),
    ],
)  # fmt: skip
def test_what_no_edit_could_make_is_refused_in_a_sentence(studio: Studio, tmp_path: Path, text: str, said: str) -> None:
    before = kept(studio)
    with pytest.raises(StudioError) as caught:
        taken(studio, tmp_path, archive(text))
    assert said in str(caught.value)
    assert str(caught.value).endswith((".", "?")) and "\n" not in str(caught.value)
    assert kept(studio) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (member(voice="a"), "sound"),
        (board(delivery={"music": "a"}), "sound"),
    ],
)
def test_a_picture_is_no_voice_and_no_music(studio: Studio, tmp_path: Path, text: str, said: str) -> None:
    """An edit refuses them too; the picture is not left behind."""
    body = json.loads(text) | {"files": {"a": "a.png"}}
    before = kept(studio)
    with pytest.raises(StudioError, match=said):
        taken(studio, tmp_path, archive(json.dumps(body), **{"a.png": png("olive")}))
    assert kept(studio) == before


def test_what_a_shot_starts_from_and_shows_is_there(studio: Studio, tmp_path: Path) -> None:
    """As edits hold it: no start picture that is missing, no chosen take that is another's, no film that is none."""
    take = {"run": "r1", "kind": "render", "fingerprint": "f"}
    shots = [
        BOARD["shots"][0] | {"id": "s1", "start": {"kind": "asset", "asset": "gone"}, "takes": [take], "chosen": "r2"},
        BOARD["shots"][0] | {"id": "s2", "start": {"kind": "asset", "asset": "a"}, "chosen": "r1"},
        BOARD["shots"][0] | {"id": "s3", "start": {"kind": "previous"}, "takes": [take], "chosen": "r1"},
    ]
    asked = {"task": "text-to-video", "model": "fake/clip", "prompt": "a fox"}
    takes = {run: {"request": asked, "assets": ["a"]} for run in ("r1", "r2")}
    text = manifest(BOARD | {"shots": shots, "shown": "r1"}, files={"a": "a.png"}, takes=takes)
    made = taken(studio, tmp_path, archive(text, **{"a.png": png("maroon")}))
    assert [shot.start.kind for shot in made.shots] == ["none", "asset", "previous"]
    assert made.shots[1].start.asset and [bool(shot.chosen) for shot in made.shots] == [False, False, True]
    assert made.shown is None


def test_as_much_as_edits_allow_is_taken(studio: Studio, tmp_path: Path) -> None:
    shots = [BOARD["shots"][0] | {"id": f"s{n}", "prompt": "x" * 1_000} for n in range(limits.MAX_SHOTS)]
    made = taken(studio, tmp_path, archive(board(shots=shots, width=4096, height=64, fps=120)))
    assert (len(made.shots), made.width, made.height, made.fps) == (500, 4096, 64, 120)


@pytest.mark.parametrize("last", [b"no picture", png("red")[:-30]], ids=["text", "cut short"])
def test_files_before_a_broken_one_are_not_left_behind(studio: Studio, tmp_path: Path, last: bytes) -> None:
    content = png("teal")
    (tmp_path / "own.png").write_bytes(own := png("navy"))
    studio.local.assets.add(tmp_path / "own.png", name="own.png")
    before = kept(studio)
    files = {"a": "a.png", "b": "own.png", "c": "c.png"}
    with pytest.raises(MediaError):
        taken(
            studio,
            tmp_path,
            archive(
                manifest(files=files, names={"b": "own.png"}),
                **{"a.png": content, "own.png": own, "c.png": last},
            ),
        )
    assert kept(studio) == before, "what was there before stays, what came along is gone"


def spoil(content: bytes, seed: int) -> bytes:
    """Two bytes of the central directory changed."""
    chance, spoiled = random.Random(seed), bytearray(content)
    for _ in range(2):
        spoiled[chance.randrange(content.index(b"PK\x01\x02"), len(content))] = chance.randrange(256)
    return bytes(spoiled)


def test_a_broken_central_directory_is_a_sentence(studio: Studio, tmp_path: Path) -> None:
    content = archive(manifest(files={"a": "a.png"}), **{"a.png": png("teal")})
    refused = 0
    for seed in range(300):
        try:
            taken(studio, tmp_path, spoil(content, seed))
        except StudioError as error:
            refused += 1
            assert str(error).endswith((".", "?"))
    assert refused > 100


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("\n\n".join(f"Shot {n}: a fox" for n in range(501)), "up to 500 shots"),
        ("Cast: " + "; ".join(f"N{n}, x" for n in range(201)) + "\n\nA fox.", "up to 200 cast members"),
        ("A fox. " * 5_000, "20,000"),
    ],
)  # fmt: skip
def test_a_script_holds_them_too(studio: Studio, script: str, said: str) -> None:
    create: Callable[..., object] = studio.local.storyboards.create
    with pytest.raises(CapabilityError, match=said):
        create(script=script)
