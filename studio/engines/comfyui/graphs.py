"""The graphs we post for each model: built node by node, in ComfyUI's API format, from the request.

A link is [node id, output index]. Every required input is sent, since the server applies no defaults (seen on 0.33.0).
Source of nodes, values and file names: the official workflow templates 0.11.44, flattened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.domain import JSON, Request
from studio.engines.lora import Lora

Link = list[Any]


@dataclass
class Graph:
    """A graph under construction. `add` gives the node's id; `Graph.out` a link to one of its outputs."""

    nodes: dict[str, JSON] = field(default_factory=dict)

    def add(self, cls: str, /, **inputs: Any) -> Link:
        """Add a node and return a link to its first output."""
        node = str(len(self.nodes) + 1)
        self.nodes[node] = {"class_type": cls, "inputs": inputs}
        return [node, 0]


def out(link: Link, index: int) -> Link:
    """Another output of the node that `link` points to."""
    return [link[0], index]


@dataclass(frozen=True)
class GraphInputs:
    """What a builder needs. files: model file by role. inputs: names of uploaded files by input name.

    prefix: of the output files' names. length: frames of the clip, from duration and the row's rate. loras: the user's
    own, with the names the server has for them. width, height: in px, of the request or the input it follows. negative:
    what the authors of the model want to avoid, where the user says nothing.
    """

    request: Request
    seed: int
    files: Mapping[str, str]
    inputs: Mapping[str, list[str]]
    prefix: str
    fps: int
    length: int
    loras: tuple[Lora, ...] = ()
    width: int = 0
    height: int = 0
    negative: str = ""

    def param(self, name: str) -> Any:
        """An own parameter of the model; rows give each a default."""
        return self.request.params[name]


def wan22(order: GraphInputs) -> JSON:
    """Wan 2.2 A14B, two experts: text-to-video, or image-to-video with a first and perhaps a last frame."""
    graph, clip, vae = _new_graph(order, "wan")
    fast = order.param("mode") == "fast"
    experts = [_model(graph, order, side, sampling="ModelSamplingSD3") for side in ("high", "low")]
    positive, negative = _texts(graph, order, clip)
    shape = {"width": order.width, "height": order.height, "length": order.length, "batch_size": 1}
    if first := order.inputs.get("first_frame"):
        frames = {"start_image": graph.add("LoadImage", image=first[0])}
        node = "WanImageToVideo"
        if last := order.inputs.get("last_frame"):
            frames["end_image"], node = graph.add("LoadImage", image=last[0]), "WanFirstLastFrameToVideo"
        positive = graph.add(node, positive=positive, negative=negative, vae=vae, **shape, **frames)
        negative, latent = out(positive, 1), out(positive, 2)
    else:
        latent = graph.add("EmptyHunyuanLatentVideo", **shape)
    steps = 4 if fast else int(order.param("steps"))
    common = {"steps": steps, "cfg": 1.0 if fast else float(order.param("guidance"))}
    common |= {"sampler_name": "euler", "scheduler": "simple", "positive": positive, "negative": negative}
    latent = graph.add(
        "KSamplerAdvanced", model=experts[0], add_noise="enable", noise_seed=order.seed, latent_image=latent,
        start_at_step=0, end_at_step=steps // 2, return_with_leftover_noise="enable", **common,
    )  # fmt: skip
    latent = graph.add(
        "KSamplerAdvanced", model=experts[1], add_noise="disable", noise_seed=0, latent_image=latent,
        start_at_step=steps // 2, end_at_step=steps, return_with_leftover_noise="disable", **common,
    )  # fmt: skip
    return _video(graph, graph.add("VAEDecode", samples=latent, vae=vae), order)


def wan22_5b(order: GraphInputs) -> JSON:
    """Wan 2.2 TI2V 5B: one model for text-to-video and image-to-video."""
    graph, clip, vae = _new_graph(order, "wan")
    model = _model(graph, order, sampling="ModelSamplingSD3")
    frame = {"start_image": graph.add("LoadImage", image=order.inputs["first_frame"][0])} if order.inputs else {}
    latent = graph.add(
        "Wan22ImageToVideoLatent",
        vae=vae, width=order.width, height=order.height, length=order.length, batch_size=1, **frame,
    )  # fmt: skip
    latent = _sample(graph, order, model, *_texts(graph, order, clip), latent, sampler="uni_pc")
    return _video(graph, graph.add("VAEDecode", samples=latent, vae=vae), order)


