"""What happens to a text before and after subwords are cut: objects of a tokenizer.json, read and changed.

{"type": "Sequence", "normalizers": [{"type": "Lowercase"}, {"type": "Precompiled", "precompiled_charsmap": "…"}]}
"""

import dataclasses
from collections.abc import Callable, Iterator

from baselines.errors import InputError
from baselines.tokenizers.token_bytes import byte_level_bytes, spaced_bytes, suffixed_bytes

LOWERCASE = {"type": "Lowercase"}


@dataclasses.dataclass(frozen=True)
class Stages:
    """Objects of a tokenizer.json, or None for a stage that is not there.

    Attributes:
        normalizer: Changes characters.
        pre_tokenizer: Cuts the text into parts that no token crosses.
        decoder: Makes text of tokens.
    """

    normalizer: dict | None
    pre_tokenizer: dict | None
    decoder: dict | None

    @property
    def lower_case(self) -> bool:
        """Whether texts are converted to lower case."""
        return any(each.get("type") == "Lowercase" or each.get("lowercase") is True for each in _parts(self.normalizer))

    def with_case(self, lower_case: bool | None) -> "Stages":
        """With or without conversion to lower case; None for no change."""
        if lower_case is None or lower_case == self.lower_case:
            return self
        if lower_case:
            first = [] if self.normalizer is None else [self.normalizer]
            return dataclasses.replace(self, normalizer={"type": "Sequence", "normalizers": [LOWERCASE, *first]})
        return dataclasses.replace(self, normalizer=_cased(self.normalizer))

    def token_bytes(self, suffix: str | None, origin: str) -> Callable[[str], bytes]:
        """The function from a token to its bytes.

        Args:
            suffix: End of a word's last token, or None.
            origin: Of the tokenizer, for the message.

        Raises:
            InputError: Neither bytes, nor SentencePiece's spaces, nor a suffix join the tokens.
        """
        kinds = {each.get("type") for stage in (self.decoder, self.pre_tokenizer, self.normalizer) for each in _parts(stage)}
        if "ByteLevel" in kinds:
            return byte_level_bytes
        if "Metaspace" in kinds or self._replaces_spaces():
            return spaced_bytes
        if suffix:
            return suffixed_bytes(suffix)
        joined_by = ", ".join(sorted(map(str, kinds))) or "nothing"
        raise InputError(
            f"{origin}: tokens joined by {joined_by} are not implemented. Choose a tokenizer with ByteLevel or Metaspace."
        )

    @property
    def leading_space(self) -> bool:
        """Whether a space is put ahead of a text, which decoding removes."""
        spaced = [each for each in _parts(self.pre_tokenizer) if each.get("type") in ("Metaspace", "ByteLevel")]
        prepends = any(each.get("type") == "Prepend" for each in _parts(self.normalizer))
        return prepends or any(each.get("prepend_scheme", "never") != "never" or each.get("add_prefix_space") for each in spaced)

    def _replaces_spaces(self):
        return any(each.get("type") == "Replace" and "▁" in (each.get("content"), _pattern(each))
                   for stage in (self.normalizer, self.decoder) for each in _parts(stage))  # fmt: skip


def _pattern(stage):
    pattern = stage.get("pattern")
    return pattern.get("String") if isinstance(pattern, dict) else pattern


def _parts(stage) -> Iterator[dict]:
    """The stages within a stage, itself if it is a single one."""
    if not isinstance(stage, dict):
        return
    for name in ("normalizers", "pretokenizers", "decoders"):
        if isinstance(stage.get(name), list):
            for part in stage[name]:
                yield from _parts(part)
            return
    yield stage


def _cased(stage):
    if not isinstance(stage, dict) or stage.get("type") == "Lowercase":
        return None
    if isinstance(stage.get("normalizers"), list):
        return {**stage, "normalizers": [part for part in map(_cased, stage["normalizers"]) if part is not None]}
    return {**stage, "lowercase": False} if stage.get("lowercase") else stage
