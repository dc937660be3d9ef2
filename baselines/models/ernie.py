"""ERNIE 1.0 to 3.0: BERT trained on entities and phrases. Sun et al., 2019, arXiv:1904.09223; 2021, arXiv:2107.02137.

From 2.0 on (`use_task_id`) the embedding of the pre-training task is added to every token; as in transformers it is task 0.
"""

import keras

from baselines.layers.dropout import Dropout
from baselines.layers.row_embedding import RowEmbedding
from baselines.models import encoder, initialization, masks, names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

OPTIONS = {"use_task_id": ("flag", False), "task_type_vocab_size": ("size", 3)}
HUGGING_FACE = {"model_type": "ernie", "architectures": ["ErnieModel"]}
EPSILON = 1e-12


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build."""
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.position_layer(config)(encoder.token_and_segment(inputs, table, config))
    if config.option("use_task_id"):
        rows, deviation = config.option("task_type_vocab_size"), initialization.table_range(config)
        x = RowEmbedding(rows, initializer_range=deviation, name="Embedding-Task")(x)
    x = Dropout(config.hidden_dropout_prob, name="Embedding-Dropout")(style.norm(x, "Embedding-Norm"))
    x = encoder.to_hidden_size(x, config, style)
    x = encoder.blocks(x, masks.attention_mask(config, mask, inputs), config, style)
    return keras.Model(inputs, encoder.outputs(x, table, config, **heads), name="ernie")


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    tasks = config.option("task_type_vocab_size") * config.embedding_size * config.option("use_task_id")
    return transformer(config, positions=config.max_position_embeddings, other_tables=tasks)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    ours = names.encoder_names(config, prefix="ernie", absolute_positions=True)
    if config.option("use_task_id"):
        ours |= names.as_names(names.table("Embedding-Task", "bert/embeddings/task_type_embeddings"), "ernie")
    return ours
