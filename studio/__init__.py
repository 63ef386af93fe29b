"""Wan Studio: make images, clips and films with Wan, on the API or the GPU you choose.

Importing this package must stay cheap: no gradio, no torch, no video library (tests/test_architecture.py).
"""

from studio import lean_imports

lean_imports.install()

__version__ = "0.1.0"
