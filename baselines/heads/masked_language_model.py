"""The tokens at given positions of a row, by the MLM head of the encoder. Devlin et al., 2018, arXiv:1810.04805.

Only these positions are projected on the vocabulary: at 128 tokens, projecting all costs as much as two layers of BERT-base.
"""

import typing
from typing import Any

from baselines.heads.reading_direction import require_both_sides
from baselines.layers.masked_pooling import TakePositions
from baselines.task import Head

if typing.TYPE_CHECKING:
    import keras


class MaskedLanguageModelHead(Head):
    """Adds no layer with weights: it trains the MLM head of the checkpoint and, on request, its NSP head.

    next_sentence   whether there is another output "next", float32 (B, 2): does the second text go on from the first? yes, no
    """

    token_table = "Embedding-Token/embeddings"

    def __init__(self, next_sentence: bool = False):
        self.next_sentence = next_sentence
        self.encoder_options = {"with_mlm": "linear"} | ({"with_nsp": "linear"} if next_sentence else {})

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs and "mlm_positions" int32 (B, P) to {"logits" (B, P, V), "predicted" (B, P)}."""
        import keras  # here: tasks import heads, and `--help` must be quick

        require_both_sides(encoder, "Masks can be filled by a model whose tokens see the whole text")
        positions = keras.Input((None,), dtype="int32", name="mlm_positions")
        vectors = TakePositions(name="MLM-Positions")([encoder.output["hidden_states"], positions])
        logits = token_logits(encoder, vectors)
        inputs = {**encoder.input, "mlm_positions": positions}
        outputs = {"logits": logits, "predicted": keras.ops.argmax(logits, axis=-1)}
        if self.next_sentence:
            outputs["next"] = encoder.output["nsp"]
        return keras.Model(inputs, outputs, name="masked_language_model")


def token_logits(encoder: "keras.Model", vectors: Any) -> Any:
    """Logits of the vocabulary float (B, P, V), of vectors float (B, P, D), by the MLM head of an encoder."""
    y = encoder.get_layer("MLM-Norm")(encoder.get_layer("MLM-Dense")(vectors))
    y = encoder.get_layer("MLM-Bias")(encoder.get_layer("Embedding-Token")(y, reverse=True))
    return encoder.get_layer("MLM-Activation")(y)
