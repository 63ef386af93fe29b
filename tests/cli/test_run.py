"""A batch on the command line: priced, sent, resumed, refused; each outcome has its exit code."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from studio.settings import Settings
from studio.store import Store
from studio.studio import Studio
from tests.cli.process import PICTURE, ROOT, command, run, written
from tests.providers.wavespeed import WaveSpeedServer
from tests.stories.process import environment

PAID = {"task": "text-to-video", "model": "alibaba/wan2.6-t2v", "duration_s": 5}


def runs_in(data: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(data / "studio.db")) as db:
        return db.execute("SELECT id, status FROM runs ORDER BY seq").fetchall()


def test_a_dry_run_prices_each_line_and_the_sum_and_stores_nothing(tmp_path: Path) -> None:
    """A provider without a key is priced, and what it lacks is said with the line."""
    batch = written(tmp_path / "b.jsonl", PICTURE | {"prompt": "a fox"}, PAID | {"prompt": "a fox runs", "n": 2})
    told = run(batch, tmp_path / "data", "--dry-run", DASHSCOPE_API_KEY="sk-x")
    assert told.code == 0, told.err
    first, second, total = told.out.splitlines()
    assert "draft/animatic" in first and "free" in first
    assert "alibaba/wan2.6-t2v" in second and "x2" in second and "about" in second
    assert total.startswith("2 lines, 3 runs to send: $") and not total.startswith("2 lines, 3 runs to send: $0.0000")
    without_key = run(batch, tmp_path / "data", "--dry-run", DASHSCOPE_API_KEY="")
    assert without_key.code == 2 and "line 2" in without_key.out and "DASHSCOPE_API_KEY" in without_key.out
    assert not (tmp_path / "data").exists()


def test_a_batch_is_sent_once_and_reported_again(tmp_path: Path) -> None:
    """The same file under another folder is the same batch; --name makes it another one."""
    batch = written(tmp_path / "b.jsonl", PICTURE | {"prompt": "a fox"}, PICTURE | {"prompt": "a hare", "id": "hare"})
    first = run(batch, tmp_path / "data")
    assert first.code == 0, first.err
    assert [(r["status"], r["stored_before"]) for r in first.results] == [("succeeded", False)] * 2
    assert all(Path(file).is_file() for r in first.results for file in r["files"])
    moved = written(tmp_path / "elsewhere.jsonl", PICTURE | {"prompt": "a fox"}, PICTURE | {"prompt": "new"})
    (tmp_path / "sub").mkdir()
    again = run(moved.rename(tmp_path / "sub" / "b.jsonl"), tmp_path / "data", "--output", str(tmp_path / "out.jsonl"))
    assert again.code == 0 and again.out == ""
    assert [line.count('"stored_before": true') for line in (tmp_path / "out.jsonl").read_text().splitlines()] in (
        [1, 0],
        [0, 1],
    )
    assert len(runs_in(tmp_path / "data")) == 3
    assert run(batch, tmp_path / "data", "--dry-run", "--name", "other").out.count("free") == 2
    assert run(batch, tmp_path / "data", "--dry-run").out.endswith("2 lines stored before, not sent again\n")


def test_what_is_wrong_is_said_with_its_line_and_nothing_is_sent(tmp_path: Path) -> None:
    batch = written(tmp_path / "b.jsonl", PICTURE | {"prompt": "a fox"}, PICTURE | {"prompt": "x", "colour": "red"})
    with batch.open("a") as file:
        file.write('{"task": \n')
    earlier = tmp_path / "results.jsonl"
    earlier.write_text("kept")
    ended = run(batch, tmp_path / "data", "--output", str(earlier))
    assert (ended.code, ended.out, earlier.read_text()) == (2, "", "kept")
    assert "line 2: " in ended.err and "'colour'" in ended.err and "line 3: The line is not JSON" in ended.err
    assert runs_in(tmp_path / "data") == []


def test_files_lie_beside_the_batch_and_are_taken_in_once(tmp_path: Path) -> None:
    """A private address is not asked for, and a file that is not there is named."""
    Image.new("RGB", (160, 90), "teal").save(tmp_path / "still.png")
    edit = {"task": "image-edit", "model": "draft/animatic", "prompt": "at night"}
    batch = written(tmp_path / "b.jsonl", edit | {"images": ["still.png"]}, edit | {"images": ["still.png"], "seed": 4})
    ended = run(batch, tmp_path / "data")
    assert ended.code == 0, ended.err
    with closing(sqlite3.connect(tmp_path / "data" / "studio.db")) as db:
        assert db.execute("SELECT count(*) FROM assets WHERE origin IS NULL").fetchone() == (1,)
    bad = written(
        tmp_path / "bad.jsonl", edit | {"images": ["gone.png"]}, edit | {"images": ["http://127.0.0.1:9/a.png"]}
    )
    refused = run(bad, tmp_path / "data")
    assert refused.code == 2
    assert "line 1: images: gone.png cannot be used" in refused.err and "line 2: images: http://127" in refused.err


def test_limits_hold_for_the_sum(tmp_path: Path) -> None:
    """--max-usd and the studio's own limits: one line would pass, both do not."""
    batch = written(tmp_path / "b.jsonl", *(PAID | {"prompt": f"a fox {n}"} for n in range(2)))
    key = {"DASHSCOPE_API_KEY": "sk-x", "ALIBABA_BASE_URL": "http://127.0.0.1:9"}
    refused = run(batch, tmp_path / "data", "--max-usd", "0.5", **key)
    assert refused.code == 2 and "--max-usd" in refused.err
    with Studio.open(Settings(data=tmp_path / "data"), start=False) as studio:
        studio.admin.set_limits(day_usd=0.6)
    limited = run(batch, tmp_path / "data", **key)
    assert limited.code == 2 and "0.60" in limited.err
    assert runs_in(tmp_path / "data") == []


