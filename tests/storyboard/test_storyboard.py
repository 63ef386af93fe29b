"""A board is edited without surprises, comes from text and goes back to it, and plans runs within a model's limits."""

from __future__ import annotations

from datetime import date

import pytest

from studio.catalogue import load
from studio.catalogue.loading import Catalogue
from studio.catalogue.schema import Durations, FreeSize, InputSpec, Model, PromptSpec, Size
from studio.domain import Asset, Kind, Task
from studio.errors import CapabilityError, Conflict, NotFound
from studio.storyboard import edit, plan, to_timeline
from studio.storyboard import script as board_script
from studio.storyboard.model import Board, CastMember, Shot, ShotStatus, Start, Take, Transition
from studio.storyboard.rewrite import rewrite
from studio.storyboard.script_writers import forms
from studio.storyboard.to_script import to_script

IMAGES = InputSpec(kinds=(Kind.IMAGE,), min=1, max=2, tasks=(Task.REFERENCE_TO_VIDEO,))
FIRST = InputSpec(kinds=(Kind.IMAGE,), tasks=(Task.IMAGE_TO_VIDEO,))
FACTS = {"provider": "test", "family": "wan", "source": "https://example.org", "checked": date(2026, 11, 20)}
MODEL = Model(
    id="test/film",
    label="Film",
    tasks=(Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.REFERENCE_TO_VIDEO),
    inputs={"references": IMAGES, "first_frame": FIRST},
    sizes=(
        Size(tier="720P", aspect="16:9", width=1280, height=720),
        Size(tier="720P", aspect="9:16", width=720, height=1280),
    ),
    durations=Durations(min=2, max=15),
    prompt=PromptSpec(required=True, max_chars=200, beyond="cut"),
    multi_shot=True,
    reference_names={Kind.IMAGE: "character{n}"},
    **FACTS,  # type: ignore[arg-type]
)
DRAFT = Model(
    id="draft/animatic",
    label="Draft",
    tasks=(Task.TEXT_TO_VIDEO,),
    free_size=FreeSize(),
    durations=Durations(min=1, max=60, step=0),
    fps=(24,),
    **FACTS | {"provider": "draft"},  # type: ignore[arg-type]
)
CATALOGUE = Catalogue([MODEL, DRAFT])
ASSETS = {i: Asset(id=i, kind=Kind.IMAGE, mime="image/png", width=640, height=480) for i in ("a1", "a2", "a3")}
ANNA = CastMember(id="c1", name="anna", description="a tall woman in a red coat", references=("a1",))


def board(*prompts: str, **fields: object) -> Board:
    shots = tuple(Shot(id=f"s{i}", prompt=p, duration_s=4, model="test/film") for i, p in enumerate(prompts))
    return Board(id="b1", shots=shots, model="test/film").model_copy(update=fields)


def order(b: Board) -> list[str]:
    return [s.id for s in b.shots]


def test_shots_are_added_moved_copied_and_removed() -> None:
    b, new = edit.add(board("a", "b"), after="s0", prompt="x")
    assert [s.prompt for s in b.shots] == ["a", "x", "b"]
    assert order(edit.reorder(b, ["s1", "s0", new.id])) == ["s1", "s0", new.id]
    b, copy = edit.duplicate(b, "s0")
    assert order(edit.remove(b, "s0")) == [copy.id, new.id, "s1"]


def test_a_wrong_edit_is_a_sentence_and_changes_nothing() -> None:
    b = board("a", "b")
    with pytest.raises(Conflict):
        edit.reorder(b, ["s0", "s0"])
    with pytest.raises(NotFound):
        edit.remove(b, "gone")
    with pytest.raises(CapabilityError, match="duration_s"):
        edit.change(b, "s0", duration_s=-1)
    with pytest.raises(CapabilityError, match="split"):
        edit.split(b, "s0", 3.95)


