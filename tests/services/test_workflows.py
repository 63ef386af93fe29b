"""A user's own ComfyUI workflow: read from a stranger's file, mapped, kept as a model, run to a file in the library."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.middleware import Middleware

from studio.catalogue import Catalogue, form_values
from studio.domain import JSON, ImageEdit, ImageToVideo, Kind, Status, Task
from studio.engines.comfyui import workflow
from studio.errors import CapabilityError, Conflict, NotFound
from studio.studio import Studio
from studio.web.middleware.same_origin import Guard
from studio.web.routes import register
from tests.providers.comfyui import ComfyServer
from tests.providers.serving import served
from tests.support import samples
from tests.support.comfyui import opened
from tests.support.kit import image

FLAT: JSON = {
    "3": {"class_type": "EmptyImage", "inputs": {"width": 832, "height": 480, "batch_size": 1, "color": 255}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}, "_meta": {"title": "Out"}},
}
MAPPING = {"3.width": "width", "3.height": "height", "3.color": "colour"}
IMAGE = (Task.TEXT_TO_IMAGE,)


@pytest.fixture
def server(tmp_path: Path) -> ComfyServer:
    """A ComfyUI without models."""
    return ComfyServer(tmp_path / "comfy")


@pytest.fixture
def comfy(server: ComfyServer) -> Iterator[str]:
    """Its address."""
    with served(server.app()) as base:
        yield base


def dropped(tmp_path: Path, graph: JSON) -> Path:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(graph))
    return path


def test_a_saved_workflow_is_a_model_at_once_and_its_file_reaches_the_library(
    tmp_path: Path, server: ComfyServer, comfy: str
) -> None:
    with opened(tmp_path, comfy) as studio:
        found = studio.workflows.read(dropped(tmp_path, FLAT))
        assert (found.server, found.missing_nodes, found.makes) == ("known", [], Kind.IMAGE)
        assert found.mapped == {"3.width": "width", "3.height": "height"}
        studio.workflows.save("flat", "Flat colour", found.graph, MAPPING, IMAGE, labels={"colour": "Colour"})
        body = {"task": "text-to-image", "model": "comfyui/flat", "colour": 77, "width": 64, "height": 48}
        assert studio.local.requests.estimate([body]).usd == 0
        [run] = studio.local.requests.submit(body)
        [done] = studio.local.runs.wait([run.id], timeout_s=20)
        assert (done.status, done.error) == (Status.SUCCEEDED, None)
        assert studio.local.assets.path(done.assets[0]).is_file()
    sent = server.graphs[0]["3"]["inputs"]
    assert (sent["width"], sent["height"], sent["color"]) == (64, 48, 77)


def test_left_open_a_run_has_the_workflows_own_values(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    with opened(tmp_path, comfy) as studio:
        model = studio.workflows.save("flat", "Flat", FLAT, MAPPING, IMAGE)
        [body] = form_values.to_requests(form_values.from_request({}, model, IMAGE[0]), model, IMAGE[0])
        [run] = studio.local.requests.submit(body)
        studio.local.runs.wait([run.id], timeout_s=20)
    sent = server.graphs[0]["3"]["inputs"]
    assert (sent["width"], sent["height"], sent["color"]) == (832, 480, 255)


def test_workflows_are_models_again_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        studio.workflows.save("flat", "Flat", FLAT, MAPPING, IMAGE)
    with opened(tmp_path) as studio:
        assert studio.catalogue.get("comfyui/flat").params["colour"].default == 255
        assert [m.id for m in studio.workflows.all()] == ["comfyui/flat"]


def test_a_kept_file_cannot_pass_for_a_model_of_the_studio(tmp_path: Path) -> None:
    """Whoever may write into the folder must not take over the id of a provider's model."""
    folder = tmp_path / "data" / "workflows"
    with opened(tmp_path) as studio:
        studio.workflows.save("flat", "Flat", FLAT, MAPPING, IMAGE)
        text = (folder / "flat.json").read_text()
    (folder / "qwen-image.json").write_text(text.replace("comfyui/flat", "comfyui/qwen-image"))
    (folder / "other.json").write_text(text.replace("comfyui/flat", "alibaba/wan2.6-t2v"))
    (folder / "broken.json").write_text("{")
    with opened(tmp_path) as studio:
        assert [m.id for m in studio.workflows.all()] == ["comfyui/flat"]
        assert studio.catalogue.get("comfyui/qwen-image").family != "workflow"


