"""With `end="leaf"` and whole keys looked ahead in, the search writes what the reference's decoder wrote, token for token."""

import json
from pathlib import Path

import numpy as np
import pytest

from baselines.decoding.bert4keras_beam import beam_search
from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.constraint import Guided, InIndex
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.look_ahead import LookAhead
from baselines.retrieval.prefix_index.string_table import KeyTokenizer
from tests.decoding.toy_chain import ToyRows, prompt

GOLDENS = json.loads((Path(__file__).parents[2] / "goldens/kgclue/answers.json").read_text(encoding="utf-8"))
START, UNKNOWN, END = 0, 1, 2
VOCAB_SIZE = len(GOLDENS["tables"][0])


def ids(text):
    return [GOLDENS["characters"].find(character) + 3 if character in GOLDENS["characters"] else UNKNOWN for character in text]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kgclue")
    (folder / "lines.txt").write_text("\n".join(GOLDENS["lines"]), encoding="utf-8")
    tokenizer = KeyTokenizer(lambda texts: list(map(ids, texts)), "golden", VOCAB_SIZE, UNKNOWN, END)
    build(folder / "lines.txt", folder / "index", tokenizer)
    return PrefixIndex.open(folder / "index")


@pytest.mark.parametrize("topk", [1, 2, 3])
def test_the_same_is_written(index, topk):
    tree, answers = InIndex(index, end="leaf"), [answer for answer in GOLDENS["answers"] if answer["topk"] == topk]
    assert len(answers) == 54
    for answer in answers:
        guided = Guided(tree, LookAhead(index, [START, *ids(answer["question"]), END]))
        table = np.array(GOLDENS["tables"][answer["table"]])

        def probabilities(_, written, guided=guided, table=table):
            log_p = np.full((1, VOCAB_SIZE), -np.inf)
            (allowed,) = guided.allowed([written])
            log_p[0, allowed] = np.log(table[written[-1] if written else START])[allowed]
            return np.exp(guided.rescore([written], log_p))[0]

        ((one,),) = beam_search(ToyRows(probabilities, 1, topk, end_id=END), [prompt()], topk, 32, 1, 3)
        assert [*one.token_ids, END] == answer["written"], answer


def test_look_ahead_changes_answers_in_the_goldens(index):
    """Else the test above would show nothing: by the tables alone, other keys are found for some questions."""
    tree, changed = InIndex(index, end="leaf"), 0
    for answer in GOLDENS["answers"]:
        written, table = [], np.array(GOLDENS["tables"][answer["table"]])
        while written.count(END) < 3:
            allowed = tree.allowed([written])[0]
            written.append(int(allowed[table[written[-1] if written else START][allowed].argmax()]))
        changed += answer["topk"] == 1 and written != answer["written"]
    assert changed >= 5
