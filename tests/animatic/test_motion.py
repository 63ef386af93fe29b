"""Camera words are real moves: even to a fraction of a pixel, with parallax, cut at exactly the written times."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio.animatic.clips import camera, camera_view
from studio.animatic.clips.camera import Path as Way
from studio.animatic.text.reading import Move
from tests.support.drafts import cut_frames, frames, made, scenery, source_picture

SIZE = 320, 180


def way(*kinds: str, seconds: float = 5.0, prompt: str = "") -> Way:
    return camera.path([Move(k) for k in kinds], seconds=seconds, seed=3, prompt=prompt)


def dot(depth: float, scale: float = 1.0) -> list[camera_view.Plate]:
    """A black ground and one soft white dot in its middle, as plates twice the frame."""
    y, x = np.mgrid[-180:180, -320:320]
    alpha = (255 * np.exp(-((x + 0.5) ** 2 + (y + 0.5) ** 2) / 180)).astype(np.uint8)
    rgba = np.dstack([np.full_like(alpha, 255)] * 3 + [alpha])
    plates = [
        camera_view.plate(np.zeros((360, 640, 3), np.uint8), depth=0),
        camera_view.plate(rgba, depth=depth, scale=scale),
    ]
    return [p for p in plates if p is not None]


def centre(plates: list[camera_view.Plate], pose: camera.CameraPose) -> np.ndarray:
    """Where the dot is seen, px from the frame's middle."""
    width, height = SIZE
    canvas = tuple(np.zeros(s, np.uint8) for s in ((height, width), *[(height // 2, width // 2)] * 2))
    camera_view.draw(plates, pose, canvas)  # type: ignore[arg-type]
    light = canvas[0].astype(float) - 16
    light[light < 4] = 0
    ys, xs = np.mgrid[:height, :width]
    return np.array([(xs * light).sum(), (ys * light).sum()]) / light.sum() - ((width - 1) / 2, (height - 1) / 2)


@pytest.mark.parametrize("kind", ["pan-right", "tracking-left", "crane-up", "tilt-down", "handheld", "orbit-left"])
def test_a_move_is_smooth_to_a_twentieth_of_a_pixel(kind: str) -> None:
    """The dot follows its ideal way with an error below 0.05 px rms: no jitter, at any place between two pixels."""
    plates, path = dot(0.5), way(kind)
    off = []
    for n in range(40):
        pose = path.at(n / 39)
        dx, dy, size = pose.seen(0.5)
        ideal = np.array([dx * SIZE[0], dy * SIZE[1]])
        off.append(centre(plates, pose) - ideal)
        assert size > 0
    assert np.sqrt(np.mean(np.square(off))) < 0.05


@pytest.mark.parametrize("kind", ["dolly-in", "zoom-out"])
def test_a_change_of_size_keeps_the_middle_in_the_middle(kind: str) -> None:
    plates, path = dot(0.5), way(kind)
    off = [centre(plates, path.at(n / 39)) for n in range(40)]
    assert np.sqrt(np.mean(np.square(off))) < 0.05


def test_tracking_shows_parallax_and_a_pan_does_not_much() -> None:
    track = [way("tracking-right").at(t) for t in (0, 1)]
    pan = [way("pan-right").at(t) for t in (0, 1)]

    def travel(poses: list[camera.CameraPose], depth: float) -> float:
        return abs(poses[1].seen(depth)[0] - poses[0].seen(depth)[0])

    assert travel(track, 1.0) > 3 * travel(track, 0.0)
    assert travel(pan, 1.0) < 1.2 * travel(pan, 0.0)


def test_a_tracking_camera_keeps_its_subject_and_the_world_slides_by() -> None:
    path = way("tracking-right")
    subject = [dot(0.6)[0], replace(dot(0.6)[1], followed=True)]
    kept, passed = ([centre(plates, path.at(t))[0] for t in (0, 1)] for plates in (subject, dot(0.6)))
    assert abs(kept[1] - kept[0]) < 0.1
    assert passed[0] - passed[1] > 30


def test_what_nearer_ground_hides_is_left_out_and_nothing_else() -> None:
    """Frames are as if every layer were drawn whole, whatever the camera does, and no pixel keeps what it was."""
    rng = np.random.default_rng(2)
    layers = [cv2.GaussianBlur(rng.integers(0, 256, (260, 460, 4), np.uint8), (0, 0), 4) for _ in range(3)]
    layers[0][..., 3] = 255
    for layer, ground in zip(layers[1:], ((40, 90), (170, 260)), strict=True):
        layer[ground[0] : ground[1], :, 3] = 255
    found = [camera_view.plate(layer, depth=0.4 * n) for n, layer in enumerate(layers)]
    plates = [plate for plate in found if plate is not None]
    assert [len(plate.solid) for plate in plates] == [0, 1, 1]
    for kind in ("pan-left", "crane-up", "dolly-in", "zoom-out", "orbit-left"):
        for t in (0.0, 0.3, 1.0):
            quick, whole = (
                tuple(np.full(s, old, np.uint8) for s in (SIZE[::-1], *[(SIZE[1] // 2, SIZE[0] // 2)] * 2))
                for old in (3, 250)
            )
            camera_view.draw(plates, way(kind).at(t), quick)  # type: ignore[arg-type]
            camera_view.draw([replace(plate, solid=()) for plate in plates], way(kind).at(t), whole)  # type: ignore[arg-type]
            for one, other in zip(quick, whole, strict=True):
                assert np.abs(one.astype(int) - other).max() <= 6, (kind, t)


def test_moves_start_and_end_at_rest() -> None:
    path = way("pan-left")
    at = [path.at(t).turn_x for t in (0, 0.01, 0.5, 0.51, 0.99, 1)]
    assert abs(at[1] - at[0]) < 0.1 * abs(at[3] - at[2])
    assert abs(at[5] - at[4]) < 0.1 * abs(at[3] - at[2])


def test_directions_are_those_of_the_words() -> None:
    """Camera right: the picture slides left. Dolly in and zoom in enlarge."""
    assert way("pan-right").at(1).seen(0.5)[0] < way("pan-right").at(0).seen(0.5)[0]
    assert way("crane-up").at(1).seen(0.5)[1] > way("crane-up").at(0).seen(0.5)[1]
    assert way("dolly-in").at(1).seen(0.5)[2] > 1.15 > way("dolly-in").at(0).seen(0.5)[2]
    assert way("zoom-out").at(1).seen(0.5)[2] < way("zoom-out").at(0).seen(0.5)[2]


def test_opposite_moves_follow_each_other() -> None:
    path = way("dolly-in", "dolly-out")
    sizes = [path.at(t).near for t in (0.0, 0.5, 1.0)]
    assert sizes[1] > sizes[0] + 0.2
    assert sizes[1] > sizes[2] + 0.2


@pytest.mark.parametrize("kind", ["pan-right", "tracking-left", "crane-down", "orbit-right", "handheld", "dolly-out"])
def test_no_edge_of_a_layer_ever_shows(kind: str) -> None:
    path = way(kind)
    need = path.overscan(*SIZE)
    white = camera_view.plate(np.full((int(180 * need) + 1, int(320 * need) + 1, 3), 255, np.uint8), depth=1.0)
    assert white is not None
    for n in range(25):
        step, x, y = white.window(path.at(n / 24), *SIZE)
        assert min(x, y) >= -0.5, "half a pixel is still the edge's own pixel"
        assert x + step * (SIZE[0] - 1) <= white.y.shape[1] - 0.5
        assert y + step * (SIZE[1] - 1) <= white.y.shape[0] - 0.5


def test_cuts_fall_on_exactly_the_written_frames(tmp_path: Path) -> None:
    shots = ("[0-0.5s] night city, static", "[0.5-1.25s] snowy mountains at noon", "[1.25-2s] red desert at sunset")
    prompt = " ".join(f"Shot {n} {shot}." for n, shot in enumerate(shots, 1))
    clip = frames(made(tmp_path, "text-to-video", prompt, duration_s=2.0, fps=24)["path"])
    assert len(clip) == 48
    assert cut_frames(clip) == [12, 30]


@pytest.mark.parametrize(
    ("size", "fps", "seconds"), [((108, 192), 12, 1.0), ((64, 64), 60, 1.1), ((256, 110), 25, 1.0)]
)
def test_any_size_rate_and_length(tmp_path: Path, size: tuple[int, int], fps: int, seconds: float) -> None:
    result = made(tmp_path, "text-to-video", "rain", width=size[0], height=size[1], fps=fps, duration_s=seconds)
    clip = frames(result["path"])
    assert clip.shape == (round(fps * seconds), size[1], size[0], 3)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    def clip(name: str, seed: int) -> bytes:
        folder = tmp_path / name
        folder.mkdir()
        prompt = "handheld, a crowd in the rain at night"
        return Path(made(folder, "text-to-video", prompt, seed=seed, sound=True)["path"]).read_bytes()

    first = clip("a", 5)
    assert clip("b", 5) == first
    assert clip("c", 6) != first


def test_a_still_camera_is_still_and_rain_is_not(tmp_path: Path) -> None:
    calm = frames(made(tmp_path, "text-to-video", "static shot, mountains at noon")["path"]).astype(int)
    assert np.abs(calm[12] - calm[18]).mean() < 0.6
    wet = frames(made(tmp_path, "text-to-video", "static shot, heavy rain in a street")["path"]).astype(int)
    assert np.abs(wet[12] - wet[18]).mean() > 1.0


def test_first_and_last_frame_bound_the_clip(tmp_path: Path) -> None:
    first, last = scenery(), np.ascontiguousarray(255 - scenery())
    sources = {
        "first_frame": [source_picture(tmp_path / "a.png", first)],
        "last_frame": [source_picture(tmp_path / "b.png", last)],
    }
    params = {"caption": False}
    clip = frames(made(tmp_path, "image-to-video", "", inputs=sources, params=params)["path"]).astype(int)
    sky = clip[:, 20, 20]
    assert np.abs(sky[0] - first[40, 40]).max() < 6
    assert np.abs(sky[-1] - last[40, 40]).max() < 6
    assert np.abs(sky[12] - (first[40, 40].astype(int) + last[40, 40]) / 2).max() < 30


def test_a_picture_keeps_its_colours_and_moves_as_asked(tmp_path: Path) -> None:
    source = source_picture(tmp_path / "a.png", scenery())
    clip = frames(made(tmp_path, "image-to-video", "pan right", inputs={"first_frame": [source]})["path"]).astype(int)
    red = [np.flatnonzero((f[54, :, 0] > 150) & (f[54, :, 1] < 90)).mean() for f in clip]
    assert red[0] - red[-1] > 20
    assert all(b <= a + 0.6 for a, b in itertools.pairwise(red))
    assert np.abs(clip[0, 10, 10] - (90, 150, 220)).max() < 8
