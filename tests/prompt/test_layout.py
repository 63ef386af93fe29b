"""Headings of shots are told from words of a sentence, in every manner that is published; what speaks of the whole film
is told from the last shot."""

from __future__ import annotations

import pytest

from studio.prompt.script.layout import ShotLayout, shot_layout
from studio.prompt.script.time_words import Times

NO_TIME = Times((0, 0), 0)
Heads = list[tuple[str, float | None, float | None, float | None, str]]


def layout(text: str) -> ShotLayout:
    found = shot_layout(text)
    assert found is not None
    return found


def heads(text: str) -> Heads:
    """Number, start, end, length and words of each shot."""
    return [
        (part.head.number, times.start_s, times.end_s, times.length_s, " ".join(w.text for w in part.words if w))
        for part in layout(text).shots
        for times in (part.times or NO_TIME,)
    ]


RANGED: Heads = [("1", 0, 3, None, "one"), ("2", 3, 5.5, None, "two")]


@pytest.mark.parametrize(
    "text",
    [
        "Shot 1 [0-3s] one Shot 2 [3-5.5s] two",
        "Shot 1 (0-3s): one\nShot 2 (3-5.5s): two",
        "Shot 1: [0s - 3s] one\nShot 2: [3s - 5.5s] two",
        "[Shot 1, 0-3s] one [Shot 2, 3-5.5s] two",
        "[Shot 1] 0.00-3.00s. one\n[Shot 2] 3.00-5.50s. two",
        "Shot 1 – 0–3 s – one\nShot 2 – 3–5.5 s – two",
        "Shot 1, 0 to 3 seconds: one; Shot 2, 3 to 5.5 seconds: two",
        "Shot 1 | 0-3s | one\nShot 2 | 3-5.5s | two",
        "**Shot 1 (0:00–0:03):** one\n**Shot 2 (0:03–0:05.5):** two",
        "### Shot 1: 00:00-00:03\none\n### Shot 2: 00:03-00:05.5\ntwo",
        "- Shot 1 [0–3,0s]: one\n- Shot 2 [3,0–5,5s]: two",
        "🎬 SHOT #1 (0-3 sec)\none\n\n🎬 SHOT #2 (3-5.5 sec)\ntwo",
        "[00:00-00:03] Shot 1: one [00:03-00:05.5] Shot 2: two",
        "0-3s Shot 1: one\n3-5.5s Shot 2: two",
        "Scene One (from 0 to 3 s): one\nScene Two (from 3 to 5.5 s): two",
        "第1个镜头[0-3秒] one 第2个镜头[3-5.5秒] two",
        "第一个镜头【0-3秒】one 第二个镜头【3～5.5秒】two",
        "镜头1（0-3s）：one\n镜头2（3-5.5s）：two",
        "【镜头1】(0-3秒) one\n【镜头2】(3-5.5秒) two",
        "分镜一：00:00-00:03 one\n分镜二：00:03-00:05.5 two",
        "镜头一 0秒至3秒：one\n镜头二 3秒至5.5秒：two",
        "第一镜（0-3秒）one；第二镜（3-5.5秒）two",
    ],
)
def test_a_numbered_heading_with_a_range_is_read_in_every_manner(text: str) -> None:
    assert heads(text) == RANGED
    assert layout(text).family == "timed_shots"


LONG: Heads = [("1", None, None, 3, "one"), ("2", None, None, 2.5, "two")]


