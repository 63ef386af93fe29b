"""The studio's typed functions for gradio_client (and MCP): submit, look, wait, cancel, retry, search, models, price.

Shapes are those of the README's contract. Rights and limits are the Studio's; a refusal is raised as gr.Error with the
Studio's sentence.
"""

from __future__ import annotations


def connect(studio) -> None:
    """Register the functions on the blocks under construction."""
