"""Which model file of the user's ComfyUI each role of our own graphs takes: found, chosen, kept, and never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import catalogue
from studio.domain import JSON, Run, Status
from studio.engines.comfyui.build import classes
from studio.errors import CapabilityError, NotFound, Unavailable
from studio.studio import Studio
from tests.providers.comfyui import ComfyServer, official_files
from tests.providers.serving import served
from tests.support.comfyui import opened

T2V = "comfyui/wan2.2-t2v-a14b"
OTHER = "mine/wan22-high-Q8.safetensors"


@pytest.fixture
def server(tmp_path: Path) -> ComfyServer:
    """A ComfyUI with every official file, and one of the user's own."""
    files = official_files()
    files["diffusion_models"].append(OTHER)
    return ComfyServer(tmp_path / "comfy", files)


@pytest.fixture
def comfy(server: ComfyServer) -> Iterator[str]:
    """Its address."""
    with served(server.app()) as base:
        yield base


def clip(studio: Studio, **more: object) -> Run:
    body = {"task": "text-to-video", "model": T2V, "prompt": "a fox", "width": 256, "height": 256, "duration_s": 1}
    [run] = studio.local.requests.submit(body | more)
    [done] = studio.local.runs.wait([run.id], timeout_s=20)
    return done


def sent(server: ComfyServer, cls: str, field: str) -> list[object]:
    return [n["inputs"][field] for n in server.graphs[-1].values() if n["class_type"] == cls]


def about(studio: Studio, model: str = T2V, *, fresh: bool = False) -> JSON:
    return next(m for m in studio.comfyui_models.overview(refresh=fresh)["models"] if m["id"] == model)


def role(studio: Studio, name: str, *, fresh: bool = False) -> JSON:
    return next(r for r in about(studio, fresh=fresh)["roles"] if r["role"] == name)


def test_a_chosen_file_is_what_the_next_run_takes_and_the_others_stay_automatic(
    tmp_path: Path, server: ComfyServer, comfy: str
) -> None:
    with opened(tmp_path, comfy) as studio:
        studio.comfyui_models.choose(T2V, "high", OTHER)
        assert clip(studio).status == Status.SUCCEEDED
        assert sent(server, "UNETLoader", "unet_name") == [OTHER, "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors"]
        studio.comfyui_models.choose(T2V, "high", "")
        clip(studio)
        assert OTHER not in sent(server, "UNETLoader", "unet_name")