@pytest.mark.parametrize(
    "text",
    [
        "Shot 1 (3s): one\nShot 2 (2.5 s): two",
        "SHOT 1 – 3 sec – one\nSHOT 2 – 2.5 sec – two",
        "Shot 1 (Duration: 3s) one\nShot 2 (Duration: 2.5s) two",
        "shot 1, 3, one; shot 2, 2.5, two",
        "Shot 1: one (3s)\nShot 2: two (2.5s)",
        "[Shot 1, one, 3s]\n[Shot 2, two, 2.5s]",
        "镜头1：【3秒】one\n镜头2：【2.5秒】two",
        "镜头1（约3秒）：one\n镜头2（约2.5秒）：two",
        "第一镜【时长：3秒】one\n第二镜【时长：2,5秒】two",
        "镜头1 3秒 one\n镜头2 2.5秒 two",
        "【镜头一：one 3s】\n【镜头二：two 2.5s】",
        "Shot 1 of 2 (3s): one\nShot 2 of 2 (2.5s): two",
        "First 3 seconds: one; next 2.5 seconds: two",
        "前3秒：one；最后2.5秒：two",
    ],
)
def test_a_length_is_no_time(text: str) -> None:
    assert [head[1:] for head in heads(text)] == [head[1:] for head in LONG]


@pytest.mark.parametrize(
    "text",
    [
        "[0-3s] one [3-5.5s] two",
        "[0-3] one\n[3-5.5] two",
        "[00:00-00:03] one\n[00:03-00:05.5] two",
        "0-3s: one; 3-5.5s: two",
        "- 0–3 s: one\n- 3–5.5 s: two",
        "00:00–00:03 | one\n00:03–00:05.5 | two",
        "**[0:00 - 0:03]** one\n**[0:03 - 0:05.5]** two",
        "From 0 to 3 seconds, one; from 3 to 5.5 seconds, two",
        "(0s-3s) one (3s-5.5s) two",
        "第0-3秒：one\n第3-5.5秒：two",
        "【0-3秒】one【3-5.5秒】two",
        "0秒到3秒：one，3秒到5.5秒：two",
        "[0s-3s: one] [3s-5.5s: two]",
        "[00:00-00:03 | one]\n[00:03-00:05.5 | two]",
    ],
)
def test_times_alone_head_shots_as_well(text: str) -> None:
    assert heads(text) == [("", 0, 3, None, "one"), ("", 3, 5.5, None, "two")]
    assert layout(text).family == "time_ranges"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Style. [Shot 1] a. [Shot 2] b.", ["1", "2"]),
        ("SHOT 1A: a\nSHOT 1B: b\nSHOT 2: c", ["1A", "1B", "2"]),
        ("Shot one: a. Shot two: b.", ["1", "2"]),
        ("Shot II: a\nShot III: b", ["2", "3"]),
        ("镜头十：a\n镜头十一：b\n镜头二十二：c", ["10", "11", "22"]),
        ("镜头①：a\n镜头②：b", ["1", "2"]),
        ("Scene 1, Shot 1: a\nScene 1, Shot 2: b", ["1", "2"]),
        ("Shot 1 wide street. Shot 2 close on a face.", ["1", "2"]),
        ("1. a\n2. b\n3. c", ["1", "2", "3"]),
        ("Shot A: a\nShot B: b", ["A", "B"]),
        ("First shot: a. Second shot: b. Final shot: c.", ["1", "2", ""]),
        ("首镜：a\n次镜：b\n尾镜：c", ["1", "2", ""]),
        ("Sc 1 Sh 1 (3s): a\nSc 1 Sh 2 (2s): b", ["1", "2"]),
        ("1A – CU – 2.5s – a\n1B – WS – 3s – b", ["1A", "1B"]),
        ("SH010 | 3s | a\nSH020 | 2s | b", ["010", "020"]),
        ("Shot 1: as in Shot 3, rain. Shot 2: sun, unlike Shot 1.", ["1", "2"]),
    ],
)
def test_numbers_are_read_as_words_letters_and_signs(text: str, numbers: list[str]) -> None:
    assert [part.head.number for part in layout(text).shots] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "a cat [close-up] in 1999",
        "The home team wins (3-2) in the rain, a crowd of 20-30 men.",
        "She follows shot 2 of the roll, then scene 3 burns.",
        "镜头一直跟着她，画面一转，天亮了。",
        "A long shot 12mm lens look.\n\nThe second paragraph is the same shot.",
        "A clock shows 10:00-11:00 on the wall, ratio 16:9.",
        "Cut 2 carrots into cubes.",
        "Open from 9 to 5, a shop in the rain.",
        "5-10 second video of a cat, aspect 16:9 to 9:16",
        "0-60 mph in 3-4 s, a red car on a salt lake",
        "A 3-5s loop. Two dancers, 2-3 s each.",
        "12:30 - a clock on the wall. Nobody moves.",
        "",
    ],
)
def test_a_sentence_with_numbers_has_no_headings(text: str) -> None:
    found = shot_layout(text)
    assert found is None or not found.explicit


