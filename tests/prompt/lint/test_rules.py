"""Each rule: texts in which it must find something, and texts like them in which it must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from studio.prompt.lint.lint import lint
from studio.prompt.lint.model import Facts
from studio.prompt.lint.remedies import edited

WAN = Facts(
    model="Wan 2.7", duration_s=5, lengths=(5.0, 10.0), sound="on", sound_switch=True, negative=True, max_chars=5000,
    can_vary=True,
)  # fmt: skip


def facts(**more: Any) -> Facts:
    return replace(WAN, **more)


def rules(text: str, known: Facts = WAN) -> list[str]:
    return [finding.rule for finding in lint(text, known)]


def remedied(text: str, known: Facts = WAN, finding: int = 0, remedy: int = 0) -> str:
    return edited(text, lint(text, known)[finding].remedies[remedy].edits)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a street at dusk, no cars, rain", "negation"),
        ("A quiet street without people in the rain", "negation"),
        ("一条空街，不要出现汽车，下着雨", "negation"),
        ("海边的灯塔，无水印", "negation"),
        ("a lake at dawn, no camera movement", "negation.camera"),
        ("static shot of a lake, slow push in", "camera.static"),
        ("固定机位，镜头缓慢推进，女孩微笑", "camera.static"),
        ("The camera zooms in on her face and zooms out on the crowd", "camera.opposite"),
        ("low angle, bird's-eye view of a city", "camera.angles"),
        ("A street at night under bright sunlight", "contradiction"),
        ("夜晚的街道，阳光明媚", "contradiction"),
        ("Black and white. Colorful lanterns on a wall.", "contradiction"),
        ("a night market at noon", "contradiction"),
        ("Camera: static. Movement: dolly in.", "camera.static"),
        ("画面中不要有人，一片海滩", "negation"),
        ("The clip must not contain blood.", "negation"),
        ("a cat on a wall --ar 16:9 --v 6", "foreign.parameter"),
        ("a {{golden}} lamp", "foreign.weight"),
        ("an empty street, crowded with tourists", "contradiction"),
        ("slow motion, time-lapse of clouds", "contradiction"),
        ("anime girl on a roof, shot on 35mm film", "style.film_terms"),
        ("masterpiece, best quality, a cat on a wall", "vague.quality"),
        ("realistic 8k masterpiece", "vague.quality"),
        ("beautiful, epic, stunning", "vague.mood"),
        ("唯美震撼的画面", "vague.mood"),
        ("the the fox runs", "repeats.word"),
        ("a fox, red fur, a hill, red fur", "repeats.item"),
        ('He says "hello and goes', "pairs"),
        ("a fox (red, on a hill", "pairs"),
        ("@Anna walks in", "references.mention"),
        ("a fox as in Image 1", "references.file"),
        ("图1中的女孩走来", "references.file"),
        ("a (golden:1.2) lamp", "foreign.weight"),
        ("a {red|blue} car", "foreign.choice"),
    ],
)
def test_must_find(text: str, rule: str) -> None:
    assert rules(text) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "A woman with no hesitation runs for the train, no longer afraid.",
        "She answers without looking up. There is no doubt in her eyes.",
        "Ambient rain only, no music, no dialogue.",
        "没有人回答她，她转身离开。",
        "The camera is static at first, then slowly pushes in on her face.",
        "The camera pans left, then pans right to the door.",
        "The camera moves from a low-angle shot to a high-angle view of the square.",
        "Static shot. Leaves move in the wind.",
        "镜头先固定，然后缓慢推进到她的脸。",
        "The sky changes from night to noon in a time-lapse.",
        "The panda's black and white fur, a surfboard painted in vibrant colors.",
        "A street at night. Neon signs.",
        "Anime style, cel-shaded, a girl on a roof at dusk.",
        "A painter stands before a watercolor painting on an easel, shot on 35mm film.",
        "He brings his masterpiece to life with a brush.",
        "A beautiful woman in a red coat crosses a bridge while boats pass below.",
        "Very very slowly, the door opens: knock knock.",
        'A sign reads "OPEN", 12" tall.',
        "1) a fox 2) a hare",
        "TOMAS (without opening his eyes): I live at the last stop.",
        "Handheld, small corrections, no zoom.",
        "Camera: low angle\nCamera: high angle",
        "On the third day, Alex, in a light jacket, leaves. On the fourth day, Alex, soaked, returns.",
        "90s anime, cel shading, film grain, a girl on a roof",
        "At the ball, Sleeping Beauty, in silver, waits. At noon, Sleeping Beauty, alone, leaves.",
        "Character 1: an old man. Character 2: a boy.",
        "Video 5 seconds long, 24 fps.",
        'She whispers: "Come here."',
        "[Wide shot | slow push-in] A man walks to the pier.",
    ],
)
def test_must_not_find(text: str) -> None:
    assert rules(text) == []


def test_times_beyond_the_clip_are_scaled_or_the_length_set() -> None:
    text = "Shot 1 [0-4s] a fox. Shot 2 [4-10s] a hare."
    [finding] = lint(text, WAN)
    assert finding.rule == "times.sum"
    set_length, _ = finding.remedies
    assert [(change.field, change.value) for change in set_length.changes] == [("duration_s", 10.0)]
    assert remedied(text, remedy=1) == "Shot 1 [0-2s] a fox. Shot 2 [2-5s] a hare."


def test_a_shot_that_begins_after_the_end_is_told() -> None:
    assert rules("Shot 1 [0-5s] a fox. Shot 2 [5-8s] a hare.") == ["times.after_end"]


def test_two_moves_need_time() -> None:
    text = "The camera pans left, then tilts up to the sky"
    assert rules(text) == []
    assert rules(text, facts(duration_s=2)) == ["camera.hurried"]
    assert rules("A zoom out, pulling back to the valley", facts(duration_s=2)) == []
    assert "camera.hurried" in rules("Shot 1 [0-2s] camera pans left, then tilts up. Shot 2 [2-5s] a hare.")


def test_a_move_against_the_shots_own() -> None:
    assert rules("slow push in on her face", facts(move="static")) == ["camera.field"]
    assert rules("slow push in on her face", facts(move="push in")) == []


def test_authors_who_write_a_move_or_an_angle() -> None:
    text = "low-angle shot, the camera pans left"
    assert rules(text) == []
    assert rules(text, facts(one_camera_term=True)) == ["camera.move_and_angle"]


def test_an_item_of_a_list_goes_with_its_comma() -> None:
    assert remedied("a street at dusk, no cars, rain") == "a street at dusk, rain"
    assert remedied("no cars, a street") == "a street"
    assert remedied("Static shot of a harbour, the camera slowly pushes in") == "Static shot of a harbour"
    assert remedied("固定机位，镜头缓慢推进，女孩微笑") == "镜头缓慢推进，女孩微笑"
    assert remedied("固定机位，镜头缓慢推进，女孩微笑", remedy=1) == "固定机位，女孩微笑"
    assert remedied("Static shot. Slow push in. A fox.", remedy=1) == "Static shot. A fox."
    assert remedied("masterpiece, best quality, a cat on a wall") == "a cat on a wall"
    assert remedied("a fox, red fur, a hill, red fur") == "a fox, red fur, a hill"


def test_words_move_to_the_negative_prompt_where_there_is_one() -> None:
    [finding] = lint("a street, no cars, rain", WAN)
    [change] = finding.remedies[0].changes
    assert (change.field, change.value, change.append) == ("negative_prompt", "cars", True)
    [finding] = lint("a street, no cars, rain", facts(negative=False))
    assert finding.remedies[0].changes == ()
    assert remedied("a street, no cars, rain", facts(negative=False)) == "a street, rain"


def test_speech_without_sound() -> None:
    text = 'She whispers: "Come here."'
    [finding] = lint(text, facts(sound="off"))
    assert (finding.rule, finding.remedies[0].changes[0].field) == ("speech.sound_off", "audio")
    assert rules(text, facts(sound="never", sound_switch=False)) == ["speech.silent_model"]
    assert rules('A sign reads "OPEN"', facts(sound="off")) == []
    assert rules("她说：“你终于回来了。”", facts(sound="off")) == ["speech.sound_off"]
    assert rules("招牌上写着“酒馆”", facts(sound="off")) == []
    assert rules("a fox", facts(sound="off", dialogue="Anna: Come here.")) == ["speech.sound_off"]


def test_more_words_than_time() -> None:
    text = f'He says: "{"we have waited for you all these years " * 3}"'
    [finding] = lint(text, WAN)
    assert finding.rule == "speech.too_long"
    assert finding.remedies[0].changes[0].value == 10.0
    assert rules(text, facts(duration_s=10)) == []
    assert rules("他说：“" + "我们等了你这么多年" * 5 + "”") == ["speech.too_long"]


def test_files_that_are_there_are_not_told() -> None:
    known = facts(media=(("image", 2),), reference_names=("Image 1", "Image 2"), needs_references=True)
    assert rules("Image 1 walks beside Image 2", known) == []
    assert rules("Image 1 walks beside Image 3", known) == ["references.file"]
    assert rules("three women dance", known) == ["references.people"]
    assert rules("two women dance", known) == []
    assert rules("a man and a young woman dance", known) == []
    single = facts(media=(("image", 1),), reference_names=("character1",), needs_references=True)
    assert rules("character1 and character2 dance", single) == ["references.file"]
    assert rules("a man and a young woman dance", single) == ["references.people"]
    assert rules("@Anna walks in", facts(cast=("Anna",))) == []
    assert rules("@Anna walks in", facts(reads_names=True)) == []
    assert rules("@Ben walks in", facts(cast=("Anna",))) == ["references.mention"]


def test_the_limit_and_the_window_of_a_model() -> None:
    text = "A fox runs over a hill. " * 60
    [finding] = lint(text, facts(max_chars=1000, beyond="cut"))
    assert (finding.rule, finding.start, finding.end) == ("length.limit", 1000, len(text))
    kept = remedied(text, facts(max_chars=1000))
    assert len(kept) <= 1000 and kept.endswith("hill.")
    assert rules("a fox on a hill", facts(words=(60, 200))) == ["length.window"]
    assert rules("狐狸在山坡上奔跑。" * 9, facts(words=(60, 200))) == []


def test_marks_that_are_wanted_or_spread_out_are_quiet() -> None:
    assert rules("a (golden:1.2) lamp", facts(literal=True)) == []
    assert rules("a (golden:1.2) lamp", facts(reads=frozenset({"weight"}))) == []
    assert rules("a {red|blue} car", facts(combinations=True)) == []
    assert rules("a {red|__hue__} (old:1.3) car", facts(combinations=True)) == ["foreign.wildcard", "foreign.weight"]


def test_a_prompt_in_json_is_not_read_as_prose() -> None:
    assert rules('{"shot": "no cars, {a|b}, (x:1.2)"}') == []


@pytest.mark.parametrize(
    "text",
    [
        '" "' * 60_000, "(" * 200_000, "a:" * 100_000, "a" * 200_000, "\n" * 200_000, "no a " * 40_000, "“" * 200_000,
        "镜头" * 100_000, "pan " * 50_000, "Shot 1 [0-1s] a. " * 12_000, "@a " * 60_000, "Image 1 " * 25_000,
    ],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_hostile_texts_end(text: str) -> None:
    assert len(lint(text, WAN)) <= 40
