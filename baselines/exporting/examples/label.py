"""Classifies a text, or a pair of texts.

python example.py "text" ["second text"]
"""

import json
import sys
from pathlib import Path

import numpy as np

from baselines.exporting.examples.rows import encode, ids, open_folder


def main(*texts):
    about, tokenizer, session = open_folder()
    inputs = encode(about["row"], [ids(tokenizer, text) for text in texts])
    (logits,) = session.run(["logits"], {name: inputs[name] for name in about["inputs"]})
    probabilities = np.exp(logits[0] - logits[0].max()) / np.exp(logits[0] - logits[0].max()).sum()
    labels = json.loads(Path(__file__).with_name("labels.json").read_text(encoding="utf-8"))
    prediction = {"prediction": labels[probabilities.argmax()], "confidence": round(float(probabilities.max()), 6)}
    print(json.dumps(prediction, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
