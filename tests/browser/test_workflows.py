"""A ComfyUI workflow dropped, mapped and saved on its page, then used in a form, against a local ComfyUI."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from studio import engines, settings
from studio.domain import JSON, Status, Task
from studio.studio import Studio
from tests.browser.conftest import PRESSES_APART_MS, Site, clocked, show
from tests.providers.comfyui import ComfyServer
from tests.providers.serving import served as http_served

Open = Callable[..., Page]

FLAT: JSON = {
    "3": {
        "class_type": "EmptyImage",
        "inputs": {"width": 320, "height": 320, "batch_size": 1, "color": 255},
        "_meta": {"title": "<img src=x onerror=window.hacked=1> ${window.hacked=1} {{value}}"},
    },
    "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> ComfyServer:
    """A ComfyUI with a few model files, none of them official."""
    files = {"vae": ["mine/qwen-vae-bf16.safetensors", "other.safetensors"], "diffusion_models": ["q8.safetensors"]}
    return ComfyServer(tmp_path_factory.mktemp("comfy"), files)


@pytest.fixture(scope="module")
def site(server: ComfyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio of its own: with a ComfyUI at hand, the forms begin with other models."""
    from studio.web.app import served

    with http_served(server.app()) as comfy:
        given = settings.read({"data": tmp_path_factory.mktemp("flows"), "workers": 1}, {"COMFYUI_URL": comfy})
        made = {name: engines.build(name, given) for name in ("draft", "comfyui")}
        with Studio.open(given, engines=made) as studio, served(studio, server_port=None) as url:
            yield Site(url, studio)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """The file that ComfyUI's Export (API) gives."""
    path = tmp_path / "flat colour.json"
    path.write_text(json.dumps(FLAT))
    return path


def test_a_dropped_workflow_is_mapped_saved_and_used(
    open_page: Open, site: Site, server: ComfyServer, graph: Path
) -> None:
    page = open_page("workflows")
    page.locator("#workflows input[type=file]").set_input_files(graph)
    expect(page.locator("[data-slot='3.width'] select")).to_have_value("width")
    expect(page.locator("[data-task=text-to-image]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-task=text-to-video]")).to_be_disabled()
    wordless = page.locator("#workflows .wf-map .wf-wordless")
    expect(wordless).to_have_text("This workflow has no prompt field. To add one, map a text input to the prompt.")
    page.locator("[data-slot='9.filename_prefix'] select").select_option("prompt")
    expect(wordless).to_be_hidden()
    page.locator("[data-slot='9.filename_prefix'] select").select_option("")
    page.locator("[data-slot='3.color'] select").select_option("own")
    page.locator("[data-slot='3.color'] .wf-own").fill("Paint")
    page.locator("[data-do=save]").click()
    expect(page.locator("[data-workflow=flat-colour]")).to_be_visible()
    page.get_by_role("button", name="Use", exact=True).last.click()
    expect(page.locator("#t2i-model .sp-name")).to_have_text("Flat colour")
    expect(page.get_by_text("map a text input to the prompt on the Workflows page")).to_be_visible()
    paint = page.get_by_label("Paint")
    expect(paint).to_have_value("255")
    paint.fill("77")
    expect(page.locator("#t2i-bar .sf-runs")).to_be_visible()
    page.locator("#t2i-generate").click()
    expect(page.locator("#t2i-feed .st-card").first).to_be_visible()
    expect(page.locator("#t2i-feed .st-card .st-pic.seen").first).to_be_visible(timeout=20_000)
    [run] = site.studio.local.gallery.search(model="comfyui/flat-colour").runs
    assert (run.status, run.request.params["paint"]) == (Status.SUCCEEDED, 77)
    assert server.graphs[-1]["3"]["inputs"]["color"] == 77
    assert page.evaluate("window.hacked") is None
    page.reload()
    show(page, "t2i")
    expect(page.get_by_label("Paint")).to_have_value("77")


def test_the_gallery_offers_a_workflow_that_came_after_it_was_opened(open_page: Open, site: Site) -> None:
    page = open_page("gallery")
    offered = page.locator("#gallery select[name=model] option")
    expect(offered.filter(has_text="Seedless")).to_have_count(0)
    expect(offered.nth(1)).to_be_attached()
    site.studio.workflows.save("seedless", "Seedless", FLAT, {}, [Task.TEXT_TO_IMAGE])
    show(page, "workflows")
    show(page, "gallery")
    expect(offered.filter(has_text="Seedless")).to_have_count(1)


def test_a_removed_workflow_is_said_at_the_form_and_comes_back(
    open_page: Open, context: BrowserContext, site: Site
) -> None:
    site.studio.workflows.save("mine", "My flow", FLAT, {}, [Task.TEXT_TO_IMAGE])
    page = open_page("workflows", clocked(context))
    page.locator("[data-workflow=mine] [data-do=try]").click()
    expect(page.locator("#t2i-model .sp-name")).to_have_text("My flow")
    page.locator("#tab-workflows-button").click()
    page.locator("[data-workflow=mine] [data-do=remove]").click()
    expect(page.locator("[data-workflow=mine]")).to_have_count(0)
    page.locator("#tab-t2i-button").click()
    page.locator("#t2i-generate").click()
    expect(page.get_by_text("comfyui/mine is no longer available")).to_be_visible()
    assert site.studio.local.gallery.search(model="comfyui/mine").total == 0
    site.studio.workflows.restore("mine")
    outcome = page.locator("#t2i-bar .sf-changed:visible, #t2i-bar .sf-sent")
    for _ in range(2):  # a press at an old line shows the new line, the next one is sent
        expect(page.locator("#t2i-generate")).to_be_enabled()
        page.clock.fast_forward(PRESSES_APART_MS)
        page.locator("#t2i-generate").click()
        expect(outcome).to_have_count(1)
        if site.studio.local.gallery.search(model="comfyui/mine").total:
            break
    assert site.studio.local.gallery.search(model="comfyui/mine").total == 1