def test_a_choice_survives_a_restart(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    with opened(tmp_path, comfy) as studio:
        studio.comfyui_models.choose(T2V, "high", OTHER)
    with opened(tmp_path, comfy) as studio:
        assert (role(studio, "high")["chosen"], role(studio, "high")["file"]) == (OTHER, OTHER)
        clip(studio)
    assert OTHER in sent(server, "UNETLoader", "unet_name")


def test_a_chosen_file_that_vanished_is_said_and_nothing_takes_its_place(
    tmp_path: Path, server: ComfyServer, comfy: str
) -> None:
    with opened(tmp_path, comfy) as studio:
        studio.comfyui_models.choose(T2V, "high", OTHER)
        server.models["diffusion_models"].remove(OTHER)
        done = clip(studio)
        assert done.status == Status.FAILED
        assert f"no longer has {OTHER}, your choice for high-noise expert" in (done.error or "")
        assert server.posts == {}
        assert (role(studio, "high", fresh=True)["file"], about(studio)["state"]) == ("", "files")


def test_a_file_that_goes_or_comes_between_two_runs_is_seen(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    with opened(tmp_path, comfy) as studio:
        assert clip(studio).status == Status.SUCCEEDED
        server.models["vae"] = []
        assert "is missing wan_2.1_vae.safetensors in models/vae" in (clip(studio).error or "")
        server.models["vae"] = ["wan_2.1_vae.safetensors"]
        assert clip(studio).status == Status.SUCCEEDED


@pytest.mark.parametrize(
    ("model", "name", "file", "error"),
    [
        (T2V, "high", "not-there.safetensors", CapabilityError),
        (T2V, "high", "wan_2.1_vae.safetensors", CapabilityError),  # it is there, but in another folder
        (T2V, "third", OTHER, NotFound),
        ("comfyui/nothing", "high", OTHER, NotFound),
    ],
)
def test_only_a_file_that_the_server_lists_for_the_role_can_be_chosen(
    tmp_path: Path, comfy: str, model: str, name: str, file: str, error: type[Exception]
) -> None:
    with opened(tmp_path, comfy) as studio:
        with pytest.raises(error):
            studio.comfyui_models.choose(model, name, file)
        assert not any(r["chosen"] for m in studio.comfyui_models.overview()["models"] for r in m["roles"])


def test_what_is_missing_is_named_with_folder_and_source(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    server.models["vae"] = []
    with opened(tmp_path, comfy) as studio:
        vae = role(studio, "vae")
        assert (vae["file"], vae["official"], vae["folder"]) == ("", "wan_2.1_vae.safetensors", "vae")
        assert vae["url"].startswith("https://huggingface.co/Comfy-Org/")
        assert about(studio)["state"] == "files"
        server.models["vae"] = ["wan_2.1_vae.safetensors"]
        assert about(studio)["state"] == "files"  # as it was seen
        assert about(studio, fresh=True)["state"] == "ready"


def test_a_server_that_is_too_old_for_a_model_is_told_apart(tmp_path: Path, comfy: str) -> None:
    with opened(tmp_path, comfy) as studio:
        found = about(studio, "comfyui/ltx-2")
        assert found["state"] == "nodes"
        assert "LTXAVTextEncoderLoader" in found["nodes"]


def test_without_a_server_nothing_is_claimed_and_nothing_can_be_chosen(tmp_path: Path) -> None:
    with opened(tmp_path, "http://127.0.0.1:9") as studio:
        assert (studio.comfyui_models.overview()["server"], about(studio)["state"]) == ("silent", "unknown")
        with pytest.raises(Unavailable, match="not responding"):
            studio.comfyui_models.choose(T2V, "high", OTHER)
        studio.comfyui_models.choose(T2V, "high", "")  # going back needs no server
    with opened(tmp_path, "") as studio:
        assert studio.comfyui_models.overview()["server"] == "unset"


def test_a_broken_file_of_choices_is_begun_anew(tmp_path: Path, comfy: str) -> None:
    (tmp_path / "data").mkdir()
    for text in ("{", "[]", json.dumps({"files": {T2V: 3}})):
        (tmp_path / "data" / "comfyui.json").write_text(text)
        with opened(tmp_path, comfy) as studio:
            assert role(studio, "high")["chosen"] == ""
            studio.comfyui_models.choose(T2V, "high", OTHER)
            assert role(studio, "high")["chosen"] == OTHER


def test_own_lora_files_go_to_the_experts_they_name(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    server.models["loras"] += ["wan\\film.safetensors", "walk.high.safetensors"]
    with opened(tmp_path, comfy) as studio:
        assert clip(studio, mode="fast", loras="film:0.5, walk.high.safetensors").status == Status.SUCCEEDED
    graph = server.graphs[-1]
    chains = []
    for sampling in (n for n in graph.values() if n["class_type"] == "ModelSamplingSD3"):
        chain, node = [], graph[sampling["inputs"]["model"][0]]
        while node["class_type"] == "LoraLoaderModelOnly":
            chain.insert(0, (node["inputs"]["lora_name"].split("_")[-2:], node["inputs"]["strength_model"]))
            node = graph[node["inputs"]["model"][0]]
        chains.append([(name[-1], weight) for name, weight in chain])
    film, walk = ("wan\\film.safetensors", 0.5), ("walk.high.safetensors", 1.0)
    assert chains == [[("noise.safetensors", 1.0), film, walk], [("noise.safetensors", 1.0), film]]


@pytest.mark.parametrize(
    ("line", "word"), [("gone:0.5", "no LoRA file gone"), ("film", "several LoRA files named film")]
)
def test_a_lora_that_the_server_cannot_mean_is_refused_in_a_sentence(
    tmp_path: Path, server: ComfyServer, comfy: str, line: str, word: str
) -> None:
    server.models["loras"] += ["a/film.safetensors", "b/film.safetensors"]
    with opened(tmp_path, comfy) as studio:
        done = clip(studio, loras=line)
    assert (done.status, server.posts) == (Status.FAILED, {})
    assert word in (done.error or "")


@pytest.mark.parametrize("line", ["film:much", ":0.5", "film:nan", "film:1e9"])
def test_a_lora_line_that_cannot_be_read_is_refused_at_the_form(tmp_path: Path, line: str) -> None:
    body = {"task": "text-to-video", "model": T2V, "prompt": "a fox", "loras": line}
    with opened(tmp_path, "http://127.0.0.1:9") as studio:
        [error] = studio.local.requests.problems(body)
    assert (error.field, "cannot be read" in str(error)) == ("loras", True)


def test_every_row_knows_its_nodes_and_where_its_files_come_from() -> None:
    rows = [m for m in catalogue.load() if m.provider == "comfyui"]
    assert rows
    for row in rows:
        assert {spec["node"] for spec in row.engine["files"].values()} <= classes(row)
        for spec in row.engine["files"].values():
            assert spec["url"].startswith("https://")
            assert spec["url"].endswith(f"/{spec['file']}")
