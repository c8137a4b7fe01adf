"""MAE, M-MAE, U-MAE and MU-MAE in PyTorch: the references of //:throughput.

    bazel-bin/benchmarks/throughput/throughput --table3 --noloader --out=ours
    python benchmarks/reference/pytorch_mae.py --like=ours/throughput.json --kind=compiled

Measures the same rows: sizes, batch, precision, terms and threads are read from that file, and the JSON that is
printed has the same keys. Without --like the flags say what is measured. benchmarks/compare_step.sh runs all kinds
in turn with ours. Needs torch 2.11.0 and, for --kind=compiled, a C++ compiler.

--kind says whose PyTorch it is:
  authors   as the papers' authors wrote it: a matrix of scores, softmax and product (official MAE), AdamW tensor by
            tensor, the regularizer by a B x B x D tensor of differences (MAGMA, supplement)
  eager     what a user would write today: scaled_dot_product_attention, AdamW(fused=True), the regularizer by
            products of B x D matrices, which is what ours computes
  compiled  the same through torch.compile

All kinds embed every patch before some are dropped and run the decoder on all patches, as the official code does;
ours embeds the visible patches only, and lets the last decoder block answer for the hidden ones only, so it does
less work for the same loss. bf16 is torch.autocast.
"""

import argparse
import ctypes
import json
import statistics
import time

import torch
from torch import nn

METHODS = {"mae": {}, "m_mae": {"magma": 1.0}, "u_mae": {"uniformity": 0.01},
           "mu_mae": {"magma": 1.0, "uniformity": 0.01}}


class Attention(nn.Module):
    def __init__(self, dim, heads, kind):
        super().__init__()
        self.heads, self.scale, self.scores = heads, (dim // heads) ** -0.5, kind == "authors"
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if self.scores:
            scores = (q @ k.transpose(-2, -1)) * self.scale  # [B, heads, N, N]
            x = scores.softmax(dim=-1) @ v
        else:
            x = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(b, n, d))