def wan_vace(order: GraphInputs) -> JSON:
    """Wan 2.1 VACE 14B: a clip with the subject of one reference picture."""
    graph, clip, vae = _new_graph(order, "wan")
    model = _model(graph, order, sampling="ModelSamplingSD3")
    positive, negative = _texts(graph, order, clip)
    made = graph.add(
        "WanVaceToVideo", positive=positive, negative=negative, vae=vae, width=order.width, height=order.height,
        length=order.length, batch_size=1, strength=float(order.param("strength")),
        reference_image=graph.add("LoadImage", image=order.inputs["references"][0]),
    )  # fmt: skip
    latent = _sample(graph, order, model, made, out(made, 1), out(made, 2), sampler="uni_pc")
    latent = graph.add("TrimVideoLatent", samples=latent, trim_amount=out(made, 3))
    return _video(graph, graph.add("VAEDecode", samples=latent, vae=vae), order)


def qwen_image(order: GraphInputs) -> JSON:
    """Qwen-Image: text-to-image."""
    graph, clip, vae = _new_graph(order, "qwen_image")
    model = _model(graph, order, sampling="ModelSamplingAuraFlow")
    latent = graph.add("EmptySD3LatentImage", width=order.width, height=order.height, batch_size=1)
    latent = _sample(graph, order, model, *_texts(graph, order, clip), latent, sampler="euler")
    return _image(graph, graph.add("VAEDecode", samples=latent, vae=vae), order)


def qwen_edit(order: GraphInputs) -> JSON:
    """Qwen-Image-Edit 2511: up to three pictures and an instruction; the result has the first picture's shape."""
    graph, clip, vae = _new_graph(order, "qwen_image")
    model = _model(graph, order, sampling="ModelSamplingAuraFlow")
    model = graph.add("CFGNorm", model=model, strength=1.0)
    loaded = [graph.add("LoadImage", image=name) for name in order.inputs["images"]]
    scaled = [_one_megapixel(graph, image) for image in loaded]
    pictures = {f"image{n}": image for n, image in enumerate(scaled, 1)}
    ends = []
    for text in (order.request.prompt, order.request.negative_prompt):
        said = graph.add("TextEncodeQwenImageEditPlus", clip=clip, prompt=text, vae=vae, **pictures)
        method = {"conditioning": said, "reference_latents_method": "index_timestep_zero"}
        ends.append(graph.add("FluxKontextMultiReferenceLatentMethod", **method))
    latent = graph.add("VAEEncode", pixels=scaled[0], vae=vae)
    latent = _sample(graph, order, model, ends[0], ends[1], latent, sampler="euler")
    return _image(graph, graph.add("VAEDecode", samples=latent, vae=vae), order)


def flux2(order: GraphInputs) -> JSON:
    """FLUX.2 dev: text-to-image, or edit with reference pictures."""
    graph, clip, vae = _new_graph(order, "flux2")
    model = _model(graph, order)
    said = graph.add("CLIPTextEncode", text=order.request.prompt, clip=clip)
    said = graph.add("FluxGuidance", conditioning=said, guidance=float(order.param("guidance")))
    for name in order.inputs.get("images", []):
        pixels = _one_megapixel(graph, graph.add("LoadImage", image=name))
        latent = graph.add("VAEEncode", pixels=pixels, vae=vae)
        said = graph.add("ReferenceLatent", conditioning=said, latent=latent)
    size = {"width": order.width, "height": order.height}
    latent = graph.add(
        "SamplerCustomAdvanced",
        noise=graph.add("RandomNoise", noise_seed=order.seed),
        guider=graph.add("BasicGuider", model=model, conditioning=said),
        sampler=graph.add("KSamplerSelect", sampler_name="euler"),
        sigmas=graph.add("Flux2Scheduler", steps=int(order.param("steps")), **size),
        latent_image=graph.add("EmptyFlux2LatentImage", batch_size=1, **size),
    )
    return _image(graph, graph.add("VAEDecode", samples=latent, vae=vae), order)


