"""Chooses the answer to a question on a passage.

python example.py "passage" "question" "choice" "choice"
"""

import json
import sys

import numpy as np

from baselines.exporting.examples.rows import encode, ids, open_folder


def main(passage, question, *choices):
    about, tokenizer, session = open_folder()
    row = about["row"]
    special = len(row["start"]) + 2 * len(row["between"]) + len(row["end"])
    rows = []
    for choice in choices:
        pieces = [ids(tokenizer, text) for text in (passage, question, choice)]
        while sum(map(len, pieces)) + special > row["max_length"]:
            max(reversed(pieces), key=len).pop()                        # of equally long pieces the choice loses a token first
        rows.append(encode(row, pieces)["input_ids"][0])
    tokens = np.full((1, len(rows), max(map(len, rows))), row["pad"])
    for number, each in enumerate(rows):
        tokens[0, number, : len(each)] = each
    inputs = {"input_ids": tokens, "token_type_ids": np.zeros_like(tokens)}
    (logits,) = session.run(["logits"], {name: inputs[name] for name in about["inputs"]})
    best = int(logits[0].argmax())
    print(json.dumps({"prediction": best, "text": choices[best]}, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
