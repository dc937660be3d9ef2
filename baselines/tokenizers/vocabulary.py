"""The tokens a model knows, in the order of its embedding rows; cut down or extended, with the old row of every token.

vocab.txt: one token per line, UTF-8; the number of the line, from 0, is the id.
"""

import pathlib

from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_write
from baselines.tokenizers.normalization import is_cjk, is_punctuation

PAD, UNKNOWN, START, END, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class Vocabulary:
    """Tokens and their ids.

    tokens     all tokens, id = index; [PAD] [UNK] [CLS] [SEP] must be among them
    added      those that are looked for in the raw text, before anything else cuts it
    keep_ids   per token its id in the checkpoint's vocabulary, -1 for a new one; embedding rows and output biases
               follow it. None: this is the checkpoint's vocabulary
    origin     where the tokens come from, for messages
    """

    def __init__(self, tokens, added=(), keep_ids=None, origin="vocabulary"):
        self.tokens = list(tokens)
        self.keep_ids = None if keep_ids is None else list(keep_ids)
        self.origin = str(origin)
        self.ids = {token: index for index, token in enumerate(self.tokens)}
        self._check(added)
        self.added = tuple(sorted(set(added), key=self.ids.get))
        self.pad_id, self.unk_id, self.cls_id, self.sep_id = (self.ids[token] for token in (PAD, UNKNOWN, START, END))

    @classmethod
    def from_file(cls, path, added=()):
        """Read a vocab.txt. Of a line with spaces (a count behind the token) the first field is the token.

        Raises InputError when it is no UTF-8, or has blank lines, duplicates, or not all special tokens.
        """
        path = pathlib.Path(path)
        try:
            lines = path.read_bytes().decode("utf-8-sig").split("\n")  # not splitlines(): U+2028 is a token for some
        except OSError as error:
            raise InputError(f"{path}: expected a vocabulary, a token per line. Received: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise InputError(
                f"{path}:{line}: expected UTF-8. Received: byte 0x{error.object[error.start]:02x}. "
                "Is it GBK? Convert it: iconv -f GB18030 -t UTF-8."
            ) from error
        lines = [line.removesuffix("\r") for line in lines]
        while lines and not lines[-1]:
            lines.pop()
        if "" in lines:
            raise InputError(f"{path}:{lines.index('') + 1}: expected a token. Received: a blank line.")
        return cls([(line.split() or [line])[0] for line in lines], added=added, origin=path)

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self.ids

    def __repr__(self):
        return f"Vocabulary({len(self)} tokens from {self.origin})"

    def id(self, token):
        """Id of a token that must be there. For the pieces of a text, unknown ones included, see Tokenizer.ids."""
        if token not in self.ids:
            raise InputError(f"{self.origin}: expected the token {token!r}. It has none such; see added_tokens.")
        return self.ids[token]

    @property
    def mask_id(self):
        return self.id(MASK)

    def producible_ids(self, first=SPECIAL_TOKENS):
        """Ids worth keeping: `first`, then all that the tokenizer can produce, in order. About half of Chinese BERT's.

        Ideographs and signs are words of their own, so longer tokens that hold one are never produced: ##的, [unused1].
        """
        ids = dict.fromkeys(self.id(token) for token in first)
        ids.update((index, None) for index, token in enumerate(self.tokens) if not _is_redundant(token))
        return list(ids)

    def unreachable_words(self) -> list[str]:
        """Tokens of several ideographs, which texts give only if a pre-tokenizer cuts them into words, or if they are added."""
        return [token for token in self.tokens if sum(map(is_cjk, token)) > 1 and token not in self.added]

    def subset(self, ids):
        """A vocabulary of these `ids` only, in their order."""
        ids = [int(i) for i in ids]
        outside = [i for i in ids if not 0 <= i < len(self)]
        if outside:
            raise InputError(f"keep_tokens: expected ids below {len(self)}, of {self.origin}. Received: {outside[:5]}")
        rows, chosen = self._rows(), set(ids)
        added = [token for token in self.added if self.ids[token] in chosen]
        return Vocabulary([self.tokens[i] for i in ids], added, [rows[i] for i in ids], f"{self.origin}, reduced")

    def with_added(self, tokens):
        """A vocabulary in which `tokens` are found verbatim in raw text; new ones among them get ids at its end."""
        tokens = list(dict.fromkeys(tokens))
        wrong = [token for token in tokens if not token.strip() or token in SPECIAL_TOKENS]
        if wrong:
            raise InputError(f"added_tokens: expected text, and no special token. Received: {wrong}")
        new = [token for token in tokens if token not in self.ids]
        added = [*self.added, *tokens]
        return Vocabulary([*self.tokens, *new], added, [*self._rows(), *[-1] * len(new)], self.origin)

    def extended(self, tokens):
        """A vocabulary with the new ones of `tokens` at its end; words of raw texts are cut into them as into others."""
        new = [token for token in dict.fromkeys(tokens) if token not in self.ids]
        return Vocabulary([*self.tokens, *new], self.added, [*self._rows(), *[-1] * len(new)], self.origin)

    def save(self, path):
        """Write a vocab.txt; the file is either the old one or complete."""
        with atomic_write(path, "w") as file:
            file.writelines(f"{token}\n" for token in self.tokens)

    def _rows(self):
        return range(len(self)) if self.keep_ids is None else self.keep_ids

    def _check(self, added):
        if not self.tokens:
            raise InputError(f"{self.origin}: expected one token per line. Received: an empty file.")
        if len(self.ids) != len(self.tokens):
            again = next(i for i, token in enumerate(self.tokens) if self.ids[token] != i)
            token = self.tokens[again]
            lines = [i + 1 for i, other in enumerate(self.tokens) if other == token]
            raise InputError(
                f"{self.origin}:{lines[1]}: expected every token once. Received: {token!r} also on line {lines[0]}; "
                "rename one of them, for removing it would shift the ids behind it."
            )
        missing = [token for token in SPECIAL_TOKENS[:4] if token not in self.ids]
        if missing:
            raise InputError(
                f"{self.origin}: expected [PAD], [UNK], [CLS] and [SEP] among its {len(self)} tokens. Missing: "
                f"{', '.join(missing)}. Is this a BERT vocabulary, and a token per line?"
            )
        unknown = [token for token in added if token not in self.ids]
        if unknown:
            raise InputError(f"{self.origin}: expected added tokens among the {len(self)} tokens. Missing: {unknown}")


def _is_redundant(token):
    return len(token) > 1 and any(is_cjk(c) or is_punctuation(c) for c in token.removeprefix("##"))
