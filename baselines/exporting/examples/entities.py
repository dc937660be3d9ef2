"""Finds the entities of a text.

python example.py "text"
"""

import json
import sys
from pathlib import Path

import numpy as np

from baselines.exporting.examples.rows import encode, ids, open_folder


def best_path(initial, steps):
    """Viterbi: the labels (L,) with the largest score. initial (C,); steps (L - 1, C, C), [t, a, b] for b at t + 1 behind a."""
    best, back = initial, []
    for step in steps:
        scores = best[:, None] + step
        back.append(scores.argmax(axis=0))
        best = scores.max(axis=0)
    labels = [int(best.argmax())]
    for pointers in reversed(back):
        labels.append(int(pointers[labels[-1]]))
    return labels[::-1]


def cells_of_labels(labels):
    """(category, first token, last token): label 2 k + 1 begins category k, 2 k + 2 is inside it, 0 is outside."""
    cells = []
    for token, label in enumerate(labels):
        if label % 2:
            cells.append((label // 2, token, token))
        elif label and cells and cells[-1][2] == token - 1 and 2 * cells[-1][0] + 2 == label:
            cells[-1] = (cells[-1][0], cells[-1][1], token)
    return cells


def main(text):
    about, tokenizer, session = open_folder()
    inputs = encode(about["row"], [ids(tokenizer, text)])
    names = [value.name for value in session.get_outputs()]
    outputs = dict(zip(names, session.run(names, {name: inputs[name] for name in about["inputs"]}), strict=True))
    if "scores" in outputs:                                             # a pointer: every span of every category has a score
        cells = np.argwhere(outputs["scores"][0] > 0).tolist()
    elif "steps" in outputs:                                            # a chain of labels
        cells = cells_of_labels(best_path(outputs["initial"][0], outputs["steps"][0]))
    else:
        cells = cells_of_labels(outputs["labels"][0].tolist())
    offsets = [None] * len(about["row"]["start"]) + tokenizer.encode(text, add_special_tokens=False).offsets
    last = inputs["input_ids"].shape[1] - len(about["row"]["end"])
    categories = json.loads(Path(__file__).with_name("labels.json").read_text(encoding="utf-8"))
    real = [cell for cell in cells if len(about["row"]["start"]) <= cell[1] <= cell[2] < last]
    spans = sorted((offsets[first][0], offsets[end][1], categories[category]) for category, first, end in real)
    print(json.dumps([[start, end, category, text[start:end]] for start, end, category in spans], ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
