"""decoding/reference.py writes what bert4keras' AutoRegressiveDecoder wrote, token for token."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from toy_chain import ToyRows, prompt, random_table

from baselines.decoding.beam import beam_search
from baselines.decoding.bert4keras_beam import beam_search as reference_search
from baselines.decoding.sampling import Sampling, draw

GOLDENS = json.loads((Path(__file__).parent.parent / "goldens/decoding/searches.json").read_text(encoding="utf-8"))
END_ID = 5


def next_probabilities(table, written):
    """As in the script that made the goldens."""
    row = np.array(table[written[-1] if len(written) else -1]) ** (1 + len(written) % 3 / 2)
    return row / row.sum()


def rows_of(search, width):
    table = GOLDENS["tables"][search["table"]]
    return ToyRows(lambda given, written: next_probabilities(table, written), 1, width, end_id=END_ID)


def searches(**which):
    return [search for search in GOLDENS["searches"] if which.items() <= search.items()]


@pytest.mark.parametrize("topk", [1, 2, 3, 5])
def test_beam_search_writes_the_same(topk):
    some = searches(method="beam_search", topk=topk)
    assert len(some) == 96
    for search in some:
        limits = search["maxlen"], search["minlen"], search["min_ends"]
        ((one,),) = reference_search(rows_of(search, topk), [prompt()], topk, *limits)
        assert [*one.token_ids, *[END_ID] * one.finished] == search["written"], search


def test_greedy_sampling_writes_the_same():
    some = searches(method="random_sample", minlen=1)
    assert len(some) == 48
    for search in some:
        rows, written = rows_of(search, 1), []
        scores = rows.prefill([0], [prompt()])
        while len(written) < search["maxlen"] and written.count(END_ID) < search["min_ends"]:
            (token,), _ = draw(scores, [Sampling(top_k=1)], [0.5], END_ID)
            written.append(int(token))
            scores = rows.step([[token]])
        assert written == search["written"]


def test_what_the_reference_throws_away_is_found_by_ours():
    """The empty text has .4; what begins with a has .6 together, and .204 at most alone."""

    def table(given, written):
        return (0.34, 0.33, 0.33) if written else (0.6, 0.0, 0.4)

    ((theirs,),) = reference_search(ToyRows(table, 1, 2), [prompt()], 2, 5)
    ((ours,),) = beam_search(ToyRows(table, 1, 2), [prompt()], beam=2, max_tokens=5)
    assert ours.token_ids == () and math.exp(ours.log_probability) == pytest.approx(0.4)
    assert theirs.log_probability < ours.log_probability - 0.5


def test_the_reference_takes_many_prompts_and_wide_rows():
    table, given = random_table(1, 6), [prompt(1), prompt(2)]
    both = reference_search(ToyRows(table, 4, 6, end_id=END_ID), given, 2)
    assert both == [reference_search(ToyRows(table, 1, 2, end_id=END_ID), [one], 2)[0] for one in given]
    with pytest.raises(ValueError, match="width"):
        reference_search(ToyRows(table, 1, 2), given, 3)