def test_a_change_of_look_takes_the_approval_back_and_a_note_does_not() -> None:
    b = edit.change(board("a"), "s0", status=ShotStatus.APPROVED)
    assert edit.change(b, "s0", notes="nice").shots[0].status == ShotStatus.APPROVED
    assert edit.change(b, "s0", prompt="other").shots[0].status == ShotStatus.DRAFT


def running_s(board: Board) -> float:
    return to_timeline.timeline(board, {}).length_s


def test_a_split_keeps_the_running_time_and_the_chosen_take() -> None:
    b = board("a", "b")
    halves, second = edit.split(b, "s0", 1.5)
    assert running_s(halves) == running_s(b)
    assert [s.duration_s for s in halves.shots] == [1.5, 2.5, 4]
    assert second.start.kind == "previous"
    taken = edit.add_take(b, "s0", Take(run="r1", kind="render", fingerprint="f"))
    cut, second = edit.split(taken, "s0", 1.5)
    assert (cut.shots[0].trim_out_s, second.trim_in_s, second.chosen) == (2.5, 1.5, "r1")
    assert running_s(cut) == running_s(b)


def test_transitions_overlap_and_starts_add_up() -> None:
    b = edit.change(board("a", "b"), "s0", transition=Transition.CROSSFADE, transition_s=1)
    timeline = to_timeline.timeline(b, {})
    assert (timeline.length_s, timeline.starts_s()) == (7, (0, 3))


@pytest.mark.parametrize(
    ("script", "prompts", "seconds"),
    [
        ("Global style: noir\nShot 1 [0-3s] rain\nShot 2 [3-8s] a man runs", ["rain", "a man runs"], [3, 5]),
        ("整体风格：黑白\n第1个镜头[0-2秒] 下雨 第2个镜头[2-4秒] 他跑", ["下雨", "他跑"], [2, 2]),
        ("1. A harbour at dawn (6s)\n2. Gulls", ["A harbour at dawn", "Gulls"], [6, 4]),
        ("EXT. HARBOUR - DAWN\nGulls cry.\nINT. CABIN\nHe sleeps.", None, [4, 4]),
        ("One shot.\n\nAnother\nshot.", ["One shot.", "Another shot."], [4, 4]),
    ],
)
def test_shots_come_from_any_usual_text(script: str, prompts: list[str] | None, seconds: list[float]) -> None:
    read = board_script.parts_of(script)
    assert [s.duration_s for s in read.shots] == seconds
    if prompts:
        assert [s.prompt for s in read.shots] == prompts


def test_a_spoken_line_gives_the_shot_the_time_it_needs() -> None:
    long = "word " * 20
    assert board_script.parts_of(f'A man. Tom: "{long}"').shots[0].duration_s > 7


def test_a_board_goes_to_text_and_back() -> None:
    b = board("a harbour", "gulls cry", style="Noir")
    read = board_script.parts_of(forms.write(to_script(b), forms.DEFAULT))
    assert (read.style, [s.prompt for s in read.shots]) == ("Noir", ["a harbour", "gulls cry"])


def test_the_cast_is_called_the_models_way_or_described() -> None:
    b = board("@anna waves", cast=(ANNA,), style="Noir")
    made = plan.for_shot(b, b.shots[0], CATALOGUE, ASSETS)
    assert made.body["task"] == "reference-to-video"
    assert made.body["references"] == ["a1"]
    assert made.body["prompt"] == "Noir. character1 waves"
    drafted = plan.for_shot(b, b.shots[0], CATALOGUE, ASSETS, draft=True)
    assert drafted.body["prompt"] == "Style: Noir\nCast: anna, a tall woman in a red coat\nShot: @anna waves"
    assert made.problems == drafted.problems == ()


