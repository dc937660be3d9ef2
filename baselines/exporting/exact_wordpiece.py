"""tokenizer.json that cuts every text as tokenizers/wordpiece.py does.

The library's own stages for BERT drop private characters and know fewer ideographs. These are spelled out as expressions, which
transformers.js reads too. Two things no file can say: set `encode_special_tokens = True`, or "[SEP]" in a text becomes a special
token; and half of a surrogate pair is no text for the library.
"""

from pathlib import Path

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

from baselines.storage.atomic_files import atomic_write
from baselines.tokenizers.normalization import IDEOGRAPHS

CONTROL = ((0x0, 0x8), (0xB, 0xC), (0xE, 0x1F), (0x7F, 0x9F), (0xFFFD, 0xFFFD))
"""Control characters but tabs and ends of lines, and what stands for undecodable bytes."""
SIGNS = r"\p{P}!-/:-@\[-`{-~"
"""Punctuation, and ASCII signs that are no letters or digits."""


def write(folder: str | Path, lower_case: bool) -> None:
    """Replaces the stages of tokenizer.json in a folder.

    Args:
        folder: Where the tokenizer was saved.
        lower_case: Convert to lower case and drop accents.
    """
    path = Path(folder) / "tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    folded = [normalizers.Lowercase(), normalizers.NFD(), normalizers.Replace(Regex(r"\p{Mn}"), "")] if lower_case else []
    tokenizer.normalizer = normalizers.Sequence([*folded, normalizers.Replace(Regex(f"[{_ranges(CONTROL)}\\p{{Cf}}]"), "")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\s+"), "removed"),
        pre_tokenizers.Split(Regex(f"[{SIGNS}{_ranges(IDEOGRAPHS)}]"), "isolated"),
    ])  # fmt: skip
    with atomic_write(path, "w") as file:
        file.write(tokenizer.to_str(pretty=True))


def _ranges(codes):
    """The characters themselves: escapes differ between this library and JavaScript."""
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in codes)
