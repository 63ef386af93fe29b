"""The studio's own engine for open models on the user's graphics card.

In the studio's process: engine.py (the protocol), dispatch.py (queue, out-of-memory, cancel), pool.py (processes),
plan.py (memory and time), recipe.py (what exactly is run), weights.py (files), cards.py. In the worker process, and
nowhere else, torch: worker.py, worker_pipe.py, torch_imports.py, stages.py, models.py, adapters.py, decode.py,
speed.py, preview.py.
The two talk in JSON lines over a pipe.
"""

from studio.engines.local.engine import LocalEngine

__all__ = ["LocalEngine"]