def test_the_draft_engine_is_told_names_and_whose_picture_each_reference_is() -> None:
    cafe = CastMember(id="c3", name="cafe", kind="place", references=("a3",))
    cast = (ANNA, CastMember(id="c2", name="jo"), cafe)
    b = board("@anna runs past @cafe, @jo jumps", cast=cast)
    body = plan.for_shot(b, b.shots[0], load(), ASSETS, draft=True).body
    assert body["task"] == "reference-to-video"
    assert "References: anna = character1; cafe = character2\n" in body["prompt"]
    assert body["prompt"].endswith("Shot: @anna runs past @cafe, @jo jumps")


def test_too_many_references_or_an_unknown_name_is_said() -> None:
    crowd = (ANNA, CastMember(id="c2", name="ben", references=("a2", "a3")))
    b = board("@anna meets @ben and @zoe", cast=crowd)
    said = " ".join(plan.for_shot(b, b.shots[0], CATALOGUE, ASSETS).problems)
    assert "@zoe" in said
    assert "at most 2" in said


def test_the_last_frame_before_is_awaited_and_then_used() -> None:
    b = edit.change(board("a", "b"), "s1", start=Start(kind="previous"))
    waiting = plan.for_shot(b, b.shots[1], CATALOGUE, ASSETS)
    assert "no take yet" in waiting.problems[0]
    ready = plan.for_shot(b, b.shots[1], CATALOGUE, ASSETS, previous_frame="a1")
    assert (ready.body["task"], ready.body["first_frame"], ready.problems) == ("image-to-video", "a1", ())


def test_one_run_says_when_the_film_does_not_fit() -> None:
    short = plan.one_run(board("a", "b"), "test/film", CATALOGUE, ASSETS)
    assert short.problems == ()
    assert (short.body["duration_s"], short.body["prompt"]) == (8, "Shot 1 [0-4s] a\nShot 2 [4-8s] b")
    long = plan.one_run(board(*"abcde"), "test/film", CATALOGUE, ASSETS)
    assert any("20 s is longer" in p for p in long.problems)
    wordy = plan.one_run(board("x" * 300), "test/film", CATALOGUE, ASSETS)
    assert any("200" in p for p in wordy.problems)


def test_a_changed_shot_no_longer_stands() -> None:
    b = board("a")
    made = plan.for_shot(b, b.shots[0], CATALOGUE, ASSETS)
    b = edit.add_take(b, "s0", Take(run="r1", kind="render", fingerprint=made.fingerprint))
    assert plan.up_to_date_take(b.shots[0], made) is not None
    changed = edit.change(b, "s0", prompt="b")
    assert plan.up_to_date_take(changed.shots[0], plan.for_shot(changed, changed.shots[0], CATALOGUE, ASSETS)) is None


@pytest.mark.parametrize(("asked", "given"), [(1.2, 2), (2, 2), (3.5, 4), (15, 15), (20, 15)])
def test_a_length_is_rounded_up_to_what_the_model_makes(asked: float, given: float) -> None:
    assert plan.fit_duration(asked, MODEL) == given


def test_the_size_nearest_in_shape_is_taken() -> None:
    assert plan.fit_size(board(width=1080, height=1920), MODEL) == {"width": 720, "height": 1280}


@pytest.mark.parametrize(
    ("size", "free", "given"),
    [
        ((1280, 720), FreeSize(), (1280, 720)),
        ((1920, 1080), FreeSize(multiple=16), (1920, 1088)),
        ((1920, 1080), FreeSize(multiple=32, max_pixels=1280 * 720), (1280, 704)),
        ((256, 144), FreeSize(min_side=256, multiple=16), (448, 256)),
        ((3840, 2160), FreeSize(max_side=1920, multiple=2), (1920, 1080)),
    ],
)
def test_a_free_size_is_kept_or_the_nearest_of_its_shape(
    size: tuple[int, int], free: FreeSize, given: tuple[int, int]
) -> None:
    model = DRAFT.model_copy(update={"free_size": free})
    fitted = plan.fit_size(board(width=size[0], height=size[1]), model)
    assert (fitted["width"], fitted["height"]) == given


