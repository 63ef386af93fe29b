"""What the slots of strangers' workflows are guessed to be, beyond the nodes of ComfyUI itself."""

from __future__ import annotations

import pytest

from studio.domain import JSON, Kind
from studio.engines.comfyui import workflow


def node(cls: str, /, **inputs: object) -> JSON:
    return {"class_type": cls, "inputs": inputs}


SAMPLER = node("KSampler", positive=["2", 0], negative=["3", 0], seed=1)
ENCODERS = {"1": SAMPLER, "2": node("CLIPTextEncode", text=["4", 0]), "3": node("CLIPTextEncode", text=["5", 0])}
WRAPPER = node("WanVideoTextEncode", positive_prompt="a fox", negative_prompt="bad", force_offload=True)
MASKED = {"1": node("LoadImage", image="a.png"), "2": node("LoadImageMask", image="b.png", channel="alpha")}
CASES: dict[str, tuple[JSON, Kind, dict[str, str]]] = {
    "Kijai's wrapper": (
        {"1": WRAPPER},
        Kind.VIDEO,
        {"1.positive_prompt": "prompt", "1.negative_prompt": "negative_prompt"},
    ),
    "primitives": (
        ENCODERS | {"4": node("PrimitiveStringMultiline", value="a fox"), "5": node("PrimitiveString", value="bad")},
        Kind.IMAGE,
        {"4.value": "prompt", "5.value": "negative_prompt"},
    ),
    "easy": (
        ENCODERS | {"4": node("easy positive", positive="a fox"), "5": node("easy negative", negative="bad")},
        Kind.IMAGE,
        {"4.positive": "prompt", "5.negative": "negative_prompt"},
    ),
    "through a node": (
        ENCODERS | {"4": node("StringTrim", string=["6", 0]), "5": node("X"), "6": node("PrimitiveString", value="f")},
        Kind.IMAGE,
        {"6.value": "prompt"},
    ),
    "a text for something else": (
        {"1": node("PrimitiveString", value="clip"), "2": node("SaveVideo", filename_prefix=["1", 0])},
        Kind.VIDEO,
        {"1.value": ""},
    ),
    "a clip": ({"1": node("VHS_LoadVideo", video="a.mp4", force_rate=0)}, Kind.VIDEO, {"1.video": "video"}),
    "a picture and its mask": (MASKED, Kind.IMAGE, {"1.image": "images", "2.image": "images", "2.channel": ""}),
    "a mask of a clip": (MASKED, Kind.VIDEO, {"1.image": "first_frame", "2.image": ""}),
}


@pytest.mark.parametrize(("graph", "makes", "guesses"), list(CASES.values()), ids=list(CASES))
def test_slots_are_guessed(graph: JSON, makes: Kind, guesses: dict[str, str]) -> None:
    found = {f"{s.node}.{s.field}": s.guess for s in workflow.slots(graph, makes=makes)}
    assert {slot: found[slot] for slot in guesses} == guesses
