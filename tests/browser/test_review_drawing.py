"""Drawing over a picture with mouse, pen, finger and keys; the server paints the same."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from studio.review import drawing_picture
from studio.review.drawing import parse
from studio.web.static import asset_url
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

MOUNT = """async ([drawing, dom]) => {
  const { drawLayer } = await import(new URL(drawing, document.baseURI).href);
  const { el, styles } = await import(new URL(dom, document.baseURI).href);
  styles("widgets.css", "review-drawing.css");
  const picture = el("div", "", { id: "picture", style: "position:relative;width:800px;height:450px;background:#777" });
  const box = el("div", "st", { style: "position:fixed;inset:0;z-index:9999;background:#333" }, picture);
  document.body.append(box);
  window.told = { shapes: [], left: 0 };
  window.layer = drawLayer(picture, {
    onShape: (shape, moved) => {
      told.shapes.push(shape);
      if (moved) told.moved = moved;
    },
    onChange: (value) => (told.value = value), onLeave: () => told.left++,
  });
  box.append(layer.toolbar);
  layer.edit(true);
}"""


class Sheet:
    """The layer over a grey picture of 800 by 450, mounted on the studio's own page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def shapes(self) -> list[dict[str, Any]]:
        return self.page.evaluate("layer.value?.shapes || []")

    def drag(self, *places: tuple[float, float]) -> None:
        mouse = self.page.mouse
        mouse.move(places[0][0] * 800, places[0][1] * 450)
        mouse.down()
        for x, y in places[1:]:
            mouse.move(x * 800, y * 450, steps=6)
        mouse.up()

    def picture(self) -> np.ndarray:
        """What the page shows, uint8 RGB."""
        shot = self.page.locator("#picture").screenshot()
        return np.array(Image.open(io.BytesIO(shot)).convert("RGB"))


@pytest.fixture
def sheet(context: BrowserContext, site: Site) -> Iterator[Sheet]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.url)
    page.locator("#tab-t2i-button").wait_for()
    page.evaluate(MOUNT, [asset_url("js/review/drawing.js"), asset_url("js/dom.js")])
    expect(page.locator(".rd-toolbar [data-tool=pen]")).to_be_visible()
    yield Sheet(page)
    assert errors == []


def drawn(picture: np.ndarray) -> np.ndarray:
    return np.abs(picture.astype(int) - 0x77).max(2) > 60


def reached(ink: np.ndarray, other: np.ndarray, px: int) -> bool:
    """Whether all ink lies within so many pixels of the other's."""
    wide = cv2.dilate(other.astype(np.uint8), np.ones((2 * px + 1, 2 * px + 1), np.uint8))
    return not (ink & (wide == 0)).any()


def test_the_server_paints_what_was_drawn(sheet: Sheet) -> None:
    """Each tool by its letter, each colour by its digit; both pictures agree within two pixels,
    also at half the size."""
    sheet.drag((0.05, 0.1), (0.3, 0.15), (0.1, 0.3), (0.3, 0.4))
    for n, tool in enumerate("albe"):
        sheet.page.keyboard.press(tool)
        sheet.page.keyboard.press(f"{(2, 4, 6, 5)[n]}")
        sheet.drag((0.36 + n * 0.15, 0.1), (0.45 + n * 0.15, 0.4))
    sheet.page.keyboard.press("t")
    sheet.page.mouse.click(80, 270)
    sheet.page.keyboard.type("<b>warmer</b>")
    sheet.page.keyboard.press("Shift+Enter")
    sheet.page.keyboard.type("暖一点")
    sheet.page.keyboard.press("Enter")
    assert [s["type"] for s in sheet.shapes] == ["stroke", "arrow", "line", "box", "ellipse", "text"]
    assert sheet.shapes[5]["text"] == "<b>warmer</b>\n暖一点"
    sheet.page.evaluate("(layer.edit(false), document.fonts.ready)")
    sheet.page.wait_for_function('document.fonts.check(\'20px "Studio Review"\', "暖")')

    drawing = parse({"shapes": sheet.shapes})
    sizes = [(800, 450), (400, 225)]
    for width, height in sizes:
        sheet.page.evaluate("([w, h]) => (picture.style.cssText += `;width:${w}px;height:${h}px`)", [width, height])
        page = drawn(sheet.picture())
        server = drawn(np.array(drawing_picture.draw(Image.new("RGB", (width, height), "#777777"), drawing)))
        assert page.sum() > width * height / 60
        assert reached(page, server, 2) and reached(server, page, 2)


