"""A studio of three people in its own process, to be killed: `python -m tests.stories.keys_child DATA URL [COUNT]`.

anna and ben have keys of their own for fal, cleo runs with the studio's. With COUNT, so many runs are submitted in
turns. Ends when every run has ended or is held, and prints owner, status and prompt of each.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from studio.domain import Status
from studio.permissions import Role
from studio.settings import Settings
from studio.store import people
from studio.studio import Studio
from tests.stories.studio_child import QUICK

PEOPLE = ("anna", "ben", "cleo")
KEYS = {"anna": "key-of-anna", "ben": "key-of-ben", "cleo": "key-of-the-studio"}
PATIENCE_S = 90.0


def main() -> None:
    """See the module's text."""
    data, url, *count = sys.argv[1:]
    settings = Settings(
        data=Path(data), secrets={"FAL_KEY": SecretStr(KEYS["cleo"])},
        options={"FAL_BASE_URL": url},
    )  # fmt: skip
    with Studio.open(settings, timing=QUICK) as studio:
        if count:
            with studio.context.store.write() as db:
                for name in PEOPLE:
                    people.add(db, name, login=name, role=Role.CREATOR.value)
            for name in ("anna", "ben"):
                studio.acting_for(name).own_keys.save("fal", {"FAL_KEY": KEYS[name]})
            for number in range(int(count[0])):
                owner = PEOPLE[number % len(PEOPLE)]
                body = {"task": "text-to-image", "model": "fal/wan2.6-t2i", "prompt": f"{owner} {number}"}
                studio.acting_for(owner).requests.submit(body)
            print("submitted", flush=True)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if not any(run.status in (Status.QUEUED, Status.RUNNING) for run in studio.local.runs.active()):
                break
            time.sleep(0.1)
        runs = [*studio.local.runs.active(), *studio.local.runs.recent(1000)]
        print(json.dumps([[run.owner, run.status.value, run.request.prompt, run.error or ""] for run in runs]))


if __name__ == "__main__":
    main()