@pytest.mark.parametrize(
    ("text", "last", "below"),
    [
        ("Shot 1: a.\nShot 2: b.\n\nOverall tone: warm.", "b.", "Overall tone: warm."),
        ("Shot 1 [0-2s] a. Shot 2 [2-4s] b. Overall style: warm.", "b.", "Overall style: warm."),
        ("Shot 1 (0-2s): a\nShot 2 (2-4s): b\n\nCamera: handheld\nAudio: rain", "b", "Camera: handheld\nAudio: rain"),
        ("Shot 1:\nCamera: x\nShot 2:\nCamera: y", "Camera: y", ""),
        ("Shot 1:\nCamera: x\nShot 2:\nCamera: y\n\nCamera: all by hand", "Camera: y", "Camera: all by hand"),
        ("镜头1：a\n镜头2：b\n\n整体风格：写实", "b", "整体风格：写实"),
        ("0-2秒：a\n2-4秒：b\n\n画面流畅稳定，无水印", "b", "画面流畅稳定，无水印"),
        ("[Shot 1, a, 5s]\n[Shot 2, b, 5s]\nNo music.", "b", "No music."),
        ("Shot 1: a.\nShot 2: b.\n\nHe turns and walks off.", "b.\n\nHe turns and walks off.", ""),
    ],
)
def test_closing_lines_of_the_film_are_not_the_last_shots(text: str, last: str, below: str) -> None:
    found = layout(text)
    assert " ".join(words.text for words in found.shots[-1].words if words) == last
    assert "\n".join(part.text for part in found.below) == below


def test_a_scene_that_holds_shots_is_their_place() -> None:
    found = layout("Scene 1: Kitchen\nShot 1: a\nShot 2: b\nScene 2: Yard\nShot 3: c").shots
    assert [(part.head.number, part.place.text if part.place else "") for part in found] == [
        ("1", "Kitchen"),
        ("2", "Kitchen"),
        ("3", "Yard"),
    ]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Hook (0-3s): a\n**Demo** (3-8s): b\nEnd card [8-10s]: c", ["Hook", "Demo", "End card"]),
        ("### Shot 1 — Establishing (4s)\na\n\n### Shot 2 — The field (3s)\nb", ["Establishing", "The field"]),
        ("**镜头1（0-5秒）：开场**\na\n\n**镜头2（5-9秒）：主体**\nb", ["开场", "主体"]),
        ("Shot 1: Maya reads. (3s)\nShot 2: She runs. (2s)", ["", ""]),
    ],
)
def test_the_title_of_a_shot_is_no_part_of_its_words(text: str, titles: list[str]) -> None:
    found = layout(text).shots
    assert [part.title.text if part.title else "" for part in found] == titles
    assert all(part.times for part in found)


def test_what_only_says_that_shots_follow_is_no_style() -> None:
    assert layout("【风格】写实\n\n【时间轴】\n0-3秒：a\n3-6秒：b").above.text == "【风格】写实"
    assert layout("Noir, rain.\nShot list:\nShot 1: a\nShot 2: b").above.text == "Noir, rain."


PARTS = [
    *" (【\n1",
    "a:",
    "1-",
    "12:",
    "一二三",
    "\n- ",
    "[Shot ",
    "【3秒】",
    "[3s: ",
    ". Overall tone: ",
    "Scene 1 Shot 1 ",
]


@pytest.mark.parametrize("part", PARTS)
def test_any_text_of_the_largest_size_is_taken_apart_in_one_pass(part: str) -> None:
    """The suite's own limit of time fails this for anything that is not linear."""
    shot_layout((part * 200_000)[:200_000])