class Block(nn.Module):
    def __init__(self, dim, heads, kind):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads, kind)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class MaskedAutoencoder(nn.Module):
    def __init__(self, m, kind):
        super().__init__()
        self.patch, self.ratio, self.norm_pix_loss = m["patch_size"], m["mask_ratio"], m["norm_pix_loss"]
        dim, decoder_dim = m["embed_dim"], m["decoder_embed_dim"]
        n = (m["image_size"] // self.patch) ** 2
        self.proj = nn.Conv2d(m["channels"], dim, self.patch, self.patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.mask_token = nn.Parameter(torch.randn(1, 1, decoder_dim) * 0.02)
        # Fixed; sines or noise cost the same.
        self.register_buffer("pos", torch.randn(1, 1 + n, dim))
        self.register_buffer("decoder_pos", torch.randn(1, 1 + n, decoder_dim))
        self.blocks = nn.ModuleList([Block(dim, m["num_heads"], kind) for _ in range(m["depth"])])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.decoder_embed = nn.Linear(dim, decoder_dim)
        self.decoder_blocks = nn.ModuleList(
            [Block(decoder_dim, m["decoder_num_heads"], kind) for _ in range(m["decoder_depth"])])
        self.decoder_norm = nn.LayerNorm(decoder_dim, eps=1e-6)
        self.pred = nn.Linear(decoder_dim, self.patch ** 2 * m["channels"])

    def patchify(self, x):
        p, h = self.patch, x.shape[2] // self.patch
        x = x.reshape(x.shape[0], x.shape[1], h, p, h, p)
        return torch.einsum("nchpwq->nhwpqc", x).reshape(x.shape[0], h * h, -1)

    def forward(self, images):
        """The reconstruction loss, the pooled features of the last two blocks [B, D] and the CLS token [B, D]."""
        x = self.proj(images).flatten(2).transpose(1, 2) + self.pos[:, 1:]  # [B, N, D]
        b, n, d = x.shape
        keep = int(n * (1 - self.ratio))
        shuffle = torch.argsort(torch.rand(b, n, device=x.device), dim=1)
        restore = torch.argsort(shuffle, dim=1)
        x = torch.gather(x, 1, shuffle[:, :keep].unsqueeze(-1).repeat(1, 1, d))
        mask = torch.ones(b, n, device=x.device)
        mask[:, :keep] = 0
        mask = torch.gather(mask, 1, restore)
        cls = (self.cls_token + self.pos[:, :1]).expand(b, -1, -1)
        x = torch.cat([cls, x], 1)
        taps = []
        for block in self.blocks:
            x = block(x)
            taps.append(x[:, 1:].mean(1))
        x = self.norm(x)
        y = self.decoder_embed(x)
        tokens = self.mask_token.repeat(b, n + 1 - y.shape[1], 1)
        z = torch.cat([y[:, 1:], tokens.to(y.dtype)], 1)
        z = torch.gather(z, 1, restore.unsqueeze(-1).repeat(1, 1, y.shape[2]))
        z = torch.cat([y[:, :1], z], 1) + self.decoder_pos
        for block in self.decoder_blocks:
            z = block(z)
        pred = self.pred(self.decoder_norm(z))[:, 1:]
        target = self.patchify(images)
        if self.norm_pix_loss:
            mean, var = target.mean(-1, keepdim=True), target.var(-1, keepdim=True)
            target = (target - mean) / (var + 1e-6) ** 0.5
        loss = ((pred - target) ** 2).mean(-1)
        return (loss * mask).sum() / mask.sum(), taps[-2:], x[:, 0]


def manifold_loss(x, y):
    """MAGMA's trace(Y^T Lap Y) / B^2 of features x, y [B, D], as its supplement writes it."""
    b = x.shape[0]
    eye = torch.eye(b, device=x.device)
    distances = ((x.unsqueeze(0) - x.unsqueeze(1)) ** 2).sum(-1)  # from [B, B, D]
    gamma = distances[distances != 0].std()
    weights = torch.exp(-distances / gamma) * (1 - eye)
    degree = 1e-4 + weights.sum(1)
    root = torch.diag(degree ** -0.5)
    laplacian = eye - root @ weights @ root
    return torch.trace(y.t() @ laplacian @ y) / b ** 2


def manifold_loss_by_products(x, y):
    """The same number without a tensor of B x B x D: |x_i - x_j|^2 and the trace by products of matrices."""
    b = x.shape[0]
    off = 1 - torch.eye(b, device=x.device)
    squares = (x * x).sum(1)
    distances = (squares[:, None] + squares[None] - 2 * x @ x.t()).clamp_min(0) * off  # [B, B]
    n = b * (b - 1)
    mean = distances.sum() / n
    gamma = ((((distances - mean) * off) ** 2).sum() / (n - 1)).sqrt()
    weights = torch.exp(-distances / gamma) * off
    root = (1e-4 + weights.sum(1)).rsqrt()
    scaled = root[:, None] * y
    return ((y * y).sum() - ((weights @ scaled) * scaled).sum()) / b ** 2


def uniformity(z):
    """U-MAE's mean((z z^T)^2) of features [B, D]."""
    z = nn.functional.normalize(z.float(), dim=-1)
    return (z @ z.t()).pow(2).mean()


def status_bytes(key):
    with open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith(key):
                return 1024 * int(line.split()[1])
    return None


class Memory:
    """The peak since construction, as //:throughput has it."""

    def __init__(self, device):
        self.device, self.before = device, None
        if device == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
            return
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        try:
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
            self.before = status_bytes("VmRSS:")
        except OSError:
            pass  # the system does not let it be reset: not known

    def peak(self):
        if self.device == "cuda":
            return {"allocated": torch.cuda.max_memory_allocated(), "reserved": torch.cuda.max_memory_reserved(),
                    "resident_growth": None}
        growth = None if self.before is None else status_bytes("VmHWM:") - self.before
        return {"allocated": None, "reserved": None, "resident_growth": growth}


def measure(row, kind, device, warmup, steps):
    """Seconds of each step, and the peak memory of building the model and training it."""
    memory = Memory(device)
    torch.manual_seed(0)
    m = row["model"]
    model = MaskedAutoencoder(m, kind).to(device)
    manifold = manifold_loss if kind == "authors" else manifold_loss_by_products

    def objective(images):
        loss, taps, cls = model(images)
        for term, weight in m["terms"].items():
            value = manifold(taps[0].float(), taps[1].float()) if term == "magma" else uniformity(cls)
            loss = loss + weight * value
        return loss

    if kind == "compiled":
        torch.compiler.reset()
        objective = torch.compile(objective)
    decay = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
        lr=1e-4, betas=(0.9, 0.95), fused=kind != "authors")
    size = m["image_size"]
    images = torch.randn(row["batch_size"], m["channels"], size, size, device=device)
    bf16 = row["precision"] == "BF16"
    marks = []
    for step in range(warmup + steps):
        if step >= warmup and not marks:
            marks.append(mark(device))
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            loss = objective(images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if marks:
            marks.append(mark(device))
    if device == "cuda":
        torch.cuda.synchronize()
        seconds = [1e-3 * a.elapsed_time(b) for a, b in zip(marks, marks[1:])]
    else:
        seconds = [b - a for a, b in zip(marks, marks[1:])]
    return seconds, memory.peak()


def mark(device):
    if device != "cuda":
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def percentile(values, percent):
    values = sorted(values)
    place = percent / 100 * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def rows_of(args):
    if args.like:
        with open(args.like) as file:
            ours = json.load(file)
        for name in ("rounds", "warmup", "steps"):
            if getattr(args, name) is None:
                setattr(args, name, ours["setting"][name])
        args.threads = args.threads or ours["provenance"]["threads"]
        args.device = args.device or ours["provenance"]["device"].split(":")[0]
        for row in ours["rows"]:
            unknown = set(row["model"]["terms"]) - {"magma", "uniformity"}
            if unknown or "mask_ratio" not in row["model"]:
                raise SystemExit("error: %s: only MAE with MAGMA or uniformity has a reference" % row["method"])
        return ours["rows"]
    sizes = {name: getattr(args, name) for name in (
        "image_size", "patch_size", "channels", "embed_dim", "depth", "num_heads", "mask_ratio",
        "decoder_embed_dim", "decoder_depth", "decoder_num_heads")}
    return [{"method": method, "value": "", "batch_size": args.batch, "precision": args.precision.upper(),
             "model": dict(sizes, norm_pix_loss=True, terms=METHODS[method])} for method in args.methods.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--like", help="throughput.json of //:throughput, whose rows are measured")
    parser.add_argument("--kind", default="authors", choices=["authors", "eager", "compiled"])
    parser.add_argument("--out", help="file for the JSON; stdout unless given")
    parser.add_argument("--methods", default=",".join(METHODS))
    for name, value in dict(batch=256, image_size=224, patch_size=16, channels=3, embed_dim=768, depth=12,
                            num_heads=12, decoder_embed_dim=512, decoder_depth=8, decoder_num_heads=16).items():
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--mask_ratio", type=float, default=0.75)
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    for name in ("rounds", "warmup", "steps", "threads"):
        parser.add_argument("--" + name, type=int)
    parser.add_argument("--device", choices=["cpu", "cuda"])
    args = parser.parse_args()
    rows = rows_of(args)
    device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    rounds, warmup, steps = args.rounds or 3, args.warmup or 5, args.steps or 10
    if args.threads:
        torch.set_num_threads(args.threads)
    seconds = [[] for _ in rows]
    peaks = [[] for _ in rows]
    for _ in range(rounds):
        for i, row in enumerate(rows):
            taken, peak = measure(row, args.kind, device, warmup, steps)
            seconds[i] += taken
            peaks[i].append(peak)
    out = []
    for row, taken, peak in zip(rows, seconds, peaks):
        rates = [row["batch_size"] / s for s in taken]
        largest = {key: max((p[key] for p in peak if p[key] is not None), default=None) for key in peak[0]}
        out.append({key: row[key] for key in ("method", "value", "batch_size", "precision", "model")})
        out[-1].update(steps=len(taken), peak_memory=largest, images_per_second={
            "median": statistics.median(rates), "p10": percentile(rates, 10), "p90": percentile(rates, 90)})
    report = {"kind": args.kind, "setting": {"rounds": rounds, "warmup": warmup, "steps": steps},
              "provenance": {"torch": torch.__version__, "device": device, "threads": torch.get_num_threads(),
                             "gpu": torch.cuda.get_device_name() if device == "cuda" else None},
              "rows": out}
    text = json.dumps(report, indent=1)
    if args.out:
        with open(args.out, "w") as file:
            file.write(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
