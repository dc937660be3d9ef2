"""The table of labels, as printed, and which table a report has."""

from baselines.evaluation.label_table import label_table
from baselines.evaluation.predictions import Predictions
from baselines.evaluation.report import write_report
from baselines.metrics.spans import Entity
from baselines.task import Categories, Example, Split

GOLDS, FOUND = [["价格"], ["味道", "价格"], []], [["价格"], ["味道"], ["味道"]]


def test_the_table_as_printed():
    golds, found = ([{(name,) for name in names} for names in side] for side in (GOLDS, FOUND))
    assert label_table(golds, found, ("味道", "价格", "环境")) == (
        "label  gold  found  right  precision  recall  F1\n"
        " 价格  2     1      1      100.0%     50.0%   66.7%\n"
        " 味道  1     2      1      50.0%      100.0%  66.7%\n"
        " 环境  0     0      0      -          -       -\n"
    )


def test_a_report_has_it_for_sets_of_labels_and_not_for_entities(tmp_path):
    examples = [Example(id=number, texts=("菜",), gold=gold) for number, gold in enumerate(GOLDS)]
    split, predictions = Split("dev", None, examples), Predictions(dict(enumerate(FOUND)))
    table = write_report(tmp_path / "a", split, predictions, {}, Categories("味道", "价格"))
    assert table == (tmp_path / "a" / "labels.txt").read_text(encoding="utf-8") and "66.7%" in table
    entities = Split("dev", None, [Example(id=0, texts=("上海",), gold=[Entity(0, 2, "LOC", "上海")])])
    assert write_report(tmp_path / "b", entities, Predictions({0: []}), {}, Categories("LOC")) == ""
    assert not (tmp_path / "b" / "labels.txt").exists()
