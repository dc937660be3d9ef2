"""Finds all labels of a text.

python example.py "text"
"""

import json
import sys
from pathlib import Path

from baselines.exporting.examples.rows import encode, ids, open_folder


def main(*texts):
    about, tokenizer, session = open_folder()
    inputs = encode(about["row"], [ids(tokenizer, text) for text in texts])
    (logits,) = session.run(["logits"], {name: inputs[name] for name in about["inputs"]})
    labels = json.loads(Path(__file__).with_name("labels.json").read_text(encoding="utf-8"))
    found = [label for label, logit in zip(labels, logits[0], strict=True) if logit > 0]
    print(json.dumps({"prediction": found}, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
