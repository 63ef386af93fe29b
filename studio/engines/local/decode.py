"""From latents to files: pictures leave the device as bytes while the next ones are made, straight into the encoder.

The Wan decoder works one latent frame at a time with a feature cache; used as a generator it gives the same bytes as
the whole decode, in flat memory, with progress and a place to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch

from studio.engines.local.recipe import Recipe

Tensors = dict[str, torch.Tensor]
Report = Callable[..., None]
CRF = 16
"""Of clips, where the row does not say otherwise: no difference that an eye finds."""


def to_files(pipe: Any, recipe: Recipe, latents: Tensors, out: Path, report: Report) -> list[dict[str, Any]]:
    """Decode and write. Gives the outputs as JSON: kind, path. Frames of a clip go to the encoder as they are made."""
    if recipe.frames == 1:
        pixels = next(iter(_pictures(pipe, recipe, latents)))
        path = out / "image.png"
        _save_png(pixels[0], path)
        return [{"kind": "image", "path": str(path), "mime": "image/png"}]
    return [{"kind": "video", "path": str(_write_clip(pipe, recipe, latents, out, report)), "mime": "video/mp4"}]


def _save_png(pixels: np.ndarray, path: Path) -> None:
    from PIL import Image

    Image.fromarray(pixels).save(path, compress_level=4)


def _write_clip(pipe: Any, recipe: Recipe, kept: Tensors, out: Path, report: Report) -> Path:
    from studio.media.encode import SOUND_RATE_HZ, VideoWriter

    sound = _sound(pipe, kept, SOUND_RATE_HZ) if recipe.audio and "audio" in kept else None
    writer = VideoWriter(
        out / "clip.mp4",
        width=recipe.width,
        height=recipe.height,
        fps=Fraction(recipe.fps).limit_denominator(1001),
        channels=0 if sound is None else sound.shape[1],
        crf=recipe.engine.get("crf", CRF),
    )
    with writer:
        for pixels in _pictures(pipe, recipe, kept):
            for one in pixels:
                writer.write_rgb(one)
                if sound is not None:
                    due = writer.sound_due
                    writer.write_sound(_padded(sound[writer.samples : writer.samples + due], due))
            report("decoding", i=writer.frames, n=recipe.frames)
    return writer.path


def _padded(sound: np.ndarray, length: int) -> np.ndarray:
    return np.pad(sound, ((0, length - len(sound)), (0, 0)))


def _bytes(video: torch.Tensor) -> np.ndarray:
    """(1, 3, T, H, W) or (1, 3, H, W) in -1..1 -> uint8 (T, H, W, 3)."""
    if video.ndim == 4:
        video = video.unsqueeze(2)
    scaled = ((video[0].float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return scaled.permute(1, 2, 3, 0).cpu().numpy()


def _pictures(pipe: Any, recipe: Recipe, kept: Tensors) -> Iterator[np.ndarray]:
    """uint8 (T, H, W, 3) in pieces, in order."""
    if "frames" in kept:
        yield kept["frames"].numpy()
        return
    latents = kept["latents"].to(pipe.vae.device)
    way = DECODERS[recipe.engine["decode"]]
    with torch.no_grad():
        for video in way(pipe, latents, recipe):
            yield _bytes(video)


def _normal(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """Latents on the scale of the VAE, by its means and deviations, in its type."""
    shape = (1, vae.config.z_dim, 1, 1, 1)
    latents = latents.to(vae.dtype)
    mean = torch.tensor(vae.config.latents_mean).view(shape).to(latents.device, latents.dtype)
    inverse = 1.0 / torch.tensor(vae.config.latents_std).view(shape).to(latents.device, latents.dtype)
    return latents / inverse + mean


def _wan(pipe: Any, latents: torch.Tensor, recipe: Recipe) -> Iterator[torch.Tensor]:
    vae = pipe.vae
    scaled = _normal(vae, latents)
    if vae.use_tiling:
        yield vae.decode(scaled, return_dict=False)[0]
    else:
        yield from stream(vae, scaled)


def stream(vae: Any, latents: torch.Tensor) -> Iterator[torch.Tensor]:
    """The frames of a Wan VAE's decode, one latent frame after the other: 1, 4, 4 ... pictures."""
    from diffusers.models.autoencoders.autoencoder_kl_wan import unpatchify

    vae.clear_cache()
    x = vae.post_quant_conv(latents)
    try:
        for i in range(latents.shape[2]):
            vae._conv_idx = [0]
            part = vae.decoder(x[:, :, i : i + 1], feat_cache=vae._feat_map, feat_idx=vae._conv_idx, first_chunk=i == 0)
            if vae.config.patch_size is not None:
                part = unpatchify(part, patch_size=vae.config.patch_size)
            yield part.clamp(-1.0, 1.0)
    finally:
        vae.clear_cache()


