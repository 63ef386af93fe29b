"""Linear layers in 8 bits: half the memory everywhere, and products on the card's 8-bit units where it has them.

Each row of a weight and each token has a scale of its own, as torchao's dynamic float8 has; this is that arithmetic on
torch's own operator. Not torchao itself: 0.18 refuses to make such layers without a card (so nothing of it could be
tested where there is none), and takes a second and a half to import. Cards from 8.9 and processors multiply in 8 bits;
older cards keep the weights in 8 bits and multiply in 16, which saves memory and costs a little time.
No figure of its speed on a card has been measured here. LightX2V's page says 216 s to 191 s for Wan 14B on an H200.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

TOP = 448.0
"""The largest number of float8_e4m3fn."""

MULTIPLE = 16
"""Both sides of a weight must be divisible by it, says torch's operator."""


class Float8Linear(torch.nn.Module):
    """A linear layer with float8 weights, one scale a row, and activations scaled by token as they come."""

    def __init__(self, source: torch.nn.Linear, *, device: str = "cpu") -> None:
        """device: where the numbers are worked out; they are kept where the source's were."""
        super().__init__()
        home = source.weight.device
        weight = source.weight.data.to(device)
        scale = (weight.abs().amax(dim=1, keepdim=True).float() / TOP).clamp(min=1e-12)
        eight = (weight.float() / scale).clamp(-TOP, TOP).to(torch.float8_e4m3fn)
        self.register_buffer("weight", eight.to(home))
        self.register_buffer("scale", scale.reshape(1, -1).contiguous().to(home))
        self.bias, self.in_features, self.out_features = source.bias, source.in_features, source.out_features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As the layer it came from, but for the rounding."""
        weight: Any = self.weight
        scale: Any = self.scale
        shape, kind = x.shape, x.dtype
        x = x.reshape(-1, shape[-1])
        if not multiplies(x.device):
            back = weight.to(kind) * scale.reshape(-1, 1).to(kind)
            return F.linear(x, back, self.bias).reshape(*shape[:-1], self.out_features)
        by = (x.abs().amax(dim=1, keepdim=True).float() / TOP).clamp(min=1e-12)
        small = (x.float() / by).clamp(-TOP, TOP).to(torch.float8_e4m3fn)
        product: Any = torch.ops.aten._scaled_mm
        out = product(small, weight.t(), scale_a=by, scale_b=scale, out_dtype=torch.bfloat16, use_fast_accum=True)
        out = out.to(kind) if self.bias is None else out.to(kind) + self.bias.to(kind)
        return out.reshape(*shape[:-1], self.out_features)


def multiplies(device: torch.device) -> bool:
    """Whether products of 8-bit floats are computed there: processors, and NVIDIA cards from 8.9 on."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 9)
    return device.type == "cpu"


def convert(network: torch.nn.Module, device: str = "cpu") -> int:
    """Put Float8Linear for the linear layers of the network's blocks; gives how many.

    Left as they are: embedders, heads and whatever the network's own class calls sensitive, and LoRA files' layers.
    """
    careful = tuple(getattr(network, "_skip_layerwise_casting_patterns", None) or ())
    made = 0
    for root, blocks in network.named_children():
        if not isinstance(blocks, torch.nn.ModuleList) or any(word in root for word in careful):
            continue
        for path, parent in list(blocks.named_modules()):
            if isinstance(parent, torch.nn.ModuleDict) or any(word in path for word in careful):
                continue  # a ModuleDict holds the two halves of a LoRA file
            made += _convert_children(parent, careful, device)
    return made


def _convert_children(parent: torch.nn.Module, careful: tuple[str, ...], device: str) -> int:
    made = 0
    for name, child in list(parent.named_children()):
        if type(child) is not torch.nn.Linear or child.in_features % MULTIPLE or child.out_features % MULTIPLE:
            continue
        if not any(word in name for word in careful):
            setattr(parent, name, Float8Linear(child, device=device))
            made += 1
    return made
