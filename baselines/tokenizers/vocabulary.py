"""The tokens of a model in the order of its embedding rows; a reduced or extended vocabulary remembers the old rows.

vocab.txt: one token per line, UTF-8; the number of the line, from 0, is the id.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Iterable

from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_write
from baselines.tokenizers.detokenization import is_special
from baselines.tokenizers.normalization import is_cjk, is_punctuation

PAD, UNKNOWN, START, END, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclasses.dataclass(frozen=True)
class Roles:
    """Names of the tokens that have a role.

    Attributes:
        pad: Fills rows of a batch.
        unknown: Stands for what has no token.
        end: Behind a text, and the end of what a model generates.
        start: Ahead of the first text of a row; None without one (T5).
        mask: What masked language models fill in; None without one.
    """

    pad: str = PAD
    unknown: str = UNKNOWN
    end: str = END
    start: str | None = START
    mask: str | None = MASK

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, each once: pad, unknown, start, end, mask."""
        roles = (self.pad, self.unknown, self.start, self.end, self.mask)
        return tuple(dict.fromkeys(name for name in roles if name is not None))


BERT = Roles()


class Vocabulary:
    """Tokens and their ids.

    Args:
        tokens: All tokens; the index is the id.
        added: Tokens that are searched in the raw text, before anything else cuts it.
        keep_ids: See below.
        origin: Where the tokens come from, for messages.
        roles: Which tokens are padding, unknown, start, end and mask. All but the mask are among `tokens`.
        reserved: Tokens that are never text, such as </s>; None for BERT's, all in square brackets.

    Attributes:
        tokens: All tokens; the index is the id.
        added: Tokens that are searched in the raw text, before anything else cuts it.
        keep_ids: For each token its id in the checkpoint's vocabulary, -1 for a new one; embedding rows and output biases follow
            it. None if this is the checkpoint's vocabulary.
        origin: Where the tokens come from, for messages.
        ids: {token: id}. Of a token on several lines (ERNIE 3.0's $) the last counts, as in transformers.
    """

    def __init__(
        self,
        tokens: Iterable[str],
        added: Iterable[str] = (),
        keep_ids: Iterable[int] | None = None,
        origin: str | pathlib.Path = "vocabulary",
        roles: Roles = BERT,
        reserved: Iterable[str] | None = None,
    ):
        self.tokens, self.roles = list(tokens), roles
        self.reserved = None if reserved is None else frozenset(reserved)
        self.keep_ids = None if keep_ids is None else list(keep_ids)
        self.origin = str(origin)
        self.ids = {token: index for index, token in enumerate(self.tokens)}
        self._check(added)
        self.added = tuple(sorted(set(added), key=self.ids.get))
        self.pad_id, self.unk_id, self.sep_id = (self.ids[token] for token in (roles.pad, roles.unknown, roles.end))

    @classmethod
    def from_file(cls, path: str | pathlib.Path, added: Iterable[str] = ()) -> "Vocabulary":
        """Reads a vocab.txt. Of a line with spaces (a count behind the token) the first field is the token.

        Raises:
            InputError: The file is not UTF-8, or it has blank lines, or lacks a special token.
        """
        path = pathlib.Path(path)
        try:
            lines = path.read_bytes().decode("utf-8-sig").split("\n")  # not splitlines(): U+2028 is a token for some
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}. Check the path.") from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise InputError(
                f"{path}:{line}: byte 0x{error.object[error.start]:02x} is not UTF-8. If the file is GBK, convert it: "
                "iconv -f GB18030 -t UTF-8."
            ) from error
        lines = [line.removesuffix("\r") for line in lines]
        while lines and not lines[-1]:
            lines.pop()
        if "" in lines:
            raise InputError(f"{path}:{lines.index('') + 1}: a blank line is no token. Copy or download the file again.")
        return cls([(line.split() or [line])[0] for line in lines], added=added, origin=path)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self.ids

    def __repr__(self):
        return f"Vocabulary({len(self)} tokens from {self.origin})"

    def id(self, token: str) -> int:
        """The id of a token. Raises InputError for an unknown one; `Tokenizer.ids` gives [UNK] for unknown parts of a text."""
        if token not in self.ids:
            raise InputError(f"{self.origin}: the vocabulary has no token {token!r}. Add it with added_tokens.")
        return self.ids[token]

    @property
    def cls_id(self) -> int:
        """The id of the token ahead of a row, [CLS] or <s>. Raises InputError for a vocabulary without it."""
        return self._role("start", START)

    @property
    def mask_id(self) -> int:
        """The id of [MASK], or of what a vocabulary has for it. Raises InputError for a vocabulary without it."""
        return self._role("mask", MASK)

    @property
    def has_mask(self) -> bool:
        """Whether there is a mask."""
        return self.roles.mask in self.ids

    @functools.cached_property
    def special_ids(self) -> frozenset[int]:
        """Ids of tokens that are never text: [CLS], [unused7], </s>, <extra_id_0>, and all but the last of a token's lines."""
        if self.reserved is None:
            return frozenset(index for index, token in enumerate(self.tokens) if is_special(token) or self.ids[token] != index)
        return frozenset(self.ids[token] for token in self.reserved if token in self.ids)

    @property
    def frame_ids(self) -> list[int]:
        """Ids of padding, start and end, which frame texts."""
        names = (self.roles.pad, self.roles.start, self.roles.end)
        return sorted({self.ids[name] for name in names if name in self.ids})

    def producible_ids(self, first: Iterable[str] = SPECIAL_TOKENS) -> list[int]:
        """Ids of the tokens `first` and of all that BERT's tokenizer can produce, in order: about half of Chinese BERT's.

        Ideographs and punctuation are words of their own, so that a longer token with one is never produced: ##的, [unused1].
        """
        ids = dict.fromkeys(self.id(token) for token in first)
        ids.update((index, None) for token, index in sorted(self.ids.items(), key=lambda item: item[1]) if not _is_redundant(token))
        return list(ids)

    def repeated_tokens(self) -> dict[str, list[int]]:
        """{token: its ids} of the tokens that have several."""
        if len(self.ids) == len(self.tokens):
            return {}
        ids = {}
        for index, token in enumerate(self.tokens):
            ids.setdefault(token, []).append(index)
        return {token: indices for token, indices in ids.items() if len(indices) > 1}

    def unreachable_words(self) -> list[str]:
        """Tokens of several ideographs, which texts give only if a pre-tokenizer cuts them into words, or if they are added."""
        return [token for token in self.tokens if sum(map(is_cjk, token)) > 1 and token not in self.added]

    def subset(self, ids: Iterable[int]) -> "Vocabulary":
        """A vocabulary of these `ids` only, in their order. Raises InputError for an id that there is not."""
        ids = [int(i) for i in ids]
        outside = [i for i in ids if not 0 <= i < len(self)]
        if outside:
            raise InputError(f"keep_tokens: {self.origin} has ids from 0 to {len(self) - 1}. Received: {outside[:5]}.")
        rows, chosen = self._rows(), set(ids)
        added = [token for token in self.added if self.ids[token] in chosen]
        return self._of([self.tokens[i] for i in ids], added, [rows[i] for i in ids], f"{self.origin}, reduced")

    def with_added(self, tokens: Iterable[str]) -> "Vocabulary":
        """A vocabulary whose `tokens` are found verbatim in raw text; new ones get ids at its end.

        Raises:
            InputError: One is blank, or a special token.
        """
        tokens = list(dict.fromkeys(tokens))
        wrong = [token for token in tokens if not token.strip() or token in self.roles.names]
        if wrong:
            raise InputError(f"added_tokens: {wrong} are blank or special tokens. Leave them out.")
        new = [token for token in tokens if token not in self.ids]
        added = [*self.added, *tokens]
        return self._of([*self.tokens, *new], added, [*self._rows(), *[-1] * len(new)])

    def extended(self, tokens: Iterable[str]) -> "Vocabulary":
        """A vocabulary with the new ones of `tokens` at its end; words are cut into them as into the others."""
        new = [token for token in dict.fromkeys(tokens) if token not in self.ids]
        return self._of([*self.tokens, *new], self.added, [*self._rows(), *[-1] * len(new)])

    def save(self, path: str | pathlib.Path) -> None:
        """Writes a vocab.txt in one step."""
        with atomic_write(path, "w") as file:
            file.writelines(f"{token}\n" for token in self.tokens)

    def _of(self, tokens, added, keep_ids, origin=None):
        return Vocabulary(tokens, added, keep_ids, origin or self.origin, self.roles, self.reserved)

    def _role(self, role, usual):
        name = getattr(self.roles, role)
        if name not in self.ids:
            raise InputError(f"{self.origin}: the vocabulary has no {name or usual}. Choose a checkpoint with one.")
        return self.ids[name]

    def _rows(self):
        return range(len(self)) if self.keep_ids is None else self.keep_ids

    def _check(self, added):
        if not self.tokens:
            raise InputError(f"{self.origin}: the vocabulary is empty. It needs one token per line.")
        missing = [token for token in self.roles.names if token not in self.ids and token != self.roles.mask]
        if missing:
            advice = "Check that this is a BERT vocabulary with one token per line." if self.roles == BERT else (
                "Check that the files of the tokenizer belong together."
            )  # fmt: skip
            raise InputError(f"{self.origin}: {', '.join(missing)} missing among its {len(self)} tokens. {advice}")
        unknown = [token for token in added if token not in self.ids]
        if unknown:
            raise InputError(f"{self.origin}: the added tokens {unknown} are not among its {len(self)} tokens. Add them there.")


def _is_redundant(token):
    return len(token) > 1 and any(is_cjk(c) or is_punctuation(c) for c in token.removeprefix("##"))
