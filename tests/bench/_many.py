"""The two clients of the concurrency benchmark, each in a process of its own: `python -m tests.bench._many WHO ...`.

Prints a JSON line with the CPU seconds and peak memory of this process when it is ready for work, and another one when
a few runs have ended; after each it waits for a line on standard input. The last line has both at the end, and when
each run's file was on the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 900.0
FIRST_RUNS, FIRST_LENGTH_S, LENGTH_S = 12, 3, 2
"""How many runs come before those that are measured, and how long the clips are: another length, of which the studio
learns nothing about how long the others take."""
WAITED_AT_ONCE = 100
"""Runs that the studio's client waits for together, so that it never holds the rows of all."""
SDK_POLL_S = 1.0
"""How often the SDKs look: WaveSpeedAI's own pace, gentler than fal's (0.1 s) and Replicate's (0.5 s)."""
KEYS = {
    "alibaba": "DASHSCOPE_API_KEY",
    "fal": "FAL_KEY",
    "replicate": "REPLICATE_API_TOKEN",
    "wavespeed": "WAVESPEED_API_KEY",
}
TEST_KEYS = {"alibaba": "sk-test"}
TEST_KEY = "test-key-12345"
MODELS = {"alibaba": "alibaba/wan2.6-t2v"}
"""The studio's row of each provider; of others, their Wan 2.7."""


def studio(urls: dict[str, str], runs: int, per_s: float, folder: Path, mark: Callable[[], None]) -> dict[str, float]:
    """The studio with its usual waiting times; prompt -> when the run had succeeded, its file registered."""
    from dataclasses import replace

    from pydantic import SecretStr

    from studio import engines
    from studio.catalogue import AccountLimits
    from studio.settings import Settings
    from studio.studio import Studio

    options = {f"{name.upper()}_BASE_URL": _base(name, url) for name, url in urls.items()}
    secrets = {KEYS[name]: SecretStr(TEST_KEYS.get(name, TEST_KEY)) for name in urls}
    settings = Settings(data=folder, secrets=secrets, options=options)
    limits = AccountLimits(submits_per_s=per_s / len(urls), concurrent=runs, polls_per_s=1000.0)
    used: dict[str, Any] = {name: engines.build(name, settings) for name in urls}
    for engine in used.values():
        engine.info = replace(engine.info, limits=limits, model_submits_per_s=per_s)
    body = {"task": "text-to-video", "tier": "720P", "aspect": "16:9"}
    with Studio.open(settings, engines=used) as opened:

        def finished_at(count: int, prompt: str, length_s: int) -> dict[str, float]:
            names = [_provider(urls, i) for i in range(count)]
            bodies = [
                {**body, "model": MODELS.get(name, f"{name}/wan2.7-t2v"), "prompt": f"{prompt} {i}"}
                | {"duration_s": length_s}
                for i, name in enumerate(names)
            ]
            ids = [run.id for run in opened.local.requests.submit_many(bodies)]
            ends: dict[str, float] = {}
            for at in range(0, count, WAITED_AT_ONCE):
                for run in opened.local.runs.wait(ids[at : at + WAITED_AT_ONCE], timeout_s=PATIENCE_S):
                    if run.status == "succeeded" and run.finished_at:
                        ends[run.request.prompt] = run.finished_at.timestamp()
            return ends

        mark()
        finished_at(FIRST_RUNS, "first", FIRST_LENGTH_S)
        mark()
        return finished_at(runs, "many", LENGTH_S)


