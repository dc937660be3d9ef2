"""A checkpoint, opened once: its tokenizer, configuration and weights, and whether they agree.

    checkpoint = Checkpoint.open("checkpoints/mini")        # or a TensorFlow prefix: chinese_bert/model.ckpt-2000
    model = checkpoint.build(with_mlm="linear")             # a Keras model with the checkpoint's weights

The model has one embedding row per token. Some checkpoints have more rows than tokens (ERNIE, tables padded to a multiple of 8 or
64): these rows are left out, and no search, sampler or mask can choose an id without a token.
"""

import dataclasses
import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import keras
import numpy as np

from baselines.errors import InputError, excerpt
from baselines.models import config as configuration
from baselines.models import recognition
from baselines.models.adapters import load_merged
from baselines.models.builder import build_transformer_model, configure, dtype_policy
from baselines.models.config import Config
from baselines.models.families import family, hook, literals
from baselines.models.lora import is_adapted
from baselines.models.vocabulary import adapters, rows
from baselines.storage.checkpoint_paths import folder_of, local_path
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.weights.checkpoint import open_checkpoint
from baselines.weights.names import WeightName
from baselines.weights.safetensors_file import verify_files
from baselines.weights.verdict import Verdict

logger = logging.getLogger(__name__)

MAX_PADDING = 1024
"""Rows without a token that a table may have before the note asks whether the vocabulary is the checkpoint's own."""

MIN_WORDS = 5
"""Tokens of several ideographs from which a vocabulary may be one of words: those of characters have none."""


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """The parts of a checkpoint. `Checkpoint.open` reads them.

    Attributes:
        source: Folder, .safetensors file, TensorFlow prefix or, for a model without weights, config file.
        tokenizer: Of the folder.
        config: Of the folder, with the family and the fields that the caller chose; `vocab_size` and `pad_token_id` are the
            tokenizer's.
        file_tokens: Tokens of the files, whose rows are read from the tables; those behind them are new words.
        file_rows: Rows that the file's configuration gives the tables.
        note: Called with each remark that the user should read.
    """

    source: Path
    tokenizer: Tokenizer
    config: Config
    file_tokens: int
    file_rows: int
    note: Callable[[str], None] = logger.warning

    @classmethod
    def open(
        cls,
        source: str | Path,
        vocabulary: str | Path | None = None,
        model: str = "auto",
        model_options: Mapping[str, object] | None = None,
        pre_tokenizer: str | None = None,
        note: Callable[[str], None] = logger.warning,
        unchanged: bool = False,
    ) -> "Checkpoint":
        """Reads the tokenizer and the configuration; the weights are opened when they are first needed.

        Args:
            source: Folder, .safetensors or .bin file, TensorFlow prefix (with or without .index), config file, or name on a hub,
                such as "hf:hfl/rbt3", which is downloaded.
            vocabulary: Folder of the tokenizer, if it is not that of `source`.
            model: Family, or "auto" for the one that the configuration names.
            model_options: Fields of `Config` that replace the file's.
            pre_tokenizer: "jieba", "none", or None for the one that tokenizer_config.json names.
            note: Called with each remark that the user should read.
            unchanged: Refuse a run's configuration or vocabulary that is not what was saved with the weights.

        Raises:
            InputError: A file is missing, corrupted or, with `unchanged`, another one, or there are more tokens than rows.
        """
        source = local_path(source)
        folder = folder_of(source)
        if unchanged:
            verify_files(folder)
        config = configure(folder, model, **(model_options or {}))
        for_tasks = hook(config.model_type, "for_tasks")
        config = for_tasks(config) if for_tasks else config
        vocabulary = Path(vocabulary or (folder if folder.is_dir() else folder.parent))
        tokenizer = Tokenizer.from_folder(vocabulary, pre_tokenizer=pre_tokenizer)
        for remark in remarks(folder, tokenizer, pre_tokenizer):
            note(remark)
        tokens = len(tokenizer.vocabulary)
        if tokens > config.vocab_size:
            raise InputError(
                f"{source}: the vocabulary has {tokens} tokens, but vocab_size is {config.vocab_size}. Use the vocabulary and the "
                "config.json that came with the checkpoint."
            )
        checkpoint = cls(source, tokenizer, config, tokens, config.vocab_size, note)
        checkpoint._note_spare_rows(config.vocab_size)
        return dataclasses.replace(checkpoint, config=checkpoint._fitted(tokenizer))

    @functools.cached_property
    def tensors(self) -> Mapping[str, np.ndarray]:
        """A lazy mapping {name: array} of the weights, see `open_checkpoint`."""
        tensors = open_checkpoint(self.source)
        for note in tensors.notes:
            self.note(note)
        return tensors

    @property
    def weight_names(self) -> dict[str, WeightName]:
        """{variable path: published names} of the family."""
        return family(self.config.model_type).weight_names(self.config)

    def with_words(self, words: Iterable[str]) -> "Checkpoint":
        """A checkpoint whose vocabulary ends with the new ones of `words`; each starts with a copy of [PAD]'s embedding."""
        tokenizer = self.tokenizer.with_words(words)
        return dataclasses.replace(self, tokenizer=tokenizer, config=self._fitted(tokenizer))

    def build(self, dtype: str | None = None, ignore_mismatched: bool = False, **heads: bool | str) -> keras.Model:
        """A model with the checkpoint's weights.

        Args:
            dtype: dtype policy, such as "mixed_bfloat16"; None for Keras' global one.
            ignore_mismatched: Load the weights that fit and leave the others random.
            **heads: See `build_encoder`.
        """
        with dtype_policy(dtype):
            model = self.build_encoder(**heads)
        self.load(model, ignore_mismatched=ignore_mismatched)
        return model

    def build_encoder(self, mask: str | None = None, **heads: bool | str) -> keras.Model:
        """A model with random weights. `heads` are with_pool, with_nsp and with_mlm, see `build_transformer_model`.

        A family that was trained to continue texts reads the source of a target as it was trained, from left to right, where
        another sees all of it (mask="prefix").
        """
        if mask == "prefix" and literals(self.config.model_type)["MASK"] == "causal":
            mask = "causal"
        return build_transformer_model(self.config, mask=mask, **heads)

    def load(
        self,
        model: keras.Model,
        names: Mapping[str, WeightName] | None = None,
        ignore_mismatched: bool = False,
        task_weights: bool = False,
    ) -> Verdict:
        """Assigns the weights to a model of this configuration; see `load_weights`. LoRA adapters are merged with their base."""
        names = self.weight_names if names is None else names
        folder = folder_of(self.source)
        if is_adapted(folder):
            return load_merged(model, folder, names, lambda base: self._base(base).load(model, names))
        return recognition.load(
            model,
            self.tensors,
            names,
            self.config,
            adapt=adapters(self._rows),
            ignore_mismatched=ignore_mismatched,
            task_weights=task_weights,
        )

    def _base(self, location):
        return Checkpoint.open(location, model=self.config.model_type, note=logger.debug)

    def _fitted(self, tokenizer: Tokenizer) -> Config:
        vocabulary = tokenizer.vocabulary
        config = dataclasses.replace(self.config, vocab_size=len(vocabulary), pad_token_id=vocabulary.pad_id)
        for_tokenizer = hook(config.model_type, "for_tokenizer")
        return for_tokenizer(config, tokenizer) if for_tokenizer else config

    def _rows(self, table: np.ndarray) -> np.ndarray:
        """The rows of the tokens, from a table (V, ...) of the files."""
        new = len(self.tokenizer.vocabulary) - self.file_tokens
        if len(table) < self.file_tokens:
            return table                                                # the verdict names both sizes
        if table.ndim == 2 and len(table) > max(self.file_rows, self.file_tokens):
            self._note_spare_rows(len(table))
        return rows(table[: self.file_tokens], compound_tokens=[[self.tokenizer.vocabulary.pad_id]] * new)

    def _note_spare_rows(self, table_rows):
        if table_rows > self.file_tokens:
            self.note(spare_rows(self.source, table_rows, self.file_tokens))


