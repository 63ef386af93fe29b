"""Tiny repositories with random weights, in the layout of the hub, of every pipeline class the local engine loads.

    python -m tests.support.tiny_models FOLDER [repository id ...]

Run as a program of its own by the tests, so that torch never enters the test process. Nothing is downloaded: the
configurations are our own numbers, each with the constraints of its pipeline. About 1 to 3 MB each, one of 19 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.engines.local import torch_imports

torch_imports.load()

import diffusers  # noqa: E402
import transformers  # noqa: E402

from tests.support.tiny_text import clip_text, gemma3, qwen3, qwen25vl, qwen25vl_processor, seeded, siglip, t5, umt5  # noqa: E402

D: Any = diffusers  # its own hints are narrower than what it takes
T: Any = transformers

WAN_DIT = {
    "num_attention_heads": 2,
    "attention_head_dim": 24,
    "text_dim": 32,
    "freq_dim": 32,
    "ffn_dim": 96,
    "num_layers": 4,
    "rope_max_seq_len": 256,
}


def wan_vae21() -> Any:
    """4 x 8 x 8 compression, 16 channels: the layout of the Wan 2.1 VAE (used by A14B, VACE, Animate)."""
    return seeded(
        D.AutoencoderKLWan(
            base_dim=4, z_dim=16, dim_mult=[1, 1, 2, 2], num_res_blocks=1, temperal_downsample=[False, True, True]
        ),
        "wan_vae21",
    )


def wan_vae22() -> Any:
    """4 x 16 x 16 compression, 48 channels: the layout of the Wan 2.2 VAE (TI2V-5B)."""
    return seeded(
        D.AutoencoderKLWan(
            base_dim=4,
            decoder_base_dim=8,
            z_dim=48,
            dim_mult=[1, 1, 2, 2],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
            is_residual=True,
            patch_size=2,
            in_channels=12,
            out_channels=12,
            latents_mean=[0.0] * 48,
            latents_std=[1.0] * 48,
            scale_factor_spatial=16,
        ),
        "wan_vae22",
    )


def unipc(shift) -> Any:
    return D.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=shift
    )


def wan22_t2v() -> Any:
    tok, enc = umt5()
    dit = lambda n: seeded(D.WanTransformer3DModel(in_channels=16, out_channels=16, **WAN_DIT), n)  # noqa: E731
    return D.WanPipeline(
        tokenizer=tok,
        text_encoder=enc,
        vae=wan_vae21(),
        scheduler=unipc(3.0),
        transformer=dit("t2v_high"),
        transformer_2=dit("t2v_low"),
        boundary_ratio=0.875,
    )


def wan22_i2v() -> Any:
    tok, enc = umt5()
    dit = lambda n: seeded(D.WanTransformer3DModel(in_channels=36, out_channels=16, **WAN_DIT), n)  # noqa: E731
    return D.WanImageToVideoPipeline(
        tokenizer=tok,
        text_encoder=enc,
        vae=wan_vae21(),
        scheduler=unipc(3.0),
        transformer=dit("i2v_high"),
        transformer_2=dit("i2v_low"),
        image_encoder=None,
        image_processor=None,
        boundary_ratio=0.9,
    )


def wan22_ti2v() -> Any:
    tok, enc = umt5()
    return D.WanPipeline(
        tokenizer=tok,
        text_encoder=enc,
        vae=wan_vae22(),
        scheduler=unipc(5.0),
        transformer=seeded(D.WanTransformer3DModel(in_channels=48, out_channels=48, **WAN_DIT), "ti2v"),
        transformer_2=None,
        boundary_ratio=None,
        expand_timesteps=True,
    )


def wan_vace() -> Any:
    tok, enc = umt5()
    # vace_in_channels = 2 * z_dim (kept + replaced video) + 8 * 8 (unfolded mask)
    dit = D.WanVACETransformer3DModel(
        in_channels=16, out_channels=16, vace_layers=[0, 2], vace_in_channels=96, **WAN_DIT
    )
    return D.WanVACEPipeline(
        tokenizer=tok,
        text_encoder=enc,
        vae=wan_vae21(),
        scheduler=unipc(3.0),
        transformer=seeded(dit, "vace"),
        transformer_2=None,
        boundary_ratio=None,
    )


def wan_animate() -> Any:
    tok, enc = umt5()
    dit = D.WanAnimateTransformer3DModel(
        in_channels=36,
        latent_channels=16,
        out_channels=16,
        image_dim=16,
        **WAN_DIT,
        motion_encoder_channel_sizes={"4": 16, "8": 16, "16": 16},
        motion_encoder_size=16,
        motion_style_dim=16,
        motion_dim=4,
        motion_encoder_dim=16,
        face_encoder_hidden_dim=32,
        face_encoder_num_heads=2,
        inject_face_latents_blocks=2,
    )
    vis = T.CLIPVisionModel(
        T.CLIPVisionConfig(
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=28,
            patch_size=14,
            projection_dim=16,
        )
    )
    return D.WanAnimatePipeline(
        tokenizer=tok,
        text_encoder=enc,
        vae=wan_vae21(),
        scheduler=unipc(5.0),
        transformer=seeded(dit, "animate"),
        image_encoder=seeded(vis, "clip_vision"),
        image_processor=T.CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
    )


def ltx2() -> Any:
    from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
    from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder

    tok, enc = gemma3(32)
    layers = enc.config.text_config.num_hidden_layers + 1
    rope = {"rope_type": "split", "rope_double_precision": False}
    # 8 x 32 x 32: patch 4, then three 2x steps in space (spatial, temporal and both), as in the real VAE.
    vae = D.AutoencoderKLLTX2Video(
        latent_channels=8,
        block_out_channels=(8, 16, 32, 64),
        decoder_block_out_channels=(8, 16, 32),  # must double
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        patch_size=4,
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )
    # base_channels must equal latent_channels * mel_bins / 4 (its latent statistics have that length)
    audio_vae = D.AutoencoderKLLTX2Audio(
        base_channels=8, ch_mult=(1, 1, 1), num_res_blocks=1, latent_channels=2, resolution=32, mel_bins=16
    )
    mel_ch = audio_vae.config.output_channels * audio_vae.config.mel_bins
    dit = D.LTX2VideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=16,
        cross_attention_dim=32,
        audio_in_channels=2 * 16 // 4,
        audio_out_channels=2 * 16 // 4,
        audio_num_attention_heads=2,
        audio_attention_head_dim=8,
        audio_cross_attention_dim=16,
        num_layers=2,
        caption_channels=32,
        **rope,
    )
    con = LTX2TextConnectors(
        caption_channels=32,
        text_proj_in_factor=layers,
        video_connector_num_attention_heads=2,
        video_connector_attention_head_dim=16,
        video_connector_num_layers=1,
        video_connector_num_learnable_registers=None,
        audio_connector_num_attention_heads=2,
        audio_connector_attention_head_dim=16,
        audio_connector_num_layers=1,
        audio_connector_num_learnable_registers=None,
        connector_rope_base_seq_len=64,
        **rope,
    )
    # product(upsample_factors) = mel hop (160) * output_rate / input_rate = 160 * 24000 / 16000 = 240
    voc = LTX2Vocoder(
        in_channels=mel_ch,
        hidden_channels=64,
        out_channels=2,
        upsample_kernel_sizes=[16, 15, 8, 4, 4],
        upsample_factors=[6, 5, 2, 2, 2],
        resnet_kernel_sizes=[3],
        resnet_dilations=[[1, 3]],
        output_sampling_rate=24000,
    )
    return D.LTX2Pipeline(
        scheduler=D.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift_terminal=0.1),
        vae=seeded(vae, "ltx2_vae"),
        audio_vae=seeded(audio_vae, "ltx2_audio_vae"),
        text_encoder=enc,
        tokenizer=tok,
        connectors=seeded(con, "ltx2_con"),
        transformer=seeded(dit, "ltx2_dit"),
        vocoder=seeded(voc, "ltx2_voc"),
        processor=None,
        prompt_enhancer=None,
        duration_head=None,
    )


def hunyuan15(task: str = "t2v", **network: Any) -> Any:
    from diffusers.guiders.classifier_free_guidance import ClassifierFreeGuidance

    tok, enc = qwen25vl(32, text_only=True)
    tok2, enc2 = t5(24)
    vae = D.AutoencoderKLHunyuanVideo15(latent_channels=4, block_out_channels=(8, 8, 16, 16, 16), layers_per_block=1)
    dit = D.HunyuanVideo15Transformer3DModel(
        in_channels=9,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=2,
        num_refiner_layers=1,
        mlp_ratio=2.0,
        text_embed_dim=32,
        text_embed_2_dim=24,
        image_embed_dim=16,
        rope_axes_dim=(4, 6, 6),
        target_size=64,
        task_type=task,
        **network,
    )
    parts: dict[str, Any] = {
        "text_encoder": enc,
        "tokenizer": tok,
        "transformer": seeded(dit, "hy15_dit"),
        "vae": seeded(vae, "hy15_vae"),
        "scheduler": D.FlowMatchEulerDiscreteScheduler(shift=5.0),
        "text_encoder_2": enc2,
        "tokenizer_2": tok2,
        "guider": ClassifierFreeGuidance(guidance_scale=6.0),
    }
    if task == "t2v":
        return D.HunyuanVideo15Pipeline(**parts)
    eyes, look = siglip(16)
    return D.HunyuanVideo15ImageToVideoPipeline(**parts, image_encoder=eyes, feature_extractor=look)


def hunyuan15_i2v() -> Any:
    return hunyuan15("i2v")


def hunyuan15_i2v_distilled() -> Any:
    """Distilled to few steps: each step is told where the next one begins."""
    return hunyuan15("i2v", use_meanflow=True)


def z_image() -> Any:
    tok, enc = qwen3(24, 3)
    vae = D.AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=16,
        norm_num_groups=4,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    dit = D.ZImageTransformer2DModel(
        in_channels=16,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=24,
        axes_dims=[4, 6, 6],
        axes_lens=[2048, 256, 256],
    )
    return D.ZImagePipeline(
        scheduler=D.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=seeded(vae, "zimage_vae"),
        text_encoder=enc,
        tokenizer=tok,
        transformer=seeded(dit, "zimage_dit"),
    )


def flux2_klein() -> Any:
    # The pipeline reads hidden states 9, 18 and 27 of the text encoder, so it needs at least 27 layers.
    tok, enc = qwen3(16, 28, causal=True)
    vae = D.AutoencoderKLFlux2(
        block_out_channels=(8, 8, 16, 16), latent_channels=8, norm_num_groups=4, layers_per_block=1
    )
    dit = D.Flux2Transformer2DModel(
        in_channels=32,
        num_layers=2,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        timestep_guidance_channels=32,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    return D.Flux2KleinPipeline(
        scheduler=D.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=seeded(vae, "flux2_vae"),
        text_encoder=enc,
        tokenizer=tok,
        transformer=seeded(dit, "flux2_dit"),
        is_distilled=True,
    )


QWEN_IMAGE_DIT = {
    "patch_size": 2,
    "in_channels": 64,
    "out_channels": 16,
    "num_layers": 2,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "joint_attention_dim": 32,
    "axes_dims_rope": (4, 6, 6),
}


def qwen_vae() -> Any:
    return seeded(D.AutoencoderKLQwenImage(base_dim=4, z_dim=16, dim_mult=[1, 1, 2, 2], num_res_blocks=1), "qwen_vae")


def _qwen_scheduler() -> Any:
    return D.FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True,
        base_shift=0.5,
        max_shift=0.9,
        base_image_seq_len=256,
        max_image_seq_len=8192,
        shift_terminal=0.02,
        time_shift_type="exponential",
    )


def qwen_image() -> Any:
    tok, enc = qwen25vl(32)
    return D.QwenImagePipeline(
        scheduler=_qwen_scheduler(),
        vae=qwen_vae(),
        text_encoder=enc,
        tokenizer=tok,
        transformer=seeded(D.QwenImageTransformer2DModel(**QWEN_IMAGE_DIT), "qwen_dit"),
    )


def qwen_image_edit() -> Any:
    tok, enc = qwen25vl(32)
    return D.QwenImageEditPlusPipeline(
        scheduler=_qwen_scheduler(),
        vae=qwen_vae(),
        text_encoder=enc,
        tokenizer=tok,
        processor=qwen25vl_processor(tok),
        transformer=seeded(D.QwenImageTransformer2DModel(**QWEN_IMAGE_DIT), "qwen_dit_e"),
    )


def kandinsky5(cls: Any = D.Kandinsky5T2VPipeline) -> Any:
    tok, enc = qwen25vl(32)
    tok2, enc2 = clip_text(16)
    vae = D.AutoencoderKLHunyuanVideo(
        latent_channels=16, block_out_channels=(8, 8, 16, 16), layers_per_block=1, norm_num_groups=4
    )
    dit = D.Kandinsky5Transformer3DModel(
        in_visual_dim=16,
        out_visual_dim=16,
        in_text_dim=32,
        in_text_dim2=16,
        time_dim=16,
        model_dim=32,
        ff_dim=64,
        num_text_blocks=1,
        num_visual_blocks=2,
        axes_dims=(4, 6, 6),
        visual_cond=True,
    )
    return cls(
        transformer=seeded(dit, "k5_dit"),
        vae=seeded(vae, "k5_vae"),
        text_encoder=enc,
        tokenizer=qwen25vl_processor(tok),
        text_encoder_2=enc2,
        tokenizer_2=tok2,
        scheduler=D.FlowMatchEulerDiscreteScheduler(shift=5.0),
    )


def kandinsky5_i2v() -> Any:
    return kandinsky5(D.Kandinsky5I2VPipeline)


BUILDERS: dict[str, Callable[[], Any]] = {
    "Wan-AI/Wan2.2-T2V-A14B-Diffusers": wan22_t2v,
    "Wan-AI/Wan2.2-I2V-A14B-Diffusers": wan22_i2v,
    "Wan-AI/Wan2.2-TI2V-5B-Diffusers": wan22_ti2v,
    "Wan-AI/Wan2.1-VACE-14B-diffusers": wan_vace,
    "Wan-AI/Wan2.1-VACE-1.3B-diffusers": wan_vace,
    "Wan-AI/Wan2.2-Animate-14B-Diffusers": wan_animate,
    "Lightricks/LTX-2": ltx2,
    "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_t2v": hunyuan15,
    "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_i2v": hunyuan15_i2v,
    "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_i2v_step_distilled": hunyuan15_i2v_distilled,
    "kandinskylab/Kandinsky-5.0-T2V-Lite-sft-5s-Diffusers": kandinsky5,
    "kandinskylab/Kandinsky-5.0-I2V-Lite-5s-Diffusers": kandinsky5_i2v,
    "Tongyi-MAI/Z-Image-Turbo": z_image,
    "black-forest-labs/FLUX.2-klein-4B": flux2_klein,
    "Qwen/Qwen-Image": qwen_image,
    "Qwen/Qwen-Image-Edit-2509": qwen_image_edit,
}


def build(folder: Path, repos: list[str]) -> None:
    """Write the repositories, all where none is named, as folder/owner/name."""
    for repo in repos or list(BUILDERS):
        BUILDERS[repo]().save_pretrained(str(folder / repo))


if __name__ == "__main__":
    build(Path(sys.argv[1]), sys.argv[2:])
