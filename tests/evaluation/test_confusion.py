"""The confusion matrix: counts, text for few and for many classes, and a picture of a size that can be read."""

import numpy as np
import pytest
from matplotlib import image

from baselines.evaluation import confusion


def test_rows_are_gold_and_columns_predicted():
    matrix = confusion.confusion_matrix(["a", "a", "b", "a"], ["a", "b", "b", "b"], ("a", "b", "c"))
    assert matrix.tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]


def test_few_classes_are_printed_in_full():
    text = confusion.confusion_text(np.array([[1, 2], [0, 0]]), ("天气", "no"))
    assert text == (
        "gold \\ predicted  天气  no  recall\n"
        "            天气  1     2   33.3%\n"
        "              no  .     .   -\n"
    )


def test_many_classes_are_printed_with_what_they_are_taken_for():
    names = [str(number) for number in range(119)]
    matrix = np.diag(np.full(119, 3))
    matrix[7, [1, 2, 3, 4]] = [1, 4, 2, 1]
    lines = confusion.confusion_text(matrix, names).splitlines()
    assert len(lines) == 120
    assert lines[8].split(maxsplit=3) == ["7", "11", "27.3%", "2 (4), 3 (2), 1 (1)"]
    assert lines[9].split(maxsplit=3) == ["8", "3", "100.0%"]


def test_the_table_of_thousands_of_classes_needs_no_matrix():
    """A matrix and picture of 1,200 classes took 18 GB."""
    names = [str(number) for number in range(20_000)]
    golds, found = ["7"] * 4 + ["9"] * 2, ["7", "12", "3", "3", "9", "9"]
    lines = confusion.class_table(confusion.pair_counts(golds, found), names).splitlines()
    assert len(lines) == 20_001 and lines[8].split(maxsplit=3) == ["7", "4", "25.0%", "3 (2), 12 (1)"]
    few = confusion.confusion_matrix(golds, found, names[:119])
    assert confusion.confusion_text(few, names[:119]).splitlines()[8].split() == lines[8].split()


@pytest.mark.parametrize("names, least_pixels", [(("天气", "体育", "b"), 600), ([str(i) for i in range(119)], 2400)])
def test_the_picture_grows_with_the_classes(tmp_path, names, least_pixels):
    path = tmp_path / "confusion.png"
    confusion.draw_confusion(path, np.eye(len(names), dtype=int), names)
    assert image.imread(path).shape[0] >= least_pixels
    assert [entry.name for entry in tmp_path.iterdir()] == ["confusion.png"]


def test_names_that_no_font_can_draw_become_ids():
    assert confusion.drawn_names(("天气", "体育"), None) == ["0", "1"]
    assert confusion.drawn_names(("天气", "体育"), "SimHei") == ["天气", "体育"]
    assert confusion.drawn_names(("weather", "sport"), None) == ["weather", "sport"]
