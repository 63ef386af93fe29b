"""Torch, diffusers and transformers, imported once and made quiet; what they say about the device."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import warnings
from typing import Any


def load() -> None:
    """Import the large libraries. Takes seconds."""
    warnings.filterwarnings("ignore")
    import torch

    _declare_torchvision_operators()
    import diffusers
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    importlib.import_module("diffusers.loaders.lora_pipeline")
    importlib.import_module("diffusers.pipelines.wan.pipeline_wan")
    importlib.import_module("transformers.models.umt5.modeling_umt5")
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdigit():
        torch.set_num_threads(int(threads))


def _declare_torchvision_operators() -> None:
    """Let a torchvision built for CUDA be imported beside a torch built for the processor.

    Its compiled operators do not load there, and importing it fails on the two that it annotates; declaring them is
    enough, for the image transforms that the pipelines use are plain Python.
    """
    import torch

    if torch.version.cuda is not None or importlib.util.find_spec("torchvision") is None:
        return
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def touched() -> bool:
    """Whether importing has already begun to use the graphics card, after which a fork could not use it."""
    import torch

    return bool(torch.cuda.is_initialized())


def device_facts(device: str) -> dict[str, Any]:
    """Name and memory of the device, and the versions a result depends on. Raises without the device."""
    import diffusers
    import torch
    import transformers

    facts: dict[str, Any] = {
        "versions": {
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
            "python": sys.version.split()[0],
        }
    }
    if device.startswith("cuda"):
        index = torch.device(device).index or 0
        found = torch.cuda.get_device_properties(index)
        capability = found.major + found.minor / 10
        return facts | {"name": found.name, "memory": found.total_memory, "capability": capability}
    return facts | {"name": "Apple GPU" if device == "mps" else platform.processor() or "processor", "memory": None}
