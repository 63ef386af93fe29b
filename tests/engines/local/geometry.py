"""Run as a program by test_preview.py, for it needs torch: packs known latents as each pipeline does, and unpacks them
for the preview; and steps real schedules through `watching`. Prints JSON: {name: what held}."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace
from typing import Any

from studio.engines.local import torch_imports

torch_imports.load()

import diffusers  # noqa: E402
import torch  # noqa: E402

from studio.engines.local import preview  # noqa: E402

D: Any = diffusers
WIDTH, HEIGHT, FRAMES = 128, 64, 17


def recipe(cls: str) -> Any:
    return SimpleNamespace(cls=cls, width=WIDTH, height=HEIGHT, frames=FRAMES)


def ramp(*shape: int) -> torch.Tensor:
    """Latents in which no two numbers are the same."""
    count = torch.Size(shape).numel()
    return torch.arange(count, dtype=torch.float32).reshape(shape)


def same(name: str, pipe: Any, packed: torch.Tensor, wanted: torch.Tensor) -> bool:
    found = preview.unpacked(pipe, recipe(name), packed)
    return found.shape == wanted.shape and bool(torch.equal(found, wanted))


def geometry() -> dict[str, bool]:
    flux, qwen, ltx = D.Flux2KleinPipeline, D.QwenImagePipeline, D.LTX2Pipeline
    patches = ramp(1, 16, HEIGHT // 16, WIDTH // 16)
    image = ramp(1, 1, 16, HEIGHT // 8, WIDTH // 8)
    clip = ramp(1, 8, 3, HEIGHT // 32, WIDTH // 32)
    flux_pipe = SimpleNamespace(vae_scale_factor=8, _unpatchify_latents=flux._unpatchify_latents)
    qwen_pipe = SimpleNamespace(vae_scale_factor=8, _unpack_latents=qwen._unpack_latents)
    ltx_pipe = SimpleNamespace(
        vae_temporal_compression_ratio=8, vae_spatial_compression_ratio=32, transformer_spatial_patch_size=1,
        transformer_temporal_patch_size=1, _unpack_latents=ltx._unpack_latents,
    )  # fmt: skip
    last = ramp(1, 3, 4, 6, 5)
    return {
        "Flux2KleinPipeline": same("Flux2KleinPipeline", flux_pipe, flux._pack_latents(patches),
                                   flux._unpatchify_latents(patches).unsqueeze(2)),
        "QwenImagePipeline": same("QwenImagePipeline", qwen_pipe,
                                  qwen._pack_latents(image, 1, 16, HEIGHT // 8, WIDTH // 8), image.transpose(1, 2)),
        "LTX2Pipeline": same("LTX2Pipeline", ltx_pipe, ltx._pack_latents(clip, 1, 1), clip),
        "Kandinsky5T2VPipeline": same("Kandinsky5T2VPipeline", None, last, last.permute(0, 4, 1, 2, 3)),
        "ZImagePipeline": same("ZImagePipeline", None, image[0], image[0].unsqueeze(2)),
        "WanPipeline": same("WanPipeline", None, clip, clip),
    }  # fmt: skip


def steps(scheduler: Any) -> dict[str, bool]:
    """A network that always knows the truth: every step must point to it, from the first one on."""
    truth, noise = torch.linspace(-1, 1, 64).reshape(1, 4, 4, 4), torch.randn(1, 4, 4, 4)
    scheduler.set_timesteps(4)
    copied, plain = copy.deepcopy(scheduler), type(scheduler).step
    found = []

    def seen(owner: Any, velocity: torch.Tensor, sample: torch.Tensor) -> None:
        found.append(sample - float(owner.sigmas[owner.step_index - 1]) * velocity)

    state = noise * scheduler.sigmas[0] + truth * (1 - scheduler.sigmas[0])
    with preview.observe_steps(scheduler, seen):
        for i, t in enumerate(scheduler.timesteps):
            velocity = (state - truth) / scheduler.sigmas[i]
            copied.step(velocity, t, state)
            state = scheduler.step(velocity, t, state, return_dict=False)[0]
    return {
        "every_step_points_to_the_truth": len(found) == 4 and all(torch.allclose(f, truth, atol=1e-3) for f in found),
        "afterwards_nothing_is_left": type(scheduler).step is plain,
    }


if __name__ == "__main__":
    unipc = D.UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)
    euler = D.FlowMatchEulerDiscreteScheduler(shift=3.0)
    print(json.dumps({"geometry": geometry(), "unipc": steps(unipc), "euler": steps(euler)}))
