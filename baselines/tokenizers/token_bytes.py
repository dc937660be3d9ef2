"""The UTF-8 bytes that a token stands for: ▁北 is a space and a character, Ġa too, <0xE4> and ä are parts of characters.

A text is the bytes of its tokens, one after the other. Bytes that make no character are left out: half of one is never shown.
"""

import functools
import re
from collections.abc import Callable

MARK = "▁"
"""U+2581, SentencePiece's space."""
GUARD = "\uffff"
"""Ahead of the names of special tokens within a model: no text has it, so that text is never one of them."""
_BYTE = re.compile("<0x([0-9A-F]{2})>")


def is_byte(token: str) -> bool:
    """Whether a token is one byte of a character that has no token: <0xE4>."""
    return _BYTE.fullmatch(token) is not None


def spaced_bytes(token: str) -> bytes:
    """Of a SentencePiece token."""
    match = _BYTE.fullmatch(token)
    return bytes([int(match[1], 16)]) if match else token.replace(MARK, " ").encode("utf-8", "ignore")


def byte_level_bytes(token: str) -> bytes:
    """Of a byte-level token, in which every character stands for a byte; other characters stand for themselves."""
    letters = byte_letters()
    if all(letter in letters for letter in token):
        return bytes(letters[letter] for letter in token)
    return token.encode("utf-8", "ignore")


def suffixed_bytes(suffix: str) -> Callable[[str], bytes]:
    """Of tokens of which the last of a word ends with `suffix`, </w>."""
    return lambda token: token.replace(suffix, " ").encode("utf-8", "ignore")


@functools.cache
def byte_letters() -> dict[str, int]:
    """{letter: its byte} of byte-level tokens, as GPT-2's: printable characters of Latin-1, then those from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + number): byte for number, byte in enumerate(others)}


@functools.cache
def letter_of(byte: int) -> str:
    """The letter that stands for a byte."""
    return {value: letter for letter, value in byte_letters().items()}[byte]