def test_a_drawing_can_be_changed_taken_back_and_left(sheet: Sheet) -> None:
    keys = sheet.page.keyboard
    keys.press("b")
    sheet.drag((0.1, 0.1), (0.3, 0.3))
    keys.down("Shift")
    sheet.drag((0.5, 0.5), (0.6, 0.9))
    keys.press("l")
    sheet.drag((0.5, 0.1), (0.8, 0.15))
    keys.up("Shift")
    _, square, level = sheet.shapes
    wide, high = (square["to"][n] - square["from"][n] for n in (0, 1))
    assert wide * 800 == pytest.approx(high * 450, abs=0.2) and high > 0.39
    assert level["from"][1] == level["to"][1]
    keys.press("Control+z")
    keys.press("Control+z")
    assert len(sheet.shapes) == 1
    keys.press("Control+y")
    assert sheet.page.evaluate("told.value.shapes.length") == len(sheet.shapes) == 2

    keys.press("v")
    sheet.page.evaluate("void (window.first = layer.value.shapes[0])")
    sheet.drag((0.1, 0.2), (0.15, 0.2))  # by its left side
    assert sheet.page.evaluate("told.moved === first")
    assert sheet.shapes[0]["from"] == [0.15, 0.1] and sheet.shapes[0]["to"] == [0.35, 0.3]
    keys.press("ArrowDown")
    assert sheet.shapes[0]["from"] == [0.15, 0.105]
    keys.press("3")
    assert sheet.shapes[0]["color"] == "#34c759"
    keys.press("Delete")
    assert len(sheet.shapes) == 1
    sheet.page.locator(".rd-toolbar [data-do=clear]").click()
    assert sheet.page.evaluate("layer.value") is None
    sheet.page.locator(".rd-toolbar [data-do=undo]").click()
    assert len(sheet.shapes) == 1

    keys.press("p")
    sheet.page.mouse.move(80, 45)
    sheet.page.mouse.down()
    sheet.page.mouse.move(160, 90, steps=4)
    assert sheet.page.evaluate("told.shapes.at(-1).points.length") == 5
    keys.press("Escape")  # drops what is being drawn
    sheet.page.mouse.up()
    assert len(sheet.shapes) == 1 and sheet.page.evaluate("told.shapes.at(-1)") is None
    keys.press("Escape")
    assert sheet.page.evaluate("[told.left, layer.editing]") == [1, False]
    expect(sheet.page.locator(".rd-toolbar")).to_be_hidden()
    sheet.drag((0.2, 0.2), (0.5, 0.5))  # goes through the layer to what is below
    assert len(sheet.shapes) == 1


def test_pens_have_pressure_fingers_draw_and_others_are_seen(sheet: Sheet) -> None:
    send = sheet.page.context.new_cdp_session(sheet.page).send
    pen = {"button": "left", "buttons": 1, "pointerType": "pen", "clickCount": 1}
    for n, (kind, force) in enumerate(
        [("mousePressed", 0.2), ("mouseMoved", 0.6), ("mouseMoved", 1), ("mouseReleased", 0)]
    ):
        send("Input.dispatchMouseEvent", {"type": kind, "x": 100 + 60 * n, "y": 100, "force": force, **pen})
    assert [round(point[2], 1) for point in sheet.shapes[0]["points"]] == [0.2, 0.6, 1]
    for kind, places in [
        ("touchStart", [(100, 200)]),
        ("touchMove", [(200, 220)]),
        ("touchMove", [(200, 220), (300, 300)]),  # the ball of the hand
        ("touchEnd", []),
    ]:
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in places]})
    assert len(sheet.shapes) == 2 and sheet.shapes[1]["points"][-1][:2] == [0.25, 0.4889]

    before = drawn(sheet.picture()).sum()
    sheet.page.evaluate(
        "layer.showRemote('p1', { type: 'box', from: [.5,.5], to: [.9,.9], color: '#ffcc00', size: .01 })"
    )
    assert drawn(sheet.picture()).sum() > before + 1000
    sheet.page.evaluate("layer.showRemote('p1', null)")
    assert drawn(sheet.picture()).sum() == before and len(sheet.shapes) == 2
