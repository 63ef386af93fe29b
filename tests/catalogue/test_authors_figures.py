"""Rows of open models have the figures of their authors' cards, programs and official templates."""

from __future__ import annotations

from typing import Any

import pytest

from studio.catalogue import load

ROWS = load()
QWEN = {(1328, 1328), (1664, 928), (928, 1664), (1472, 1104), (1104, 1472), (1584, 1056), (1056, 1584)}


def test_qwen_image_offers_the_sizes_of_its_card() -> None:
    model = ROWS.get("local/qwen-image")
    assert {(s.width, s.height) for s in model.sizes} == QWEN
    assert model.default_size == ROWS.get("comfyui/qwen-image").default_size == (1328, 1328)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("wan2.2-t2v-a14b", {"steps": 40, "guidance": 4.0, "guidance_2": 3.0, "shift": 12.0}),
        ("wan2.2-i2v-a14b", {"steps": 40, "guidance": 3.5, "guidance_2": 3.5, "shift": 5.0}),
        ("wan2.2-ti2v-5b", {"steps": 50, "guidance": 5.0, "shift": 5.0}),
        ("hunyuanvideo-1.5-t2v", {"steps": 50, "guidance": 6.0, "shift": 5.0}),
        ("qwen-image", {"steps": 50, "guidance": 4.0}),
        ("qwen-image-edit", {"steps": 40, "guidance": 4.0}),
        ("kandinsky-5-t2v-lite", {"steps": 50, "guidance": 5.0}),
    ],
)
def test_best_is_what_the_authors_run(name: str, figures: dict[str, float]) -> None:
    best = ROWS.get(f"local/{name}").engine["modes"]["best"]
    assert {key: best.get(key) for key in figures} == figures


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("wan2.2-t2v-a14b", {"steps": 20, "guidance": 3.5, "shift": 5.0}),
        ("wan2.2-i2v-a14b", {"steps": 20, "guidance": 3.5, "shift": 5.0}),
        ("wan2.2-flf2v-a14b", {"steps": 20, "guidance": 4.0, "shift": 8.0}),
        ("wan2.2-ti2v-5b", {"steps": 20, "guidance": 5.0, "shift": 8.0}),
        ("qwen-image-edit", {"steps": 40, "guidance": 4.0}),
    ],
)
def test_graphs_start_with_the_values_of_the_official_templates(name: str, figures: dict[str, Any]) -> None:
    params = ROWS.get(f"comfyui/{name}").params
    assert {key: params[key].default for key in figures} == figures


@pytest.mark.parametrize("model", [m for m in ROWS if m.provider in ("local", "comfyui") and m.params.get("guidance")])
def test_a_model_with_guidance_gets_the_authors_negative_prompt(model: Any) -> None:
    """Where a negative prompt acts and the authors send one. Flux takes none, Qwen-Image a single space or none."""
    if model.negative_prompt and model.negative_prompt.max_chars and model.family in ("Wan", "LTX"):
        assert model.engine.get("negative"), model.id


def test_frames_of_open_wan_are_four_n_plus_one_everywhere() -> None:
    """The makers' own count: 5 s are 81 frames at 16 a second, 121 at 24."""
    rows = [
        m
        for m in ROWS
        if m.canonical.startswith("wan2.2") and "s2v" not in m.canonical and "num_frames" in str(m.request)
    ]
    assert rows
    for model in rows:
        for path, field in model.request.items():
            if path.endswith("num_frames") and field.value is None:
                for seconds in (2, 3, 4, 5):
                    assert (seconds * field.scale + field.plus) % 4 == 1, model.id
