"""Parts of pages that are drawn by our own scripts in assets/js: one factory function each."""

from studio.ui.widgets.mount import mounted
from studio.ui.widgets.run_feed import run_feed

__all__ = ["mounted", "run_feed"]
