"""Answers a question from a passage. It reads windows of tokens, and takes the span with the best score of all.

python example.py "question" "passage"
"""

import json
import sys

import numpy as np

from baselines.exporting.examples.rows import encode, ids, open_folder


def main(question, passage):
    about, tokenizer, session = open_folder()
    row, whole = about["row"], tokenizer.encode(passage, add_special_tokens=False)
    stride = row["max_length"] // 4
    special = len(row["start"]) + len(row["between"]) + len(row["end"])
    query = ids(tokenizer, question)[: row["max_length"] - special - stride]
    width, best = row["max_length"] - special - len(query), (-np.inf, 0, 0)
    for start in range(0, max(1, len(whole.ids) - width + stride), stride):
        window = whole.ids[start : start + width]
        inputs = encode(row, [list(query), list(window)])
        first = len(row["start"]) + len(query) + len(row["between"])
        inputs["window_mask"] = np.zeros_like(inputs["input_ids"])
        inputs["window_mask"][0, [0, *range(first, first + len(window))]] = 1
        feed = {name: inputs[name] for name in about["inputs"]}
        if "scores" in about["outputs"]:
            scores = session.run(["scores"], feed)[0][0]
        else:
            starts, ends = session.run(["start_logits", "end_logits"], feed)
            scores = starts[0][:, None] + ends[0]
        scores = np.where(np.triu(np.ones_like(scores)) > 0, scores, -np.inf)
        scores[0] = -np.inf                                             # [CLS] stands for no answer
        i, j = np.unravel_index(scores.argmax(), scores.shape)
        best = max(best, (float(scores[i, j]), int(i) - first + start, int(j) - first + start))
    start, end = whole.offsets[best[1]][0], whole.offsets[best[2]][1]
    print(json.dumps({"prediction": passage[start:end], "span": [start, end]}, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
