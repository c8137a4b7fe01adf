"""Writes testdata/published: tiny models of random weights as the libraries of
published models save them, and what these compute.

    pip install torch timm transformers safetensors
    python3 vit/weights/testdata/make_published.py

The files were made with torch 2.11, timm 1.0.31 and transformers 5.24."""
import os

import safetensors.torch
import timm
import torch
import transformers

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "published")
SIZES = dict(image_size=8, patch_size=4, num_channels=3, hidden_size=16,
             num_hidden_layers=2, num_attention_heads=4, intermediate_size=24)
out = {}


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_(0, 0.3, generator=generator)
    return model.eval()


images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(7))
out["images"] = images

# Hugging Face's MAE with its decoder, in a folder.
config = transformers.ViTMAEConfig(
    **SIZES, decoder_hidden_size=8, decoder_num_hidden_layers=1,
    decoder_num_attention_heads=2, decoder_intermediate_size=16, mask_ratio=0.0)
mae = randomize(transformers.ViTMAEForPreTraining(config), 1)
mae.save_pretrained(os.path.join(HERE, "hf_mae"))
noise = torch.arange(4.0).expand(2, -1)  # keeps the patches in their order
out["hf_mae"] = mae.vit(images, noise=noise).last_hidden_state
out["hf_mae.prediction"] = mae(images, noise=noise).logits

# A classifier of Hugging Face, divided into shards.
vit = randomize(transformers.ViTForImageClassification(
    transformers.ViTConfig(**SIZES, num_labels=3)), 2)
vit.save_pretrained(os.path.join(HERE, "hf_vit"), max_shard_size="6KB")
out["hf_vit"] = vit.vit(images).last_hidden_state


# A checkpoint of DINO: two networks under wrappers, an optimizer, a number of a
# type that is not read.
def timm_vit(seed):
    return randomize(timm.models.VisionTransformer(
        img_size=8, patch_size=4, embed_dim=16, depth=2, num_heads=4,
        mlp_ratio=1.5, num_classes=0), seed)


def wrapped(model):
    state = {"module.backbone." + k: v for k, v in model.state_dict().items()}
    state["module.head.last_layer.weight"] = torch.ones(3, 16)
    state["module.head.scale"] = torch.ones(2).to(torch.float8_e4m3fn)
    return state


student, teacher = timm_vit(3), timm_vit(4)
torch.save({"student": wrapped(student), "teacher": wrapped(teacher),
            "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}},
            "epoch": 3}, os.path.join(HERE, "dino.pth"))
out["student"] = student.forward_features(images)
out["teacher"] = teacher.forward_features(images)

# timm resamples the patch embedding of a file.
weight = teacher.patch_embed.proj.weight.detach()
for size in (6, 3):
    out["patches.%d" % size] = timm.layers.resample_patch_embed(
        weight, [size, size])

safetensors.torch.save_file(
    {k: v.detach().contiguous() for k, v in out.items()},
    os.path.join(HERE, "expected.safetensors"))
