"""What embeds texts, whatever computes the vectors: a Keras model (text_embedder.py) or an export (exported_embedder.py)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from baselines.errors import InputError, excerpt
from baselines.heads.embedding import unit_vectors


class Embedder:
    """Embeds texts as [CLS] text [SEP], truncated to `max_length` tokens. Subclasses define `fingerprint` and `_compute`.

    Attributes:
        name: Name of the run, or path of the checkpoint.
        task_name: Name of the run's task, or None.
        source: Path of the run, export or checkpoint.
        pooling: How one vector is made of a text's, see poolings.py.
        dimensions: D, the size of a vector.
        max_length: Tokens of a text, at most.
        tokenizer: The Tokenizer.
    """

    name: str
    task_name: str | None
    source: str
    pooling: str
    dimensions: int
    max_length: int
    tokenizer: Any

    def fingerprint(self) -> str:
        """A hex digest of all that a text's vector depends on."""
        raise NotImplementedError

    def _compute(self, output: str, tokens: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, dict]]:
        """Yields (numbers of texts, {"vectors": float (B, D)} of a batch whose first rows they are)."""
        raise NotImplementedError

    def about(self) -> dict:
        """What an index says of the model that made its vectors."""
        return {"fingerprint": self.fingerprint(), "source": self.source, "pooling": self.pooling, "max_length": self.max_length}

    def encode(self, texts: Sequence[str], normalize: bool = True) -> np.ndarray:
        """float32 (N, D): a vector for each text, of length 1 if `normalize`. Raises InputError for a text without tokens."""
        return self.encode_tokens(self.tokens(texts), normalize)

    def embed(self, texts: Sequence[str]) -> tuple[np.ndarray, list[int]]:
        """(vectors of length 1 as `encode`, how many tokens of each text were read)."""
        tokens = self.tokens(texts)
        return self.encode_tokens(tokens), [len(each) for each in tokens]

    def tokens(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Token ids int32 (L,) of each text, special ones included. Raises InputError for a text without any."""
        token_ids = [self.tokenizer.encode(text, self.max_length)["token_ids"] for text in texts]
        for number, each in enumerate(token_ids):
            if len(each) < 3:
                which = "The text" if len(token_ids) == 1 else f"Text {number + 1}"
                raise InputError(f"{which} has no words: {excerpt(texts[number])!r}. Remove it.")
        return token_ids

    def encode_tokens(self, tokens: Sequence[np.ndarray], normalize: bool = True) -> np.ndarray:
        """As `encode`, of what `tokens` gives."""
        vectors = np.zeros((len(tokens), self.dimensions), np.float32)
        for numbers, outputs in self._compute("vectors", tokens):
            vectors[numbers] = outputs["vectors"][: len(numbers)]
        if not np.isfinite(vectors).all():
            raise InputError(f"{self.name}: its vectors hold NaN or infinity. Use another run or an earlier checkpoint.")
        return unit_vectors(vectors) if normalize else vectors
