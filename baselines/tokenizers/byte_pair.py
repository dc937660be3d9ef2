"""Byte-pair encoding: the pairs of neighbors that were merged most often in training are merged first.

Sennrich et al., 2016, arXiv:1508.07909; over bytes: Radford et al., 2019 (GPT-2). `tokenizers` merges in Rust.
"""

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence

from tokenizers import models

from baselines.tokenizers.token_bytes import GUARD


@dataclasses.dataclass(frozen=True)
class BytePair:
    """Merges, first the most frequent.

    Attributes:
        merges: (left, right) tokens.
        options: Arguments of `tokenizers.models.BPE`: unk_token, byte_fallback, fuse_unk, ignore_merges, end_of_word_suffix, …
    """

    merges: Sequence[tuple[str, str]]
    options: tuple[tuple[str, object], ...] = ()

    name = "byte-pair encoding"
    cuts_new_words = False

    @property
    def suffix(self) -> str | None:
        """What the last token of a word ends with."""
        return dict(self.options).get("end_of_word_suffix") or None

    def model(self, tokens: Sequence[str]) -> models.BPE:
        """The model of the `tokenizers` library."""
        ids = {token: index for index, token in enumerate(tokens)}
        merges = [pair for pair in self.merges if pair[0] in ids and pair[1] in ids and self._joined(*pair) in ids]
        options = {name: value for name, value in self.options if value is not None}
        unknown = options.pop("unk_token", None)
        if unknown is not None:
            options["unk_token"] = next((name for name in (unknown, GUARD + unknown) if name in ids), None)
        return models.BPE(ids, merges, **options)

    def subset(self, tokens: Sequence[str], ids: Sequence[int]) -> "BytePair":
        """With the tokens `ids` only, and the merges of these tokens."""
        kept = {tokens[i] for i in ids}
        return dataclasses.replace(self, merges=[pair for pair in self.merges if {*pair, self._joined(*pair)} <= kept])

    def extended(self, count: int) -> "BytePair":
        """With `count` more tokens, which no merge makes."""
        return self

    def with_parts(self, ids: Mapping[str, int], token: str) -> set[int]:
        """The ids of a token and of all that it is merged from, so that a text gives it after trimming as before."""
        parts, waiting = set(), [token]
        while waiting:
            token = waiting.pop()
            if token in ids and ids[token] not in parts:
                parts.add(ids[token])
                waiting += [part for pair in self._origins.get(token, ()) for part in pair]
        return parts

    def indispensable_ids(self, special_ids: Iterable[int]) -> set[int]:
        """None: bytes and characters are not known here."""
        return set()

    def settings(self) -> tuple:
        """All that the cut depends on."""
        return self.name, tuple(self.merges), sorted((name, value) for name, value in self.options if value)

    @functools.cached_property
    def _origins(self):
        """{token: the pairs that it is merged from}."""
        origins = {}
        for pair in self.merges:
            origins.setdefault(self._joined(*pair), []).append(pair)
        return origins

    def _joined(self, left, right):
        return left + right.removeprefix(self._prefix)

    @functools.cached_property
    def _prefix(self):
        return dict(self.options).get("continuing_subword_prefix") or ""
