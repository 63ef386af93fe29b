"""Our HTTP routes over real HTTP: media by id for their owner only and never as something that runs, events, changes.

The server is uvicorn as in the studio; a header stands in for the login.
"""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from studio.domain import Asset, Kind, Run
from studio.studio import Studio
from studio.web import static
from tests.support.kit import finish, image
from tests.support.web import serving


@pytest.fixture
def url(studio: Studio) -> Iterator[str]:
    """The routes of this studio, served."""
    with serving(studio) as address:
        yield address


@pytest.fixture
def web(url: str) -> Iterator[httpx.Client]:
    """A browser's connection, as far as HTTP goes."""
    with httpx.Client(base_url=url, timeout=10) as client:
        yield client


@pytest.fixture
def made(studio: Studio) -> Run:
    """A finished run with one picture."""
    return finish(studio, image('a red coat, <b>"quoted"</b> 红色', seed=42))


def stored(studio: Studio, content: bytes, *, name: str, mime: str, owner: str = "") -> Asset:
    """A file of any kind put into the library as an import would, past the check of uploads."""
    from studio.store import assets

    path = studio.settings.data / "library" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    asset = Asset(
        id=f"a_{name.replace('.', '')}", kind=Kind.IMAGE, mime=mime, name=name, path=f"library/{name}",
        bytes=len(content), sha256="0" * 64, owner=owner,
    )  # fmt: skip
    with studio.context.store.write() as db:
        assets.add(db, asset)
    return asset


def test_a_file_goes_out_whole_and_may_be_kept_for_ever(web: httpx.Client, studio: Studio, made: Run) -> None:
    answer = web.get(made.assets[0].url)
    assert answer.content == studio.local.assets.path(made.assets[0]).read_bytes()
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_known_etag_costs_nothing(web: httpx.Client, made: Run) -> None:
    tag = web.get(made.assets[0].url).headers["etag"]
    again = web.get(made.assets[0].url, headers={"if-none-match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert web.get(made.assets[0].url, headers={"if-none-match": '"other"'}).status_code == 200


def test_ranges_are_served_and_impossible_ones_refused(web: httpx.Client, studio: Studio, made: Run) -> None:
    whole = studio.local.assets.path(made.assets[0]).read_bytes()
    part = web.get(made.assets[0].url, headers={"range": "bytes=5-14"})
    assert (part.status_code, part.content) == (206, whole[5:15])
    assert part.headers["content-range"] == f"bytes 5-14/{len(whole)}"
    assert web.get(made.assets[0].url, headers={"range": "bytes=-4"}).content == whole[-4:]
    assert web.get(made.assets[0].url, headers={"range": f"bytes={len(whole)}-"}).status_code == 416


def test_a_range_of_an_older_file_gives_the_new_one_whole(web: httpx.Client, made: Run) -> None:
    answer = web.get(made.assets[0].url, headers={"range": "bytes=0-3", "if-range": '"another"'})
    assert answer.status_code == 200


def test_an_answer_never_echoes_what_the_browser_sent(web: httpx.Client, made: Run) -> None:
    sent = {"cookie": "session=planted", "x-planted": "planted", "range": "bytes=0-1"}
    answer = web.get(made.assets[0].url, headers=sent)
    assert "planted" not in str(answer.headers) and b"planted" not in answer.content


def test_a_small_picture_is_made_and_kept(web: httpx.Client, made: Run) -> None:
    answer = web.get(f"{made.assets[0].url}/thumb")
    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.content)).width <= 384
    assert "immutable" in answer.headers["cache-control"]
    assert web.get(f"{made.assets[0].url}/hover").status_code == 404  # a still picture does not move
    assert web.get(f"{made.assets[0].url}/secret").status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/media/..%2f..%2fstudio.db", "/media/%2e%2e/%2e%2e/studio.db", "/media/%2fetc%2fpasswd", "/media/a_x%00",
        "/media/..%5c..%5cstudio.db", "/media/nothing/thumb", "/ui/assets/x/js/..%2f..%2fapp.py",
        "/ui/assets/x/js/%2e%2e/%2e%2e/pyproject.toml", "/ui/assets/x/i18n/en/shell.json", "/ui/assets/x//etc/passwd",
        "/ui/assets/x/..%2fREADME.md",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_library(web: httpx.Client, path: str) -> None:
    assert web.get(path).status_code == 404


def test_a_file_that_left_the_disk_is_missing_not_an_error(web: httpx.Client, studio: Studio, made: Run) -> None:
    studio.local.assets.path(made.assets[0]).unlink()
    assert web.get(made.assets[0].url).status_code == 404


def test_another_users_runs_and_files_do_not_exist(web: httpx.Client, studio: Studio) -> None:
    [run] = studio.on_behalf_of("ann").requests.submit(image("hers"))
    [run] = studio.local.runs.wait([run.id], timeout_s=10)
    bob, ann = {"x-user": "bob"}, {"x-user": "ann"}
    for path in (run.assets[0].url, f"{run.assets[0].url}/thumb", f"/ui/runs/{run.id}", f"/ui/zip?ids={run.id}"):
        assert web.get(path, headers=ann).status_code == 200
        assert web.get(path, headers=bob).status_code == 404
    assert web.post(f"/ui/runs/{run.id}/rate", json={"stars": 5}, headers=bob).status_code == 404
    assert web.get("/ui/runs", headers=bob).json()["total"] == 0


