"""Writes tiny ViTs of timm with the options of published models, and what they
compute: weights under timm's names, golden.images [1, 3, 21, 21] and
golden.tokens [1, P + N, 16] after the final norm, without register tokens.

    python3 make_timm_vits.py    # timm 1.0, torch 2, safetensors

encoder_goldens_test.cc loads each file as a user's and compares the tokens.
"""

import functools
import os

import timm
import torch
from safetensors.torch import save_file
from timm.layers import SwiGLUPacked
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer

SIZES = dict(img_size=21, patch_size=7, embed_dim=16, depth=2, num_heads=2, num_classes=0)


class QuickGelu(torch.nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


CLIP_NORM = functools.partial(torch.nn.LayerNorm, eps=1e-5)
CLIP_TEXT = (
    "image_size: 21 patch_size: 7 channels: 3 embed_dim: 16 depth: 2 num_heads: 2 "
    "position_embedding: LEARNED pre_norm: true patch_bias: false "
    "activation: QUICK_GELU norm_eps: 1e-5"
)

MODELS = {
    "dinov2": (dict(init_values=1e-5), ""),
    "dinov2_registers": (dict(init_values=1e-5, reg_tokens=4, no_embed_class=True), ""),
    "swiglu": (dict(mlp_layer=SwiGLUPacked, act_layer=torch.nn.SiLU, mlp_ratio=5, init_values=1e-5), ""),
    "qk_norm": (dict(qk_norm=True), ""),
    "no_bias": (dict(qkv_bias=False, proj_bias=False), ""),
    "no_class_token": (dict(class_token=False, global_pool="avg", fc_norm=False), ""),
    "clip": (dict(pre_norm=True, norm_layer=CLIP_NORM), ""),
    "clip_openai": (dict(pre_norm=True, norm_layer=CLIP_NORM, act_layer=QuickGelu), CLIP_TEXT),
}


def fill(model, seed):
    """Values that let every parameter matter: factors of LayerScale around 1."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            one = name.endswith(("gamma", "gamma_1", "gamma_2")) or ("norm" in name and name.endswith("weight"))
            p.copy_(noise * 0.3 + (1 if one else 0))


def dinov3():
    """timm's DINOv3 under the names of its authors' files."""
    model = Eva(
        **SIZES,
        dynamic_img_size=False,
        qkv_bias=True,
        init_values=1e-5,
        rope_type="dinov3",
        rope_temperature=100,
        use_rot_pos_emb=True,
        use_abs_pos_emb=False,
        rope_rotate_half=True,
        num_reg_tokens=4,
        use_fc_norm=False,
        norm_layer=CLIP_NORM,
    )
    fill(model, 9)
    state = {}
    for name, tensor in model.state_dict().items():
        name = name.replace("gamma_1", "ls1.gamma").replace("gamma_2", "ls2.gamma")
        state[name] = tensor
    for i, block in enumerate(model.blocks):
        for part in ("q_bias", "k_bias", "v_bias"):
            state.pop(f"blocks.{i}.attn.{part}", None)
        a = block.attn
        if getattr(a, "q_bias", None) is not None:
            state[f"blocks.{i}.attn.qkv.bias"] = torch.cat([a.q_bias, a.k_bias, a.v_bias]).detach()
    state["rope_embed.periods"] = model.rope.periods.clone()
    return model, state


def write(name, model, state, text):
    model.eval()
    images = torch.randn(1, 3, 21, 21, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        tokens = model.forward_features(images)
    registers = 4 if "reg_token" in state else 0
    if registers:
        tokens = torch.cat([tokens[:, :1], tokens[:, 1 + registers :]], 1)
    state = {k: v.detach().contiguous() for k, v in state.items()}
    state["golden.images"], state["golden.tokens"] = images, tokens.contiguous()
    metadata = {"source": "timm " + timm.__version__}
    if text:
        metadata["caldera.encoder"] = text
    save_file(state, os.path.join(os.path.dirname(__file__), f"timm_{name}.safetensors"), metadata)


if __name__ == "__main__":
    for seed, (name, (options, text)) in enumerate(MODELS.items()):
        model = VisionTransformer(**SIZES, **options)
        fill(model, seed)
        write(name, model, model.state_dict(), text)
    write("dinov3", *dinov3(), "")
