"""Tokens back to readable text, the Chinese way and as bert4keras: ideographs touch, Latin words keep a space.

["价", "格", "12", ".", "5", "元"] -> "价格12.5元"        ["hello", "wor", "##ld", "!"] -> "hello world!"
"""

import re
from collections.abc import Iterable

from baselines.tokenizers.normalization import is_cjk, is_punctuation

_CJK_PUNCTUATION = (
    "\uff02\uff03\uff04\uff05\uff06\uff07\uff08\uff09\uff0a\uff0b\uff0c\uff0d\uff0f\uff1a\uff1b\uff1c\uff1d\uff1e\uff20"
    "\uff3b\uff3c\uff3d\uff3e\uff3f\uff40\uff5b\uff5c\uff5d\uff5e\uff5f\uff60\uff62\uff63\uff64\u3000\u3001\u3003\u3008"
    "\u3009\u300a\u300b\u300c\u300d\u300e\u300f\u3010\u3011\u3014\u3015\u3016\u3017\u3018\u3019\u301a\u301b\u301c\u301d"
    "\u301e\u301f\u3030\u303e\u303f\u2013\u2014\u2018\u2019\u201b\u201c\u201d\u201e\u201f\u2026\u2027\ufe4f\ufe51\ufe54"
    "\u00b7\uff01\uff1f\uff61\u3002"
)
_SPACES = re.compile(" +")
_CONTRACTION = re.compile("' (re|m|s|t|ve|d|ll) ")
_TIGHT = re.compile(f"([{re.escape(_CJK_PUNCTUATION + '+-/={(<[')}]) ")  # no space after these
_DECIMAL = re.compile(r"(\d\.) (\d)")
_WORD = re.compile(r"\s*\S+")
WORDS_HELD_BACK = 3
"""Of a Latin text: later tokens may continue a word, close a decimal or make a contraction of the last three."""


def is_tight(character: str) -> bool:
    """Whether a character is Chinese punctuation, after which no space is written."""
    return character in _CJK_PUNCTUATION


def is_special(token: str) -> bool:
    """Whether a token is [CLS], [unused7] or the like, which are not text."""
    return len(token) > 2 and token.startswith("[") and token.endswith("]")


def join_tokens(tokens: Iterable[str]) -> str:
    """The text of `tokens` without special ones. Tokens do not say where the original had spaces: the rules here guess."""
    parts, last = [], ""  # last: the last character written
    for token in tokens:
        if is_special(token):
            continue
        if token.startswith("##"):
            part = token[2:]
        elif len(token) == 1 and is_cjk(token):
            part = token
        elif len(token) == 1 and is_punctuation(token):
            part = token + " "
        elif last and is_cjk(last):
            part = token
        else:
            part = " " + token
        parts.append(part)
        last = part[-1:] or last
    text = _SPACES.sub(" ", "".join(parts))
    text = _CONTRACTION.sub(r"'\1 ", text)
    text = _TIGHT.sub(r"\1", text)
    return _DECIMAL.sub(r"\1\2", text).strip()


def certain_characters(text: str) -> int:
    """The number of characters that no later token can change: up to the last ideograph, or all but the last words."""
    last = next((number for number in range(len(text), 0, -1) if is_cjk(text[number - 1]) or is_tight(text[number - 1])), 0)
    words = [word.start() for word in _WORD.finditer(text)][-WORDS_HELD_BACK:]
    return max(last, words[0] if words else 0)
