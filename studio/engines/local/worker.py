"""The worker process of one device: reads jobs as JSON lines, says what happens, and holds one model hot.

`python -m studio.engines.local.worker DEVICE` imports torch and diffusers once (seconds), then forks a child that does
the work. The child leaves after a change of model or a crash, and all its memory with it; the next child is there at
once, for the imports are done. The device is first touched in the child, so the fork is safe. Where there is no fork
(Windows), or a library touched the device while being imported, the process serves by itself and is started anew.

In:  {"do": "run", ...} {"do": "cancel", "run": id} {"do": "next"}; end of input ends everything.
Out: hello, stage, done, failed, gone; see `say`. Only one process writes at a time.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from studio.engines.local.worker_pipe import EXIT_BROKEN, EXIT_ENDED, EXIT_FRESH, EXIT_NEXT, MessageReader, StudioPipe


def main() -> int:
    """Import, fork, and fork again whenever the child has gone, until the studio goes."""
    device = sys.argv[1]
    line = StudioPipe()
    from studio.engines.local import torch_imports

    torch_imports.load()
    if not hasattr(os, "fork") or torch_imports.touched():
        serve(line, device)
        return EXIT_NEXT
    while True:
        pid = os.fork()
        if pid == 0:
            _serve_and_exit(line, device)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code in (EXIT_ENDED, EXIT_BROKEN):
            return code
        if code == EXIT_FRESH:
            serve(line, device)
            return EXIT_NEXT
        line.send("gone", code=code)


def _serve_and_exit(line: StudioPipe, device: str) -> None:
    try:
        serve(line, device, forked=True)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(EXIT_BROKEN)
    os._exit(EXIT_NEXT)


def serve(line: StudioPipe, device: str, *, forked: bool = False) -> None:
    """Do jobs one after the other, as long as the studio is there."""
    from studio.engines.local import stages, torch_imports

    try:
        about = torch_imports.device_facts(device)
    except Exception:
        if forked:
            os._exit(EXIT_FRESH)
        raise
    inbox = MessageReader()
    line.send("hello", pid=os.getpid(), **about)
    hot = stages.LoadedPipeline(device)
    while True:
        job = inbox.jobs.get()
        run = job["run"]
        began = time.monotonic()

        def report(stage: str, run: str = run, **more: Any) -> None:
            inbox.check(run)
            line.send("stage", run=run, stage=stage, **more)

        try:
            done = stages.make_result(job, hot, report, lambda run=run: inbox.check(run))
            line.send("done", run=run, seconds=round(time.monotonic() - began, 3), **done)
        except Exception as error:
            line.send("failed", run=run, **stages.failure(error, hot))
            hot.clean_up(error)


if __name__ == "__main__":
    os._exit(main())  # without the interpreter's farewell, which takes a second with these libraries
