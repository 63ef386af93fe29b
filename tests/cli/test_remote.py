"""A batch sent to a running studio over its REST API, by the command as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript
from studio.permissions import Role
from studio.settings import Settings
from studio.studio import Studio
from tests.cli.process import run, written
from tests.stories.kill_app import free_port
from tests.support.kit import QUICK, image, paid_image


@dataclass(frozen=True)
class Served:
    url: str
    studio: Studio


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[Served]:
    """A studio with accounts."""
    from studio.web.app import served as serve

    folder: Path = tmp_path_factory.mktemp("remote")
    slow = {"slow": FakeScript(never_ends=True)}
    made = {n: FakeEngine(name=n, provider=FakeProvider(folder / n), scripts=slow) for n in ("fake", "paid")}
    settings = Settings(data=folder / "data", access="password")
    with Studio.open(settings, engines=made, catalogue=catalogue, timing=QUICK) as studio:
        studio.people.create("admin", role=Role.ADMIN)
        with serve(studio, server_port=free_port()) as url:
            yield Served(url.rstrip("/"), studio)


def token(served: Served, login: str, role: Role, **limits: Any) -> str:
    person = served.studio.people.create(login, role=role)
    return served.studio.people.make_token(person.id, "batch", **limits)[1]


def test_a_batch_with_a_file_is_priced_sent_and_reported_again(served: Served, tmp_path: Path) -> None:
    Image.new("RGB", (160, 90), "teal").save(tmp_path / "still.png")
    edit = image("at night", task="image-edit", image="still.png")
    batch = written(tmp_path / "b.jsonl", edit, paid_image("a fox", n=2))
    to = ("--url", served.url)
    key = {"STUDIO_TOKEN": token(served, "anna", Role.CREATOR)}
    priced = run(batch, tmp_path / "none", "--dry-run", *to, **key)
    assert priced.code == 0, priced.err
    assert "$0.2000" in priced.out and "2 lines, 3 runs to send" in priced.out
    sent = run(batch, tmp_path / "none", *to, **key)
    assert sent.code == 0, sent.err
    assert [r["status"] for r in sent.results] == ["succeeded"] * 3
    file = httpx.get(sent.results[0]["files"][0], headers={"authorization": f"Bearer {key['STUDIO_TOKEN']}"})
    assert file.status_code == 200 and file.headers["content-type"].startswith("image/")
    again = run(batch, tmp_path / "none", *to, **key)
    assert again.code == 0, again.err
    assert {r["run"] for r in again.results} == {r["run"] for r in sent.results}
    assert not (tmp_path / "none").exists()


def test_what_the_studio_refuses_is_said_and_nothing_is_sent(served: Served, tmp_path: Path) -> None:
    """A wrong line, a role that may not, a token that is none, an address where nobody answers in time."""
    key = {"STUDIO_TOKEN": token(served, "bo", Role.CREATOR)}
    batch = written(tmp_path / "b.jsonl", image("a fox"), image(colour="red"))
    wrong = run(batch, tmp_path, "--url", served.url, **key)
    assert wrong.code == 2 and "line 2: " in wrong.err and "'colour'" in wrong.err
    assert run(batch, tmp_path, "--url", served.url, "--max-usd", "0", "--dry-run", **key).code == 2
    good = written(tmp_path / "good.jsonl", image("a fox"))
    viewer = run(good, tmp_path, "--url", served.url, STUDIO_TOKEN=token(served, "vi", Role.VIEWER))
    assert viewer.code == 3 and viewer.err.strip().endswith("."), viewer.err
    stranger = run(good, tmp_path, "--url", served.url, "--token", "wan_none")
    assert stranger.code == 3 and "Traceback" not in stranger.err and "wan_none" not in stranger.err
    assert run(good, tmp_path, "--url", "ftp://x", **key).code == 2
    plain = run(good, tmp_path, "--url", "http://studio.example", **key)
    assert plain.code == 2 and "https" in plain.err


def test_a_token_spends_no_more_than_its_limit(served: Served, tmp_path: Path) -> None:
    key = {"STUDIO_TOKEN": token(served, "cy", Role.CREATOR, usd_limit=0.15)}
    batch = written(tmp_path / "b.jsonl", paid_image("a fox"), paid_image("a hare"))
    ended = run(batch, tmp_path, "--url", served.url, **key)
    assert ended.code in (2, 3) and ended.results == [], ended.err
