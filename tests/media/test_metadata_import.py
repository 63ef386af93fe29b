"""Settings of other programs: the right prompt, seed and size, or a sentence that they could not be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.errors import MediaError
from studio.media import metadata
from tests.media.test_metadata import png
from tests.support import samples

SEED = 2**64 - 1
LATENT = {"class_type": "EmptyLatentImage", "inputs": {"width": 832, "height": 480}}


def text(words: Any) -> dict[str, Any]:
    return {"class_type": "CLIPTextEncode", "inputs": {"text": words, "clip": ["1", 1]}}


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def sampler(positive: Any = ("6", 0), negative: Any = ("7", 0), latent: Any = ("5", 0), **more: Any) -> dict[str, Any]:
    links = {"positive": list(positive), "negative": list(negative), "latent_image": list(latent)}
    return node("KSampler", **({"seed": SEED, "steps": 20, "cfg": 3.5} | links | more))


PLAIN = {"3": sampler(), "5": LATENT, "6": text("a fox"), "7": text("bad")}
I2V = node("WanImageToVideo", width=832, height=480, positive=["6", 0], negative=["7", 0], start_image=["9", 0])
SCALED = node("ImageScale", width=64, height=64, image=["10", 0])
LOW = node(
    "KSamplerAdvanced", add_noise="disable", noise_seed=0, steps=20, cfg=1,
    positive=["6", 0], negative=["7", 0], latent_image=["57", 0],
)  # fmt: skip
HIGH = node(
    "KSamplerAdvanced", add_noise="enable", noise_seed=SEED, steps=20, cfg=3.5,
    positive=["6", 0], negative=["7", 0], latent_image=["5", 0],
)  # fmt: skip
KIJAI = {
    "27": node("WanVideoSampler", steps=10, cfg=6, seed=SEED, text_embeds=["16", 0], image_embeds=["37", 0]),
    "16": node("WanVideoTextEncode", positive_prompt="a fox", negative_prompt="bad", t5=["11", 0]),
    "37": node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=81),
}
SECOND = {"28": node("WanVideoSampler", seed=1, text_embeds=["16", 0], image_embeds=["37", 0], samples=["27", 0])}
FLUX = {
    "13": node("SamplerCustomAdvanced", noise=["25", 0], guider=["22", 0], sigmas=["17", 0], latent_image=["5", 0]),
    "25": node("RandomNoise", noise_seed=SEED),
    "22": node("CFGGuider", positive=["26", 0], negative=["7", 0], cfg=3.5),
    "26": node("FluxGuidance", conditioning=["6", 0], guidance=9),
    "17": node("BasicScheduler", steps=20),
}
ENDS = {"5": LATENT, "6": text("a fox"), "7": text("bad")}
GRAPHS: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "negative written first": dict(reversed(PLAIN.items())),
    "image to video, two conditionings": PLAIN | {"3": sampler(["8", 0], ["8", 1], ["8", 2]), "8": I2V, "9": SCALED},
    "negative of a control net, which stands first": {"7": text("bad")}
    | PLAIN
    | {"3": sampler(["8", 0], ["8", 1]), "8": node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0])},
    "two samplers, low noise first": {"58": LOW, "57": HIGH} | ENDS,
    "low noise first, not linked": {"58": LOW | {"inputs": LOW["inputs"] | {"latent_image": ["5", 0]}}, "57": HIGH}
    | ENDS,
    "second pass first": {"9": sampler(latent=["4", 0], seed=1), "4": node("LatentUpscale", samples=["3", 0])} | PLAIN,
    "kijai": KIJAI,
    "kijai, two samplers": SECOND | KIJAI,
    "flux": FLUX | ENDS,
    "joined": PLAIN
    | {"6": text(["9", 0]), "9": node("StringConcatenate", string_a="a", string_b="fox", delimiter=" ")},
    "joined by others": PLAIN
    | {"6": text(["9", 0]), "9": node("JoinStrings", string1=["10", 0], string2="fox", delimiter=" ")}
    | {"10": node("PrimitiveStringMultiline", value="a")},
    "three texts": PLAIN
    | {"6": text(["9", 0]), "9": node("Text Concatenate", text_a="a", text_b="", text_c="fox", delimiter=" ")},
    "replaced": PLAIN | {"6": text(["9", 0]), "9": node("StringReplace", string="a dog", find="dog", replace="fox")},
    "shown": PLAIN
    | {"6": text(["9", 0]), "9": node("ShowText|pysssss", text=["10", 0]), "10": node("Text", text="a fox")},
    "rerouted": PLAIN | {"3": sampler(["9", 0]), "9": node("Reroute", value=["6", 0])},
    "loader": {"3": sampler(["1", 1], ["1", 2]), "5": LATENT}
    | {"1": node("Efficient Loader", positive="a fox", negative="bad", ckpt_name="x")},
    "seed of a node": PLAIN | {"3": sampler(seed=["9", 0]), "9": node("Seed (rgthree)", seed=SEED)},
}
WANTED = {"prompt": "a fox", "negative_prompt": "bad", "seed": SEED, "width": 832, "height": 480}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_comfyui_graph(name: str, tmp_path: Path) -> None:
    found = metadata.read_with_source(png(tmp_path / "a.png", prompt=json.dumps(GRAPHS[name])))
    assert found is not None
    program, settings = found
    assert program == "ComfyUI"
    assert {key: settings.get(key) for key in WANTED} == WANTED


def test_zeroed_conditioning_is_an_empty_negative_prompt(tmp_path: Path) -> None:
    graph = PLAIN | {"3": sampler(negative=["9", 0]), "9": node("ConditioningZeroOut", conditioning=["6", 0])}
    found = metadata.read(png(tmp_path / "a.png", prompt=json.dumps(graph)))
    assert found is not None and found["prompt"] == "a fox" and "negative_prompt" not in found


BY_A_MODEL = PLAIN | {"6": text(["9", 0]), "9": node("OllamaGenerate", prompt="describe this", image=["1", 0])}
UNREAD: dict[str, dict[str, str]] = {
    "written by a model": {"prompt": json.dumps(BY_A_MODEL)},
    "a circle": {"prompt": json.dumps({"3": sampler(["3", 0])})},
    "no sampler": {"prompt": json.dumps({"6": text("a fox")})},
    "an empty prompt": {"prompt": json.dumps(PLAIN | {"6": text("")})},
    "only the editor's form": {"workflow": json.dumps({"nodes": [], "links": []})},
    "a1111 without a prompt": {"parameters": "Negative prompt: bad\nSteps: 20, Sampler: Euler, Seed: 5"},
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_understood_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"in mine\.png could not be read: .*\.$"):
        metadata.read(png(tmp_path / "a.png", **UNREAD[name]), name="mine.png")


LINE = "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 9007199254740993, Size: 512x768, Model: x"
A1111 = {
    "plain": f"a fox\nNegative prompt: bad\n{LINE}",
    "template behind": f"a fox\nNegative prompt: bad\n{LINE}\nTemplate: a {{fox|dog}}, Steps: 3\nNegative Template: x",
    "quoted with a line break": f'a fox\nNegative prompt: bad\n{LINE}, Wildcard: "one\ntwo: 3, x", Version: 1',
    "windows lines": f"a fox\r\nNegative prompt: bad\r\n{LINE}\r\n",
}


def test_steps_may_stand_in_the_prompt(tmp_path: Path) -> None:
    found = metadata.read(png(tmp_path / "a.png", parameters=f"a fox\nSteps: 3, slowly\nNegative prompt: bad\n{LINE}"))
    assert found is not None and (found["prompt"], found["steps"]) == ("a fox\nSteps: 3, slowly", 20)


@pytest.mark.parametrize("name", A1111)
def test_a1111_text_need_not_end_with_its_settings(name: str, tmp_path: Path) -> None:
    found = metadata.read(png(tmp_path / "a.png", parameters=A1111[name]))
    wanted = {"prompt": "a fox", "negative_prompt": "bad", "seed": 9007199254740993, "steps": 20, "guidance": 7.0}
    assert found == wanted | {"width": 512, "height": 768}


SWARM = {"sui_image_params": {"prompt": "a fox", "negativeprompt": "bad", "seed": 77, "width": 832, "height": 480}}
FOOOCUS = {"prompt": "a fox", "negative_prompt": "bad", "seed": "77", "resolution": "(832, 480)", "base_model": "x"}
NOVELAI = {"prompt": "a fox", "uc": "bad", "seed": 77, "width": 832, "height": 480, "scale": 5}
EASY = {"prompt": "a fox", "negative_prompt": "bad", "seed": "77", "width": "832", "height": "480"}
WAN2GP = {"prompt": "a fox", "negative_prompt": "bad", "seed": 77, "resolution": "832x480", "model_type": "t2v"}
OTHERS: dict[str, tuple[str, dict[str, str]]] = {
    "swarm": ("SwarmUI", {"parameters": json.dumps(SWARM)}),
    "fooocus": ("Fooocus", {"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"}),
    "novelai": ("NovelAI", {"Software": "NovelAI", "Description": "a fox", "Comment": json.dumps(NOVELAI)}),
    "easy": ("Easy Diffusion", EASY),
    "wan2gp": ("Wan2GP", {"comment": json.dumps(WAN2GP)}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_programs(name: str, tmp_path: Path) -> None:
    program, texts = OTHERS[name]
    found = metadata.read_with_source(png(tmp_path / "a.png", **texts))
    assert found is not None and found[0] == program
    assert {key: found[1].get(key) for key in WANTED} == WANTED | {"seed": 77}


@pytest.mark.parametrize(
    "body", [SWARM, FOOOCUS, WAN2GP, EASY | {"num_inference_steps": 20}], ids=lambda b: str(list(b)[-1])
)
def test_json_in_a_jpegs_comment(body: dict[str, Any], tmp_path: Path) -> None:
    import piexif
    import piexif.helper

    comment = piexif.helper.UserComment.dump(json.dumps(body), encoding="unicode")
    exif = piexif.dump({"Exif": {piexif.ExifIFD.UserComment: comment}})
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    found = metadata.read(tmp_path / "a.jpg")
    assert found is not None and (found["prompt"], found["seed"]) == ("a fox", 77)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("vhs.mp4", {"comment": json.dumps({"prompt": json.dumps(PLAIN), "workflow": {}})}),
        ("vhs.mkv", {"comment": json.dumps({"prompt": json.dumps(PLAIN)})}),
        ("object.mp4", {"comment": json.dumps({"prompt": PLAIN})}),
        ("twice.mp4", {"prompt": json.dumps(json.dumps(PLAIN))}),
    ],
)
def test_a_graph_in_a_clip(name: str, how: dict[str, str], tmp_path: Path) -> None:
    """As VideoHelperSuite and others write it."""
    clip = samples.clip(tmp_path / "source.mp4", seconds=0.5, tone_hz=None)
    said = [part for key, value in how.items() for part in ("-metadata", f"{key}={value}")]
    flags = ("-movflags", "use_metadata_tags") if name.startswith("twice") else ()
    samples.run("-i", clip, "-c", "copy", *said, *flags, tmp_path / name)
    found = metadata.read(tmp_path / name)
    assert found is not None and {key: found.get(key) for key in WANTED} == WANTED
