"""A storyboard is written out in each form as people and other programs write it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from studio.errors import NotFound
from studio.messages import ENGLISH, tables
from studio.prompt.script.read import read
from studio.prompt.script.vocabulary import field_of
from studio.storyboard import interchange
from studio.storyboard.from_script import from_script
from studio.storyboard.model import Board, CastMember, Shot, Transition
from studio.storyboard.script_writers import forms
from studio.storyboard.to_script import to_script

I18N = Path(__file__).parents[2] / "assets" / "i18n"
FILM = Board(
    id="b1",
    title="Quay",
    style="Noir.",
    negative="text",
    cast=(CastMember(id="m1", name="Anna", description="in red"), CastMember(id="m2", name="老王", kind="prop")),
    shots=(
        Shot(
            id="s0", number="1A", prompt="@Anna waves | twice.", duration_s=5, trim_in_s=2, shot_size="CU",
            angle="low angle", lens="50mm", move="pan left", place="@Quay", dialogue='@Anna (calling): "Tom!"\n"Here."',
            voice_over="Long ago.", sound="gulls", music="a cello", notes="crane\nat 5",
            transition=Transition.CROSSFADE,
        ),
        Shot(id="s1", prompt="@老王 走来", duration_s=2.5),
    ),
)  # fmt: skip


def written(form: str, board: Board = FILM) -> str:
    return forms.write(to_script(board), form)


def test_timed_shots_have_their_fields_below_them() -> None:
    assert written("timed_shots") == (
        "Title: Quay\nStyle: Noir.\nNegative prompt: text\nCast:\n- Anna: in red\nProps:\n- 老王\n\n"
        "Shot 1A [0-3s] @Anna waves | twice.\nShot size: CU\nCamera angle: low angle\nLens: 50mm\n"
        "Camera movement: pan left\nLocation: Quay\nSound: gulls\nMusic: a cello\n"
        "Transition: Dissolve\nNotes: crane at 5\nVoice-over: Long ago.\n"
        'Dialogue: Anna (calling): "Tom!"\nSpoken: "Here."\n\nShot 2 [3-5.5s] @老王 走来'
    )
    plain = Board(id="b", title="", shots=(Shot(id="s0", prompt="rain"), Shot(id="s1", prompt="sun")))
    assert written("timed_shots", plain) == "Shot 1 [0-4s] rain\nShot 2 [4-8s] sun"
    assert written("timed_shots_zh", plain) == "第1个镜头[0-4秒] rain\n第2个镜头[4-8秒] sun"


def test_labelled_fields_are_a_block_a_shot() -> None:
    last = written("labelled_zh").split("\n\n")[-1]
    assert last == "镜头2\n时长：2.5秒\n画面：@老王 走来"
    assert "\n\nShot 1A\nDuration: 3 s\nShot size: CU\n" in written("labelled")


@pytest.mark.parametrize(("form", "dialect"), [("csv", "excel"), ("tsv", "excel-tab")])
def test_tables_have_a_row_a_shot(form: str, dialect: str) -> None:
    first, second = csv.DictReader(io.StringIO(written(form)), dialect=dialect)
    assert (first["Shot"], first["Duration (s)"], first["Transition"]) == ("1A", "3", "Dissolve")
    assert first["Dialogue"] == 'Anna (calling): "Tom!"\nSpoken: "Here."'
    assert (second["Description"], second["Characters"]) == ("老王走来", "")


def test_a_cell_is_no_formula_and_no_column() -> None:
    bad = Board(id="b", shots=(Shot(id="s0", prompt="=1+1"),))
    assert "'=1+1" in written("csv", bad)
    row = written("markdown_table").splitlines()[2]
    assert "Anna waves \\| twice." in row and "crane<br>at 5" in row


def test_json_has_what_is_there() -> None:
    film = json.loads(written("json"))
    assert (film["title"], film["cast"][1]) == ("Quay", {"name": "老王", "kind": "prop", "description": ""})
    assert film["shots"][1] == {"number": "2", "duration_s": 2.5, "prompt": "@老王 走来"}


def test_a_screenplay_has_a_paragraph_a_shot() -> None:
    assert written("fountain") == (
        "Title: Quay\n\n.Quay #1A#\n\n[[Camera: CU, low angle, 50mm, pan left]]\n\nAnna waves | twice.\n\n"
        "ANNA\n(calling)\nTom!\n\nVOICE\nHere.\n\nNARRATOR (V.O.)\nLong ago.\n\n[[Sound: gulls]]\n\n"
        "[[Music: a cello]]\n\n[[Note: crane at 5]]\n\n> DISSOLVE:\n\n老王走来\n"
    )


def test_captions_are_of_shots_that_speak() -> None:
    assert written("srt") == (
        "1\n00:00:00,000 --> 00:00:03,000\n- Anna (calling): Tom!\n- Here.\n- Narrator: Long ago.\n"
    )


def test_the_shot_list_of_an_export_is_read_again() -> None:
    script = read("\ufeff" + interchange.shot_list(FILM, {}, {}))
    first, second = from_script(script, FILM.cast).shots
    same = ("number", "prompt", "shot_size", "angle", "lens", "move", "dialogue", "voice_over", "sound", "music")
    assert {name: getattr(first, name) for name in same} == {name: getattr(FILM.shots[0], name) for name in same}
    assert (script.form, first.duration_s, first.transition) == ("csv", 3, Transition.CROSSFADE)
    assert (second.prompt, second.duration_s) == ("@老王 走来", 2.5)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("field", ["shot_size", "angle", "move"])
def test_what_a_field_suggests_is_read_as_that_field(language: str, field: str) -> None:
    words = json.loads((I18N / language / "board.json").read_text())[f"list_{field}"]
    assert [(word, field_of(word)) for word in words.split("|")] == [(word, field) for word in words.split("|")]


def test_every_form_has_a_name_and_others_are_refused() -> None:
    assert all(f"writtenform.{form}" in tables()[ENGLISH] for form in forms.FORMS)
    with pytest.raises(NotFound, match="no form pdf"):
        written("pdf")