def test_a_named_user_does_not_keep_the_house(web: httpx.Client, studio: Studio) -> None:
    """Limits, backups, the pause and the whole trash concern everybody."""
    for path in ("/ui/house/limits", "/ui/house/backup", "/ui/queue/pause", "/ui/purge"):
        assert web.post(path, json={}, headers={"x-user": "bob"}).status_code == 403
    assert web.get("/ui/house", headers={"x-user": "bob"}).status_code == 403
    assert not studio.queue.paused and not studio.admin.backups()


@pytest.mark.parametrize(
    ("name", "mime"), [("page.html", "text/html"), ("drawing.svg", "image/svg+xml"), ("code.js", "text/javascript")]
)
def test_what_a_browser_would_run_is_only_downloaded(web: httpx.Client, studio: Studio, name: str, mime: str) -> None:
    asset = stored(studio, b"<script>alert(1)</script>", name=name, mime=mime)
    answer = web.get(asset.url)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_document_is_downloaded_by_its_owner_and_never_shown(
    web: httpx.Client, studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "brief.md").write_text("# <script>alert(1)</script>", "utf-8")
    asset = studio.on_behalf_of("ann").assets.add(tmp_path / "brief.md", documents=True)
    answer = web.get(asset.url, headers={"x-user": "ann"})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="brief.md"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert web.get(f"{asset.url}/thumb", headers={"x-user": "ann"}).status_code == 404
    for path in (asset.url, f"{asset.url}?download=1", f"{asset.url}/thumb"):
        assert web.get(path, headers={"x-user": "bob"}).status_code == 404
    assert studio.on_behalf_of("ann").assets.uploads([Kind.DOCUMENT]) == [asset]
    assert studio.on_behalf_of("bob").assets.uploads([Kind.DOCUMENT]) == []
    assert studio.on_behalf_of("ann").assets.uploads([Kind.IMAGE, Kind.VIDEO, Kind.AUDIO]) == []


def test_a_download_is_named_after_what_it_is(web: httpx.Client, made: Run) -> None:
    said = web.get(f"{made.assets[0].url}?download=1").headers["content-disposition"]
    assert said.startswith("attachment; filename*=utf-8''")
    name = httpx.URL(f"http://x/{said.partition(chr(39) * 2)[2]}").path
    assert "a-red-coat-b-quoted-b-红色_seed42" in name and name.endswith(".png")
    assert not set('<>"\r\n') & set(name)


def test_a_selection_is_one_zip_with_the_requests(web: httpx.Client, studio: Studio, made: Run) -> None:
    other = finish(studio, image("another"))
    answer = web.get("/ui/zip", params={"ids": [made.id, other.id]})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        pictures = [n for n in archive.namelist() if n.endswith(".png")]
        assert len(pictures) == 2 and archive.read(pictures[0]) == studio.local.assets.path(made.assets[0]).read_bytes()
        assert json.loads(archive.read("runs.json"))[0]["seed"] == 42


def test_pages_of_the_gallery_follow_one_another(web: httpx.Client, studio: Studio) -> None:
    studio.queue.pause()
    ids = [r.id for n in range(5) for r in studio.local.requests.submit(image(f"number {n}"))][::-1]
    first = web.get("/ui/runs", params={"limit": 3}).json()
    rest = web.get("/ui/runs", params={"limit": 3, "before": first["next_before"]}).json()
    assert [r["id"] for r in first["runs"] + rest["runs"]] == ids
    assert (first["total"], rest["next_before"]) == (5, None)


def test_a_wrong_question_is_answered_in_a_sentence(web: httpx.Client, made: Run) -> None:
    for answer, status in (
        (web.get("/ui/runs", params={"status": "sleeping"}), 422),
        (web.get("/ui/runs", params={"surprise": "1"}), 422),
        (web.get("/ui/runs/nothing"), 404),
        (web.post(f"/ui/runs/{made.id}/rate", json={"stars": 9}), 422),
        (web.post(f"/ui/runs/{made.id}/cancel"), 409),
        (web.post("/ui/trash", json={"ids": []}), 422),
    ):
        assert answer.status_code == status
        assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://[broken"},
    ],
)  # fmt: skip
def test_a_foreign_page_changes_nothing(web: httpx.Client, studio: Studio, made: Run, headers: dict[str, str]) -> None:
    assert web.post("/ui/trash", json={"ids": [made.id]}, headers=headers).status_code == 403
    assert not studio.local.runs.get(made.id).trashed_at