def test_a_removed_workflow_is_gone_from_the_models_and_can_be_put_back(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        model = studio.workflows.save("flat", "Flat", FLAT, MAPPING, IMAGE)
        studio.workflows.remove("flat")
        with pytest.raises(NotFound):
            studio.catalogue.get(model.id)
        assert studio.workflows.restore("flat") == model == studio.catalogue.get(model.id)
        with pytest.raises(NotFound):
            studio.workflows.restore("flat")


def test_a_workflow_with_runs_under_way_stays(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    server.step_s = 2
    with opened(tmp_path, comfy) as studio:
        studio.workflows.save("flat", "Flat", FLAT, MAPPING, IMAGE)
        [run] = studio.local.requests.submit({"task": "text-to-image", "model": "comfyui/flat"})
        with pytest.raises(Conflict, match="1 active run"):
            studio.workflows.remove("flat")
        studio.local.runs.cancel(run.id)
        studio.local.runs.wait([run.id], timeout_s=20)
        studio.workflows.remove("flat")


@pytest.mark.parametrize("name", ["qwen-image", "flat"])
def test_a_name_that_is_taken_is_refused(tmp_path: Path, name: str) -> None:
    with opened(tmp_path) as studio:
        studio.workflows.save("flat", "Flat", FLAT, MAPPING, IMAGE)
        with pytest.raises(Conflict, match="Choose another name"):
            studio.workflows.save(name, "Again", FLAT, MAPPING, IMAGE)
        changed = studio.workflows.save("flat", "Changed", FLAT, {}, IMAGE, replace=True)
        assert studio.catalogue.get("comfyui/flat") == changed


TEXT = {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["7", 0]}}
SHOT: JSON = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "fox.png"}},
    "2": {"class_type": "LoadImage", "inputs": {"image": "end.png"}},
    "3": TEXT,
    "4": {
        "class_type": "WanFirstLastFrameToVideo",
        "inputs": {"start_image": ["1", 0], "end_image": ["2", 0], "positive": ["3", 0], "length": 97},
    },
    "5": {"class_type": "CreateVideo", "inputs": {"images": ["4", 0], "fps": 24.0}},
    "6": {"class_type": "SaveVideo", "inputs": {"video": ["5", 0], "filename_prefix": "x", "format": "mp4"}},
    "7": {"class_type": "CLIPLoader", "inputs": {"clip_name": "umt5.safetensors", "type": "wan"}},
}


