"""The two clients of the concurrency benchmark, each in a process of its own: `python -m tests.bench._many WHO ...`.

Prints one JSON line: CPU seconds and peak memory of this process when it was ready for work and at the end, and when
each run's file was on the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 900.0


def studio(url: str, runs: int, per_s: float, folder: Path, ready: Callable[[], None]) -> dict[str, float]:
    """The studio with its usual waiting times; prompt -> when the run had succeeded, its file registered."""
    from pydantic import SecretStr

    from studio.engines.alibaba import AlibabaEngine
    from studio.settings import Settings
    from studio.studio import Studio

    options = {"ALIBABA_BASE_URL": url, "ALIBABA_SUBMITS_PER_S": str(per_s), "ALIBABA_CONCURRENT": str(runs)}
    settings = Settings(data=folder, secrets={"DASHSCOPE_API_KEY": SecretStr("sk-test")}, options=options)
    body = {"model": "alibaba/wan2.6-t2v", "task": "text-to-video", "duration_s": 2, "tier": "720P", "aspect": "16:9"}
    with Studio.open(settings, engines={"alibaba": AlibabaEngine(settings)}) as opened:
        ready()
        made = [
            run.id for run in opened.local.requests.submit_many([{**body, "prompt": f"many {i}"} for i in range(runs)])
        ]
        done = opened.local.runs.wait(made, timeout_s=PATIENCE_S)
    return {r.request.prompt: r.finished_at.timestamp() for r in done if r.status == "succeeded" and r.finished_at}


def sdk(url: str, runs: int, per_s: float, folder: Path, ready: Callable[[], None]) -> dict[str, float]:
    """The official SDK as its pages show it, a thread a run: submit, wait, download."""
    os.environ["DASHSCOPE_API_KEY"] = "sk-test"
    import dashscope
    import requests
    from dashscope.aigc.video_synthesis import VideoSynthesis

    dashscope.base_http_api_url = url
    ready()
    ends: dict[str, float] = {}

    def one(prompt: str) -> None:
        sent = VideoSynthesis.async_call(model="wan2.6-t2v", prompt=prompt, size="1280*720", duration=2)
        done = VideoSynthesis.wait(sent)
        path = folder / f"{prompt}.mp4"
        path.write_bytes(requests.get(done.output.video_url, timeout=60).content)
        ends[prompt] = time.time()

    threads = []
    for i in range(runs):
        threads.append(threading.Thread(target=one, args=(f"many {i}",)))
        threads[-1].start()
        time.sleep(1 / per_s)
    for thread in threads:
        thread.join(PATIENCE_S)
    return ends


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=("studio", "sdk"))
    parser.add_argument("url")
    parser.add_argument("runs", type=int)
    parser.add_argument("per_s", type=float)
    args = parser.parse_args()
    marks: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="many-") as folder:
        client = {"studio": studio, "sdk": sdk}[args.who]
        ends = client(args.url, args.runs, args.per_s, Path(folder), lambda: marks.append(_used()))
        marks.append(_used())
    (idle_cpu_s, idle_rss_mb), (cpu_s, rss_mb) = marks
    used = {"idle_cpu_s": idle_cpu_s, "idle_rss_mb": idle_rss_mb, "cpu_s": cpu_s, "rss_mb": rss_mb}
    print(json.dumps({**used, "ends": ends}))


def _used() -> tuple[float, float]:
    """CPU seconds so far, and the most memory so far in MB."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
