"""Memory that work needed for a while, given back to the system when it is over."""

from __future__ import annotations

import ctypes
import gc
import sys


def trim() -> None:
    """Collect what nobody refers to, and let the C library return its free pages, where it can (glibc).

    Else those stay with the process for good: tens of megabytes after a few large pictures.
    """
    gc.collect()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