def test_pictures_of_a_clip_are_guessed_by_the_inputs_they_run_into(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        found = studio.workflows.read(dropped(tmp_path, SHOT))
    assert (found.mapped["1.image"], found.mapped["2.image"]) == ("first_frame", "last_frame")
    assert (found.makes, found.mapped["4.length"], found.mapped["5.fps"]) == (Kind.VIDEO, "length", "fps")


def test_seconds_become_frames_at_the_workflows_own_rate(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        task = (Task.IMAGE_TO_VIDEO,)
        model = studio.workflows.save("shot", "Shot", SHOT, {"1.image": "first_frame", "4.length": "length"}, task)
        assert model.durations and model.durations.default == 4
        asked = ImageToVideo(model=model.id, duration_s=2, first_frame="a1")
        made = workflow.fill(model.engine, asked, 7, {"first_frame": ["up.png"]}, prefix="p")
    assert (made["4"]["inputs"]["length"], made["1"]["inputs"]["image"]) == (49, "up.png")


@pytest.mark.parametrize(
    ("field", "files", "sent"),
    [("image", ["a.png"], ["a.png", "a.png"]), ("images", ["a.png", "b.png"], ["a.png", "b.png"])],
)
def test_one_file_goes_to_all_its_inputs_and_a_list_one_to_each(
    tmp_path: Path, field: str, files: list[str], sent: list[str]
) -> None:
    pair = {k: {"class_type": "LoadImage", "inputs": {"image": "theirs.png"}} for k in ("1", "2")}
    with opened(tmp_path) as studio:
        mapping = {"1.image": field, "2.image": field}
        model = studio.workflows.save("pair", "Pair", FLAT | pair, mapping, [Task.IMAGE_EDIT])
    assert (model.inputs[field].min, model.inputs[field].max) == (len(files), len(files))
    made = workflow.fill(model.engine, ImageEdit(model=model.id), 0, {field: files}, prefix="p")
    assert [made[k]["inputs"]["image"] for k in ("1", "2")] == sent


def test_a_negative_prompt_left_empty_stays_the_workflows_own(tmp_path: Path) -> None:
    with opened(tmp_path) as studio:
        mapping = {"3.text": "negative_prompt", "1.image": "first_frame"}
        model = studio.workflows.save("shot", "Shot", SHOT, mapping, [Task.IMAGE_TO_VIDEO])
    for said, sent in (("", "a fox"), ("blurry", "blurry")):
        asked = ImageToVideo(model=model.id, negative_prompt=said)
        assert workflow.fill(model.engine, asked, 0, {}, prefix="p")["3"]["inputs"]["text"] == sent


@pytest.mark.parametrize(
    ("mapping", "task", "word"),
    [
        ({}, "image-to-video", "first frame"),
        ({"1.image": "first_frame"}, "text-to-video", "text only"),
        ({"1.image": "width", "4.length": "height"}, "text-to-video", "width is number"),
        ({"3.text": "mine", "4.length": "mine"}, "text-to-video", "but the workflow has"),
        ({"4.length": "width"}, "text-to-video", "together"),
        ({"9.image": "image"}, "image-edit", "no input 9.image"),
        ({"3.text": "consent"}, "text-to-video", "custom setting"),
        ({"3.text": "<b>"}, "text-to-video", "custom setting"),
        ({"4.length": "length"}, "text-to-image", "no length"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_in_a_sentence(
    tmp_path: Path, mapping: dict[str, str], task: str, word: str
) -> None:
    with opened(tmp_path) as studio, pytest.raises(CapabilityError) as error:
        studio.workflows.save("shot", "Shot", SHOT, mapping, [Task(task)])
    assert word in str(error.value)


@pytest.mark.parametrize("name", ["", "../x", "A", "x" * 42, "a.b", "-a"])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with opened(tmp_path) as studio, pytest.raises(CapabilityError, match="lowercase letters"):
        studio.workflows.save(name, "Shot", FLAT, {}, IMAGE)
    assert not (tmp_path / "data" / "workflows").exists()


def png(path: Path, graph: str) -> Path:
    texts = PngInfo()
    texts.add_text("prompt", graph)
    Image.new("RGB", (8, 8)).save(path, pnginfo=texts)
    return path


def webp(path: Path, graph: str) -> Path:
    exif = Image.Exif()
    exif[0x0110] = f"prompt:{graph}"
    Image.new("RGB", (8, 8)).save(path, exif=exif)
    return path


def clip(path: Path, graph: str, *, key: str = "prompt") -> Path:
    plain = samples.clip(path.with_stem("plain"), seconds=0.2, width=32, height=32, tone_hz=None)
    samples.run("-i", plain, "-c", "copy", "-movflags", "use_metadata_tags", "-metadata", f"{key}={graph}", path)
    return path


def test_the_graph_is_found_in_what_comfyui_made(tmp_path: Path) -> None:
    graph = json.dumps(FLAT)
    older = json.dumps({"prompt": graph, "workflow": {}})
    files = [png(tmp_path / "a.png", graph), webp(tmp_path / "a.webp", graph), clip(tmp_path / "a.mp4", graph)]
    files.append(clip(tmp_path / "b.mp4", older, key="comment"))
    with opened(tmp_path) as studio:
        assert [studio.workflows.read(f).graph == FLAT for f in files] == [True] * 4


def test_a_file_without_a_workflow_says_what_to_take_instead(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "plain.png")
    (tmp_path / "notes.txt").write_text("hello")
    bomb = tmp_path / "deep.json"
    bomb.write_text('{"a":' * 100_000)
    with opened(tmp_path) as studio:
        for name, word in (("plain.png", "contains no"), ("notes.txt", "API format"), ("deep.json", "not a JSON")):
            with pytest.raises(CapabilityError, match=word):
                studio.workflows.read(tmp_path / name)


@pytest.mark.parametrize("key", ["workflow", "prompt"])
def test_the_editors_graph_in_a_picture_says_what_to_export(tmp_path: Path, key: str) -> None:
    texts = PngInfo()
    texts.add_text(key, json.dumps({"nodes": [], "links": [], "version": 0.4}))
    Image.new("RGB", (8, 8)).save(tmp_path / "ui.png", pnginfo=texts)
    with opened(tmp_path) as studio, pytest.raises(CapabilityError, match=r"Export \(API\)"):
        studio.workflows.read(tmp_path / "ui.png")


NODE = {"class_type": "X", "inputs": {}}


def one(value: str) -> str:
    """A graph of one node with this JSON as its only input."""
    return '{"1": {"class_type": "X", "inputs": {"a": ' + value + "}}}"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (one('["2", 0]'), "not in the file"),
        (json.dumps({a: NODE | {"inputs": {"a": [b, 0]}} for a, b in ("12", "23", "31")}), "1, 2, 3 form a loop"),
        (one('["1", 0]'), "form a loop"),
        (one("NaN"), "infinite number"),
        (one("[[1e999]]"), "infinite number"),
        (one(str(10**30)), "too large"),
        (one("1" + "0" * 5000), "not a JSON"),
        (one("[" * 100 + "]" * 100), "levels deep"),
        (one('"\\ud800"'), "invalid Unicode"),
        ('{"1.2": {"class_type": "X", "inputs": {}}}', "node '1.2'"),
        ('{"": {"class_type": "X", "inputs": {}}}', "node ''"),
        ('{"1": {"class_type": "", "inputs": {}}}', "no class"),
        ('{"1": {"class_type": ["X"], "inputs": {}}}', "API format"),
        ('{"1": {"class_type": "X", "inputs": []}}', "API format"),
        ("null", "API format"),
        ('{"prompt": {}}', "API format"),
        ('{"format": "wan-studio-workflow"}', "Export it again"),
    ],
)
def test_a_hostile_graph_is_refused_in_a_sentence(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "graph.json"
    path.write_text(text)
    with opened(tmp_path) as studio, pytest.raises(CapabilityError) as error:
        studio.workflows.read(path)
    assert word in str(error.value)


def test_a_long_chain_of_nodes_is_no_danger(tmp_path: Path) -> None:
    """Two thousand nodes in a row, and each of them taken by the next: nothing here may recurse or square."""
    chain = {str(n): {"class_type": "X", "inputs": {"a": [str(n - 1), 0], "b": 1}} for n in range(1, 2000)}
    start = time.process_time()
    with opened(tmp_path) as studio:
        found = studio.workflows.read(dropped(tmp_path, {"0": NODE} | chain))
        studio.workflows.save("long", "Long", found.graph, {"7.b": "mine"}, IMAGE)
    assert len(found.slots) == 1999
    assert time.process_time() - start < 3


def test_what_nobody_runs_is_not_kept(tmp_path: Path) -> None:
    strange = {"class_type": "X", "inputs": {}, "_meta": {"title": 3, "deep": {"a": {}}}, "is_changed": [1]}
    with opened(tmp_path) as studio:
        assert studio.workflows.read(dropped(tmp_path, {"1": strange})).graph == {"1": NODE}


def test_an_exported_workflow_is_the_same_model_in_another_studio(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as studio:
        labels = {"colour": "Farbe 颜色"}
        first = studio.workflows.save("flat", "Flat 平", FLAT, MAPPING, IMAGE, labels=labels)
        shared = studio.workflows.export("flat")
    with opened(tmp_path / "b") as studio:
        found = studio.workflows.read(dropped(tmp_path, shared))
        assert (found.name, found.label, found.tasks) == ("flat", "Flat 平", list(IMAGE))
        again = studio.workflows.save(
            found.name, found.label, found.graph, found.mapped, found.tasks, labels=found.labels
        )
    assert again == first


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"version": 2}, "newer studio"),
        ({"mapping": {"3.width": 7}}, "damaged"),
        ({"more": 1}, "damaged"),
        ({"tasks": ["make-coffee"]}, "damaged"),
        ({"workflow": {"1": 3}}, "API format"),
    ],
)
def test_a_changed_export_is_not_trusted(tmp_path: Path, change: JSON, word: str) -> None:
    with opened(tmp_path) as studio:
        studio.workflows.save("flat", "Flat", FLAT, MAPPING, IMAGE)
        shared = studio.workflows.export("flat") | change
        with pytest.raises(CapabilityError, match=word):
            studio.workflows.read(dropped(tmp_path, shared))


def test_what_the_server_lacks_is_named(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    server.models["vae"] = ["there.safetensors"]
    vae = {"class_type": "VAELoader", "inputs": {"vae_name": "gone.safetensors"}, "_meta": {"title": "VAE"}}
    with opened(tmp_path, comfy) as studio:
        found = studio.workflows.read(dropped(tmp_path, FLAT | {"4": vae, "5": {"class_type": "Exotic", "inputs": {}}}))
    assert (found.missing_nodes, [(x.title, x.value) for x in found.missing_choices]) == (
        ["Exotic"],
        [("VAE", "gone.safetensors")],
    )


def test_an_own_setting_offers_what_the_server_lists(tmp_path: Path, comfy: str) -> None:
    sampler = {"class_type": "KSampler", "inputs": {"sampler_name": "uni_pc", "steps": 20, "cfg": 3.5}}
    mapping = {f"4.{key}": f"my_{key}" for key in sampler["inputs"]}
    with opened(tmp_path, comfy) as studio:
        model = studio.workflows.save("own", "Own", FLAT | {"4": sampler}, mapping, IMAGE)
        assert [s.type for s in model.params.values()] == ["choice", "int", "float"]
        assert model.params["my_sampler_name"].choices == ("euler", "uni_pc")
        [error] = studio.local.requests.problems({"task": "text-to-image", "model": model.id, "my_sampler_name": "dpm"})
        assert "euler, uni_pc" in str(error)


def test_a_choice_that_brings_inputs_of_its_own_is_offered_by_its_key(tmp_path: Path, comfy: str) -> None:
    save = {"class_type": "SaveVideo", "inputs": {"filename_prefix": "x", "format": "mp4"}}
    with opened(tmp_path, comfy) as studio:
        assert studio.workflows.read(dropped(tmp_path, FLAT | {"4": save})).missing_choices == []
        model = studio.workflows.save("own", "Own", FLAT | {"4": save}, {"4.format": "container"}, IMAGE)
    assert model.params["container"].choices == ("auto", "mp4")


def test_a_server_that_drips_its_answer_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            client, _ = listening.accept()
            try:
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{")
                while True:
                    client.sendall(b" ")
                    time.sleep(0.1)
            except OSError:
                client.close()

        threading.Thread(target=drip, daemon=True).start()
        with opened(tmp_path, f"http://127.0.0.1:{listening.getsockname()[1]}") as studio:
            start = time.monotonic()
            assert studio.workflows.read(dropped(tmp_path, FLAT)).server == "silent"
            assert time.monotonic() - start < 4.5


# ------------------------------------------------------------------------------------------------- over HTTP


@pytest.fixture
def web(tmp_path: Path, comfy: str) -> Iterator[tuple[httpx.Client, Studio]]:
    """The page's connection, and the studio behind it."""
    with opened(tmp_path, comfy) as studio:
        site = register.build(studio)
        app: Any = FastAPI(routes=site.routes, middleware=[Middleware(Guard)])
        with served(app) as base, httpx.Client(base_url=base, timeout=10) as client:
            yield client, studio
        site.close()


def saved(**more: Any) -> JSON:
    whole: JSON = {"name": "flat", "label": "Flat", "graph": FLAT, "mapping": MAPPING, "tasks": ["text-to-image"]}
    return whole | more


def test_the_page_reads_saves_changes_removes_and_takes_back(web: tuple[httpx.Client, Studio]) -> None:
    client, studio = web
    seen = client.post("/ui/workflows/read?name=x.json", content=json.dumps(FLAT)).json()
    assert [s["field"] for s in seen["slots"]] == ["width", "height", "batch_size", "color", "filename_prefix"]
    told = client.post("/ui/workflows/save", json=saved(graph=seen["graph"], labels={"colour": "Colour"})).json()
    assert [w["id"] for w in told["workflows"]] == ["comfyui/flat"]
    again = client.get("/ui/workflows/flat").json()
    assert (again["mapped"], again["labels"]) == (MAPPING, {"colour": "Colour"})
    file = client.get("/ui/workflows/flat/file")
    assert file.headers["content-disposition"] == 'attachment; filename="flat.workflow.json"'
    told = client.post("/ui/workflows/read?name=flat.json", content=file.content).json()
    assert (told["mapped"], told["given"]) == (MAPPING, {"label": "Flat", "name": "flat", "tasks": ["text-to-image"]})
    assert client.get("/ui/workflows/nothing/file").status_code == 404
    assert client.delete("/ui/workflows/flat").json()["workflows"] == []
    assert len(client.post("/ui/workflows/flat/restore").json()["workflows"]) == 1
    assert studio.catalogue.get("comfyui/flat")


def test_the_page_reads_and_chooses_model_files(web: tuple[httpx.Client, Studio], server: ComfyServer) -> None:
    client, _ = web
    server.models["vae"] = ["mine.safetensors"]
    seen = client.get("/ui/workflow-files").json()
    assert (seen["server"], seen["lists"]["VAELoader.vae_name"]) == ("known", ["mine.safetensors"])
    wish = {"model": "comfyui/qwen-image", "role": "vae", "file": "mine.safetensors"}
    roles = next(m for m in client.post("/ui/workflow-files", json=wish).json()["models"] if m["id"] == wish["model"])
    assert next(r for r in roles["roles"] if r["role"] == "vae")["file"] == "mine.safetensors"
    assert client.post("/ui/workflow-files", json=wish | {"file": "gone"}).status_code == 422
    assert client.post("/ui/workflow-files", json=wish, headers={"origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (saved(name="../../etc"), 422),
        (saved(label="<img src=x onerror=alert(1)>\n"), 422),
        (saved(tasks=["make-coffee"]), 422),
        (saved(extra=1), 422),
        (saved(graph={"1": 3}), 422),
        (saved(mapping={"3.width": "x" * 61}), 422),
        (saved(name="qwen-image"), 409),
    ],
)
def test_a_wrong_save_is_a_sentence_and_keeps_nothing(
    web: tuple[httpx.Client, Studio], body: JSON, status: int
) -> None:
    client, studio = web
    answer = client.post("/ui/workflows/save", json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    assert studio.workflows.all() == []


def test_another_sites_page_saves_and_removes_nothing(web: tuple[httpx.Client, Studio]) -> None:
    client, studio = web
    foreign = {"origin": "https://evil.example"}
    assert client.post("/ui/workflows/save", json=saved(), headers=foreign).status_code == 403
    client.post("/ui/workflows/save", json=saved())
    assert client.delete("/ui/workflows/flat", headers=foreign).status_code == 403
    assert len(studio.workflows.all()) == 1


def test_the_catalogue_given_to_a_studio_stays_as_it_was(studio: Studio, catalogue: Catalogue) -> None:
    before = [m.id for m in catalogue]
    studio.workflows.save("flat", "Flat", FLAT, MAPPING, IMAGE)
    assert [m.id for m in catalogue] == before
    assert studio.local.requests.problems(image()) == []
