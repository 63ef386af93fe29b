"""ComfyUI as an engine: official graphs as models, and the user's own workflows. Importing it stays light."""

from studio.engines.comfyui.engine import ComfyEngine

__all__ = ["ComfyEngine"]
