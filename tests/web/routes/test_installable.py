"""The studio as an installed app, by HTTP: what its manifest names exists, and its worker has this version."""

from __future__ import annotations

import importlib.util
import io
import json

import httpx
import pytest
from PIL import Image

from studio.settings import Settings
from studio.web.i18n import LANGUAGES
from studio.web.routes import installable
from studio.web.static import ASSETS, asset_url
from studio.web.theme import head
from tests.web.routes.test_routes import url, web

__all__ = ["url", "web"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_is_in_the_readers_language(web: httpx.Client, language: str) -> None:
    answer = web.get("/manifest.webmanifest", headers={"accept-language": language})
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["lang"] == language
    assert {size for icon in manifest["icons"] for size in icon["sizes"].split()} == {"any", "192x192", "512x512"}
    for icon in [*manifest["icons"], *(icon for one in manifest["shortcuts"] for icon in one["icons"])]:
        assert web.get(f"/{icon['src']}").status_code == 200
    assert [one["name"] for one in manifest["shortcuts"]] != [one["url"] for one in manifest["shortcuts"]]


def test_everything_in_it_is_relative_so_that_a_path_prefix_holds() -> None:
    text = json.dumps(installable.app_manifest("en")) + installable.service_worker()
    assert '"/' not in text


def test_the_worker_is_asked_for_anew_and_may_reach_the_studio(web: httpx.Client) -> None:
    answer = web.get("/service-worker.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert "connect-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["content-type"].startswith("text/javascript")
    facts = json.loads(answer.text.partition("\n")[0].removeprefix("self.STUDIO = ").rstrip(";"))
    for file in facts["files"]:
        assert web.get(f"/{facts['assets']}/{file}").status_code == 200
    assert set(facts["offline"]) == set(LANGUAGES)


def test_the_page_names_the_manifest_with_its_cookie() -> None:
    tags = head(Settings(), "en")
    assert '<link rel="manifest" href="manifest.webmanifest" crossorigin="use-credentials">' in tags
    assert asset_url("icons/apple-touch.png") in tags


def test_the_icons_are_what_the_drawing_makes() -> None:
    spec = importlib.util.spec_from_file_location("render", ASSETS / "icons" / "render.py")
    assert spec and spec.loader
    render = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(render)
    for name, (side_px, kind) in render.ICONS.items():
        kept, made = Image.open(ASSETS / "icons" / name), Image.open(io.BytesIO(render.render(side_px, kind)))
        assert kept.size == (side_px, side_px) and list(kept.getdata()) == list(made.getdata()), name
