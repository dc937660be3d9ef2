"""Opens an export and makes rows of token ids: the first half of every example.py."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers


def open_folder(folder=Path(__file__).parent):
    about = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True                              # "[SEP]" in a text is text
    return about, tokenizer, onnxruntime.InferenceSession(str(folder / about["files"]["graph"]))


def ids(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def encode(row, pieces):
    """[CLS] piece [SEP] piece [SEP]: token ids and segments. While the row is too long, the longest piece loses a token."""
    special = len(row["start"]) + (len(pieces) - 1) * len(row["between"]) + len(row["end"])
    while sum(map(len, pieces)) + special > row["max_length"]:
        max(pieces, key=len).pop()
    tokens, segments = list(row["start"]), [0] * len(row["start"])
    for number, piece in enumerate(pieces):
        part = [*piece, *(row["between"] if number + 1 < len(pieces) else row["end"])]
        tokens += part
        segments += [row["segments"][number]] * len(part)
    return {"input_ids": np.array([tokens]), "token_type_ids": np.array([segments])}