def _scaled(pipe: Any, latents: torch.Tensor, recipe: Recipe) -> Iterator[torch.Tensor]:
    vae = pipe.vae
    yield vae.decode(latents.to(vae.dtype) / vae.config.scaling_factor, return_dict=False)[0]


def _shifted(pipe: Any, latents: torch.Tensor, recipe: Recipe) -> Iterator[torch.Tensor]:
    vae = pipe.vae
    scaled = latents.to(vae.dtype) / vae.config.scaling_factor + vae.config.shift_factor
    yield vae.decode(scaled, return_dict=False)[0]


def _kandinsky(pipe: Any, latents: torch.Tensor, recipe: Recipe) -> Iterator[torch.Tensor]:
    """Channels last and maybe flat, as that pipeline returns them."""
    vae = pipe.vae
    space, time = vae.config.spatial_compression_ratio, vae.config.temporal_compression_ratio
    shape = (1, (recipe.frames - 1) // time + 1, recipe.height // space, recipe.width // space, latents.shape[-1])
    video = latents.to(vae.dtype).reshape(shape).permute(0, 4, 1, 2, 3)
    yield vae.decode(video / vae.config.scaling_factor, return_dict=False)[0]


def _ready(pipe: Any, latents: torch.Tensor, recipe: Recipe) -> Iterator[torch.Tensor]:
    yield pipe.vae.decode(latents.to(pipe.vae.dtype), return_dict=False)[0]


def _ltx2(pipe: Any, latents: torch.Tensor, recipe: Recipe) -> Iterator[torch.Tensor]:
    vae = pipe.vae
    moment = torch.tensor([0.0], device=latents.device, dtype=vae.dtype) if vae.config.timestep_conditioning else None
    yield vae.decode(latents.to(vae.dtype), moment, return_dict=False)[0]


def _qwen(pipe: Any, latents: torch.Tensor, recipe: Recipe) -> Iterator[torch.Tensor]:
    unpacked = pipe._unpack_latents(latents, recipe.height, recipe.width, pipe.vae_scale_factor)
    yield pipe.vae.decode(_normal(pipe.vae, unpacked), return_dict=False)[0]


DECODERS: dict[str, Callable[[Any, torch.Tensor, Recipe], Iterator[torch.Tensor]]] = {
    "wan": _wan,
    "scaled": _scaled,
    "shifted": _shifted,
    "kandinsky": _kandinsky,
    "ready": _ready,
    "ltx2": _ltx2,
    "qwen": _qwen,
}


def _sound(pipe: Any, kept: Tensors, rate_hz: int) -> np.ndarray:
    """The sound as float32 (n, channels) at `rate_hz`."""
    with torch.no_grad():
        latents = kept["audio"].to(pipe.audio_vae.device, pipe.audio_vae.dtype)
        wave = pipe.vocoder(pipe.audio_vae.decode(latents, return_dict=False)[0])
    samples = wave[0].float().cpu().numpy()  # (channels, n)
    return _resampled(samples, int(pipe.vocoder.config.output_sampling_rate), rate_hz)


def _resampled(samples: np.ndarray, have_hz: int, want_hz: int) -> np.ndarray:
    import av

    channels = np.ascontiguousarray(samples[:2], np.float32)
    layout = "mono" if len(channels) == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
    frame.sample_rate = have_hz
    change = av.AudioResampler(format="fltp", layout=layout, rate=want_hz)
    pieces = [f.to_ndarray() for f in [*change.resample(frame), *change.resample(None)]]
    return np.concatenate(pieces, axis=1).T
