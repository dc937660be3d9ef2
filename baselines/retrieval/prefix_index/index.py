"""An opened index: the next tokens of a state, the next state, and the entries of a key.

    index = PrefixIndex.open("kg.index")
    state = index.root()
    index.next(state)                   # int32, sorted
    state = index.advance(state, token_id)
    index.entries(state)                # after the last end token

A key is the tokens of a subject, [SEP], those of a predicate, [SEP], of a meaning, [SEP], or the meaning before the predicate; in
an index of plain keys, of one text and [SEP]. If a part of a key is complete, [SEP] is among the next tokens, so a longer key
hides none.
"""

import bisect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from baselines.errors import InputError
from baselines.retrieval.prefix_index import mentions
from baselines.retrieval.prefix_index.batch import next_tokens
from baselines.retrieval.prefix_index.format import INDEX
from baselines.retrieval.prefix_index.names import ORDERS, split_name
from baselines.retrieval.prefix_index.trie import Trie
from baselines.storage import array_folder as files
from baselines.storage.atomic_files import recover
from baselines.storage.ragged_array import RaggedArray


class State(NamedTuple):
    """A position in the tree, small and hashable.

    Attributes:
        part: Number of complete parts of the key.
        low: In the first part, a node; later, the first key that starts with the prefix.
        high: In the first part, the next node; later, the last such key + 1.
        depth: Tokens of the current part so far, from the second part on.
    """

    part: int
    low: int
    high: int
    depth: int


class Entry(NamedTuple):
    """A key of the index as it was in the file. `name` is subject and meaning together; values are in the file's order."""

    name: str
    subject: str
    predicate: str
    meaning: str
    values: tuple


