"""Whatever JSON a file holds, a task reads it or says in one line what is wrong with it."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baselines.data.encoding import encode_examples
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.experiment.input_files import bind, data_file, each_file
from baselines.plugins import task_catalog
from baselines.tokenizers.tokenizer import Tokenizer

ODD = st.one_of(
    st.none(), st.booleans(), st.sampled_from([-1, 0, 1, 10**20, 0.5, float("nan"), float("inf")]),
    st.sampled_from(["", " ", "x", "\ud800", "有", "\0"]),
    st.sampled_from([[], {}, [[]], [None], ["x"], [1, 2], [{}], {"x": 1}, {"x": {"x": [[0, 1]]}}, [["x", "y"]], ["x", "x"]]),
)  # fmt: skip
"""Values that no field of some kind may hold."""
LINES = {
    "classify": [{"text": "菜不错", "label": "好", "id": 3}, {"text": "太贵", "label": 0}],
    "match": [{"text": "一", "text_pair": "二", "label": "0"}, {"text": "三", "text_pair": "四", "label": 1}],
    "tag": [{"text": "吴某，北京大学", "entities": [[0, 2, "NAME"], [3, 7, "ORG", "北京大学"]]}, {"text": "无", "entities": []}],
    "simbert": [{"sentence1": "一", "sentence2": "二", "label": 1}, {"sentence1": "三", "sentence2": "四", "label": 0}],
    "clue/chid": [{"id": 1, "content": "他#idiom#了", "candidates": [f"一心{c}意" for c in "甲乙丙丁戊己庚"], "answer": 4}],
    "chat": [{"messages": [{"role": "user", "content": "在吗"}, {"role": "assistant", "content": "在"}]}, ["一", "二"]],
    "seq2seq": [{"source": "一二三", "target": "一", "id": "a"}],
}
"""Further forms that a task reads than that of its embedded data."""
OPTIONS = {
    "classify": [{}, {"multilabel": True}], "match": [{}, {"score": "label", "high": 1.0}], "tag": [{}, {"inclusive": True}],
}  # fmt: skip


def cases():
    """[(task name, records, whether they are lines, options)]: of the embedded JSON data, and of LINES."""
    found = [(name, lines, True, options) for name, lines in LINES.items() for options in OPTIONS.get(name, [{}])]
    for name in task_catalog.names():
        _, task = task_catalog.find(name)
        try:
            paths = each_file({"train": data_file(name, task, "train", None, True)})
        except InputError:                                              # no embedded data: the task of another name has it
            continue
        path = next(iter(paths.values()))
        if path.suffix in (".json", ".jsonl"):
            found.append((name, *values_of(path), {}))
    return found


def values_of(path):
    """(a few records of a file as JSON values, whether the file is lines)."""
    text = path.read_text(encoding="utf-8")
    try:
        whole = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines()[:3]], True
    return whole[:3] if isinstance(whole, list) else {**whole, "data": whole["data"][:1]}, False


def places(value, outer=()):
    """Paths of all parts of a JSON value, the value itself among them."""
    yield outer
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from places(part, (*outer, key))


def put(value, place, odd):
    """A copy of a JSON value with another part at a place, or without it where `odd` is Ellipsis."""
    if not place:
        return value if odd is ... else odd
    value = copy.deepcopy(value)
    part = value
    for key in place[:-1]:
        part = part[key]
    if odd is ...:
        del part[place[-1]]
    else:
        part[place[-1]] = odd
    return value


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return Tokenizer.from_folder(tiny.checkpoint)


@pytest.mark.parametrize("name, records, is_lines, options", cases())
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_an_odd_value_is_read_or_refused_in_one_line(name, records, is_lines, options, data, tokenizer, tmp_path):
    value = put(records, data.draw(st.sampled_from(list(places(records)))), data.draw(st.one_of(st.just(...), ODD)))
    lines = value if is_lines and isinstance(value, list) else [value]
    path = tmp_path / "train.json"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    _, task = task_catalog.find(name)
    try:
        task = bind(task, task.options and task.options(**options), None, path)
        for split in ("train", "test"):
            examples, _ = read_examples(task.read, path, split, task.classes, task.source)
            encode_examples(examples, split == "train" and task.encode_train or task.encode, tokenizer, 32)
            if split == "train" and task.linting.spans:
                assert [list(task.linting.spans(example)) for example in examples]
    except InputError as error:
        assert "\n" not in str(error) and str(error)


@pytest.mark.parametrize("target", ["x", None, [], 3])
def test_wsc_names_the_line_whose_target_is_no_object(target, tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"target": target, "text": "有", "label": "true"}) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^train.json:1, target: "):
        list(task_catalog.find("clue/wsc")[1].read(path))
