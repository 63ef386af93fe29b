"""A studio in a process of its own, to be killed: `python -m tests.stories.studio_child ENGINE DATA API_URL [BODIES]`.

With bodies (JSON, the API's flat form) it submits them first; "file:" values name files to be taken in as assets. It
ends when every run has ended or is held, and prints the runs as JSON. Real engine, real database, quick waiting times.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from studio import engines
from studio.domain import JSON, Status
from studio.engines.alibaba import AlibabaEngine
from studio.engines.base import Engine
from studio.jobs.durations import Timing
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.task_server import TaskServer

QUICK = Timing(
    min_poll_s=0.1, max_poll_s=0.2, image_poll_s=0.1, video_poll_s=0.1, first_backoff_s=0.1, max_backoff_s=1.0,
    disk_check_s=0.1, disk_retry_s=2.0,
)  # fmt: skip
SETTLE_S = 0.4
PATIENCE_S = 60.0


def settings(data: Path, url: str) -> Settings:
    """A studio for the local server only."""
    options = {"ALIBABA_BASE_URL": url, "ALIBABA_SUBMITS_PER_S": "50", "ALIBABA_CONCURRENT": "50"}
    return Settings(data=data, secrets={"DASHSCOPE_API_KEY": SecretStr("sk-test")}, options=options)


def opened(data: Path, url: str, *, timing: Timing = QUICK) -> Studio:
    """The studio with one engine, whose lookups settle quickly."""
    chosen = settings(data, url)
    return Studio.open(chosen, engines={"alibaba": AlibabaEngine(chosen, settle_s=SETTLE_S)}, timing=timing)


def opened_with(engine: str, data: Path, url: str) -> Studio:
    """The studio with this engine alone, which knows the local server by the names that it declares."""
    if engine == "alibaba":
        return opened(data, url)
    declared = engines.environment(engine)
    secrets = {name: SecretStr(TaskServer.KEY) for name, variable in declared.items() if variable.secret}
    options = {name: url for name in declared if name.endswith("_BASE_URL")}
    chosen = Settings(data=data, secrets=secrets, options=options)
    made: dict[str, Engine] = {engine: engines.build(engine, chosen)}
    if "settle_s" in vars(made[engine]):
        vars(made[engine])["settle_s"] = SETTLE_S
    return Studio.open(chosen, engines=made, timing=QUICK)


def with_files(studio: Studio, body: JSON) -> JSON:
    """The body with files taken in as assets."""

    def asset(value: object) -> object:
        if isinstance(value, list):
            return [asset(v) for v in value]
        if isinstance(value, str) and value.startswith("file:"):
            return studio.local.assets.add(Path(value.removeprefix("file:"))).id
        return value

    return {k: asset(v) for k, v in body.items()}


def settled(studio: Studio) -> bool:
    """Whether no run is queued or running."""
    return not any(r.status in (Status.QUEUED, Status.RUNNING) for r in studio.local.runs.active())


def main() -> None:
    """See the module's text."""
    engine, data, url, *bodies = sys.argv[1:]
    with opened_with(engine, Path(data), url) as studio:
        if bodies:
            studio.local.requests.submit_many([with_files(studio, body) for body in json.loads(bodies[0])])
        until = time.monotonic() + PATIENCE_S
        while not settled(studio) and time.monotonic() < until:
            time.sleep(0.05)
        runs = [r.public() for r in [*studio.local.runs.active(), *studio.local.runs.recent(200)]]
        print(json.dumps(runs))


if __name__ == "__main__":
    main()
