"""The guest's page brings what it needs: the words that its scripts ask for, and the files that they load."""

from __future__ import annotations

import json
import re

from studio.web.static import asset_url
from tests.web.shared.conftest import Shared


def test_the_page_has_the_words_of_all_its_scripts(shared: Shared) -> None:
    page = shared.guest(shared.link()[1]).get("/shared/").text
    found = re.search(r'id="words">(.*?)</script>', page, re.DOTALL)
    assert found
    words = json.loads(found[1])
    there = {key.partition(".")[0] for key in words["en"]}
    assert {"review", "reviewguest", "reviewlinks", "frameplayer", "shell", "widgets"} <= there
    assert there.isdisjoint({"settings", "people", "approvals", "models"})
    assert words["en"].keys() == words["zh-CN"].keys()


def test_scripts_are_for_guests_and_the_page_before_them_for_all(shared: Shared) -> None:
    web, nobody = shared.guest(shared.link()[1]), shared.nobody()
    for name in ("js/shared.js", "css/studio.css", "js/review/page.js"):
        assert web.get(f"/shared/{asset_url(name)}").status_code == 200
        assert nobody.get(f"/shared/{asset_url(name)}").status_code == 401
    for name in ("js/gate.js", "css/login.css", "icons/studio.svg"):
        assert nobody.get(f"/shared/{asset_url(name)}").status_code == 200
    assert web.get(f"/shared/{asset_url('')}../../studio/settings.py").status_code == 404
