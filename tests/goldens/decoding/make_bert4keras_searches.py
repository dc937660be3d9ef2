"""Make searches.json: what bert4keras 0.11.5's AutoRegressiveDecoder writes by tables of next-token probabilities.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/decoding/make_bert4keras_searches.py

"tables": [[[float; V]; V + 1]; tables], rows for what follows each token, the last one for what follows nothing; token V - 1 ends.
What follows depends on the number of tokens as well: after n of them, p is row ** (1 + n % 3 / 2), and again a distribution.
"searches": [{"table", "method", "topk", "minlen", "maxlen", "min_ends", "written": token ids as returned, their end included}]
"""

import itertools
import json
import pathlib

import numpy as np
from bert4keras.snippets import AutoRegressiveDecoder

HERE = pathlib.Path(__file__).parent
VOCAB_SIZE, TABLES = 6, 12


def next_probabilities(table, written):
    row = np.array(table[written[-1] if len(written) else -1]) ** (1 + len(written) % 3 / 2)
    return row / row.sum()


class TableDecoder(AutoRegressiveDecoder):
    @AutoRegressiveDecoder.wraps(default_rtype="probas")
    def predict(self, inputs, output_ids, states):
        table = inputs[0][0]
        return np.array([next_probabilities(table, written) for written in output_ids])


def make_tables():
    generator = np.random.default_rng(5)
    p = np.exp(1.5 * generator.standard_normal((TABLES, VOCAB_SIZE + 1, VOCAB_SIZE)))
    p[::3, :, 1] *= generator.random((len(p[::3]), VOCAB_SIZE + 1)) > 0.5        # some tokens are impossible
    return np.round(p / p.sum(axis=-1, keepdims=True), 6).tolist()


def main():
    tables, searches = make_tables(), []
    cases = itertools.product(range(TABLES), [("beam_search", 1), ("beam_search", 2), ("beam_search", 3), ("beam_search", 5),
                                              ("random_sample", 1)], [1, 3], [4, 12], [1, 3])  # fmt: skip
    for number, (method, topk), minlen, maxlen, min_ends in cases:
        decoder = TableDecoder(start_id=None, end_id=VOCAB_SIZE - 1, maxlen=maxlen, minlen=minlen)
        if method == "beam_search":
            written = decoder.beam_search([tables[number]], topk, min_ends=min_ends)
        else:
            (written,) = decoder.random_sample([tables[number]], 1, topk=topk, min_ends=min_ends)
        searches.append({"table": number, "method": method, "topk": topk, "minlen": minlen, "maxlen": maxlen, "min_ends": min_ends,
                         "written": written.tolist()})  # fmt: skip
    lines = ",\n".join(json.dumps(search) for search in searches)
    (HERE / "searches.json").write_text(f'{{"tables": {json.dumps(tables)},\n"searches": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
