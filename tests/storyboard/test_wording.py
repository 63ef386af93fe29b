"""A shot and a film in the words of a model: every field, in the syntax of its family, and nothing it cannot do."""

from __future__ import annotations

import pytest

from studio.catalogue import load
from studio.storyboard import multi_shot, plan, wording
from studio.storyboard.model import Board, CastMember, Shot
from tests.storyboard.test_storyboard import ANNA, ASSETS, CATALOGUE

REAL = load()
TOM = CastMember(id="c2", name="Tom", description="nine years old")
FIRST = Shot(
    id="s0", prompt="@anna waves.", duration_s=3, shot_size="Close-up", angle="low angle", lens="50 mm",
    move="pan left", place="a quay; dawn", cast=("Tom",), dialogue='@anna (calling): "Tom!"\n"Here."',
    voice_over="Long ago.", sound="gulls", music="a cello",
)  # fmt: skip
FILM = Board(
    id="b1", style="Noir.", negative="text, logos", cast=(ANNA.model_copy(update={"references": ()}), TOM),
    shots=(FIRST, Shot(id="s1", prompt="雨夜", duration_s=2.5, place="码头", music="大提琴", voice_over="很久以前")),
)  # fmt: skip


def test_every_field_is_in_the_words_of_a_shot() -> None:
    assert wording.describe(FIRST) == (
        "Close-up, low angle, 50 mm, pan left. Location: a quay; dawn. Characters: @Tom. @anna waves. "
        '@anna (calling): "Tom!"\n"Here.". Voice-over: "Long ago.". gulls. Music: a cello'
    )
    assert wording.describe(FILM.shots[1]) == '地点: 码头. 雨夜. 旁白: "很久以前". 音乐: 大提琴'


def test_a_draft_knows_where_and_who_and_what_is_heard() -> None:
    prompt = plan.for_shot(FILM, FIRST, CATALOGUE, ASSETS, draft=True).body["prompt"]
    assert "Shot: Close-up, low angle, 50 mm, pan left. a quay, dawn. @Tom. @anna waves." in prompt
    assert prompt.endswith('Voice-over: "Long ago."\nSound: gulls\nMusic: a cello')


SYNTAXES = {
    "alibaba/wan2.6-t2v": (
        "Noir.\nShot 1 [0-3s] Close-up, low angle, 50 mm, pan left. Location: a quay; dawn. "
        "Characters: Tom (nine years old). anna (a tall woman in a red coat) waves. "
        'anna (calling): "Tom!"\n"Here.". Voice-over: "Long ago.". gulls. Music: a cello\n'
        'Shot 2 [3-5.5s] 地点: 码头. 雨夜. 旁白: "很久以前". 音乐: 大提琴'
    ),
    "fal/kling-3.0-turbo-pro-t2v": (
        "Noir.\nshot 1, 3, Close-up, low angle, 50 mm, pan left. Location: a quay, dawn. "
        "Characters: Tom (nine years old). anna (a tall woman in a red coat) waves. "
        'anna (calling): "Tom!" "Here.". Voice-over: "Long ago.". gulls. Music: a cello; '
        'shot 2, 2.5, 地点: 码头. 雨夜. 旁白: "很久以前". 音乐: 大提琴;'
    ),
    "fal/seedance-2.0-t2v": (
        "Noir.\n0-3s: Close-up, low angle, 50 mm, pan left. Location: a quay, dawn. "
        "Characters: Tom (nine years old). anna (a tall woman in a red coat) waves. "
        'anna (calling): "Tom!" "Here.". Voice-over: "Long ago.". gulls. Music: a cello\n'
        '3-5.5s: 地点: 码头. 雨夜. 旁白: "很久以前". 音乐: 大提琴'
    ),
    "fal/veo-3.1-t2v": (
        "Noir.\n[00:00-00:03] Close-up, low angle, 50 mm, pan left. Location: a quay, dawn. "
        "Characters: Tom (nine years old). anna (a tall woman in a red coat) waves. "
        'anna (calling): "Tom!" "Here.". Voice-over: "Long ago.". gulls. Music: a cello\n'
        '[00:03-00:05.50] 地点: 码头. 雨夜. 旁白: "很久以前". 音乐: 大提琴'
    ),
    "atlascloud/sora-2-t2v": (
        "Style: Noir.\n\nShot 1 (0-3s)\nScene: a quay; dawn\nCharacters: Tom (nine years old)\n"
        "Cinematography: Close-up, low angle, 50 mm, pan left\n"
        "Actions: anna (a tall woman in a red coat) waves.\n"
        'Dialogue: anna (calling): "Tom!"\n"Here."\nVoice-over: "Long ago."\n'
        "Background Sound: gulls\nMusic: a cello\n\n"
        'Shot 2 (3-5.5s)\nScene: 码头\nActions: 雨夜\nVoice-over: "很久以前"\nMusic: 大提琴'
    ),
}  # fmt: skip


