"""Head: the layers on top of an encoder, the batching of their targets and the reading of their outputs.

A new head subclasses `Head` and writes `__call__` and `batch_targets`; everything else has a default.
"""

import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

if typing.TYPE_CHECKING:
    import keras


@typing.runtime_checkable
class Head(typing.Protocol):
    """The interface of a task's `head`. The library reads these members and never checks the class of a head."""

    output_kind: str = "other"
    """Kind of prediction: label, labels, entities, extraction, words, answer (a span of a passage), choice, text, embedding, or
    other. It decides which task model computes the predictions, and how `predict` and the server show them."""
    encoder_options: Mapping[str, Any] = types.MappingProxyType({})
    """Keyword arguments for `build_transformer_model`, such as {"mask": "causal", "with_mlm": "linear"}."""
    token_table: str | None = None
    """Path of the weight with the embeddings of the tokens that the logits score, for losses that read it; or None."""
    optional_weights: tuple[str, ...] = ()
    """Prefixes of paths of weights that a checkpoint may lack; they start from random values then."""
    linear_layer: str | None = None
    """Name of the dense layer on vectors whose outputs are logits of classes or choices, for a start in closed form; or None."""
    divergence: Callable[[dict, dict, dict], Any] | None = None
    """Optional method (outputs, others, features) -> float32 (B,): the KL divergence of two answers, for R-Drop and VAT."""
    confidence: Callable[[Any, dict], float] | None = None
    """Optional method (example, outputs of its rows) -> the probability of its prediction, from 0 to 1."""
    join: Callable[[list, Any], dict] | None = None
    """Optional method ([outputs of an example's rows, one dict per model], weights float64 (M,)) -> outputs in the same form, which
    `decode` and `confidence` take: the joint prediction of an ensemble, see heads/joining.py."""

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """Attach the output layers: a model from the encoder's inputs to a dict of outputs."""

    def batch_targets(self, targets: list, length: int) -> Any:
        """Batch the targets that `encode` yielded, one per row, for rows of `length` tokens: an array or a dict of arrays."""

    def compact(self, outputs: dict, features: dict) -> dict:
        """Reduce the outputs of a batch to what `decode` needs.

        Heads whose outputs are as long as the text override it: {name: list with one item per row}.
        """
        return outputs

    def remark(self, examples: list, encoded: Any) -> str:
        """One sentence about encoded gold for the user, such as how much of it was lost; or ""."""
        return ""

    def format_prediction(self, prediction: Any) -> str:
        """A prediction as the text of a table cell: a text as it is, anything else as JSON."""
        return prediction if isinstance(prediction, str) else json.dumps(prediction, ensure_ascii=False)


def missing_members(head: Any) -> list[str]:
    """Names of the members of `Head` that an object lacks."""
    members = (*Head.__annotations__, "__call__", "batch_targets", "compact", "remark", "format_prediction")
    return [name for name in members if name not in dir(head)]