def test_the_mapping_of_a_kept_workflow_can_be_changed(open_page: Open, site: Site) -> None:
    site.studio.workflows.save("later", "Later", FLAT, {"3.color": "paint"}, [Task.TEXT_TO_IMAGE])
    page = open_page("workflows")
    page.locator("[data-workflow=later] [data-do=change]").click()
    expect(page.locator("[data-slot='3.color'] .wf-own")).to_have_value("Paint")
    page.locator("[data-slot='3.width'] select").select_option("own")
    page.locator("[data-slot='3.width'] .wf-own").fill("宽")
    page.locator("[data-do=save]").click()
    expect(page.locator("[data-workflow=later]")).to_contain_text("2 settings")
    assert {s.label for s in site.studio.catalogue.get("comfyui/later").params.values()} == {"Paint", "宽"}


def test_a_workflow_is_mapped_and_saved_with_the_keyboard_alone(open_page: Open, site: Site, graph: Path) -> None:
    page = open_page("workflows")
    with page.expect_file_chooser() as chooser:
        page.locator("[data-do=choose]").focus()
        page.keyboard.press("Enter")
    chooser.value.set_files(graph)
    expect(page.locator("#wf-label")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("By keys")
    colour = page.locator("[data-slot='3.color']")
    colour.locator("select").focus()
    page.keyboard.type("Cust")  # a select is chosen by its first letters
    page.keyboard.press("Tab")
    expect(colour.locator(".wf-own")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Hue")
    page.keyboard.press("Enter")
    expect(page.locator("[data-workflow=by-keys]")).to_be_visible()
    assert site.studio.catalogue.get("comfyui/by-keys").params["hue"].label == "Hue"


def test_an_exported_workflow_comes_back_with_its_mapping_under_another_name(
    open_page: Open, site: Site, tmp_path: Path
) -> None:
    site.studio.workflows.save("shared", "Shared 颜色", FLAT, {"3.color": "paint"}, [Task.TEXT_TO_IMAGE])
    page = open_page("workflows")
    with page.expect_download() as download:
        page.locator("[data-workflow=shared] [data-do=export]").click()
    assert download.value.suggested_filename == "shared.workflow.json"
    file = tmp_path / "anything.json"
    download.value.save_as(file)
    page.locator("#workflows input[type=file]").set_input_files(file)
    expect(page.locator("#wf-label")).to_have_value("Shared 颜色")
    expect(page.locator("#wf-name")).to_have_value("shared-2")
    expect(page.locator("[data-slot='3.color'] .wf-own")).to_have_value("Paint")
    page.locator("[data-do=save]").click()
    expect(page.locator("[data-workflow=shared-2]")).to_be_visible()
    first, second = (site.studio.catalogue.get(f"comfyui/{name}") for name in ("shared", "shared-2"))
    assert first.engine == second.engine


def test_the_editors_file_is_answered_with_what_to_export(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "editor.json"
    path.write_text(json.dumps({"nodes": [], "links": [], "version": 0.4}))
    page = open_page("workflows")
    page.locator("#workflows input[type=file]").set_input_files(path)
    expect(page.get_by_text("choose Workflow > Export (API), then drop that file here")).to_be_visible()
    expect(page.locator("#workflows .wf-drop")).to_be_visible()


def test_a_model_file_is_found_chosen_and_missed_on_the_page(open_page: Open, site: Site, server: ComfyServer) -> None:
    page = open_page("workflows")
    model = page.locator("#workflows [data-model='comfyui/qwen-image']")
    expect(model.locator("summary")).to_contain_text("2 missing")
    model.locator("summary").focus()
    page.keyboard.press("Enter")
    vae, network = model.locator("[data-role=vae]"), model.locator("[data-role=model]")
    expect(vae.locator("option:checked")).to_have_text("Automatic: mine/qwen-vae-bf16.safetensors")
    expect(model).to_contain_text("Missing: qwen_image_fp8_e4m3fn.safetensors in models/diffusion_models")
    expect(model.get_by_role("link", name="Get the official file").last).to_have_attribute(
        "href", "https://huggingface.co/Comfy-Org/Qwen-Image_ComfyUI/resolve/main/split_files/diffusion_models/qwen_image_fp8_e4m3fn.safetensors"
    )  # fmt: skip
    network.select_option("q8.safetensors")
    expect(model.locator("summary")).to_contain_text("1 chosen by you")
    expect(model.locator("summary")).to_contain_text("1 missing")
    server.models["diffusion_models"].remove("q8.safetensors")
    page.locator("[data-do=look]").click()
    expect(model).to_contain_text("ComfyUI no longer has this file")
    expect(network).to_have_value("q8.safetensors")
    network.select_option("")
    expect(model.locator("summary")).not_to_contain_text("chosen by you")
    roles = next(m["roles"] for m in site.studio.comfyui_models.overview()["models"] if m["id"] == "comfyui/qwen-image")
    assert [r["chosen"] for r in roles] == ["", "", ""]