def test_our_own_page_and_programs_may_change_things(web: httpx.Client, url: str, made: Run, studio: Studio) -> None:
    own = {"origin": url, "sec-fetch-site": "same-origin"}
    assert web.post("/ui/trash", json={"ids": [made.id]}, headers=own).json() == {"ids": [made.id]}
    assert web.post("/ui/restore", json={"ids": [made.id]}).json() == {"ids": [made.id]}
    assert web.post(f"/ui/runs/{made.id}/rate", json={"stars": 4}, headers=own).status_code == 200
    assert studio.local.runs.get(made.id).rating == 4
    pretended = {"host": "inside:80", "x-forwarded-host": "studio.example", "origin": "https://studio.example"}
    assert web.post(f"/ui/runs/{made.id}/rate", json={"stars": 1}, headers=pretended).status_code == 403
    assert studio.local.runs.get(made.id).rating == 4


class Stream:
    """A stream of events read in a thread: (event, data) pairs as they come."""

    def __init__(self, url: str, **headers: str) -> None:
        self.told: list[tuple[str, object]] = []
        self._client = httpx.Client(base_url=url, timeout=20)
        self._open = self._client.stream("GET", "/events/runs", headers=headers)
        self.answer = self._open.__enter__()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        event = ""
        try:
            for line in self.answer.iter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.told.append((event, json.loads(line.removeprefix("data: "))))
        except (httpx.HTTPError, httpx.StreamError):
            return  # closed by the test

    def until(self, fits, timeout_s: float = 5.0) -> float:
        """Seconds until something told fits."""
        began = time.monotonic()
        while not any(fits(event, data) for event, data in list(self.told)):
            assert time.monotonic() - began < timeout_s, self.told
            time.sleep(0.005)
        return time.monotonic() - began

    def close(self) -> None:
        self._client.close()


def changed(run_id: str, status: str = ""):
    """Whether an event brought this run, in this state."""
    return lambda event, data: event == "runs" and any(r["id"] == run_id and status in ("", r["status"]) for r in data)


def test_a_change_reaches_an_open_page_within_a_second(url: str, studio: Studio) -> None:
    stream = Stream(url)
    assert stream.answer.headers["x-accel-buffering"] == "no"
    stream.until(lambda event, _: event == "queue")
    [run] = studio.local.requests.submit(image())
    assert stream.until(changed(run.id)) < 1
    stream.until(changed(run.id, "succeeded"))
    stream.close()


def test_a_page_that_connects_again_misses_nothing(url: str, studio: Studio, engine) -> None:
    first = Stream(url)
    first.until(lambda event, _: event == "queue")
    first.close()
    run = finish(studio, image("while nobody listened"))
    second = Stream(url, **{"last-event-id": "from-another-life-7"})
    second.until(lambda event, data: event == "queue" and run.id in [r["id"] for r in data["recent"]])
    [later] = studio.local.requests.submit(image("and now"))
    assert second.until(changed(later.id)) < 1
    second.close()


def test_a_stream_tells_no_more_of_others_than_their_place_in_the_queue(url: str, studio: Studio) -> None:
    bob = Stream(url, **{"x-user": "bob"})
    bob.until(lambda event, _: event == "queue")
    [hers] = studio.on_behalf_of("ann").requests.submit(image("her secret"))
    [his] = studio.on_behalf_of("bob").requests.submit(image("his"))
    bob.until(changed(his.id, "succeeded"))
    studio.local.runs.wait([hers.id], timeout_s=10)
    time.sleep(0.3)
    told = [one for _, data in bob.told if isinstance(data, list) for one in data if one["id"] == hers.id]
    assert told and all(one.get("hidden") or one.get("gone") for one in told)
    assert "secret" not in json.dumps(bob.told)
    bob.close()


def test_pause_and_order_are_told_to_open_pages(web: httpx.Client, url: str, studio: Studio) -> None:
    stream = Stream(url)
    stream.until(lambda event, _: event == "queue")
    web.post("/ui/queue/pause")
    stream.until(lambda event, data: event == "state" and data.get("paused"))
    [a], [b] = studio.local.requests.submit(image("a")), studio.local.requests.submit(image("b"))
    web.post(f"/ui/runs/{b.id}/move", json={"before": a.id})
    stream.until(lambda event, data: event == "state" and data.get("order"))
    told = web.get("/ui/queue/rows", params={"section": "queued"}).json()
    assert [run["id"] for run in told["runs"]] == [b.id, a.id]
    assert told["counts"]["queued"] == 2 and web.get("/ui/queue").json()["counts"] == told["counts"]
    stream.close()


def test_our_scripts_may_be_kept_for_ever_under_their_digest(web: httpx.Client) -> None:
    now = web.get(f"/{static.asset_url('js/gallery.js')}")
    assert (now.headers["content-type"], "immutable" in now.headers["cache-control"]) == (
        "text/javascript; charset=utf-8",
        True,
    )
    old = web.get("/ui/assets/0000/js/gallery.js")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")


def test_health_and_house_show_no_key(web: httpx.Client, studio: Studio) -> None:
    assert web.get("/healthz").json() == {"status": "ok"}
    house = web.get("/ui/house").json()
    assert {e["name"] for e in house["engines"]} == {"fake", "paid"}
    assert house["storage"]["runs"] == 0 and house["limits"]["day_usd"] is None
    web.post("/ui/house/limits", json={"day_usd": 3})
    assert studio.admin.limits().day_usd == 3
    assert web.post("/ui/house/backup").json()["backups"][0]["bytes"] > 0
