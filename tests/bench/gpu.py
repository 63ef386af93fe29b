"""Seconds of a step and of a decode with true-size Wan networks and random weights, on the card of this machine.

    python -m tests.bench gpu --model a14b --size 1280x720 --modes baseline,compile,fp8+compile --attention native,cudnn
    python -m tests.bench gpu --model ti2v5b --decode float32,bfloat16
    python -m tests.bench gpu --tiny          the same path anywhere, to see that it runs; its numbers mean nothing

share: of the limit by `--peak` TFLOP/s in bfloat16; 790 is what an H200 measures in large products. Modes join parts
with +: baseline, compile, fused, fp8, cache. No card was at hand when the engine's defaults were set, so they follow
published numbers; run this on yours and compare.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable
from typing import Any

ATTENTION = {
    "native": "native",
    "flash": "_native_flash",
    "cudnn": "_native_cudnn",
    "flash3": "_flash_3",
    "sage": "sage",
}


def main(argv: list[str]) -> None:
    """One JSON line a figure."""
    options = _options(argv)
    from studio.engines.local import torch_imports

    torch_imports.load()
    import torch

    if not torch.cuda.is_available() and not options.tiny:
        raise SystemExit("There is no NVIDIA card here: run with --tiny to see that the path works.")
    device = torch.device("cpu" if options.tiny else "cuda")
    name = "processor" if options.tiny else torch.cuda.get_device_name()
    _say({"bench": "gpu", "card": name, "versions": torch_imports.device_facts(str(device))["versions"]})
    for attention in options.attention.split(","):
        for mode in options.modes.split(","):
            _guarded(lambda m=mode, a=attention: _steps(options, m, a, device), {"mode": mode, "attention": attention})
    for kind in filter(None, options.decode.split(",")):
        _guarded(lambda k=kind: _decode(options, k, device), {"decode": kind})


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.bench gpu")
    parser.add_argument("--model", default="a14b", choices=["a14b", "i2v-a14b", "ti2v5b", "vace14b"])
    parser.add_argument("--size", default="")
    parser.add_argument("--frames", type=int, default=0)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--modes", default="baseline")
    parser.add_argument("--attention", default="native")
    parser.add_argument("--decode", default="")
    parser.add_argument("--peak", type=float, default=790.0)
    parser.add_argument("--tiny", action="store_true")
    return parser.parse_args(argv)


def _say(row: dict[str, Any]) -> None:
    print(json.dumps(row), flush=True)


def _guarded(work: Callable[[], dict[str, Any]], about: dict[str, Any]) -> None:
    """A mode that this card or version cannot do is one line more, not the end."""
    import torch

    try:
        _say({"bench": "gpu"} | about | work())
    except (RuntimeError, ValueError, ImportError, NotImplementedError, TypeError) as error:
        _say({"bench": "gpu"} | about | {"error": f"{type(error).__name__}: {error}"[:300]})
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch._dynamo.reset()


def _geometry(options: argparse.Namespace) -> tuple[tuple[int, int], int]:
    from tests.bench._gpu_nets import RUNS

    _, _, _, size, frames = RUNS[options.model]
    if options.tiny:
        size, frames = (96, 64), 9
    if options.size:
        width, _, height = options.size.partition("x")
        size = int(width), int(height)
    return size, options.frames or frames


def _now(device: Any) -> float:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def _steps(options: argparse.Namespace, mode: str, attention: str, device: Any) -> dict[str, Any]:
    """Seconds of a step with guidance: two forwards of the network, driven as the pipelines drive it."""
    import torch

    from tests.bench import _gpu_nets as nets

    size, frames = _geometry(options)
    network_plan, vae_plan = nets.configurations(options.model, tiny=options.tiny)
    shape = nets.latent_shape(vae_plan, size, frames)
    tokens = shape[1] * (shape[2] // 2) * (shape[3] // 2)
    dtype = torch.float32 if options.tiny else torch.bfloat16
    network = nets.make_network(network_plan, device, dtype)
    _switch_on(network, set(mode.split("+")), attention)
    inputs = _inputs(network_plan, shape, device, dtype)

    def step(moment: float) -> None:
        for name in ("cond", "uncond"):
            with network.cache_context(name):
                network(timestep=torch.tensor([moment], device=device), return_dict=False, **inputs)

    with torch.no_grad():
        began = _now(device)
        step(999.0)
        first = _now(device) - began
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        times = []
        for i in range(options.steps):
            began = _now(device)
            step(990.0 - 10 * i)
            times.append(_now(device) - began)
    seconds = sorted(times)[len(times) // 2]
    rate = 2 * nets.network_flops(network_plan, tokens) / seconds / 1e12
    peak = torch.cuda.max_memory_allocated() / 1e9 if device.type == "cuda" else None
    row = {"model": options.model, "size": f"{size[0]}x{size[1]}", "frames": frames, "tokens": tokens}
    row |= {"step_s": round(seconds, 4), "first_s": round(first, 2), "tflops": round(rate, 1)}
    return row | {"share": round(rate / options.peak, 3), "peak_gb": peak and round(peak, 1)}


def _switch_on(network: Any, parts: set[str], attention: str) -> None:
    from studio.engines.local import fp8, speed
    from tests.bench._gpu_nets import LIBRARY

    if "fused" in parts:
        speed.fuse(network)
    if "fp8" in parts:
        fp8.convert(network, str(network.device))
    if attention != "native":
        network.set_attention_backend(ATTENTION[attention])
    if "cache" in parts:
        network.enable_cache(LIBRARY.FirstBlockCacheConfig(threshold=0.08))
    if "compile" in parts:
        network.compile_repeated_blocks(fullgraph=False, dynamic=False)


def _inputs(network: dict[str, Any], shape: tuple[int, ...], device: Any, dtype: Any) -> dict[str, Any]:
    """Random latents and words, with the control branch's where the network has one."""
    import torch

    from tests.bench._gpu_nets import TEXT_TOKENS

    generator = torch.Generator(device=device).manual_seed(1)

    def random(*sides: int) -> Any:
        return torch.randn(*sides, device=device, dtype=dtype, generator=generator)

    made = {"hidden_states": random(1, network["in_channels"], *shape[1:])}
    made["encoder_hidden_states"] = random(1, TEXT_TOKENS, network["text_dim"])
    if "vace_layers" in network:
        made["control_hidden_states"] = random(1, 96, *shape[1:])
        made["control_hidden_states_scale"] = torch.ones(len(network["vace_layers"]), device=device, dtype=dtype)
    return made


def _decode(options: argparse.Namespace, kind: str, device: Any) -> dict[str, Any]:
    """Seconds of a decode frame by frame, as the engine does it, pictures leaving the card as bytes."""
    import torch

    from studio.engines.local.decode import stream
    from tests.bench import _gpu_nets as nets

    size, frames = _geometry(options)
    _, plan = nets.configurations(options.model, tiny=options.tiny)
    dtype = getattr(torch, kind)
    vae = nets.make_vae(plan, device, dtype)
    latents = torch.randn(1, *nets.latent_shape(plan, size, frames), device=device, dtype=dtype)
    times = []
    with torch.no_grad():
        for _ in range(2):
            began = _now(device)
            for part in stream(vae, latents):
                ((part.float() + 1) * 127.5).round().to(torch.uint8).cpu()
            times.append(_now(device) - began)
    return {"model": options.model, "size": f"{size[0]}x{size[1]}", "frames": frames, "decode_s": round(min(times), 3)}
