"""A script that was read becomes shots, cast and film: names are linked, everything stands in its field."""

from __future__ import annotations

import pytest

from studio.prompt.script.model import DialogueLine, Script, ScriptMember, ScriptShot
from studio.storyboard import dialogue, edit, plan
from studio.storyboard.from_script import from_script
from studio.storyboard.model import Board, CastMember, Shot, Transition
from studio.storyboard.transition_words import transition
from tests.storyboard.test_storyboard import ANNA, ASSETS, CATALOGUE

SCRIPT = Script(
    form="json",
    title="The last light",
    style="Quiet drama",
    negative="text, logos",
    cast=(
        ScriptMember(name="Maren", description="a keeper of seventy"),
        ScriptMember(name="Old Tom"),
        ScriptMember(name="Skerry", kind="place", description="a rock in the sea"),
    ),
    shots=(
        ScriptShot(
            number="1A", prompt="Maren climbs.", duration_s=3.5, shot_size="CU", angle="low angle", lens="50mm",
            move="tilt up", place="Skerry", cast=("Maren", "Ida"),
            dialogue=(
                DialogueLine(speaker="MAREN", manner="whispering", text='The "last" night, Maren.'),
                DialogueLine(text="Wait!"),
            ),
            voice_over="Long ago.", sound="gulls", music="a cello", transition="Dissolve to:", notes="crane",
        ),
        ScriptShot(number="2", prompt="Old Tom sleeps.", duration_s=90, transition="iris out"),
    ),
)  # fmt: skip


def test_everything_of_a_script_stands_in_its_field() -> None:
    made = from_script(SCRIPT)
    first, second = made.shots
    assert (made.title, made.style, made.negative) == ("The last light", "Quiet drama", "text, logos")
    assert [(m.name, m.kind) for m in made.cast] == [
        ("Maren", "character"), ("Old-Tom", "character"), ("Skerry", "place"), ("Ida", "character"),
    ]  # fmt: skip
    assert first.model_dump(exclude={"id", "takes", "params"}, exclude_defaults=True) == {
        "number": "1A", "prompt": "@Maren climbs.", "duration_s": 3.5, "shot_size": "CU", "angle": "low angle",
        "lens": "50mm", "move": "tilt up", "place": "@Skerry", "cast": ("Ida",), "voice_over": "Long ago.",
        "dialogue": '@Maren (whispering): "The \'last\' night, Maren."\n"Wait!"', "sound": "gulls",
        "music": "a cello", "transition": Transition.CROSSFADE, "notes": "crane",
    }  # fmt: skip
    assert first.mentions() == ("Maren", "Skerry", "Ida")
    assert (second.number, second.prompt, second.duration_s, second.notes) == ("", "@Old-Tom sleeps.", 60, "iris out")


@pytest.mark.parametrize(
    ("words", "kind", "more"),
    [
        ("CUT TO:", Transition.CUT, ""),
        ("Match cut to", Transition.CUT, "Match cut to"),
        ("> FADE OUT.", Transition.DIP_BLACK, ""),
        ("淡出", Transition.DIP_BLACK, ""),
        ("叠化转场", Transition.CROSSFADE, ""),
        ("Cross-Dissolve", Transition.CROSSFADE, ""),
        ("fade_to_white", Transition.DIP_WHITE, ""),
        ("[Wipe]", Transition.WIPE, ""),
        ("the lamp swings into the lens", None, "the lamp swings into the lens"),
    ],
)
def test_words_of_a_transition_are_one_that_a_film_has(words: str, kind: Transition | None, more: str) -> None:
    assert transition(words) == (kind, more)


def test_every_transition_of_a_film_is_read_by_its_own_name() -> None:
    assert [transition(kind.value)[0] for kind in Transition] == list(Transition)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('@Anna (crying): "No."\n"Wait"', [("Anna", "crying", "No."), ("", "", "Wait")]),
        ('@Maren: "Every night." @Old-Tom: "Wait."', [("Maren", "", "Every night."), ("Old-Tom", "", "Wait.")]),
        ("林晚（哭）：「别走。」", [("林晚", "哭", "别走。")]),
        ("Every night.", [("", "", "Every night")]),
    ],
)
def test_a_dialogue_is_lines(text: str, lines: list[tuple[str, str, str]]) -> None:
    assert [(line.speaker, line.manner, line.text) for line in dialogue.lines_of(text)] == lines


@pytest.mark.parametrize(
    "hostile", ['"' * 200_000, "「" * 200_000, "a:" * 100_000, "(" * 200_000, " " * 200_000, "“a" * 100_000]
)
def test_any_dialogue_is_taken_apart(hostile: str) -> None:
    assert len(dialogue.lines_of(hostile)) <= 1


def test_a_listed_member_is_one_of_the_shot_and_follows_its_name() -> None:
    shot = Shot(id="s0", prompt="a quay", cast=("ANNA",), model="test/film")
    board = Board(id="b1", model="test/film", cast=(ANNA,), shots=(shot,))
    assert plan.for_shot(board, shot, CATALOGUE, ASSETS).body["references"] == ["a1"]
    renamed = edit.put_cast_member(board, ANNA.model_copy(update={"name": "Ida"}))
    assert renamed.shots[0].cast == ("Ida",)
    assert edit.remove_cast_member(renamed, ANNA.id).shots[0].cast == ()
    assert edit.put_cast_member(board, CastMember(id="c9", name="bo")).shots == board.shots


def test_a_copy_has_no_number_of_its_own() -> None:
    board = Board(id="b1", shots=(Shot(id="s0", number="1A", prompt="a quay"),))
    assert [s.number for s in edit.duplicate(board, "s0")[0].shots] == ["1A", ""]
    assert [s.number for s in edit.split(board, "s0", 2)[0].shots] == ["1A", ""]


def test_a_board_that_was_stored_before_opens() -> None:
    old = '{"id":"b1","title":"Quay","style":"Noir","shots":[{"id":"s0","prompt":"a quay","move":"pan left"}]}'
    board = Board.model_validate_json(old)
    assert (board.negative, board.shots[0].number, board.shots[0].cast) == ("", "", ())