BRIEF = """Title: The last light
Global style: quiet drama, northern light.
Cast: Maren, a lighthouse keeper of seventy in a yellow oilskin; Old Tom (her brother)
Places:
- Skerry: a rock in the sea

Shot 1 [0-5s] Skerry at dawn, gulls.
Shot 2 [5-9s] Medium shot of Maren on the stairs. Maren: "Every night Maren climbs." Old Tom: "Wait." He waits below.
Shot 3 [9-12s] A sign reads: "Keep out" in red."""


def test_a_script_brings_its_title_and_its_cast() -> None:
    read = board_script.parts_of(BRIEF)
    assert (read.title, read.style) == ("The last light", "quiet drama, northern light.")
    assert [(m.name, m.kind, m.description) for m in read.cast] == [
        ("Maren", "character", "a lighthouse keeper of seventy in a yellow oilskin"),
        ("Old-Tom", "character", "her brother"),
        ("Skerry", "place", "a rock in the sea"),
    ]


def test_names_of_the_cast_are_linked_and_spoken_lines_are_dialogue() -> None:
    first, second, third = board_script.parts_of(BRIEF).shots
    assert first.prompt == "@Skerry at dawn, gulls."
    assert (second.shot_size, second.prompt) == ("Medium shot", "@Maren on the stairs. He waits below.")
    assert second.dialogue == '@Maren: "Every night Maren climbs."\n@Old-Tom: "Wait."'
    assert (third.prompt, third.dialogue) == ('A sign reads: "Keep out" in red.', "")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Cast: Maren, Ida and Tom", ["Maren", "Ida", "Tom"]),
        ("角色：老王，茶馆老板；小李，学徒", ["老王", "小李"]),
        ("Characters:\n- @anna - a violinist\n* Bo", ["anna", "Bo"]),
        ("Cast: Maren, a keeper", ["Maren"]),
    ],
)
def test_a_cast_is_read_as_people_write_it(line: str, names: list[str]) -> None:
    assert [m.name for m in board_script.parts_of(f"{line}\n\nShot 1 [0-2s] rain").cast] == names


def test_a_chinese_name_is_linked_inside_a_sentence() -> None:
    read = board_script.parts_of("角色：老王，茶馆老板\n第1个镜头[0-3秒] 清晨老王打开门")
    assert read.shots[0].prompt == "清晨@老王 打开门"


@pytest.mark.parametrize("form", [form for form in forms.FORMS if form not in ("fountain", "srt")])
def test_a_script_written_back_keeps_takes_though_its_lines_are_taken_apart(form: str) -> None:
    b = board("a close-up of a harbour. Anna waits", "Wide shot. Rain", cast=(ANNA,), style="Noir. 35 mm; grain.")
    b = edit.change(b, "s0", dialogue='Tom: "Now."', sound="gulls cry", trim_in_s=1, transition=Transition.WIPE)
    b = edit.add_take(b, "s0", Take(run="r1", kind="render", fingerprint="f"))
    again = rewrite(b, board_script.parts_of(forms.write(to_script(b), form), known=b.cast))
    assert again == b


@pytest.mark.parametrize(
    ("start", "cast", "agreed"),
    [
        (Start(kind="asset", asset="a1"), (), False),
        (Start(kind="asset", asset="a1", consent=True), (), True),
        (Start(kind="previous"), (), True),
        (Start(kind="previous"), (ANNA.model_copy(update={"consent": False}),), False),
        (Start(kind="previous"), (ANNA.model_copy(update={"consent": True}),), True),
    ],
)
def test_a_first_frame_carries_the_consent_of_whom_it_can_show(
    start: Start, cast: tuple[CastMember, ...], agreed: bool
) -> None:
    b = board("a harbour", "she walks", cast=cast)
    b = edit.change(b, "s1", start=start)
    made = plan.for_shot(b, b.shots[1], CATALOGUE, ASSETS, previous_frame="a1")
    assert (made.body["first_frame"], made.body["consent"]) == ("a1", agreed)
