"""The providers of the concurrency benchmark in a process of their own: `python -m tests.bench._servers NAMES SECONDS`.

Prints the addresses as one JSON line. A number on standard input is the seconds that tasks take from then on, from
submit to ready; calls are counted anew. Every line is answered with what has become of the tasks: when each was ready,
by prompt, and the calls by provider and topic. Ends when its input does.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.providers.alibaba import AlibabaServer
from tests.providers.fal import FalServer
from tests.providers.replicate import ReplicateServer
from tests.providers.wavespeed import WaveSpeedServer

SERVERS = {"alibaba": AlibabaServer, "fal": FalServer, "replicate": ReplicateServer, "wavespeed": WaveSpeedServer}
QUEUE_FIELDS = ("queue_s", "pending_s", "starting_s")
"""How the servers name the time before a task begins."""


def main() -> None:
    """See the module's text."""
    names, task_s = sys.argv[1].split(","), float(sys.argv[2])
    servers: dict[str, Any] = {name: SERVERS[name]() for name in names}
    for server in servers.values():
        _set_time(server, task_s)
        server.start()
    print(json.dumps({name: server.url for name, server in servers.items()}), flush=True)
    for line in sys.stdin:
        if line.strip():
            task_s = float(line)
            for server in servers.values():
                _set_time(server, task_s)
                server.calls.clear()
        ready = {t.prompt(): t.created + task_s for server in servers.values() for t in server.tasks.values()}
        calls = {name: dict(server.calls) for name, server in servers.items()}
        print(json.dumps({"ready": ready, "calls": calls}), flush=True)
    for server in servers.values():
        server.stop()


def _set_time(server: Any, task_s: float) -> None:
    """Let new tasks of this server wait a tenth of the time, and run for the rest."""
    queue = next(field for field in QUEUE_FIELDS if hasattr(server, field))
    setattr(server, queue, task_s * 0.1)
    server.running_s = task_s * 0.9


if __name__ == "__main__":
    main()
