"""Trees of texts, from a language model that has never seen one: the syntactic distances of ON-LSTM.

    parser = SyntaxParser.from_checkpoint("runs/pretraining/gpt/20261201-191000/best")
    parser.parse("苹果的颜色是什么").tree                                # nested lists: [["苹果", "的"], …]
"""

import dataclasses
from pathlib import Path

import keras
import numpy as np

from baselines.data.batching import bucket, bucket_lengths
from baselines.decoding.syntax_tree import Tree, syntax_tree
from baselines.errors import InputError, excerpt
from baselines.models.checkpoint import Checkpoint
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.training.steps import Steps

LONGEST = 1024
"""Tokens of a text, at most: a longer one is no sentence."""


@dataclasses.dataclass(frozen=True)
class Parsed:
    """A text with its tree.

    Attributes:
        tokens: As written in the text.
        distances: Of each token its syntactic distance, 0 to 1.
        tree: A token, or a list of two trees.
    """

    tokens: list[str]
    distances: list[float]
    tree: Tree


class SyntaxParser:
    """Parses texts with a model that has the output "distances".

    Args:
        model: Its inputs are {"token_ids", …}.
        tokenizer: The model's Tokenizer; its tokens are the leaves of trees.
        layer: Number of the layer whose distances count, from 1; None: the middle one.

    Raises:
        InputError: The model has no distances, or fewer layers.
    """

    def __init__(self, model: keras.Model, tokenizer: Tokenizer, layer: int | None = None):
        if "distances" not in model.output:
            raise InputError(f"parse: {model.name} has no syntactic distances. Choose a model of the family on_lstm.")
        layers = model.output["distances"].shape[-1]
        if layer is not None and not 1 <= layer <= layers:
            raise InputError(f"--layer: there is no layer {layer}. Choose one from 1 to {layers}.")
        self.tokenizer, self.layer = tokenizer, layer or (layers + 1) // 2
        self._steps = Steps(keras.Model(model.input, {"distances": model.output["distances"]}), None)
        self._segments = "segment_ids" in model.input

    @classmethod
    def from_checkpoint(cls, folder: str | Path, layer: int | None = None) -> "SyntaxParser":
        """A parser from a checkpoint, such as best/ of a pretraining run.

        Raises:
            InputError: The checkpoint is corrupted, is of another family, or has fewer layers.
        """
        checkpoint = Checkpoint.open(folder)
        if checkpoint.config.model_type != "on_lstm":
            raise InputError(f"{folder}: a {checkpoint.config.model_type} has no syntactic distances. Choose a model of on_lstm.")
        return cls(checkpoint.build(), checkpoint.tokenizer, layer)

    def parse(self, text: str) -> Parsed:
        """The tree of a text. Raises InputError for a text without tokens, or one of more than 1024."""
        alignment = self.tokenizer.align(text)
        if not len(alignment):
            raise InputError(f"The text {excerpt(text)!r} has no tokens. Give one with words.")
        if len(alignment) > LONGEST:
            raise InputError(f"{excerpt(text)}: {len(alignment)} tokens, at most {LONGEST} are parsed. Give a sentence at a time.")
        tokens = [text[slice(*span)] or token for token, span in zip(alignment.tokens, alignment.spans, strict=True)]
        first, ids = len(self.tokenizer.start_ids), [*self.tokenizer.start_ids, *self.tokenizer.ids(text)]
        row = np.full((1, bucket(len(ids), bucket_lengths(LONGEST + first))), self.tokenizer.vocabulary.pad_id, np.int32)
        row[0, : len(ids)] = ids                                        # padding follows, which changes nothing before it
        features = {"token_ids": row} | ({"segment_ids": np.zeros_like(row)} if self._segments else {})
        distances = np.asarray(self._steps.predict(features)["distances"])[0, first : len(ids), self.layer - 1]
        return Parsed(tokens, [float(each) for each in distances], syntax_tree(tokens, distances))
