"""Model files: found where they are, missing ones named, fetched with progress and resume, never code, thrown away."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.domain import JSON
from studio.engines.local import weights
from studio.engines.local.cards import Gpu
from studio.engines.local.library import ModelLibrary
from studio.errors import NotFound, StudioError
from studio.settings import Settings
from tests.engines.local.bench import ROWS
from tests.engines.local.hub import Hub, serve

MODEL = ROWS.get("local/z-image-turbo")
REPO = MODEL.engine["repo"]


def tensor_file(size: int) -> bytes:
    """A safetensors file of one float32 tensor."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(size)


BIG = 8_000_000

INDEX = {"_class_name": "ZImagePipeline", "transformer": ["diffusers", "X"], "vae": ["diffusers", "Y"]}
INDEX |= {"scheduler": ["diffusers", "Z"], "image_encoder": [None, None]}
FILES = {
    "model_index.json": json.dumps(INDEX).encode(),
    "README.md": b"# model",
    "transformer/config.json": b'{"part": 1}',
    "transformer/model-1.safetensors": tensor_file(BIG),
    "transformer/model.safetensors.index.json": json.dumps({"weight_map": {"w": "model-1.safetensors"}}).encode(),
    "vae/config.json": b'{"part": 2}',
    "vae/model.safetensors": tensor_file(4000),
    "vae/model.fp16.safetensors": tensor_file(2000),
    "scheduler/scheduler_config.json": b"{}",
    "vae/loader.py": b"raise SystemExit",
    "transformer/model.bin": b"pickle",
    "all-in-one.safetensors": tensor_file(9000),
    "unused/model.safetensors": tensor_file(9000),
}
KEPT = {
    n
    for n in FILES
    if not n.startswith(("unused", "all-in")) and n.split(".", 1)[1] not in ("py", "bin", "fp16.safetensors")
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with serve({REPO: FILES}) as made:
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        yield made


def library(tmp_path: Path, *, own: bool) -> ModelLibrary:
    options = {"STUDIO_MODELS": str(tmp_path / "models")} if own else {}
    return ModelLibrary(Settings(data=tmp_path, options=options), [Gpu("0", "NVIDIA GeForce RTX 4090", 25 * 10**9)])


def wait(shelf: ModelLibrary, good: Callable[[JSON], bool], timeout_s: float = 40) -> JSON:
    """The download's state, once it is as wanted."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        state = shelf.about(MODEL)["downloads"][0]
        if good(state):
            return state
        time.sleep(0.05)
    raise TimeoutError(state)


@pytest.mark.parametrize("own", [True, False], ids=["own folder", "data folder"])
def test_a_model_is_fetched_whole_and_without_code_and_can_be_removed(tmp_path: Path, hub: Hub, own: bool) -> None:
    shelf = library(tmp_path, own=own)
    assert not shelf.about(MODEL)["present"]
    shelf.fetch(MODEL)
    state = wait(shelf, lambda s: s["state"] != "running")
    assert (state["state"], state["message"]) == ("ended", "")
    assert state["bytes"] == sum(len(FILES[n]) for n in KEPT)
    about = shelf.about(MODEL)
    assert about["present"]
    folder = Path(about["folder"])
    assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == KEPT
    assert weights.loaded_bytes(folder, "transformer", 2) == BIG // 2, "float32 on disk, 16 bits on the card"
    assert shelf.remove(MODEL) >= state["bytes"]
    with pytest.raises(NotFound):
        shelf.remove(MODEL)


def test_a_stopped_download_goes_on_where_it_was(tmp_path: Path, hub: Hub) -> None:
    big = "transformer/model-1.safetensors"
    hub.slow[big] = 0.6
    shelf = library(tmp_path, own=True)
    shelf.fetch(MODEL)
    part = tmp_path / "models" / REPO / f"{big}.part"
    wait(shelf, lambda _: part.is_file() and part.stat().st_size > 4_000_000)
    shelf.stop(MODEL)
    assert shelf.about(MODEL)["downloads"][0]["state"] == "stopped"
    assert not shelf.about(MODEL)["present"]
    hub.go.set()
    shelf.fetch(MODEL)
    assert wait(shelf, lambda s: s["state"] != "running")["state"] == "ended"
    assert [name for name, asked in hub.ranges if asked != "bytes=0-"] == [big]
    assert hub.asked.count("vae/model.safetensors") == 1
    assert shelf.about(MODEL)["present"]


def test_missing_parts_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "models" / REPO
    for name in KEPT - {"transformer/model-1.safetensors", "vae/config.json"}:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(FILES[name])
    found = weights.inspect(REPO, Settings(options={"STUDIO_MODELS": str(tmp_path / "models")}))
    assert found.missing == ("transformer/model-1.safetensors", "vae/config.json")
    assert not found.complete


def test_a_hub_that_is_away_or_a_wrong_name_is_one_sentence(tmp_path: Path, hub: Hub) -> None:
    del hub.repos[REPO]
    shelf = library(tmp_path, own=True)
    shelf.fetch(MODEL)
    state = wait(shelf, lambda s: s["state"] != "running")
    assert state["state"] == "failed"
    assert REPO in state["message"]


def test_a_damaged_file_is_thrown_away(tmp_path: Path, hub: Hub) -> None:
    hub.hashes["vae/model.safetensors"] = "0" * 64
    shelf = library(tmp_path, own=True)
    shelf.fetch(MODEL)
    state = wait(shelf, lambda s: s["state"] != "running")
    assert "vae/model.safetensors was damaged" in state["message"]
    assert not list((tmp_path / "models" / REPO / "vae").glob("model.safetensors*"))


VAE = "vae/model.safetensors"
ODD_HUBS: dict[str, tuple[dict[str, Any], str]] = {
    "longer than listed": ({"sizes": {VAE: 10}}, "larger than listed (10 bytes)"),
    "more than the disk has": ({"sizes": {VAE: 10**15}}, "1000000.0 GB to download"),
    "no number of bytes": ({"sizes": {VAE: "many"}, "hashes": {VAE: "0" * 64}}, "was damaged"),
    "link to secrets": ({"links": {VAE: "http://169.254.169.254/latest/meta-data"}}, "private network"),
    "link to a neighbour": ({"links": {VAE: "http://127.0.0.1:9/x"}}, "private network"),
    "links in circles": ({"links": {VAE: f"/{REPO}/resolve/x/{VAE}"}}, "redirect in a loop"),
    "nested list": ({"listing": b"[" * 200_000}, "cannot be read"),
    "page": ({"listing": b"<html>"}, "cannot be read"),
    "odd commit": ({"listing": b'{"sha": "../../x", "siblings": []}'}, "cannot be read"),
    "no files": (
        {"listing": b'{"sha": "%s", "siblings": [5, {"rfilename": 7}]}' % (b"a" * 40)},
        "lists no model files",
    ),
}


@pytest.mark.parametrize(("odd", "words"), list(ODD_HUBS.values()), ids=list(ODD_HUBS))
def test_a_hub_that_says_and_sends_anything_is_one_sentence(
    tmp_path: Path, hub: Hub, odd: dict[str, Any], words: str
) -> None:
    for name, value in odd.items():
        setattr(hub, name, value)
    shelf = library(tmp_path, own=True)
    shelf.fetch(MODEL)
    state = wait(shelf, lambda s: s["state"] != "running")
    assert state["state"] == "failed"
    assert words in state["message"]
    assert REPO in state["message"]
    assert not list((tmp_path / "models" / REPO / "vae").glob("model.safetensors*"))


def test_a_file_that_would_lie_outside_its_folder_is_not_fetched(tmp_path: Path, hub: Hub) -> None:
    index = json.loads(FILES["model_index.json"]) | {"..": ["a", "b"], "/tmp": ["a", "b"]}
    evil = {"../evil.safetensors": b"x", "../../evil.json": b"{}", "/tmp/evil.json": b"{}", "vae\\..\\evil.json": b"{}"}
    hub.repos[REPO] = FILES | evil | {"model_index.json": json.dumps(index).encode()}
    shelf = library(tmp_path, own=True)
    shelf.fetch(MODEL)
    assert wait(shelf, lambda s: s["state"] != "running")["state"] == "ended"
    assert not [p for p in tmp_path.rglob("*") if "evil" in p.name]
    assert not set(evil) & set(hub.asked)


def test_what_the_hubs_own_cache_has_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    root = tmp_path / "hub" / f"models--{REPO.replace('/', '--')}"
    for name in KEPT:
        path = root / "snapshots" / "abc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("abc")
    found = weights.inspect(REPO, Settings(data=tmp_path / "data"))
    assert found.complete
    assert found.folder == root / "snapshots" / "abc"


def test_a_full_disk_is_seen_before_the_download(tmp_path: Path, hub: Hub) -> None:
    shelf = library(tmp_path, own=True)
    huge = MODEL.model_copy(update={"engine": MODEL.engine | {"download": 10**16}})
    with pytest.raises(StudioError, match="GB left"):
        shelf.fetch(huge)
    assert not hub.asked


def test_the_page_says_what_the_card_can_run(tmp_path: Path) -> None:
    shelf = library(tmp_path, own=True)
    (fit,) = shelf.about(MODEL)["fits"]
    assert fit["sentence"].startswith("NVIDIA GeForce RTX 4090: runs")
    about = shelf.about(ROWS.get("local/wan2.2-t2v-a14b"))
    assert about["licence"] == "Apache-2.0"
    assert about["extras"][0]["repo"] == "lightx2v/Wan2.2-Lightning"
    assert not about["extras"][0]["present"]
