"""The Fashion-MNIST training step in eager PyTorch: the reference of step_benchmark.

Run by benchmarks/compare_step.sh; needs torch==2.11.0 and numpy. The model is the official MAE's forward pass
(facebookresearch/mae, models_mae.py) on timm's block; the regularizer is the
MAGMA authors' formulation, which expands a B x B x D tensor.

Prints the median time of a step in ms, one line a method.
"""

import argparse
import statistics
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(b, n, d))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class MaskedAutoencoder(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.patch, self.ratio = a.patch, 0.75
        n = (a.image // a.patch) ** 2
        self.proj = nn.Conv2d(a.channels, a.dim, a.patch, a.patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, a.dim) * 0.02)
        self.mask_token = nn.Parameter(torch.randn(1, 1, a.decoder_dim) * 0.02)
        self.register_buffer("pos", torch.randn(1, 1 + n, a.dim))
        self.register_buffer("decoder_pos", torch.randn(1, 1 + n, a.decoder_dim))
        self.blocks = nn.ModuleList([Block(a.dim, a.heads) for _ in range(a.depth)])
        self.norm = nn.LayerNorm(a.dim, eps=1e-6)
        self.decoder_embed = nn.Linear(a.dim, a.decoder_dim)
        self.decoder_blocks = nn.ModuleList(
            [Block(a.decoder_dim, a.decoder_heads) for _ in range(a.decoder_depth)])
        self.decoder_norm = nn.LayerNorm(a.decoder_dim, eps=1e-6)
        self.pred = nn.Linear(a.decoder_dim, a.patch * a.patch * a.channels)

    def patchify(self, x):
        p, h = self.patch, x.shape[2] // self.patch
        x = x.reshape(x.shape[0], x.shape[1], h, p, h, p)
        return torch.einsum("nchpwq->nhwpqc", x).reshape(x.shape[0], h * h, -1)

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2) + self.pos[:, 1:]
        b, n, d = x.shape
        keep = int(n * (1 - self.ratio))
        shuffle = torch.argsort(torch.rand(b, n), dim=1)
        restore = torch.argsort(shuffle, dim=1)
        x = torch.gather(x, 1, shuffle[:, :keep].unsqueeze(-1).repeat(1, 1, d))
        mask = torch.ones(b, n)
        mask[:, :keep] = 0
        mask = torch.gather(mask, 1, restore)
        cls = (self.cls_token + self.pos[:, :1]).expand(b, -1, -1)
        x = torch.cat([cls, x], 1)
        taps = []
        for block in self.blocks:
            x = block(x)
            taps.append(x[:, 1:].mean(1))
        y = self.decoder_embed(self.norm(x))
        tokens = self.mask_token.repeat(b, n + 1 - y.shape[1], 1)
        z = torch.cat([y[:, 1:], tokens], 1)
        z = torch.gather(z, 1, restore.unsqueeze(-1).repeat(1, 1, y.shape[2]))
        z = torch.cat([y[:, :1], z], 1) + self.decoder_pos
        for block in self.decoder_blocks:
            z = block(z)
        pred = self.pred(self.decoder_norm(z))[:, 1:]
        target = self.patchify(images)
        mean, var = target.mean(-1, keepdim=True), target.var(-1, keepdim=True)
        loss = ((pred - (target - mean) / (var + 1e-6) ** 0.5) ** 2).mean(-1)
        return (loss * mask).sum() / mask.sum(), taps


def manifold_loss(x, y):
    b = x.shape[0]
    distances = ((x.unsqueeze(0) - x.unsqueeze(1)) ** 2).sum(-1)
    gamma = distances[distances != 0].std()
    weights = torch.exp(-distances / gamma) * (1 - torch.eye(b))
    degree = 1e-4 + weights.sum(1)
    root = torch.diag(degree ** -0.5)
    laplacian = torch.eye(b) - root @ weights @ root
    return torch.trace(y.t() @ laplacian @ y) / b ** 2


def main():
    parser = argparse.ArgumentParser()
    for name, value in dict(image=28, patch=7, channels=1, dim=128, depth=6, heads=4,
                            decoder_dim=64, decoder_depth=1, decoder_heads=2, batch=256,
                            steps=20, warmup=5, threads=2).items():
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--method", default="mae", choices=["mae", "m_mae"])
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = MaskedAutoencoder(args)
    decay = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
        lr=1e-3, betas=(0.9, 0.95))
    data = np.random.default_rng(0).integers(
        0, 256, (args.batch, args.channels, args.image, args.image), dtype=np.uint8)
    times = []
    for step in range(args.warmup + args.steps):
        start = time.perf_counter()
        images = (torch.from_numpy(data).float() / 255 - 0.286) / 0.353
        loss, taps = model(images)
        if args.method == "m_mae":
            loss = loss + manifold_loss(taps[-2], taps[-1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        if step >= args.warmup:
            times.append(1e3 * (time.perf_counter() - start))
    print("%s %.1f" % (args.method, statistics.median(times)))


if __name__ == "__main__":
    main()
