"""A small GPT: what every arm trains. Plain PyTorch; no dropout, no generation, no checkpoints.

Pre-norm blocks, learned positions, the output tied to the embedding, as in GPT-2.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


@dataclass(frozen=True)
class Size:
    """What makes a model large: `width` is a multiple of `heads`; `context` and `batch` are tokens
    a window and windows a step; `vocabulary` is the pieces of the tokenizer; products of matrices
    are computed in `precision`, which is a name of a `torch.dtype`."""

    width: int
    layers: int
    heads: int
    context: int
    batch: int
    vocabulary: int
    learning_rate: float
    precision: str = "float32"


SIZES = {  # named by their parameters
    "tiny": Size(16, 1, 2, 32, 8, 600, 5e-3),
    "1M": Size(128, 4, 4, 128, 4, 3000, 3e-3),
    "6M": Size(256, 6, 8, 256, 16, 6000, 1e-3),
    "30M": Size(512, 8, 8, 512, 32, 10_000, 6e-4),
    "137M": Size(768, 12, 12, 1024, 32, 64_000, 4e-4),
}


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, time, width = x.shape
        qkv = self.qkv(self.before_attention(x)).view(batch, time, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (batch, heads, time, width / heads)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, time, width))
        return x + self.down(F.gelu(self.up(self.before_mlp(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.precision = size.precision
        self.tokens = nn.Embedding(size.vocabulary, size.width)
        self.positions = nn.Embedding(size.context, size.width)
        self.blocks = nn.ModuleList(Block(size.width, size.heads) for _ in range(size.layers))
        self.last_norm = nn.LayerNorm(size.width)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                into_residual = name.endswith(("out.weight", "down.weight"))
                scale = (2 * size.layers) ** -0.5 if into_residual else 1.0
                nn.init.normal_(weight, std=0.02 * scale)

    def hidden(self, ids: Tensor, layers: int | None = None) -> Tensor:
        """(batch, time) token ids -> (batch, time, width) states after the first `layers` blocks
        (default: all)."""
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        for block in self.blocks[:layers]:
            x = block(x)
        return x

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, time) token ids -> (batch, time, vocabulary) logits of the next token."""
        return F.linear(self.last_norm(self.hidden(ids)), self.tokens.weight)


def precision_for(device: str) -> str:
    """bfloat16 where the device computes in it; elsewhere it would take many times as long."""
    if device != "cpu":
        return "bfloat16"
    able = torch.cpu.get_capabilities()
    return "bfloat16" if able.get("avx512_bf16") or able.get("amx_bf16") else "float32"


def losses(model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats of each target token: (batch, time) float32; -1 targets count 0."""
    is_lower = model.precision != "float32"
    with torch.autocast(ids.device.type, getattr(torch, model.precision), enabled=is_lower):
        logits = model(ids)
    flat = F.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=-1, reduction="none"
    )
    return flat.view(targets.shape)
