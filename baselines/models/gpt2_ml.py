"""GPT2-ML: imcaspar's Chinese GPT2, rather a GPT: normalized embeddings, and norms before and after the feed-forward only.

github.com/imcaspar/gpt2-ml, 1.5 billion parameters; Grover's layout (Zellers et al., 2019, arXiv:1905.12616). No segments.
"""

import keras

from baselines.models import causal, names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "gpt2_ml", "architectures": ["GPT2ML"]}
EPSILON = 1e-5
MASK = "causal"
DEFAULTS = {"norm_placement": "feed_forward"}
DENSE = {
    "MultiHeadSelfAttention/query": "query_layer",
    "MultiHeadSelfAttention/key": "key_layer",
    "MultiHeadSelfAttention/value": "value_layer",
    "MultiHeadSelfAttention/output": "context_projection_layer",
    "FeedForward/inner": "intermediate",
    "FeedForward/outer": "output",
}


def build(config: Config, mask: str = "causal", **heads: bool | str) -> keras.Model:
    """As bert.build, with the outputs of causal.outputs."""
    return causal.model(config, mask, heads, config.layer_norm_eps or EPSILON, norm=True)


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config, positions=config.max_position_embeddings)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}: those of the published TensorFlow checkpoint; safetensors have been published of none."""
    stored = {
        "Embedding-Token/embeddings": ("newslm/embeddings/word_embed", False),
        "Embedding-Position/embeddings": ("newslm/embeddings/pos_embed", False),
    }
    norms = {"Embedding-Norm": "newslm/embeddings/LayerNorm_embed_norm"}
    for index in range(config.num_hidden_layers):
        layer, block = f"Transformer-{index}-", f"newslm/layer{index:02d}/"
        for path, name in DENSE.items():
            for kind in ("kernel", "bias"):
                stored[f"{layer}{path}/{kind}"] = (f"{block}{name}/{kind}", kind == "kernel")
        norms |= {f"{layer}FeedForward-Norm-{number}": f"{block}LayerNorm_mlp_ln{number}" for number in (0, 1)}
    for path, name in norms.items():
        stored |= {f"{path}/{kind}": (f"{name}/{kind}", False) for kind in ("gamma", "beta")}
    stored |= {
        path: (google.replace("bert/encoder/", "newslm/"), False) for path, (google, *_) in names.option_names(config).items()
    }
    return {
        path: WeightName(google, google.replace("/", "."), transposed, optional="/mix_" in path)
        for path, (google, transposed) in stored.items()
    }


def read_config(given: dict) -> dict:
    """The dict of a config.json, without segments."""
    return {**given, "type_vocab_size": 0}
