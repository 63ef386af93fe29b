"""True-size Wan networks without their weights: published configurations, random values, and their arithmetic.

Time a step takes depends on shapes, not on values; zeros would flatter (a product with zeros measured 13 % faster).
"""

from __future__ import annotations

from typing import Any

import diffusers
import torch
from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed

LIBRARY: Any = diffusers

A14B = {"num_layers": 40, "num_attention_heads": 40, "attention_head_dim": 128, "ffn_dim": 13824, "in_channels": 16}
A14B |= {"out_channels": 16, "text_dim": 4096, "freq_dim": 256}
TI2V = A14B | {"num_layers": 30, "num_attention_heads": 24, "ffn_dim": 14336, "in_channels": 48, "out_channels": 48}
VACE = A14B | {"vace_layers": [0, 5, 10, 15, 20, 25, 30, 35], "vace_in_channels": 96}
NETWORKS: dict[str, dict[str, Any]] = {
    "a14b": A14B,
    "i2v-a14b": A14B | {"in_channels": 36},
    "ti2v5b": TI2V,
    "vace14b": VACE,
}

VAE21: dict[str, Any] = {"base_dim": 96, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2}
VAE21 |= {"temperal_downsample": [False, True, True]}
VAE22 = VAE21 | {"base_dim": 160, "decoder_base_dim": 256, "z_dim": 48, "is_residual": True, "in_channels": 12}
VAE22 |= {"out_channels": 12, "patch_size": 2, "scale_factor_spatial": 16, "scale_factor_temporal": 4}
VAE22 |= {"latents_mean": [0.0] * 48, "latents_std": [1.0] * 48}

RUNS: dict[str, tuple[dict[str, Any], float, int, tuple[int, int], int]] = {
    "a14b": (VAE21, 12.0, 40, (832, 480), 81),
    "i2v-a14b": (VAE21, 5.0, 40, (832, 480), 81),
    "ti2v5b": (VAE22, 5.0, 50, (1280, 704), 121),
    "vace14b": (VAE21, 3.0, 50, (832, 480), 81),
}
"""Decoder, flow shift, steps, size and frames as each model's authors run it."""

TINY_NETWORK = {
    "num_layers": 4,
    "num_attention_heads": 2,
    "attention_head_dim": 64,
    "ffn_dim": 256,
    "text_dim": 64,
    "freq_dim": 64,
}
TINY_VAE = {"base_dim": 4, "dim_mult": [1, 1, 2, 2], "num_res_blocks": 1}
TEXT_TOKENS = 512


def configurations(model: str, *, tiny: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Network and decoder; tiny ones have the same parts and fit any machine."""
    network, vae = NETWORKS[model], RUNS[model][0]
    if not tiny:
        return network, vae
    network = network | TINY_NETWORK | ({"vace_layers": [0, 2]} if "vace_layers" in network else {})
    return network, vae | TINY_VAE | ({"decoder_base_dim": 8} if "decoder_base_dim" in vae else {})


def latent_shape(vae: dict[str, Any], size: tuple[int, int], frames: int) -> tuple[int, int, int, int]:
    """Channels, frames, height and width of the latents."""
    side = int(vae.get("scale_factor_spatial", 8))
    return vae["z_dim"], (frames - 1) // 4 + 1, size[1] // side, size[0] // side


def network_flops(network: dict[str, Any], tokens: int) -> float:
    """Operations of one forward, two for a multiply-add; within 0.03 % of torch's own counter for the true sizes."""
    width = network["num_attention_heads"] * network["attention_head_dim"]
    blocks = network["num_layers"] + len(network.get("vace_layers", ()))
    text = TEXT_TOKENS
    linear = blocks * (tokens * 2 * (6 * width * width + 2 * width * network["ffn_dim"]) + text * 4 * width * width)
    linear += text * 2 * (network["text_dim"] * width + width * width)
    linear += tokens * 8 * width * (network["in_channels"] + network["out_channels"])
    if network.get("vace_layers"):
        linear += tokens * 2 * width * width * (len(network["vace_layers"]) + 1) + tokens * 8 * width * 96
    return float(linear + blocks * (4 * tokens * tokens * width + 4 * tokens * text * width))


def _filled(model: Any, device: torch.device, dtype: torch.dtype) -> Any:
    """From meta to the device with random values; what the library keeps in float32 stays so."""
    keep = tuple(getattr(model, "_keep_in_fp32_modules", None) or ())
    model = model.to_empty(device=device)
    generator = torch.Generator(device=device).manual_seed(0)
    with torch.no_grad():
        for name, value in model.named_parameters():
            kind = torch.float32 if any(k in name for k in keep) else dtype
            value.data = torch.empty(value.shape, device=device, dtype=kind)
            if value.ndim > 1:
                value.data.normal_(0.0, 0.02, generator=generator)
            else:
                value.data.fill_(1.0 if name.endswith("weight") else 0.0)
    return model.eval().requires_grad_(False)


def make_network(network: dict[str, Any], device: torch.device, dtype: torch.dtype) -> Any:
    """The transformer on the device. Its rotary tables carry no values on meta and are made again."""
    cls = LIBRARY.WanVACETransformer3DModel if "vace_layers" in network else LIBRARY.WanTransformer3DModel
    with torch.device("meta"):
        model = cls(**network)
    model = _filled(model, device, dtype)
    with torch.device(device):
        model.rope = WanRotaryPosEmbed(network["attention_head_dim"], (1, 2, 2), 1024)
    return model


def make_vae(vae: dict[str, Any], device: torch.device, dtype: torch.dtype) -> Any:
    """The decoder on the device."""
    with torch.device("meta"):
        model = LIBRARY.AutoencoderKLWan(**vae)
    return _filled(model, device, dtype)
