"""Embeds texts, and prints the cosines of the first with the others.

python example.py "text" "text"
"""

import json
import sys

import numpy as np

from baselines.exporting.examples.rows import encode, ids, open_folder


def main(*texts):
    about, tokenizer, session = open_folder()
    vectors = []
    for text in texts:
        inputs = encode(about["row"], [ids(tokenizer, text)])
        (vector,) = session.run(["embedding"], {name: inputs[name] for name in about["inputs"]})
        vectors.append(vector[0] / np.linalg.norm(vector[0]))
    print(json.dumps([round(float(vectors[0] @ vector), 6) for vector in vectors[1:]]))


if __name__ == "__main__":
    main(*sys.argv[1:])
