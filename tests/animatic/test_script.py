"""A shot is told apart from what holds for the whole film; people are known by name; words mean what they mean here."""

from __future__ import annotations

import pytest

from studio.animatic.text import script
from studio.animatic.text.caption_text import action_text, speech_text
from studio.animatic.text.locations import place
from studio.animatic.text.reader import read, read_shot
from studio.animatic.text.reading import Figure, PromptReading
from studio.animatic.text.shots import shots

HEADER = (
    "Global style: quiet coastal drama, overcast, muted blue and ochre, 35mm film grain.\n"
    "Cast: Maren, a lighthouse keeper of seventy in a yellow oilskin; "
    "Ida, her granddaughter of nine in a red knitted hat."
)


def shot(text: str) -> PromptReading:
    return read(text, header=HEADER)


def who(text: str) -> list[str]:
    return [f.name or f.kind for f in shot(text).figures]


def kinds(text: str) -> set[str]:
    found = read(text)
    return {t.kind for t in found.objects} | {f.kind for f in found.figures} | set(found.settings)


def test_style_and_cast_are_not_drawn_into_a_shot() -> None:
    found = shot("Medium shot of a table.")
    assert (found.figures, found.settings) == ((), ())
    assert [t.kind for t in found.objects] == ["table"]
    assert {c.name for c in found.colours} == {"blue", "ochre"}


@pytest.mark.parametrize(
    "prompt",
    [
        "Style: noir, a ship, two dogs.\nCast: Tom, a cop\nShot: Wide shot of a street.",
        "Noir, a ship, two dogs. Wide shot of a street.",
        "风格：船，两只狗\n镜头：全景，街道",
    ],
)
def test_a_style_is_told_apart_by_its_label_or_by_the_framing_after_it(prompt: str) -> None:
    found = read(prompt)
    assert (found.objects, found.figures, found.shot_size) == ((), (), "wide")


@pytest.mark.parametrize("text", ["@Maren waits", "Maren waits", "The keeper waits", "The old keeper waits"])
def test_a_name_or_a_role_of_the_cast_is_that_person(text: str) -> None:
    [figure] = shot(text).figures
    assert (figure.name, figure.kind, figure.sex, figure.age) == ("Maren", "elder", "woman", 70)
    assert figure.garment_colours == (("coat", "yellow"),)


def test_a_child_of_the_cast_is_a_child_with_her_hat() -> None:
    [ida] = shot("Ida runs").figures
    assert (ida.kind, ida.age, ida.wears, ida.garment_colours) == (
        "girl",
        9,
        ("knitted hat",),
        (("knitted hat", "red"),),
    )


def test_two_people_do_their_own_things_and_hold_their_own() -> None:
    maren, ida = shot("Two-shot, @Maren hands @Ida the match. Ida smiles.").figures
    assert (maren.posture, maren.holds, ida.posture, ida.holds) == ("giving", "match", "smiling", "")


def test_who_speaks_is_there_and_her_words_are_not_things() -> None:
    found = shot('Wide shot of the sea. Ida: "The dog took ninety cups!"')
    assert [f.name for f in found.figures] == ["Ida"]
    assert not found.objects
    assert speech_text(found) == "Ida: \u201cThe dog took ninety cups!\u201d"
    assert who('The sea. Ida (V.O.): "Once."') == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Tom, a bearded fisherman of fifty, hauls nets.", ["Tom"]),
        ("Her granddaughter Ida waits.", ["Ida"]),
        ("Maren (an old keeper) climbs. She sits.", ["Maren"]),
        ("A taxi in London, a Porsche in the rain.", []),
        ("Anna's hand opens a letter.", ["Anna"]),
    ],
)
def test_names_stand_for_one_person_each_and_places_for_none(text: str, names: list[str]) -> None:
    assert [f.name for f in read(text).figures if f.name] == names


