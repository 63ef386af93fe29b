"""What a program waits for an answer of the API, idle: by gradio_client, by raw HTTP, by REST.

References in the same run: an empty Gradio app whose one function is registered with queue=False, by the same client,
and the studio's bare health check. Goals: gradio_client p95 under 25 ms, 1,000 runs by one call within a second.
client "default" is gradio_client as it comes; "fast" leaves out what a client of plain HTTP need not pay (README).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from gradio_client import Client

from tests.bench import _live
from tests.bench._live import tell, times_ms

REQUEST: dict[str, Any] = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a fox in the rain", "n": 1}
CLIENTS: dict[str, dict[str, Any]] = {"default": {}, "fast": {"ssl_verify": False}}


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="bench api", description=__doc__)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--list", type=int, default=1000, help="runs of one call")
    parser.add_argument("--port", type=int, default=0)
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as open_:
        folder = Path(name)
        studio = open_.enter_context(_live.studio(folder, wanted.port))
        empty = open_.enter_context(_live.empty(folder, wanted.port and wanted.port + 1))
        http = open_.enter_context(httpx.Client(base_url=studio, timeout=120))
        http.post("ui/queue/pause", json={}).raise_for_status()
        run_id = http.post("api/v1/runs", json=REQUEST).json()[0]["id"]
        for client_name, options in CLIENTS.items():
            _by_client(client_name, options, studio, empty, run_id, wanted.calls)
        _by_http(http, empty, run_id, wanted.calls)
        _lists(http, studio, wanted.list)
        _wait(http, studio)


def _by_client(name: str, options: dict[str, Any], studio: str, empty: str, run_id: str, calls: int) -> None:
    client, other = (Client(url, verbose=False, **options) for url in (studio, empty))
    figures = {
        "submit": lambda: client.predict(REQUEST, api_name="/submit"),
        "get_run": lambda: client.predict(run_id, api_name="/get_run"),
        "estimate": lambda: client.predict(REQUEST, api_name="/estimate"),
        "models": lambda: client.predict("text-to-image", api_name="/models"),
        "empty_app": lambda: other.predict(REQUEST, api_name="/submit"),
    }
    for figure, call in figures.items():
        tell("api", f"client_{figure}", times_ms(call, calls), client=name, goal=25)
    client.close()
    other.close()


def _by_http(http: httpx.Client, empty: str, run_id: str, calls: int) -> None:
    def queued(base: str) -> None:
        event = http.post(f"{base}gradio_api/call/submit", json={"data": [REQUEST]}).json()["event_id"]
        assert "complete" in http.get(f"{base}gradio_api/call/submit/{event}").text

    def direct(base: str) -> None:
        http.post(f"{base}gradio_api/run/submit", json={"data": [REQUEST], "session_hash": "bench"}).raise_for_status()

    studio = str(http.base_url)
    tell("api", "http_call_and_stream", times_ms(partial(queued, studio), calls), empty_app=_p50(queued, empty, calls))
    with contextlib.suppress(httpx.HTTPStatusError):  # before, functions were to be called by the queue alone
        tell("api", "http_run", times_ms(partial(direct, studio), calls), empty_app=_p50(direct, empty, calls))
    rest = times_ms(lambda: http.post("api/v1/runs", json=REQUEST).raise_for_status(), calls)
    tell("api", "rest_submit", rest)
    tell("api", "rest_get_run", times_ms(lambda: http.get(f"api/v1/runs/{run_id}").raise_for_status(), calls))
    tell("api", "healthz", times_ms(lambda: http.get("healthz").raise_for_status(), calls))


def _p50(call: Any, base: str, calls: int) -> float:
    return round(sorted(times_ms(partial(call, base), calls))[calls // 2], 2)


def _lists(http: httpx.Client, studio: str, count: int) -> None:
    requests = [{**REQUEST, "prompt": f"a fox in the rain, {number}"} for number in range(count)]
    client = Client(studio, verbose=False, ssl_verify=False)
    times: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        assert len(client.predict(requests, api_name="/submit")) == count
        times.append((time.perf_counter() - began) * 1000)
    tell("api", f"client_submit_list_of_{count}", times, goal=1000)
    began = time.perf_counter()
    answer = http.post("api/v1/runs", json=requests, headers={"Idempotency-Key": "bench"})
    assert answer.status_code == 201 and len(answer.json()) == count
    tell("api", f"rest_submit_list_of_{count}", [(time.perf_counter() - began) * 1000], goal=1000)
    client.close()


def _wait(http: httpx.Client, studio: str) -> None:
    """From the answer of a cancel to the end of a wait for that run; and a call while sixty-four others wait."""
    client = Client(studio, verbose=False, ssl_verify=False, max_workers=80)
    late: list[float] = []
    for _ in range(10):
        run_id = http.post("api/v1/runs", json=REQUEST).json()[0]["id"]
        ended: list[float] = []
        waiting = threading.Thread(
            target=lambda run_id=run_id, ended=ended: (
                client.predict(run_id, 30, api_name="/wait"), ended.append(time.perf_counter())
            )
        )  # fmt: skip
        waiting.start()
        time.sleep(0.3)
        http.post(f"api/v1/runs/{run_id}/cancel").raise_for_status()
        cancelled = time.perf_counter()
        waiting.join(30)
        late.append((ended[0] - cancelled) * 1000)
    tell("api", "wait_after_the_end", late)
    run_id = http.post("api/v1/runs", json=REQUEST).json()[0]["id"]
    jobs = [client.submit(run_id, 20, api_name="/wait") for _ in range(64)]
    time.sleep(3)
    times = times_ms(lambda: http.get(f"ui/runs/{run_id}").raise_for_status(), 30)
    tell("api", "page_call_while_64_wait", times)
    http.post(f"api/v1/runs/{run_id}/cancel").raise_for_status()
    done = [job.result(timeout=30)["status"] for job in jobs]
    print(json.dumps({"bench": "api", "figure": "waits_that_ended", "value": done.count("cancelled")}), flush=True)
    client.close()
