"""The voice of a cast member goes with its reference to a model that takes voices; others say so."""

from __future__ import annotations

import pytest

from studio.catalogue import load, validation
from studio.domain import JSON, Asset, Kind
from studio.errors import CapabilityError
from studio.storyboard import plan
from studio.storyboard.model import Board, CastMember, Shot, Start
from studio.storyboard.plan import RunPlan

ROWS = load()
R2V27, R2V26, T2V = "alibaba/wan2.7-r2v", "alibaba/wan2.6-r2v", "alibaba/wan2.7-t2v"


def file(i: str, kind: Kind, mime: str, **facts: object) -> Asset:
    return Asset(id=i, kind=kind, mime=mime, name=i, bytes=9000, **facts)  # type: ignore[arg-type]


FILES = [
    file("face", Kind.IMAGE, "image/png", width=640, height=480),
    file("side", Kind.IMAGE, "image/png", width=640, height=480),
    file("clip", Kind.VIDEO, "video/mp4", width=640, height=480, duration_s=4.0, fps=24.0, has_audio=True),
    file("voice", Kind.AUDIO, "audio/wav", duration_s=5.0),
    file("long", Kind.AUDIO, "audio/wav", duration_s=14.0),
    file("flac", Kind.AUDIO, "audio/flac", duration_s=5.0),
]
ASSETS = {a.id: a for a in FILES}
EDA = CastMember(id="c1", name="eda", references=("face", "side"), voice="voice", consent=True, voice_consent=True)


def planned(model: str, *cast: CastMember, prompt: str = "@eda calls @mia", start: Start | None = None) -> RunPlan:
    shot = Shot(id="s1", prompt=prompt, model=model, start=start or Start())
    return plan.for_shot(Board(id="b", cast=cast, shots=(shot,)), shot, ROWS, ASSETS)


def test_the_voice_goes_with_the_reference_that_the_prompt_names() -> None:
    mia = CastMember(id="c2", name="mia", references=("clip",), consent=True)
    made = planned(R2V27, EDA, mia)
    assert made.body["references"] == ["face", "side", "clip"]
    assert made.body["reference_voices"] == {"face": "voice"}
    assert made.body["prompt"] == "Image 1 calls Video 1"
    assert (made.body["consent"], made.problems, made.notes) == (True, (), ())


@pytest.mark.parametrize(
    ("model", "member", "said"),
    [
        (T2V, EDA, "cannot use the voice sample of @eda. Choose Wan 2.7 reference to video."),
        (R2V26, EDA, "only from a reference clip"),
        (R2V26, EDA.model_copy(update={"references": ("clip",)}), "uses the voice in the reference clip of @eda"),
        (R2V27, EDA.model_copy(update={"references": ()}), "Add a reference picture or clip"),
    ],
)
def test_a_voice_that_is_not_used_is_told_and_keeps_nobody_from_rendering(
    model: str, member: CastMember, said: str
) -> None:
    made = planned(model, member, CastMember(id="c2", name="mia", references=("clip",)))
    assert "reference_voices" not in made.body
    assert [n for n in made.notes if said in n], made.notes
    assert made.problems == ()


def test_a_shot_that_starts_from_a_picture_says_that_the_cast_is_left_out() -> None:
    made = planned("alibaba/wan2.6-i2v", EDA, prompt="@eda waves", start=Start(kind="asset", asset="side"))
    assert (made.body["first_frame"], "references" in made.body) == ("side", False)
    assert "not use cast references or voices (@eda)" in made.notes[0]


def test_a_model_that_takes_both_gets_first_frame_and_references_and_one_that_takes_no_picture_refuses() -> None:
    both = planned(R2V27, EDA, prompt="@eda waves", start=Start(kind="asset", asset="side"))
    assert (both.body["first_frame"], both.body["references"], both.problems) == ("side", ["face", "side"], ())
    assert (
        "cannot start from a picture" in planned(T2V, prompt="x", start=Start(kind="asset", asset="side")).problems[0]
    )


@pytest.mark.parametrize(
    ("change", "consent"),
    [({}, True), ({"voice_consent": False}, False), ({"consent": False}, False), ({"voice": None}, True)],
)
def test_consent_is_for_pictures_and_for_voices(change: JSON, consent: bool) -> None:
    attic = CastMember(id="c3", name="attic", kind="place", references=("side",))
    member = EDA.model_copy(update=change)
    assert planned(R2V27, member, attic, prompt="@eda in the @attic").body["consent"] is consent


def test_a_changed_voice_makes_a_take_stale() -> None:
    silent = EDA.model_copy(update={"voice": None})
    assert planned(R2V27, EDA, prompt="@eda").fingerprint != planned(R2V27, silent, prompt="@eda").fingerprint


@pytest.mark.parametrize(
    ("model", "voices", "said"),
    [
        (R2V27, {"face": "voice", "side": "voice"}, None),
        (R2V27, {"face": "long"}, "14.0 s"),
        (R2V27, {"face": "flac"}, "flac"),
        (R2V27, {"face": "side"}, "image"),
        (R2V27, {"clip": "voice"}, "was removed"),
        (R2V26, {"face": "voice"}, "does not use reference voices"),
    ],
)
def test_a_voice_is_checked_against_the_row_before_anything_is_sent(model: str, voices: JSON, said: str | None) -> None:
    body = {"model": model, "prompt": "x", "references": ["face", "side"], "reference_voices": voices}
    row = ROWS.get(model)
    found: list[CapabilityError] = validation.problems(
        validation.complete(validation.parse(body, ROWS), row), row, ASSETS
    )
    assert [str(p) for p in found if said and said in str(p)] == [str(p) for p in found]
    assert bool(found) is bool(said)
