"""Drafts with references: people act as in any draft and wear their pictures' colours; nobody becomes a card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.animatic.clips import reference_cast, reference_colours
from studio.animatic.order import InputFile
from studio.animatic.text.reader import read_shot
from studio.animatic.text.reading import Figure
from studio.animatic.text.shots import shots
from tests.support.drafts import frames, made, source_clip, source_picture

FOOT = 140
"""First row of the caption in a frame of 320 x 180."""
YELLOW, BLUE, RED, GREY = (236, 190, 40), (40, 60, 140), (190, 30, 60), (64, 62, 60)


def somebody(coat: tuple[int, int, int], legs: tuple[int, int, int], ground: tuple[int, int, int]) -> np.ndarray:
    """A person of flat shapes before a plain ground with grain, RGB."""
    out = np.empty((400, 300, 3), np.int16)
    out[:] = ground
    out[40:100, 125:175] = (224, 172, 140)
    out[100:220, 100:200] = coat
    out[220:370, 106:194] = legs
    out += np.random.default_rng(1).integers(-8, 8, (400, 300, 1), np.int16)
    return np.clip(out, 0, 255).astype(np.uint8)


@pytest.fixture
def pictures(tmp_path: Path) -> list[InputFile]:
    return [
        source_picture(tmp_path / "mia.png", somebody(YELLOW, BLUE, (205, 205, 210))),
        source_picture(tmp_path / "ben.png", somebody(RED, GREY, (90, 140, 90))),
    ]


def figures(prompt: str, sources: list[InputFile]) -> list[Figure]:
    roles = reference_cast.roles(prompt, sources, 2.0)
    assert roles
    return [
        f
        for span in shots(roles.prompt, 2.0)
        for f in reference_cast.recast_reading(read_shot(span), roles, sources).figures
    ]


def near(colour: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return max(abs(a - b) for a, b in zip(colour, other, strict=True)) < 24


def test_clothes_are_read_from_a_picture_a_cut_out_and_a_clip(tmp_path: Path, pictures: list[InputFile]) -> None:
    rgb = somebody(RED, GREY, (0, 0, 0))
    alpha = np.where(rgb.max(2) > 20, 255, 0).astype(np.uint8)
    cut_out = source_picture(tmp_path / "cut.png", np.dstack((rgb, alpha)))
    clip = source_clip(tmp_path / "c.mp4", np.stack([somebody(RED, GREY, (90, 140, 90))] * 3))
    assert [near(a, b) for a, b in zip(reference_colours.clothes(pictures[0]), (YELLOW, BLUE), strict=True)] == [
        True
    ] * 2
    for source in (pictures[1], cut_out, clip):
        assert [near(a, b) for a, b in zip(reference_colours.clothes(source), (RED, GREY), strict=True)] == [True] * 2


def test_one_garment_gives_legs_of_a_darker_shade(tmp_path: Path) -> None:
    upper, lower = reference_colours.clothes(source_picture(tmp_path / "s.png", np.full((90, 90, 3), RED, np.uint8)))
    assert near(upper, RED)
    assert sum(lower) < sum(upper)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (
            "Cast: Mia, a runner; Jo\nReferences: Mia = character1\nShot: @Mia runs while @Jo jumps",
            [("Mia", "running", YELLOW), ("Jo", "jumping", None)],
        ),
        (
            "Cast: 小明, 一个男孩; 小红\nPlaces: 海滩, 海边\nReferences: 小明 = character1; 小红 = character2\n"
            "Shot: 全景，@小明在@海滩上奔跑，@小红挥手",
            [("小明", "running", YELLOW), ("小红", "waving", RED)],
        ),
        ("character2 runs, character1 sits", [("character2", "running", RED), ("character1", "sitting", YELLOW)]),
        ("角色1在森林里跳舞，角色2坐着看书", [("character1", "dancing", YELLOW), ("character2", "sitting", RED)]),
        ("@Ben jumps beside @Mia", [("Ben", "jumping", RED), ("Mia", "", YELLOW)]),
        ("a woman runs on the beach", [("", "running", YELLOW)]),
        ("image 2 dances on a stage", [("character2", "dancing", RED)]),
    ],
)
def test_people_act_and_wear_their_references(
    pictures: list[InputFile], prompt: str, expected: list[tuple[str, str, tuple[int, int, int] | None]]
) -> None:
    seen = figures(prompt, pictures)
    assert [(f.name, f.posture) for f in seen] == [(name, posture) for name, posture, _ in expected]
    for figure, (_, _, coat) in zip(seen, expected, strict=True):
        assert near(figure.worn[0], coat) if coat else not figure.worn


@pytest.mark.parametrize("prompt", ["", "slow dolly in, a beach at sunset", "image 1 and image 2"])
def test_references_alone_are_shown_themselves(pictures: list[InputFile], prompt: str) -> None:
    assert reference_cast.roles(prompt, pictures, 2.0) is None


def _frame(folder: Path, prompt: str, references: list[InputFile]) -> np.ndarray:
    folder.mkdir()
    inputs = {"references": references}
    result = made(folder, "reference-to-video", prompt, inputs=inputs, width=640, height=360)
    return frames(result["path"])[8].astype(int)


def test_a_member_with_a_picture_has_it_small_beside_the_name_in_the_caption(
    tmp_path: Path, pictures: list[InputFile]
) -> None:
    """The disc is no taller than a line; a shot without its figure shows neither disc nor picture."""
    cast = "Cast: Mia, a runner\nReferences: Mia = character1\nShot: "
    with_her, without = (
        _frame(tmp_path / name, cast + shot, pictures[:1])
        for name, shot in (("a", "wide shot, @Mia runs on a beach"), ("b", "wide shot, a beach"))
    )

    def yellow(frame: np.ndarray) -> np.ndarray:
        return (frame[..., 0] > 170) & (frame[..., 2] < 90) & (frame[..., 1] > 120)

    rows, columns = np.nonzero(yellow(with_her[325:, 500:]))
    assert len(rows) > 20 and np.ptp(rows) < 24 and np.ptp(columns) < 24
    assert not yellow(without[325:, 500:]).any()


def test_a_reference_changes_clothes_and_nothing_else(tmp_path: Path, pictures: list[InputFile]) -> None:
    """The frame differs from that without the picture only where the figure is, and shows its coat there."""
    prompt = "Cast: Mia, a woman in a red coat; Jo\nShot: Wide, static. @Mia runs while @Jo jumps on a pier"
    for name in ("plain", "worn"):
        (tmp_path / name).mkdir()
    plain = frames(made(tmp_path / "plain", "text-to-video", prompt, width=320, height=180)["path"])[8]
    worn = prompt.replace("\nShot", "\nReferences: Mia = character1\nShot")
    result = made(
        tmp_path / "worn", "reference-to-video", worn, inputs={"references": pictures[:1]}, width=320, height=180
    )
    frame = frames(result["path"])[8].astype(int)
    changed = np.abs(frame - plain).max(2) > 30
    changed[FOOT:] = False  # the caption has her portrait
    assert 20 < changed.sum() < 0.05 * changed.size
    coat = frame[changed]
    assert ((coat[:, 0] > coat[:, 2] + 50) & (coat[:, 1] > coat[:, 2] + 30)).sum() > 20, "yellow"