def sdk(urls: dict[str, str], runs: int, per_s: float, folder: Path, mark: Callable[[], None]) -> dict[str, float]:
    """The official SDKs as their pages show them, a thread a run: submit, wait, download."""
    import requests

    calls = {name: CLIENTS[name](_base(name, url)) for name, url in urls.items()}

    def finished_at(count: int, prompt: str, length_s: int) -> dict[str, float]:
        ends: dict[str, float] = {}

        def one(name: str, prompt: str) -> None:
            link = calls[name](prompt, length_s)
            (folder / f"{prompt}.mp4").write_bytes(requests.get(link, timeout=60).content)
            ends[prompt] = time.time()

        threads = []
        for i in range(count):
            threads.append(threading.Thread(target=one, args=(_provider(urls, i), f"{prompt} {i}")))
            threads[-1].start()
            time.sleep(1 / per_s)
        for thread in threads:
            thread.join(PATIENCE_S)
        return ends

    mark()
    finished_at(FIRST_RUNS, "first", FIRST_LENGTH_S)
    mark()
    return finished_at(runs, "many", LENGTH_S)


Call = Callable[[str, int], str]
"""Prompt and length in seconds -> the result's address, once there is one."""


def _dashscope(url: str) -> Call:
    os.environ[KEYS["alibaba"]] = TEST_KEYS["alibaba"]
    import dashscope
    from dashscope.aigc.video_synthesis import VideoSynthesis

    dashscope.base_http_api_url = url

    def call(prompt: str, length_s: int) -> str:
        sent = VideoSynthesis.async_call(model="wan2.6-t2v", prompt=prompt, size="1280*720", duration=length_s)
        return VideoSynthesis.wait(sent).output.video_url

    return call


def _fal(url: str) -> Call:
    import fal_client

    fal_client.client.QUEUE_URL_FORMAT = f"{url}/"  # pyright: ignore[reportAttributeAccessIssue] - plain http needs it
    client = fal_client.SyncClient(key=TEST_KEY)

    def call(prompt: str, length_s: int) -> str:
        given = {"prompt": prompt, "duration": length_s}
        return client.subscribe("fal-ai/wan/v2.7/text-to-video", given, interval=SDK_POLL_S)["video"]["url"]

    return call


def _replicate(url: str) -> Call:
    os.environ["REPLICATE_POLL_INTERVAL"] = str(SDK_POLL_S)
    from replicate.client import Client

    client = Client(api_token=TEST_KEY, base_url=url.removesuffix("/v1"))

    def call(prompt: str, length_s: int) -> str:
        given = {"prompt": prompt, "duration": length_s}
        made = client.models.predictions.create("wan-video/wan-2.7-t2v", input=given)
        made.wait()
        return str(made.output)

    return call


def _wavespeed(url: str) -> Call:
    import wavespeed

    client = wavespeed.Client(TEST_KEY, base_url=url.removesuffix("/api/v3"))

    def call(prompt: str, length_s: int) -> str:
        given = {"prompt": prompt, "duration": length_s}
        return client.run("alibaba/wan-2.7/text-to-video", given, poll_interval=SDK_POLL_S)["outputs"][0]

    return call


CLIENTS = {"alibaba": _dashscope, "fal": _fal, "replicate": _replicate, "wavespeed": _wavespeed}
PATHS = {"alibaba": "/api/v1", "replicate": "/v1", "wavespeed": "/api/v3"}


def _base(name: str, url: str) -> str:
    return url + PATHS.get(name, "")


def _provider(urls: dict[str, str], number: int) -> str:
    """The provider of this run: one after the other."""
    return list(urls)[number % len(urls)]


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=("studio", "sdk"))
    parser.add_argument("urls", type=json.loads)
    parser.add_argument("runs", type=int)
    parser.add_argument("per_s", type=float)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="many-") as folder:
        client = {"studio": studio, "sdk": sdk}[args.who]
        ends = client(args.urls, args.runs, args.per_s, Path(folder), _mark)
        print(json.dumps({**_used(), "ends": ends}))


def _mark() -> None:
    """Tell what was used so far, and go on when the other side says so."""
    print(json.dumps(_used()), flush=True)
    sys.stdin.readline()


def _used() -> dict[str, float]:
    """CPU seconds so far, and the most memory so far in MB."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": used.ru_utime + used.ru_stime, "rss_mb": used.ru_maxrss / 1024}


if __name__ == "__main__":
    main()
