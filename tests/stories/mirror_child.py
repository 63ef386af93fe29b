"""A studio with a mirror, to be killed: `python -m tests.stories.mirror_child DATA MIRROR PROMPT`.

It makes one draft, prints its asset as JSON, and runs on until it is ended.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from studio.settings import Settings
from studio.studio import Studio


def main(data: str, mirror: str, prompt: str) -> None:
    """Run until killed."""
    settings = Settings(data=Path(data), media_mirror=Path(mirror), mirror_minutes=0.02, workers=1)
    with Studio.open(settings) as studio:
        body = {"task": "text-to-image", "model": "draft/animatic", "prompt": prompt, "width": 128, "height": 72}
        [run] = studio.local.requests.submit(body)
        done = studio.local.runs.wait([run.id], timeout_s=60)[0]
        print(json.dumps({"run": done.id, "asset": done.assets[0].model_dump(mode="json")}), flush=True)
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