def test_a_folder_in_use_is_said_and_can_still_be_priced(tmp_path: Path) -> None:
    batch = written(tmp_path / "b.jsonl", PICTURE | {"prompt": "a fox"})
    store = Store(tmp_path / "data")
    try:
        ended = run(batch, tmp_path / "data")
        priced = run(batch, tmp_path / "data", "--dry-run")
    finally:
        store.close()
    assert ended.code == 3 and "--url" in ended.err and str(tmp_path / "data") in ended.err
    assert priced.code == 0, priced.err


def test_a_held_run_is_named_with_its_choices(tmp_path: Path) -> None:
    """A model that takes people asks for consent before it is sent; the others of the batch are made."""
    Image.new("RGB", (640, 480), "teal").save(tmp_path / "face.png")
    asked = {"task": "reference-to-video", "model": "alibaba/wan2.6-r2v", "prompt": "character1 waves", "duration_s": 5}
    batch = written(tmp_path / "b.jsonl", asked | {"references": ["face.png"]}, PICTURE | {"prompt": "a fox"})
    ended = run(batch, tmp_path / "data", DASHSCOPE_API_KEY="sk-x", ALIBABA_BASE_URL="http://127.0.0.1:9")
    assert ended.code == 1, ended.err
    assert "confirm_consent" in ended.err and "is held" in ended.err
    assert sorted(r["status"] for r in ended.results) == ["held", "succeeded"]
    [held] = [r for r in ended.results if r["status"] == "held"]
    assert held["choices"] == ["no_real_person", "confirm_consent", "give_up"]


def test_a_paused_queue_is_said_and_the_batch_goes_on_later(tmp_path: Path) -> None:
    """A password of the studio is for its pages: the command works in the folder as the user of this machine."""
    with Studio.open(Settings(data=tmp_path / "data"), start=False) as studio:
        studio.queue.pause()
    batch = written(tmp_path / "b.jsonl", PICTURE | {"prompt": "a fox"})
    paused = run(batch, tmp_path / "data")
    assert paused.code == 1 and "The queue is paused" in paused.err
    assert [r["status"] for r in paused.results] == ["queued"]
    with Studio.open(Settings(data=tmp_path / "data"), start=False) as studio:
        studio.queue.resume()
    resumed = run(batch, tmp_path / "data", STUDIO_PASSWORD="long enough 1", STUDIO_ACCESS="password")
    assert resumed.code == 0, resumed.err
    assert [(r["run"], r["status"]) for r in resumed.results] == [(paused.results[0]["run"], "succeeded")]


def submitted(server: WaveSpeedServer) -> list[str]:
    return [task.prompt() for task in server.tasks.values()]


def _hear_ctrl_c() -> None:
    """A shell lets its background jobs ignore Ctrl+C, and what they start inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_batch_that_was_cut_off_goes_on_and_pays_once(tmp_path: Path, how: signal.Signals) -> None:
    """kill -9 and Ctrl+C, with real HTTP to a provider that counts what it was sent."""
    with WaveSpeedServer() as server:
        server.running_s = 2.0
        body = {"task": "text-to-video", "model": "wavespeed/wan2.7-t2v", "duration_s": 2}
        batch = written(tmp_path / "b.jsonl", *(body | {"prompt": f"a fox {n}"} for n in range(3)))
        environ = {"WAVESPEED_API_KEY": server.KEY, "WAVESPEED_BASE_URL": server.url}
        process = subprocess.Popen(
            command(batch, tmp_path / "data"), cwd=ROOT, env=environment() | environ,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_hear_ctrl_c,
        )  # fmt: skip
        try:
            until = time.monotonic() + 60
            while len(server.tasks) < 2:
                assert process.poll() is None and time.monotonic() < until, process.communicate(timeout=5)
                time.sleep(0.02)
            os.kill(process.pid, how)
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
        assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), err
        ended = run(batch, tmp_path / "data", **environ)
        assert ended.code == 0, ended.err
        assert len(runs_in(tmp_path / "data")) == 3, "a line was stored twice"
        assert sorted(submitted(server)) == ["a fox 0", "a fox 1", "a fox 2"]
        assert [r["stored_before"] for r in ended.results] == [True] * 3
