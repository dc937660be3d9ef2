"""Make answers.json: what bert4keras 0.11.5's beam search writes under the rules of kexue.fm/archives/8802, by made-up tables.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/kgclue/make_reference_answers.py

The rules, as that article's code has them, on nested dicts: only children of the node that was reached; the end where there are
none; with the subject complete and more than one child, p ** (1 / (gain + 1)) by whole keys; shared out again.

"characters": a string, whose character i is token 3 + i; 0 [CLS], 1 [UNK], 2 [SEP]. "lines": subject TAB predicate TAB object.
"tables": [[[float; V]; V]; tables], what follows each token, row 0 what follows nothing.
"answers": [{"question", "table", "topk", "written": token ids with the last end}]
"""

import json
import pathlib

import numpy as np
from bert4keras.snippets import AutoRegressiveDecoder
from bert4keras.snippets import longest_common_subsequence as lcs

HERE = pathlib.Path(__file__).parent
CHARACTERS = "山水城河大小东西人口面积高度长主要支流省会特产"
START, END = 0, 2
VOCAB_SIZE = 3 + len(CHARACTERS)
LINES = [
    "大山\t高度\t1", "大山\t主要特产\t2", "大山（东城）\t高度\t3", "大山（西城）\t人口\t4", "大山（西城）\t面积\t5",
    "大水\t长度\t6", "大水\t主要支流\t7", "大水\t主要城\t8", "小城\t人口\t9", "小城\t面积\t10", "小城\t主要特产\t11",
    "小城（河东）\t人口\t12", "小城（河西）\t人口\t13", "东河\t长度\t14", "东河\t主要支流\t15", "东河口\t人口\t16",
    "水城\t省会\t17", "水城\t特产\t18",
]  # fmt: skip
QUESTIONS = ["大山高度", "小城的人口", "大水主要的支流", "河西小城人口", "东河口人口", "水城特产", "西城大山面积", "大水长", "城"]


def ids(text):
    return [3 + CHARACTERS.index(character) if character in CHARACTERS else 1 for character in text]


def tree_of(lines):
    tree = {}
    for line in lines:
        name, predicate, _ = line.split("\t")
        subject, _, meaning = name.removesuffix("）").partition("（")
        node = tree
        for token in [*ids(subject), END, *ids(predicate), END, *ids(meaning)]:
            node = node.setdefault(token, {})
    return tree


def node_of(tree, written):
    for token in written:
        tree = tree[token]
    return tree


def leaves(node):
    """All that can be written from a node on to where nothing follows."""
    return [[token, *rest] for token, child in node.items() for rest in leaves(child)] if node else [[]]


class Answers(AutoRegressiveDecoder):
    @AutoRegressiveDecoder.wraps(default_rtype="probas")
    def predict(self, inputs, output_ids, states):
        question, table = inputs[0][0].astype(int), inputs[1][0]
        rows = []
        for written in output_ids.astype(int).tolist():
            p = np.array(table[written[-1] if written else START])
            node = node_of(self.tree, written)
            if len(node) > 1 and END in written:
                weights = np.ones(VOCAB_SIZE)
                for rest in leaves(node):
                    gain = lcs([*written, *rest], question)[0] - lcs(written, question)[0]
                    weights[rest[0]] = max(weights[rest[0]], gain + 1)
                p = p ** (1 / weights)
            allowed = np.zeros(VOCAB_SIZE)
            allowed[list(node) or [END]] = 1
            rows.append(p * allowed / (p * allowed).sum())
        return np.array(rows)


def main():
    generator, answers = np.random.default_rng(8), []
    tables = np.exp(1.5 * generator.standard_normal((6, VOCAB_SIZE, VOCAB_SIZE)))
    tables = np.round(tables / tables.sum(axis=-1, keepdims=True), 6)
    search = Answers(start_id=None, end_id=END, maxlen=32)
    search.tree = tree_of(LINES)
    for question in QUESTIONS:
        encoded = [START, *ids(question), END]
        for number, table in enumerate(tables):
            for topk in (1, 2, 3):
                written = search.beam_search([encoded, table], topk, min_ends=3).tolist()
                answers.append({"question": question, "table": number, "topk": topk, "written": written})
    lines = ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
    head = {"characters": CHARACTERS, "lines": LINES, "tables": tables.tolist()}
    text = json.dumps(head, ensure_ascii=False)[:-1]
    (HERE / "answers.json").write_text(f'{text},\n"answers": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