class PrefixIndex:
    """A read-only, memory-mapped index. Any number of processes share one copy.

    Attributes:
        order: Names of the parts of a key in their order: ("subject", "predicate", "meaning"), or ("key",) for plain keys.
        parts: Number of parts: 3 or 1.
    """

    def __init__(self, folder: str | Path, header: dict, arrays: dict[str, np.ndarray]):
        self.folder, self.header = Path(folder), header
        self._read(header, arrays)

    @files.guarded
    def _read(self, header, arrays):
        self.order, self.end_id, self.unknown_id = tuple(header["parts"]), header["end_id"], header["unknown_id"]
        self.parts = len(self.order)
        self.vocab_size = header["vocabulary"]["size"]
        self.trie = Trie(arrays["trie_labels"], arrays["trie_children"])
        self._leaves, self._subject_keys = arrays["subject_leaves"], arrays["subject_keys"]
        self._key_entity, self._entity_meaning = arrays["key_entity"], arrays["entity_meaning"]
        ragged = lambda name: RaggedArray(arrays[f"{name}_values"], arrays[f"{name}_offsets"])  # noqa: E731
        self._names, self._values = ragged("entity_text"), RaggedArray(arrays["values"], arrays["value_offsets"])
        self._unknown = arrays["unknown_hashes"], arrays["unknown_entities"], ragged("unknown_tokens")
        if self.parts == 3:
            self._key_predicate, self._predicate_texts = arrays["key_predicate"], ragged("predicate_text")
            self._tokens = {part: ragged(f"{self.order[part]}_tokens") for part in (1, 2)}
        self._is_json = header["layout"] == "jsonl"
        self._require_fitting()

    def _require_fitting(self):
        """Raises ValueError if the sizes of the arrays do not fit. Other damage is found when it is read."""
        if self.order not in (("key",), *ORDERS.values()):
            raise ValueError("unknown parts of a key")
        if len(self.trie.children) != len(self.trie.labels) + 1 or len(self._subject_keys) != len(self._leaves) + 1:
            raise ValueError("a trie whose arrays differ in length")
        for table in (self._names, self._values, *getattr(self, "_tokens", {}).values()):
            if table.offsets[0] != 0 or int(table.offsets[-1]) != len(table.values):
                raise ValueError("offsets that do not fit their values")
        if len(self._values) != len(self) or len(self._names) != len(self._entity_meaning):
            raise ValueError("tables of different lengths")
        if self.parts == 3 and len(self._key_predicate) != len(self):
            raise ValueError("tables of different lengths")

    @classmethod
    def open(cls, folder: str | Path, fingerprint: str | None = None, verify: bool = False) -> "PrefixIndex":
        """Opens the index in a folder.

        Args:
            folder: The folder.
            fingerprint: Fingerprint of the vocabulary to use it with; None to skip the comparison.
            verify: Compare all checksums. Otherwise only sizes and the header are checked, in milliseconds.

        Raises:
            InputError: The folder is corrupted, not an index, or built with another vocabulary.
        """
        recover(folder)
        index = cls(folder, *files.open_folder(folder, INDEX, verify))
        if fingerprint is not None and index.header["vocabulary"]["fingerprint"] != fingerprint:
            raise InputError(f"{folder} was built with another vocabulary. Rebuild it: `run.py kg build … --vocab CHECKPOINT`.")
        return index

    def __len__(self):
        """The number of keys."""
        return len(self._key_entity)

    def root(self) -> State:
        return State(0, 0, 1, 0)

    def is_complete(self, state: State) -> bool:
        """Whether a state is a complete key, including its last end token."""
        return state.part == self.parts

    @files.guarded
    def next(self, state: State, entities: np.ndarray | None = None) -> np.ndarray:
        """The tokens that may follow a state.

        Args:
            state: A State.
            entities: Numbers of names, ascending. After a subject, only keys of these names count. None for all.

        Returns:
            int32, ascending; empty after a complete key.
        """
        if self.is_complete(state):
            return np.zeros(0, np.int32)
        if state.part == 0:
            return self.trie.next(state.low).astype(np.int32)
        tokens = self.tokens(state) if entities is None else self.tokens_of(state.part, self.keys(state, entities), state.depth)
        if len(tokens) < 2:
            return tokens
        return tokens[np.concatenate([[True], tokens[1:] != tokens[:-1]])]

    @files.guarded
    def advance(self, state: State, token_id: int) -> State | None:
        """The State after one more token, or None if the token may not follow."""
        token_id = int(token_id)
        if not 0 <= token_id < self.vocab_size or self.is_complete(state):
            return None
        if state.part == 0:
            return self._down(state, token_id)
        tokens = self.tokens(state)
        first, last = tokens.searchsorted(np.int32(token_id)), tokens.searchsorted(np.int32(token_id), side="right")
        if first == last:
            return None
        low, high = state.low + int(first), state.low + int(last)
        return State(state.part + 1, low, high, 0) if token_id == self.end_id else State(state.part, low, high, state.depth + 1)

    @files.guarded
    def next_batch(self, states: Sequence) -> list[np.ndarray]:
        """`next` of each state. None, a prefix of no key, has no next tokens."""
        tokens, counts = next_tokens(self, states)
        ends = np.cumsum(counts).tolist()
        return [tokens[end - count : end] for end, count in zip(ends, counts.tolist(), strict=True)]

    def advance_batch(self, states: Sequence, token_ids: Sequence[int]) -> list:
        """`advance` of each state; None stays None."""
        return [None if state is None else self.advance(state, token) for state, token in zip(states, token_ids, strict=True)]

    @files.guarded
    def mask(self, states: Sequence) -> np.ndarray:
        """bool (len(states), vocab_size): `next_batch` as rows."""
        rows = np.zeros((len(states), self.vocab_size), bool)
        tokens, counts = next_tokens(self, states)
        rows[np.repeat(np.arange(len(states)), counts), tokens] = True
        return rows

    def walk(self, token_ids: Sequence[int], state: State | None = None) -> State | None:
        """The State after `token_ids` from `state` (default: the root), or None."""
        state = state or self.root()
        for token_id in token_ids:
            state = self.advance(state, token_id)
            if state is None:
                return None
        return state

    def key(self, subject: Sequence, predicate: Sequence, meaning: Sequence) -> list:
        """Concatenates the three parts of a key, such as their token ids, in the order of the index."""
        parts = {"subject": subject, "predicate": predicate, "meaning": meaning}
        return [token for name in self.order for token in parts[name]]

    @files.guarded
    def lookup(self, token_ids: Sequence[int]) -> list[Entry]:
        """The entries of a complete key, whose last end token is optional; [] if there is no such key."""
        state = self.walk(token_ids)
        if state is not None and not self.is_complete(state):
            state = self.advance(state, self.end_id)
        return self.entries(state) if state is not None and self.is_complete(state) else []

    @files.guarded
    def entries(self, state: State) -> list[Entry]:
        """The entries of a complete key; several if the vocabulary spells their names alike."""
        return [self.entry(key) for key in range(state.low, state.high)]

    def entry(self, key: int) -> Entry:
        """The Entry with the number `key`. Raises InputError if the number is out of range."""
        if not 0 <= key < len(self):
            raise InputError(f"{self.folder} has no key {key}. Its keys have the numbers 0 to {len(self) - 1}.")
        return self._entry(key)

    @files.guarded
    def _entry(self, key):
        name = self._names.text(self._key_entity[key])
        subject, meaning = split_name(name) if self.parts == 3 else (name, "")
        predicate = self._predicate_texts.text(self._key_predicate[key]) if self.parts == 3 else ""
        values = self._values.text(key).split("\n")[:-1]
        return Entry(name, subject, predicate, meaning, tuple(map(json.loads, values) if self._is_json else values))

    @files.guarded
    def mentions(self, question: str) -> list:
        """Mentions (mentions.py) of subjects that the vocabulary cannot spell."""
        return mentions.find(question, *self._unknown, self._names.text)

    def tokens(self, state: State) -> np.ndarray:
        """int32 (keys,), ascending: the next token of each key from state.low to state.high, from the second part on."""
        return self.tokens_of(state.part, slice(state.low, state.high), state.depth)

    @files.guarded
    def tokens_of(self, part: int, keys: np.ndarray | slice, depth: int | np.ndarray) -> np.ndarray:
        """int32 (keys,): the token at place `depth`, one number or one for each, of the second or third part of some keys."""
        table, offsets = self._tokens[part], self._tokens[part].offsets
        return table.values[offsets[self._rows(part, keys)] + np.asarray(depth, offsets.dtype)]

    @files.guarded
    def keys(self, state: State, entities: np.ndarray | None = None) -> np.ndarray:
        """int64, ascending: the keys from state.low to state.high; with `entities` only those of these names."""
        keys = np.arange(state.low, state.high)
        return keys if entities is None else keys[np.isin(self._key_entity[state.low : state.high], entities)]

    def predicates_of(self, state: State) -> np.ndarray:
        """uint32 (keys,): the numbers of the predicates of the keys from state.low to state.high, behind a subject."""
        return self._key_predicate[state.low : state.high]

    @files.guarded
    def subject_range(self, key: int) -> tuple[int, int]:
        """(first, last + 1) of the keys whose subject is spelled as that of `key`."""
        spelling = int(self._subject_keys.searchsorted(self._subject_keys.dtype.type(key), side="right")) - 1
        return int(self._subject_keys[spelling]), int(self._subject_keys[spelling + 1])

    @files.guarded
    def predicates(self, token_ids: Sequence[int]) -> range:
        """The numbers of the predicates with this spelling, which includes the end token."""
        table = self._tokens[self.order.index("predicate")]
        rows, target = range(len(table)), list(token_ids)
        tokens = lambda row: table[row].tolist()  # noqa: E731
        first, last = (find(rows, target, key=tokens) for find in (bisect.bisect_left, bisect.bisect_right))
        return range(first, last)

    @files.guarded
    def leaf(self, token_ids: Sequence[int]) -> int:
        """The node of the trie where an existing subject ends, with the end token."""
        return self.trie.child(self.walk(token_ids[:-1]).low, token_ids[-1])

    @files.guarded
    def leaves_with_only(self, predicates: Sequence[int]) -> list[int]:
        """The final nodes of subjects whose keys have only these predicates. Reads all keys."""
        chosen = np.zeros(len(self._predicate_texts), bool)
        chosen[predicates] = True
        others = np.add.reduceat(~chosen[self._key_predicate], self._subject_keys[:-1].astype(np.int64), dtype=np.int64)
        return self._leaves[others == 0].tolist()

    @files.guarded
    def part_ids(self, part: int, key: int) -> np.ndarray:
        """Token ids of the second or third part of a key, including its end token."""
        return self._tokens[part][self._rows(part, key)]

    def _rows(self, part, keys):
        return self._key_predicate[keys] if self.order[part] == "predicate" else self._entity_meaning[self._key_entity[keys]]

    def _down(self, state, token_id):
        node = self.trie.child(state.low, token_id)
        if node is None:
            return None
        if token_id != self.end_id:
            return State(0, node, node + 1, 0)
        spelling = int(self._leaves.searchsorted(self._leaves.dtype.type(node)))
        low, high = int(self._subject_keys[spelling]), int(self._subject_keys[spelling + 1])
        if not low <= high <= len(self):
            raise ValueError(f"keys {low} to {high} of {len(self)}")    # before arrays of that size are made
        return State(1, low, high, 0)
