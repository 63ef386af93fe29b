"""Tiny text models with tokenizers made in place: the special tokens and the 256 byte symbols, no training, no file.

Weights come from a generator seeded by name, so a repository is the same bytes from build to build.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import torch
import transformers

T: Any = transformers  # its own hints are narrower than what it takes

CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}"
    "{% else %}{% for c in m['content'] %}{% if c['type'] == 'text' %}{{ c['text'] }}"
    "{% else %}<|vision_start|><|image_pad|><|vision_end|>{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
QWEN_SPECIALS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]


def byte_tokenizer(
    specials, *, pad, eos, unk=None, bos=None, suffix=None, prefix=None, chat_template=None, max_length=1024, **extra
) -> Any:
    """A tokenizer whose vocabulary is the special tokens plus the 256 byte symbols. No training."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

    vocab = {t: i for i, t in enumerate([*specials, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tok = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token=unk))
    tok.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in specials])
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tok.decoder = decoders.ByteLevel()
    if suffix or prefix:
        single = " ".join(x for x in (prefix, "$A", suffix) if x)
        used = [(t, vocab[t]) for t in (prefix, suffix) if t]
        tok.post_processor = processors.TemplateProcessing(
            single=single, pair=f"{single} $B" + (f" {suffix}" if suffix else ""), special_tokens=used
        )
    fast = T.PreTrainedTokenizerFast(
        tokenizer_object=tok,
        pad_token=pad,
        eos_token=eos,
        unk_token=unk,
        bos_token=bos,
        model_max_length=max_length,
        **extra,
    )
    if chat_template:
        fast.chat_template = chat_template
    return fast


def t5_tokenizer() -> Any:
    return byte_tokenizer(
        ["<pad>", "</s>", "<unk>"], pad="<pad>", eos="</s>", unk="<unk>", suffix="</s>", max_length=512
    )


def qwen_tokenizer() -> Any:
    return byte_tokenizer(
        QWEN_SPECIALS, pad="<|endoftext|>", eos="<|im_end|>", chat_template=CHAT_TEMPLATE, max_length=4096
    )


def gemma_tokenizer() -> Any:
    return byte_tokenizer(
        ["<pad>", "<eos>", "<bos>", "<unk>", "<image_soft_token>"],
        pad="<pad>",
        eos="<eos>",
        bos="<bos>",
        unk="<unk>",
        prefix="<bos>",
        max_length=1024,
    )


def clip_tokenizer() -> Any:
    return byte_tokenizer(
        ["<|startoftext|>", "<|endoftext|>"],
        pad="<|endoftext|>",
        eos="<|endoftext|>",
        bos="<|startoftext|>",
        prefix="<|startoftext|>",
        suffix="<|endoftext|>",
        max_length=77,
    )


def seeded(module: Any, name: str) -> Any:
    """Overwrite every parameter from a generator seeded by `name`.

    Library initialisers differ between versions and some leave `torch.empty` memory behind
    (Z-Image pad tokens), so weights are written here: matrices N(0, 1/fan_in), one-dimensional
    `weight` ones, everything else zeros.
    """
    g = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    with torch.no_grad():
        for key, p in module.named_parameters():
            if p.ndim >= 2:
                fan_in = p[0].numel() if p.shape[0] > 1 or p.ndim == 2 else p.shape[-1]
                p.copy_(torch.randn(p.shape, generator=g) * (1.0 / math.sqrt(max(1, fan_in))))
            elif key.endswith(("weight", "gamma", "alpha")):
                p.fill_(1.0)
            else:
                p.zero_()
    return module.eval().requires_grad_(False)


def umt5(dim=32) -> Any:
    tok = t5_tokenizer()
    cfg = T.UMT5Config(
        vocab_size=len(tok),
        d_model=dim,
        d_kv=8,
        d_ff=2 * dim,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        pad_token_id=0,
        eos_token_id=1,
    )
    return tok, seeded(T.UMT5EncoderModel(cfg), "umt5")


def t5(dim=32) -> Any:
    tok = t5_tokenizer()
    cfg = T.T5Config(
        vocab_size=len(tok),
        d_model=dim,
        d_kv=8,
        d_ff=2 * dim,
        num_layers=2,
        num_heads=4,
        dropout_rate=0.0,
        pad_token_id=0,
        eos_token_id=1,
    )
    return tok, seeded(T.T5EncoderModel(cfg), "t5")


def qwen3(dim=24, layers=3, causal=False) -> Any:
    tok = qwen_tokenizer()
    cfg = T.Qwen3Config(
        vocab_size=len(tok),
        hidden_size=dim,
        intermediate_size=2 * dim,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
    )
    return tok, seeded((T.Qwen3ForCausalLM if causal else T.Qwen3Model)(cfg), "qwen3")


def _qwen25vl_config(tok, dim=32) -> Any:
    ids = {t: tok.convert_tokens_to_ids(t) for t in QWEN_SPECIALS}
    return T.Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tok),
            "hidden_size": dim,
            "intermediate_size": 2 * dim,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0},
        },
        vision_config={
            "depth": 2,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": dim,
            "fullatt_block_indexes": [1],
            "window_size": 56,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        vision_token_id=ids["<|vision_pad|>"],
    )


def qwen25vl(dim=32, text_only=False) -> Any:
    tok = qwen_tokenizer()
    cfg = _qwen25vl_config(tok, dim)
    model = T.Qwen2_5_VLTextModel(cfg.text_config) if text_only else T.Qwen2_5_VLForConditionalGeneration(cfg)
    return tok, seeded(model, "qwen25vl")


def qwen25vl_processor(tok) -> Any:
    """Needs torchvision: transformers 5 has no PIL fallback for the *video* processor."""
    return T.Qwen2_5_VLProcessor(
        image_processor=T.Qwen2VLImageProcessor(min_pixels=28 * 28, max_pixels=64 * 28 * 28),
        tokenizer=tok,
        video_processor=T.Qwen2VLVideoProcessor(),
        chat_template=CHAT_TEMPLATE,
    )


def gemma3(dim=32) -> Any:
    tok = gemma_tokenizer()
    cfg = T.Gemma3Config(
        text_config={
            "vocab_size": len(tok),
            "hidden_size": dim,
            "intermediate_size": 2 * dim,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 16,
            "max_position_embeddings": 2048,
            "sliding_window": 64,
        },
        vision_config={
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": 28,
            "patch_size": 14,
        },
        mm_tokens_per_image=4,
        image_token_index=tok.convert_tokens_to_ids("<image_soft_token>"),
        boi_token_index=2,
        eoi_token_index=1,
    )
    return tok, seeded(T.Gemma3ForConditionalGeneration(cfg), "gemma3")


def clip_text(dim=16) -> Any:
    tok = clip_tokenizer()
    cfg = T.CLIPTextConfig(
        vocab_size=len(tok),
        hidden_size=dim,
        intermediate_size=2 * dim,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=dim,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return tok, seeded(T.CLIPTextModel(cfg), "clip_text")


def siglip(dim=16) -> Any:
    """The vision model that HunyuanVideo 1.5 looks at a first frame with, and what prepares the picture for it."""
    cfg = T.SiglipVisionConfig(
        hidden_size=dim,
        intermediate_size=2 * dim,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
    )
    look = T.SiglipImageProcessor(size={"height": 28, "width": 28})
    return seeded(T.SiglipVisionModel(cfg), "siglip"), look
