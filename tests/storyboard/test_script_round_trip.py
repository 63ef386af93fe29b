"""Any storyboard is written in every form and read back with all that the form has room for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from studio.prompt.script.model import DialogueLine
from studio.prompt.script.read import read
from studio.storyboard import dialogue
from studio.storyboard.from_script import from_script
from studio.storyboard.model import Board, CastMember, Shot, Transition
from studio.storyboard.rewrite import rewrite
from studio.storyboard.script import parts_of
from studio.storyboard.script_writers import forms
from studio.storyboard.to_script import to_script

CAST = (
    CastMember(id="m1", name="Maren", description="a keeper of seventy"),
    CastMember(id="m2", name="老王", description="茶馆老板"),
    CastMember(id="m3", name="Skerry", kind="place", description="a rock in the sea"),
)
PROMPTS = (
    "@Maren climbs the stairs, lamp in hand.", "Gulls over the harbour; a boat waits.", "@老王 打开茶馆的门，雨停了。",
    "Rain | and wind, 3 boats - one sinks", "She says nothing & waits for the tide", "=1+1 on a blackboard",
    "夜里的码头，一盏灯", "Two children run. One falls.",
)  # fmt: skip
WORDS = st.text("abcdefghij klmnop", min_size=3, max_size=20).map(lambda t: " ".join(f"x{t}".split()))
LINE = st.builds(
    DialogueLine, speaker=st.sampled_from(("Maren", "老王", "")), manner=st.sampled_from(("", "quietly", "低声")),
    text=st.sampled_from(("Every night.", "走吧！", "Wait: now?", "It's late, and cold.")),
)  # fmt: skip


def unmistakable(board: Board) -> Board:
    """The board without a line that looks like a name and its line where no quotes tell."""
    return Board.model_validate_json(board.model_dump_json().replace("Wait: now?", "Wait, now?"))


def linked(line: DialogueLine) -> DialogueLine:
    return line if line.speaker else line.model_copy(update={"manner": ""})


SHOTS = st.builds(
    Shot, id=st.uuids().map(str), number=st.sampled_from(("", "1A", "12B")), prompt=st.sampled_from(PROMPTS),
    duration_s=st.integers(1, 240).map(lambda n: n / 4),
    shot_size=st.sampled_from(("", "Close-up", "远景", "CU")), angle=st.sampled_from(("", "Low angle", "俯拍")),
    lens=st.sampled_from(("", "35mm", "85 mm")), move=st.sampled_from(("", "Pan left", "跟拍")),
    place=st.sampled_from(("", "@Skerry", "a quay at dawn", "码头")),
    voice_over=st.sampled_from(("", "Long ago.", "很久以前。")),
    sound=st.sampled_from(("", "gulls, wind", "雨声")), music=st.sampled_from(("", "a slow cello", "钢琴")),
    transition=st.sampled_from(list(Transition)), notes=st.one_of(st.just(""), WORDS),
    dialogue=st.lists(LINE.map(linked), max_size=2).map(
        lambda lines: dialogue.text_of(lines, lambda name: f"@{name}")
    ),
)  # fmt: skip
BOARDS = st.builds(
    Board, id=st.just("b"), title=st.sampled_from(("The last light", "灯塔")),
    style=st.sampled_from(("", "Noir, 35 mm")),
    negative=st.sampled_from(("", "text, logos")), cast=st.just(CAST),
    shots=st.lists(SHOTS, min_size=2, max_size=4).map(tuple),
)  # fmt: skip
PROSE = ("timed_shots", "timed_shots_zh", "labelled", "labelled_zh", "json")
TABLES = ("csv", "tsv", "markdown_table")
IGNORED = {"id", "takes", "params"}


def plain(board: Board, form: str) -> list[dict[str, Any]]:
    """The shots as a script can have them: a number that is the shot's place is none, and in a table the only person of
    a row speaks its lines."""
    return [
        shot.model_dump(exclude=IGNORED)
        | {"number": "" if shot.number == str(place) else shot.number}
        | ({"dialogue": [line.text for line in dialogue.lines_of(shot.dialogue)]} if form in TABLES else {})
        for place, shot in enumerate(board.shots, 1)
    ]


@pytest.mark.parametrize("form", PROSE + TABLES)
@settings(
    max_examples=15,
    phases=(Phase.generate,),
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow,),
    derandomize=True,
)
@given(board=BOARDS)
def test_a_board_is_read_back_as_it_was_written(form: str, board: Board) -> None:
    text = forms.write(to_script(board), form)
    script = read(text)
    assert script.form in forms.FORMS[form].readers, text
    assert (script.unread, script.faults) == ((), ()), text
    parts = from_script(script, board.cast)
    assert plain(board.model_copy(update={"shots": parts.shots}), form) == plain(board, form), text
    if form in PROSE:
        film = (parts.title, parts.style, parts.negative, [m.model_dump(exclude={"id"}) for m in parts.cast])
        want = (board.title, board.style, board.negative, [m.model_dump(exclude={"id"}) for m in board.cast])
        assert film == want, text
    assert rewrite(board, parts_of(text, known=board.cast)) == board


@settings(
    max_examples=15,
    phases=(Phase.generate,),
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow,),
    derandomize=True,
)
@given(board=BOARDS)
def test_captions_are_read_back_with_their_words_and_times(board: Board) -> None:
    board = unmistakable(board)
    text = forms.write(to_script(board), "srt")
    want = [s for s in to_script(board).shots if s.dialogue or s.voice_over]
    if want:
        script = read(text)
        assert script.form == "srt"
        found = [(s.start_s, s.end_s, [line.text for line in s.dialogue]) for s in script.shots]
        assert found == [(s.start_s, s.end_s, [line.text for line in s.dialogue]) for s in want], text


@settings(
    max_examples=15,
    phases=(Phase.generate,),
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow,),
    derandomize=True,
)
@given(board=BOARDS)
def test_a_screenplay_is_read_back_with_its_action_and_speech(board: Board) -> None:
    placed = board.shots[0].model_copy(update={"place": "INT. TEA HOUSE - DAY"})
    board = unmistakable(board.model_copy(update={"shots": (placed, *board.shots[1:])}))
    text = forms.write(to_script(board), "fountain")
    parts = parts_of(text, form="screenplay", known=board.cast)
    assert [s.prompt for s in parts.shots] == [s.prompt for s in board.shots], text
    found, want = ([[line.text for line in dialogue.lines_of(s.dialogue)] for s in b.shots] for b in (parts, board))
    assert found == want, text