def test_a_name_keeps_its_description_through_the_shots_of_a_clip() -> None:
    prompt = "Shot 1 [0-2s] Tom, a bearded man of fifty in a red coat, waits in a bar. Shot 2 [2-4s] Close-up of Tom."
    first, second = (read_shot(span) for span in shots(prompt, 4))
    assert (
        first.figures[0].garment_colours == second.figures[0].garment_colours == () or second.figures[0].name == "Tom"
    )
    assert second.figures[0].name == first.figures[0].name == "Tom"
    assert place(second) == "bar", "a place holds until another one is named"


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("a 70-year-old man", ("elder", 70)),
        ("a girl of nine in a red hat", ("girl", 9)),
        ("a woman in her sixties", ("elder", 65)),
        ("九岁的女孩", ("girl", 9)),
        ("七十岁的男人", ("elder", 70)),
        ("a boy, 8, runs", ("child", 8)),
        ("a group of nine men", ("man", 0)),
    ],
)
def test_ages_are_read(text: str, figure: tuple[str, int]) -> None:
    found = read(text).figures[0]
    assert (found.kind, found.age) == figure


@pytest.mark.parametrize(
    ("text", "there", "not_there"),
    [
        ("a lighthouse keeper climbs", {"person"}, {"lighthouse"}),
        ("a taxi driver smokes", {"person"}, {"car"}),
        ("a dog walker waits", {"person"}, {"dog"}),
        ("a sea captain", {"person"}, {"boat"}),
        ("a baby elephant", {"elephant"}, {"baby"}),
        ("breath on the glass", set(), {"cup", "glass"}),
        ("she raises a glass", {"glass"}, {"cup"}),
        ("a glass of water", {"glass"}, set()),
        ("a woman with glasses", {"woman"}, {"cup", "glass"}),
        ("a ship's light far out", {"ship light"}, {"ship", "boat"}),
        ("she waves at the camera", {"woman"}, {"sea"}),
        ("he watches the door", {"man", "door"}, {"watch"}),
        ("onions in a pan", {"pan"}, set()),
        ("a construction crane lifts steel", {"machine"}, {"bird"}),
        ("the river bank", {"lake"}, {"office"}),
        ("a street without people", {"street"}, {"person"}),
        ("she curls up like a cat", {"woman"}, {"cat"}),
        ("rain on a window", {"window"}, set()),
        ("she strikes a match", {"woman", "match"}, set()),
        ("a football match in a stadium", {"pitch"}, {"match"}),
        ("他马上离开", {"man"}, {"horse"}),
    ],
)
def test_a_word_means_what_its_neighbours_make_it_mean(text: str, there: set[str], not_there: set[str]) -> None:
    found = kinds(text)
    assert there <= found
    assert not found & not_there


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("the sun rises over the hills", []),
        ("she pulls back the curtain", []),
        ("he tilts his head, slow push in", ["dolly-in"]),
        ("a woman walks, crane up", ["crane-up"]),
        ("steam rising from a pot, static", ["static"]),
        ("camera tracks up with her", ["crane-up"]),
    ],
)
def test_only_the_camera_moves_the_camera(text: str, moves: list[str]) -> None:
    assert [m.kind for m in read(text).moves] == moves


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ("Wide aerial shot of a white lighthouse at dawn, gulls, slow push in.", "A white lighthouse at dawn, gulls."),
        ("Close-up of @Ida at the window, static.", "Ida at the window."),
        ("中景，老王在柜台后沏茶，镜头缓缓推近。", "老王在柜台后沏茶。"),
    ],
)
def test_a_caption_tells_what_happens_without_camera_and_style(text: str, caption: str) -> None:
    assert action_text(shot(text)) == caption


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("Maren climbs the spiral stairs", "stairs"),
        ("Ida at the round window, a ship far out on the sea", "window"),
        ("beside the great lamp", "lamproom"),
        ("a man drives, hands on the steering wheel, in the city", "carcabin"),
        ("a village in the mountains", "village"),
        ("close-up of a key on a desk in an office", "product"),
        ("茶馆里，老人喝茶", "teahouse"),
    ],
)
def test_the_finer_place_is_drawn(text: str, setting: str) -> None:
    assert place(read(text)) == setting


def test_a_part_label_inside_a_paragraph_ends_with_its_sentence() -> None:
    parts = script.parts('Style: noir, rain. Wide shot of a street. Sound: gulls, wind. Tom: "Hello."')
    assert (parts.style, parts.action, parts.sound) == ("noir, rain.", "Wide shot of a street.", "gulls, wind.")
    assert parts.speech == (script.SpokenLine("Tom", "Hello."),)


def test_a_close_shot_of_a_thing_does_not_show_its_owner() -> None:
    assert who("Close-up of Ida's shoes on the step.") == []
    assert who("Close-up of Ida's face.") == ["Ida"]
    assert isinstance(shot("Close-up of her face.").figures[0], Figure)
