"""The controls of forms: values, events, names and limits of each kind, on a page that holds nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from studio.web.static import asset_url
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

SPECS: list[dict[str, Any]] = [
    {"key": "prompt", "type": "lines", "label": "Prompt", "placeholder": "A fox", "lines": 5, "value": "a <b>fox</b>"},
    {"key": "seed", "type": "text", "label": "Seed", "max_length": 5, "value": ""},
    {"key": "width", "type": "number", "label": "Width", "step": 16, "whole": True, "value": 640},
    {"key": "n", "type": "slider", "label": "Takes", "minimum": 1, "maximum": 4, "step": 1, "value": 2},
    {"key": "cfg", "type": "slider", "label": "Guidance", "minimum": 0, "maximum": 2, "step": 0.05, "value": 0.1},
    {"key": "audio", "type": "checkbox", "label": "Sound", "info": "Costs more.", "value": True},
    {
        "key": "aspect",
        "type": "chips",
        "label": "Shape",
        "choices": [["Wide", "16:9"], ["Tall", "9:16"]],
        "value": "9:16",
    },
    {"key": "fps", "type": "select", "label": "Rate", "choices": [["16", 16], ["24", 24]], "value": 24},
    {"key": "tier", "type": "chips", "label": "Tier", "choices": [["720p", "720p"]], "visible": False, "value": "720p"},
]
EMPTY = "<!doctype html><html lang=en><title>Controls</title><base href=/><body class=gradio-container><main></main>"
MOUNT = """async ([address, styles, specs]) => {
  for (const style of styles)
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
  const { control } = await import(new URL(address, document.baseURI).href);
  window.controls = Object.fromEntries(specs.map((spec) => [spec.key, control(spec, { id: `x-${spec.key}` })]));
  window.fired = [];
  const form = document.createElement("form");
  form.append(...Object.values(controls).map((c) => c.element));
  for (const name of ["input", "change"])
    form.addEventListener(name, (e) => fired.push([name, e.target.closest(".studio-field").id]));
  document.querySelector('main').append(form);
}"""
VALUES = "() => Object.fromEntries(Object.entries(controls).map(([key, c]) => [key, c.value]))"


@pytest.fixture
def page(context: BrowserContext, site: Site, errors: list[str]) -> Iterator[Page]:
    """A page with one control of each kind."""
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route(f"{site.url}/empty", lambda route: route.fulfill(body=EMPTY, content_type="text/html"))
    page.goto(f"{site.url}/empty")
    styles = [asset_url("css/studio.css"), asset_url("css/controls.css")]
    page.evaluate(MOUNT, [asset_url("js/controls/control.js"), styles, SPECS])
    yield page
    assert errors == []


def values(page: Page) -> dict[str, Any]:
    return page.evaluate(VALUES)


def test_values_keep_their_types_and_scripts_fire_nothing(page: Page) -> None:
    assert values(page) == {spec["key"]: spec["value"] for spec in SPECS}
    written = {"prompt": "new", "seed": "7", "width": None, "n": 4, "cfg": 1.15, "audio": False, "aspect": "16:9"}
    page.evaluate("(values) => { for (const key in values) controls[key].value = values[key]; }", written)
    assert values(page) == written | {"fps": 24, "tier": "720p"}
    assert page.evaluate("fired") == []


def test_what_a_person_does_fires_and_is_read(page: Page) -> None:
    page.get_by_label("Prompt").fill("rain")
    page.get_by_label("Seed").fill("1234567")
    page.get_by_label("Width").fill("832")
    page.get_by_label("Sound").uncheck()
    page.get_by_role("radiogroup", name="Shape").get_by_role("radio", name="Wide").check()
    page.get_by_label("Rate").select_option("16")
    found = values(page)
    assert (found["prompt"], found["seed"], found["width"]) == ("rain", "12345", 832)
    assert (found["audio"], found["aspect"], found["fps"]) == (False, "16:9", 16)
    assert {"x-prompt", "x-seed", "x-width", "x-audio", "x-aspect", "x-fps"} == {
        where for name, where in page.evaluate("fired") if name == "input"
    }


def test_a_slider_takes_typed_numbers_and_keeps_to_its_steps(page: Page) -> None:
    takes, track = page.get_by_label("Takes"), page.locator("#x-n input[type=range]")
    takes.fill("3")
    expect(track).to_have_js_property("value", "3")
    takes.fill("50")
    takes.blur()
    expect(takes).to_have_value("4")
    takes.fill("")
    takes.blur()
    expect(takes).to_have_value("4")
    guidance = page.get_by_label("Guidance")
    guidance.fill("1.1234")
    guidance.blur()
    expect(guidance).to_have_value("1.1")
    track.fill("1")
    assert values(page)["n"] == 1


def test_changes_of_a_model_reach_the_control(page: Page) -> None:
    page.evaluate("""() => {
      controls.aspect.update({ choices: [["Square", "1:1"], ["Tall", "9:16"]] });
      controls.fps.update({ choices: [["30", 30]], value: 30 });
      controls.n.update({ maximum: 2, label: "Pictures" });
      controls.tier.update({ visible: true, info: "Sharper." });
      controls.audio.update({ visible: false });
    }""")
    found = values(page)
    assert (found["aspect"], found["fps"], found["n"]) == ("9:16", 30, 2)
    expect(page.get_by_label("Pictures")).to_have_attribute("max", "2")
    expect(page.get_by_role("radiogroup", name="Tier")).to_have_accessible_description("Sharper.")
    expect(page.locator("#x-audio")).to_be_hidden()


def test_words_are_text_and_a_growing_box_grows(page: Page) -> None:
    prompt = page.get_by_label("Prompt")
    assert page.locator("#x-prompt b").count() == 0
    page.evaluate("controls.prompt.update({ label: '<img src=x>' })")
    assert page.locator("#x-prompt img").count() == 0
    box = page.locator("#x-prompt textarea")
    before = box.evaluate("e => e.offsetHeight")
    box.fill("line\n" * 12)
    assert box.evaluate("e => e.offsetHeight") > before
    assert prompt.count() == 0  # its name has changed


def test_no_control_fails_the_checker(page: Page, axe: str) -> None:
    page.add_script_tag(content=axe)
    found = page.evaluate("async () => (await axe.run('form')).violations.map((v) => v.id + ': ' + v.nodes[0].html)")
    assert found == []
