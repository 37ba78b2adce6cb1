"""Write a small model with random weights, as a stand-in for a trained one: a folder in the layout
of Llama, with config.json and model.safetensors in bfloat16.

    python scripts/demo/model.py TOKENIZER OUT
"""

import json
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

from link.tokens import load_tokenizer

WIDTH = 64


def main(tokenizer: str, out: Path) -> None:
    """Write the model of a tokenizer's file."""
    rows = load_tokenizer(tokenizer).vocabulary_size
    random = np.random.default_rng(0)
    shapes = {
        "model.embed_tokens.weight": (rows, WIDTH),
        "model.layers.0.mlp.up_proj.weight": (4 * WIDTH, WIDTH),
        "lm_head.weight": (rows, WIDTH),
    }
    tensors = {
        name: random.normal(0, 0.02, shape).astype(ml_dtypes.bfloat16)
        for name, shape in shapes.items()
    }
    out.mkdir()
    save_file(tensors, out / "model.safetensors", {"format": "pt"})
    config = {"model_type": "llama", "hidden_size": WIDTH, "vocab_size": rows}
    config |= {"tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
