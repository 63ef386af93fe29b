"""Links with a watermark: a guest gets marked copies, whatever address they try, and never the file itself."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import av
import httpx
import numpy as np
from PIL import Image

from studio.review import watermark
from studio.services.review_links import LinkChange
from tests.web.shared.conftest import Shared

DEADLINE_S = 60


def ready(web: httpx.Client) -> None:
    """Wait until all copies of this guest are there."""
    until = time.monotonic() + DEADLINE_S
    while web.get("/shared/api/copies").json()["copies"]:
        assert time.monotonic() < until, "the copies are not made"
        time.sleep(0.2)


def test_the_copies_are_made_and_the_files_never_given(shared: Shared) -> None:
    _, token = shared.link(watermark=True, can_download=True)
    web = shared.guest(token, "Ada 李雷")
    states = {v["asset"]: v["state"] for item in shared.seen(web)["items"] for v in item["versions"]}
    assert set(states) == {shared.take, shared.clip}
    first = web.get(f"/shared/media/{shared.clip}")
    assert first.status_code in (200, 503)
    assert first.status_code == 200 or "retry-after" in first.headers
    ready(web)
    assert {v["state"] for item in shared.seen(web)["items"] for v in item["versions"]} == {"ready"}
    member = shared.member()
    for asset in (shared.take, shared.clip):
        original = member.get(f"/media/{asset}").content
        for address in ("", "?download=1", "/poster", "/view"):
            got = web.get(f"/shared/media/{asset}{address}")
            assert got.status_code == 200
            assert got.content != original
            assert not [piece for piece in pieces(original) if piece in got.content]
        for address in ("/poster", "/view"):
            assert web.get(f"/shared/media/{asset}{address}").content != member.get(f"/media/{asset}{address}").content
    told, of_member = (
        one.json() for one in (web.get(f"/shared/api/frames/{shared.clip}"), member.get(f"/ui/frames/{shared.clip}"))
    )
    assert told["frames"] == of_member["frames"]
    assert told["packets"] != of_member["packets"], "where frames lie in the copy, not in the file"
    part = web.get(f"/shared/media/{shared.clip}", headers={"range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    assert web.get(f"/media/{shared.clip}").status_code == 401


def test_comments_are_handed_over_without_the_files(shared: Shared) -> None:
    link, token = shared.link(watermark=True)
    web, base = shared.guest(token), f"/shared/api/reviews/{shared.review}/export"
    assert web.get(f"{base}/csv").status_code == 403
    shared.services.review_links.change(shared.review, link, LinkChange(can_download=True))
    assert web.get(f"{base}/csv").status_code == 200
    assert [web.get(f"{base}/{form}").status_code for form in ("csv?media=1", "edl?media=1", "pdf")] == [403] * 3
    assert web.get(f"{base}/csv?internal=1").status_code == 403


def pieces(content: bytes) -> list[bytes]:
    """Packets of the pictures of a file, which no copy may hold."""
    with av.open(BytesIO(content), "r") as box:
        return [bytes(packet) for packet in box.demux(video=0) if packet.size > 64]


def test_a_picture_has_the_guests_name_in_it(shared: Shared) -> None:
    """Compared with the mark itself: where its letters are, the picture is lighter or darker than the original."""
    _, token = shared.link(watermark=True)
    web = shared.guest(token, "Grace")
    ready(web)
    marked = grey(web.get(f"/shared/media/{shared.take}").content)
    original = grey(shared.member().get(f"/media/{shared.take}").content)
    assert marked.shape == original.shape
    height, width = marked.shape
    day = web.get("/shared/").headers["date"] and time.strftime("%Y-%m-%d", time.gmtime())
    letters = np.asarray(watermark.layer(width, height, f"Grace · {day} · Harbour film"))[..., 3] > 70
    changed = np.abs(marked.astype(int) - original) > 12
    assert changed[letters].mean() > 0.5
    assert changed[~letters].mean() < 0.25
    other = shared.guest(token, "Somebody Else")
    ready(other)
    assert other.get(f"/shared/media/{shared.take}").content != web.get(f"/shared/media/{shared.take}").content


def grey(content: bytes) -> np.ndarray:
    with Image.open(BytesIO(content)) as image:
        return np.asarray(image.convert("L"))


def test_copies_go_with_their_link(shared: Shared) -> None:
    link, token = shared.link(watermark=True)
    web = shared.guest(token)
    ready(web)
    folder = shared.studio.settings.data / "cache" / "marked" / link
    assert [path for path in folder.rglob("*") if path.is_file()]
    shared.services.review_links.revoke(shared.review, link)
    assert not folder.exists()
    assert web.get(f"/shared/media/{shared.clip}").status_code == 401


def test_a_watermark_that_is_turned_on_counts_at_once(shared: Shared) -> None:
    link, token = shared.link()
    web = shared.guest(token)
    plain = web.get(f"/shared/media/{shared.clip}")
    shared.services.review_links.change(shared.review, link, LinkChange(watermark=True))
    again = web.get(f"/shared/media/{shared.clip}", headers={"if-none-match": plain.headers["etag"]})
    assert again.status_code in (200, 503)
    ready(web)
    assert web.get(f"/shared/media/{shared.clip}").content != plain.content


def test_the_cache_is_bounded(shared: Shared, tmp_path: Path) -> None:
    """What was not looked at longest goes first."""
    from studio.services.watermarks import FOLDER, Watermarks
    from studio.store.mapping import new_id

    link, _ = shared.link(watermark=True)
    jobs = shared.studio.context.jobs
    small = Watermarks(shared.studio.context.store, jobs, max_bytes=0)
    folder = jobs.data / FOLDER / link / new_id("g_")
    folder.mkdir(parents=True)
    (folder / "old.mp4").write_bytes(b"x" * 1000)
    small.sweep()
    assert not (folder / "old.mp4").exists()
    stray = jobs.data / FOLDER / "sl_gone" / "g_x"
    stray.mkdir(parents=True)
    (stray / "copy.mp4").write_bytes(b"x")
    shared.studio.watermarks.sweep()
    assert not stray.exists()