def spare_rows(source: str | Path, rows: int, tokens: int) -> str:
    """The remark on an embedding table that is longer than the vocabulary."""
    question = " Check that the vocabulary belongs to this checkpoint." if rows - tokens > MAX_PADDING else ""
    return (
        f"{source}: the embedding has {rows} rows, the vocabulary {tokens} tokens. "
        f"The last {rows - tokens} rows are left out.{question}"
    )


def remarks(folder: Path, tokenizer: Tokenizer, pre_tokenizer: str | None = None) -> list[str]:
    """Notes on unusual files: other names than usual, words that no text can give."""
    notes = []
    config = configuration.find(folder) if folder.is_dir() else None
    if config and config.name not in configuration.FILES:
        notes.append(f"{folder}: {config.name} is taken as config.json.")
    origin = Path(tokenizer.vocabulary.origin)
    if origin.suffix == ".txt" and origin.name != "vocab.txt":
        notes.append(f"{origin.parent}: {origin.name} is taken as vocab.txt.")
    words = [] if pre_tokenizer else tokenizer.model.unreachable_words()
    if len(words) >= MIN_WORDS:
        notes.append(
            f"{origin}: {len(words)} tokens are words ({' '.join(words[:3])} …), but texts are cut into characters. If the model "
            'was trained on words, set "pre_tokenizer": "jieba" in tokenizer_config.json, or give --pre_tokenizer jieba.'
        )
    repeated = tokenizer.vocabulary.repeated_tokens()
    if repeated:
        token, ids = next(iter(repeated.items()))
        lines = " and ".join(str(index + 1) for index in ids[:4])
        more = f", and so are {len(repeated) - 1} other tokens" if len(repeated) > 1 else ""
        notes.append(f"{origin}: {excerpt(repr(token))} is on lines {lines}{more}. The last one counts, as in transformers.")
    return notes
