"""Which kernel computes attention: the best one of this card and these packages, tried before it is kept.

On Hopper (9.0) flash-attention 3 leads, then cuDNN's; on Blackwell cuDNN's; elsewhere torch's own choice, which holds
flash-attention 2. Published: FA3 is 1.28 to 1.59 times as quick as FA2 with Wan on H100. Never chosen without being
asked for: sage, because it computes in 8 bits and changes the picture. Setting a kernel changes the whole process,
which is why a process serves one model.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn

from studio.engines.local.worker_pipe import UnsupportedDevice
from studio.messages import Message

KERNELS = {"native": "native", "cudnn": "_native_cudnn", "flash": "flash", "flash3": "_flash_3", "sage": "sage"}


def candidates(capability: tuple[int, int], *, masked: bool) -> tuple[str, ...]:
    """Our names of the kernels to try, best first, for a card of this compute capability; (0, 0) for none.

    masked: the network masks some tokens, which flash-attention cannot.
    """
    if capability >= (10, 0):
        return ("cudnn", "native")
    if capability >= (9, 0):
        return ("cudnn", "native") if masked else ("flash3", "cudnn", "native")
    return ("native",)


def choose(networks: list[Any], wanted: str, device: str, *, masked: bool) -> str:
    """Set the kernel and give its name. auto: the first candidate that works here; native always does.

    Raises UnsupportedDevice when the user named one that does not.
    """
    capability = torch.cuda.get_device_capability() if device.startswith("cuda") else (0, 0)
    names = candidates(capability, masked=masked) if wanted == "auto" else (wanted,)
    for name in names:
        fault = None if name == "native" else _fault(networks, name, device)
        if fault is None:
            return name
    raise UnsupportedDevice(Message(f"local.kernel_{wanted}"))


def _fault(networks: list[Any], name: str, device: str) -> Exception | None:
    """Set the kernel and try it on a few tokens; what went wrong, with torch's own choice set again."""
    head = int(getattr(networks[0].config, "attention_head_dim", 0) or 128)
    kind = torch.float32 if device == "cpu" else torch.bfloat16
    try:
        for network in networks:
            network.set_attention_backend(KERNELS[name])
        query = torch.randn(1, 64, 2, head, device=device, dtype=kind)
        dispatch_attention_fn(query, query, query, backend=AttentionBackendName(KERNELS[name]))
    except (RuntimeError, ValueError, ImportError, NotImplementedError, AssertionError) as error:
        for network in networks:
            network.set_attention_backend("native")
        return error
    return None
