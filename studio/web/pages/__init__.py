"""Parts of pages that are drawn by our own scripts in assets/js: one factory function each."""

from studio.web.pages.mount import mount_script
from studio.web.pages.run_feed import run_feed

__all__ = ["mount_script", "run_feed"]
