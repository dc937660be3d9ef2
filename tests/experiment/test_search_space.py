"""space.yaml: ranges and choices, and one line for what is neither."""

import pytest

from baselines.errors import InputError
from baselines.experiment.search_space import Choice, Range, read_space
from baselines.plugins import task_catalog

TASK = task_catalog.find("clue/cluener")[1]


def read(tmp_path, text):
    path = tmp_path / "space.yaml"
    path.write_text(text, encoding="utf-8")
    return read_space(path, TASK)


def test_ranges_and_choices(tmp_path):
    space = read(tmp_path, """
learning_rate: {low: 1.0e-5, high: 1.0e-3, log: true}
epochs: {low: 2, high: 6}
batch_size: [16, 32]
strategies: [none, "fgm,ema"]
fgm.epsilon: {low: 0.1, high: 1, step: 0.1}
head: [crf, global_pointer]
""")
    assert space == {
        "learning_rate": Range(1e-5, 1e-3, log=True), "epochs": Range(2, 6, whole=True), "batch_size": Choice((16, 32)),
        "strategies": Choice(("none", "fgm,ema")), "fgm.epsilon": Range(0.1, 1, step=0.1),
        "head": Choice(("crf", "global_pointer")),
    }  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [
    ("learning_rat: [1]", "train has no option 'learning_rat' to tune. Did you mean learning_rate"),
    ("seed: [1, 2]", "train has no option 'seed' to tune"),
    ("batch_size: 16", "batch_size is 16. Write a list, or a range"),
    ("batch_size: []", "batch_size is \\[\\]. List one or more"),
    ("batch_size: [[1]]", "List one or more words or numbers"),
    ("epochs: {low: 2}", "Write a list, or a range"),
    ("epochs: {low: 2, high: 5, most: 7}", "Write a list, or a range"),
    ("learning_rate: {low: 1e-5, high: 1e-3}", "YAML reads 1e-5 as a text: write 1.0e-5"),
    ("epochs: {low: 5, high: 5}", "is no range. Put low below high"),
    ("learning_rate: {low: 0.0, high: 1.0, log: true}", "with log, low above 0"),
    ("learning_rate: {low: 0.1, high: 1.0, log: true, step: 0.1}", "with log, low above 0 and no step"),
    ("{}", "no options to tune"),
])  # fmt: skip
def test_what_is_no_space(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)
