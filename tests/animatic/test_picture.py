"""What is named looks as named: the same person in every shot, things in their colours, light where it belongs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from studio.animatic import tables
from studio.animatic.clips import scenes
from studio.animatic.clips.camera import CameraPose
from studio.animatic.draw import figures
from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.scene import Scene, compose, still
from studio.animatic.draw.shine import Shine
from studio.animatic.text.reader import read

HEADER = (
    "Style: overcast northern light, muted blue and ochre.\nCast: Maren, a keeper of seventy in a yellow oilskin; "
    "Ida, a girl of nine in a red knitted hat; Tom, a bald man of fifty with a beard in a green coat"
)


def scene(prompt: str, seed: int = 3) -> Scene:
    return compose(read(prompt, header=HEADER), 320, 180, seed)


def looks(monkeypatch: pytest.MonkeyPatch, prompt: str, seed: int = 3) -> dict[str, Appearance]:
    """How everybody in the picture looked when the brush was set down, by name."""
    seen: dict[str, Appearance] = {}
    paint = figures.appearance_of

    def noted(plan, figure, index):  # type: ignore[no-untyped-def]
        seen[figure.name] = paint(plan, figure, index)
        return seen[figure.name]

    monkeypatch.setattr(figures, "appearance_of", noted)
    scene(prompt, seed)
    return seen


def test_the_same_name_looks_the_same_in_two_shots_whatever_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = looks(monkeypatch, "Medium shot of Tom in a street at noon", 1)["Tom"]
    second = looks(monkeypatch, "Tom and Maren walk, street, noon", 1)["Tom"]
    third = looks(monkeypatch, "Wide shot, Tom runs in a street at noon", 9)["Tom"]
    kept = [(look.build, look.wears, look.long_hair, look.sex) for look in (first, second, third)]
    assert kept[0] == kept[1] == kept[2]
    assert {"bald", "beard", "coat"} <= set(first.wears)
    assert first.top[1] > max(first.top[0], first.top[2]), "the green coat is green"


def test_clothes_keep_their_colours_under_a_muted_style(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = looks(monkeypatch, "Two-shot, Maren and Ida at the window")
    red, green, blue = seen["Maren"].top
    assert min(red, green) > 1.3 * blue, "the yellow oilskin"
    hat = seen["Ida"].garment_colours["hat"]
    assert hat[0] > 1.6 * max(hat[1:]), "the red hat"


def test_a_child_is_shorter_than_the_adult_beside_it() -> None:
    maren, ida = read("Two-shot, Maren and Ida", header=HEADER).figures
    assert figures.size_of(ida) < 0.8 * figures.size_of(maren)


def _layer(made: Scene, name: str) -> np.ndarray:
    return next(layer.rgba for layer in made.layers if layer.name == name)


def test_gulls_are_light_on_a_dark_sea_and_small() -> None:
    made = scene("Wide shot of the sea at night, gulls")
    birds = _layer(made, "figures")
    shown = birds[..., 3] > 200
    assert birds[shown][:, :3].mean() > 1.3 * _layer(made, "sea")[..., :3].mean()
    assert shown.mean() < 0.01
    assert max(row.get("birds", 0) for row in tables.load("draw/shots").values()) < 0.08


def test_a_white_lighthouse_is_white_and_stands_whole_in_the_frame() -> None:
    made = scene("Wide aerial shot of a white lighthouse on a rocky island at noon")
    tower = _layer(made, "things")
    shown = tower[..., 3] > 128
    top = (tower.shape[0] - made.height) // 2
    assert not shown[: top + 2].any()
    body = tower[shown][:, :3].astype(int)
    pale = body[body.min(1) > 150]
    assert len(pale) > 60
    assert np.abs(pale[:, 0] - pale[:, 2]).mean() < 40


def test_colours_of_a_style_are_shared_out_instead_of_one_wash() -> None:
    frame = still(scene("Wide shot of the sea at noon")).astype(int)
    sky, sand = frame[10:50].mean((0, 1)), frame[-60:-45].mean((0, 1))
    assert sky[2] > sky[0], "the blue takes the sky"
    assert sand[0] - sand[2] > sky[0] - sky[2] + 10, "the ground stays warmer"


def test_hours_stay_apart_under_one_style() -> None:
    night, dawn, noon = (still(scene(f"the sea at {hour}")).mean() for hour in ("night", "dawn", "noon"))
    assert night < 0.75 * dawn
    assert dawn < noon


def test_a_glass_one_looks_through_is_a_window_and_no_cup() -> None:
    made = scene("Close-up of Ida at the round window, breath on the glass")
    assert {layer.name for layer in made.layers} >= {"room", "figures"}
    assert "things" not in {layer.name for layer in made.layers}


def test_a_beam_sweeps_with_the_time_and_follows_the_camera() -> None:
    made = scene("Wide shot at night, the beam of the lighthouse sweeps across the sea")
    assert [one.state for one in made.shines] == ["sweeps"]
    lights = scenes.Lights(made.shines, 5.0)
    frames = [lit(lights, time_s, CameraPose()) for time_s in (0.0, 1.5, 3.0)]
    assert min(np.abs(a - b).mean() for a, b in pairwise(frames)) > 0.5
    assert np.abs(lit(lights, 0.0, CameraPose(turn_x=0.2)) - frames[0]).mean() > 0.5


def test_a_lamp_that_is_lit_makes_a_dark_picture_bright() -> None:
    lights = scenes.Lights((Shine(0.5, 0.5, 0.5, "lit"),), 4.0)
    assert lit(lights, 0.0, CameraPose()).mean() + 20 < lit(lights, 3.9, CameraPose()).mean()
    out = scenes.Lights((Shine(0.5, 0.5, 0.5, "dark"),), 4.0)
    assert lit(out, 3.9, CameraPose()).mean() + 20 < lit(out, 0.0, CameraPose()).mean()


def lit(lights: scenes.Lights, time_s: float, pose: CameraPose) -> np.ndarray:
    """The luma of a grey frame under these lights."""
    canvas = np.full((90, 160), 110, np.uint8), *(np.full((45, 80), 128, np.uint8) for _ in range(2))
    lights.composite(canvas, time_s, pose)  # type: ignore[arg-type]
    return canvas[0].astype(float)