@pytest.mark.parametrize("model", SYNTAXES)
def test_a_film_in_one_run_is_written_as_the_models_makers_say(model: str) -> None:
    made = plan.one_run(FILM, model, REAL, ASSETS)
    assert made.body["prompt"] == SYNTAXES[model]
    assert made.problems == ()


def test_a_film_in_one_run_of_before_is_still_known() -> None:
    plain = FILM.model_copy(
        update={"negative": "", "shots": (Shot(id="s0", prompt="rain"), Shot(id="s1", prompt="sun"))}
    )
    before = plan.one_run(plain, "fal/seedance-2.0-t2v", REAL, ASSETS, own_syntax=False)
    assert before.body["prompt"] == "Noir.\nShot 1 [0-4s] rain\nShot 2 [4-8s] sun"


def test_a_film_of_one_shot_has_its_style_once() -> None:
    single = FILM.model_copy(update={"shots": (Shot(id="s0", prompt="rain"),)})
    made = plan.one_run(single, "alibaba/wan2.6-t2v", REAL, ASSETS)
    assert made.body["prompt"].count("Noir") == 1


def test_negative_words_go_where_a_model_takes_them() -> None:
    shot = FIRST.model_copy(update={"model": "alibaba/wan2.6-t2v"})
    assert plan.for_shot(FILM, shot, REAL, ASSETS).body["negative_prompt"] == "text, logos"
    made = plan.for_shot(FILM, shot.model_copy(update={"model": "fal/seedance-2.0-t2v"}), REAL, ASSETS)
    assert "negative_prompt" not in made.body
    assert made.notes == ("Seedance 2.0 text to video takes no negative prompt, so the film's is left out.",)


def test_what_a_silent_clip_could_not_show_is_left_out_and_said() -> None:
    silent = FILM.model_copy(update={"audio": False, "negative": ""})
    shot = FIRST.model_copy(update={"model": "fal/seedance-2.0-t2v"})
    made = plan.for_shot(silent, shot, REAL, ASSETS)
    assert (
        "cello" not in made.body["prompt"] and "Long ago" not in made.body["prompt"] and "Tom!" in made.body["prompt"]
    )
    assert "voice-over and music are left out" in made.notes[0]
    assert "cello" in plan.for_shot(FILM, shot, REAL, ASSETS).body["prompt"]


def test_more_shots_than_kling_has_room_for_are_told() -> None:
    shots = tuple(Shot(id=f"s{n}", prompt="x" * (600 if n == 0 else 1), duration_s=1) for n in range(7))
    board = Board(id="b1", shots=shots)
    said = [str(p) for p in multi_shot.limits(board, REAL.get("fal/kling-3.0-turbo-pro-t2v"))]
    assert len(said) == 2 and "6 shots" in said[0] and "shot 1 has more" in said[1]
    assert multi_shot.limits(board, REAL.get("alibaba/wan2.6-t2v")) == []
