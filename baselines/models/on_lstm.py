"""ON-LSTM: a recurrent language model whose neurons are ordered, and show the syntax of what they read. arXiv:1810.09536.

No attention and no positions: layers of layers/on_lstm.py over token embeddings, and the token table as output layer. The output
"distances" float32 (B, L, layers) has the syntactic distance of each token in each layer; `run.py parse` makes trees of them.
"""

import keras
from keras import ops

from baselines.errors import InputError
from baselines.layers.dropout import Dropout
from baselines.layers.on_lstm import OrderedNeuronLSTM, distances
from baselines.models import causal, encoder, masks
from baselines.models.config import Config
from baselines.models.sizes import Sizes
from baselines.weights.names import WeightName

MODEL_TYPES = ("on-lstm",)
MASK = "causal"
DEFAULTS = {"num_hidden_layers": 3, "num_attention_heads": 1, "intermediate_size": 1, "type_vocab_size": 0,
            "hidden_dropout_prob": 0.25}  # fmt: skip
OPTIONS = {"num_levels": ("size", 16), "input_gate": (("symmetric", "paper"), "symmetric"), "weight_dropout_prob": ("share", 0.25)}
WITHOUT = {"attention_kind": "it has no attention", "attention_scale": "it has no attention",
           "attention_normalization": "it has no attention", "talking_heads": "it has no attention",
           "residual_attention_scores": "it has no attention", "hierarchical_position": "it has no positions",
           "norm_placement": "it has no norms", "residual_scale": "it has no residual branches",
           "initializer": "its kernels start orthogonal"}  # fmt: skip
HUGGING_FACE = {"model_type": "on_lstm"}
EPSILON = 1e-12
LAYER = "ON-LSTM-{}"


def build(config: Config, mask: str = "causal", **heads: bool | str) -> keras.Model:
    """As bert.build, with the outputs of causal.outputs and "distances". Raises InputError for another mask or unfit sizes."""
    if mask != "causal":
        raise InputError(f"model=on_lstm: mask={mask} is not implemented. It reads from left to right: leave the mask out.")
    levels = config.option("num_levels")
    if config.hidden_size % levels:
        raise InputError(f"model=on_lstm: num_levels={levels} does not divide hidden_size={config.hidden_size}. Choose a divisor.")
    causal.check_tied(config)
    inputs, table = masks.token_inputs(config, mask), encoder.token_embedding(config)
    x = Dropout(config.hidden_dropout_prob, name="Embedding-Dropout")(encoder.token_and_segment(inputs, table, config))
    found = []
    for index in range(config.num_hidden_layers):
        x, forget, _ = OrderedNeuronLSTM(
            config.hidden_size, levels, config.option("input_gate"), config.option("weight_dropout_prob"), config.pad_token_id,
            name=LAYER.format(index),
        )(x)  # fmt: skip
        found.append(distances(forget))
    outputs = causal.outputs(x, table, config, **heads)
    return keras.Model(inputs, outputs | {"distances": ops.stack(found, axis=-1)}, name="on_lstm")


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    d, p, layers = config.hidden_size, config.option("num_levels"), config.num_hidden_layers
    inside = layers * (2 * d + 1) * (4 * d + 2 * p)
    return Sizes((config.vocab_size + config.type_vocab_size) * d, inside, inside, layers, inner=4 * d + 2 * p, scores=0)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    tables = {"Embedding-Token": "word_embeddings"}
    if config.type_vocab_size:
        tables["Embedding-Segment"] = "token_type_embeddings"
    result = {f"{layer}/embeddings": WeightName(f"on_lstm/embeddings/{name}", f"on_lstm.embeddings.{name}.weight")
              for layer, name in tables.items()}  # fmt: skip
    for index in range(config.num_hidden_layers):
        for part in ("kernel", "recurrent_kernel", "bias"):
            name = WeightName(f"on_lstm/layer_{index}/{part}", f"on_lstm.layer.{index}.{part}")
            result[f"{LAYER.format(index)}/{part}"] = name
    return result