def ltx2(order: GraphInputs) -> JSON:
    """LTX-2: picture and sound in one pass at full size (the two-pass upscale needs two files more)."""
    graph = Graph()
    name = order.files["checkpoint"]
    loaded = graph.add("CheckpointLoaderSimple", ckpt_name=name)
    vae, model = out(loaded, 2), _with_loras(graph, order, loaded)
    clip = graph.add("LTXAVTextEncoderLoader", text_encoder=order.files["text"], ckpt_name=name, device="default")
    audio_vae = graph.add("LTXVAudioVAELoader", ckpt_name=name)
    positive, negative = _texts(graph, order, clip)
    said = graph.add("LTXVConditioning", positive=positive, negative=negative, frame_rate=float(order.fps))
    shape = {"width": order.width, "height": order.height, "length": order.length, "batch_size": 1}
    picture = graph.add("EmptyLTXVLatentVideo", **shape)
    if first := order.inputs.get("first_frame"):
        image = graph.add("LTXVPreprocess", image=graph.add("LoadImage", image=first[0]), img_compression=33)
        picture = graph.add(
            "LTXVImgToVideoInplace", vae=vae, image=image, latent=picture, strength=1.0, bypass=False
        )  # fmt: skip
    sound = graph.add(
        "LTXVEmptyLatentAudio", frames_number=order.length, frame_rate=order.fps, batch_size=1, audio_vae=audio_vae
    )  # fmt: skip
    latent = graph.add("LTXVConcatAVLatent", video_latent=picture, audio_latent=sound)
    guidance = float(order.param("guidance"))
    sampled = graph.add(
        "SamplerCustomAdvanced",
        noise=graph.add("RandomNoise", noise_seed=order.seed),
        guider=graph.add("CFGGuider", model=model, positive=said, negative=out(said, 1), cfg=guidance),
        sampler=graph.add("KSamplerSelect", sampler_name="euler_ancestral"),
        sigmas=graph.add(
            "LTXVScheduler", steps=int(order.param("steps")), max_shift=2.05, base_shift=0.95, stretch=True,
            terminal=0.1, latent=latent,
        ),
        latent_image=latent,
    )  # fmt: skip
    parts = graph.add("LTXVSeparateAVLatent", av_latent=sampled)
    tiles = {"tile_size": 512, "overlap": 64, "temporal_size": 4096, "temporal_overlap": 8}
    images = graph.add("VAEDecodeTiled", samples=parts, vae=vae, **tiles)
    heard = graph.add("LTXVAudioVAEDecode", samples=out(parts, 1), audio_vae=audio_vae)
    return _video(graph, images, order, audio=heard)


def _one_megapixel(graph: Graph, image: Link) -> Link:
    """The picture at one megapixel in its own shape, as in the official FLUX.2 template. FluxKontextImageScale, which
    other templates have, crops to the shapes that Kontext was trained on."""
    return graph.add("ImageScaleToTotalPixels", image=image, upscale_method="lanczos", megapixels=1.0)


def _new_graph(order: GraphInputs, kind: str) -> tuple[Graph, Link, Link]:
    """A new graph with its text encoder (of this kind) and VAE."""
    graph = Graph()
    clip = graph.add("CLIPLoader", clip_name=order.files["text"], type=kind)
    return graph, clip, graph.add("VAELoader", vae_name=order.files["vae"])


def _model(graph: Graph, order: GraphInputs, role: str = "model", *, sampling: str = "") -> Link:
    """The diffusion model of this role, with its mode's LoRA and the user's own. sampling: the node that shifts it."""
    model = graph.add("UNETLoader", unet_name=order.files[role], weight_dtype="default")
    if fast := order.files.get(f"lora_{role}"):
        model = graph.add("LoraLoaderModelOnly", model=model, lora_name=fast, strength_model=1.0)
    model = _with_loras(graph, order, model, role)
    return graph.add(sampling, model=model, shift=float(order.param("shift"))) if sampling else model


def _with_loras(graph: Graph, order: GraphInputs, model: Link, role: str = "model") -> Link:
    for lora in order.loras:
        if lora.expert in ("", role):
            model = graph.add("LoraLoaderModelOnly", model=model, lora_name=lora.name, strength_model=lora.weight)
    return model


def _texts(graph: Graph, order: GraphInputs, clip: Link) -> tuple[Link, Link]:
    texts = (order.request.prompt, order.request.negative_prompt or order.negative)
    positive, negative = (graph.add("CLIPTextEncode", text=text, clip=clip) for text in texts)
    return positive, negative


def _sample(
    graph: Graph, order: GraphInputs, model: Link, positive: Link, negative: Link, latent: Link, *, sampler: str
) -> Link:
    return graph.add(
        "KSampler", model=model, seed=order.seed, steps=int(order.param("steps")), cfg=float(order.param("guidance")),
        sampler_name=sampler, scheduler="simple", positive=positive, negative=negative, latent_image=latent,
        denoise=1.0,
    )  # fmt: skip


def _video(graph: Graph, images: Link, order: GraphInputs, audio: Link | None = None) -> JSON:
    sound = {"audio": audio} if audio else {}
    video = graph.add("CreateVideo", images=images, fps=float(order.fps), **sound)
    graph.add("SaveVideo", video=video, filename_prefix=order.prefix, format="mp4", codec="h264")
    return graph.nodes


def _image(graph: Graph, images: Link, order: GraphInputs) -> JSON:
    graph.add("SaveImage", images=images, filename_prefix=order.prefix)
    return graph.nodes


BUILDERS: dict[str, Callable[[GraphInputs], JSON]] = {
    "wan22": wan22,
    "wan22_5b": wan22_5b,
    "wan_vace": wan_vace,
    "qwen_image": qwen_image,
    "qwen_edit": qwen_edit,
    "flux2": flux2,
    "ltx2": ltx2,
}
"""Builder by the name a catalogue row gives in engine.graph."""
