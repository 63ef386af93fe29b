"""Parts of pages that are drawn by our own scripts in assets/js: one factory function each."""
