"""The table of errors: worst first, columns under each other although Chinese characters are two cells wide."""

import numpy as np

from baselines.evaluation.errors import error_table
from baselines.evaluation.predictions import Predictions
from baselines.task import Example

EXAMPLES = [
    Example(id=1, texts=("今天\n下雨",), gold="天气", origin="dev.json:1"),
    Example(id=2, texts=("他走了", "他来了"), gold="no", origin="dev.json:2"),
    Example(id=3, texts=("字" * 1000,), gold="no"),
]
PREDICTIONS = Predictions({1: "体育", 2: "no", 3: "yes"}, np.array([0.25, 0.5, 12.0]))


def test_the_table_as_printed():
    table = error_table(EXAMPLES, PREDICTIONS, text_width=10)
    assert table == (
        "  loss  gold  prediction  example     text\n"
        "12.000  no    yes         3           字字字字…\n"
        " 0.500  no    no          dev.json:2  他走了 | …\n"
        " 0.250  天气  体育        dev.json:1  今天 下雨\n"
    )


def test_count_limits_the_rows():
    assert len(error_table(EXAMPLES, PREDICTIONS, count=2).splitlines()) == 3
