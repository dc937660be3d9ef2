"""Whatever happens to a valid file of any format, its loader gives examples or one line that says what is wrong."""

import dataclasses
import functools
import gzip
import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baselines.corpus.record_files import RecordFiles
from baselines.data import word_list
from baselines.data.examples import read_examples
from baselines.data.packed.text_corpus import TextCorpus
from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.plugins import task_catalog

TEXT = "许知秋在南屏大学教书"
SPANS = [(0, 3, "NAME"), (4, 8, "ORG")]


find = functools.cache(task_catalog.find)


def as_task(name, **options):
    """A loader: the training file of a task, bound to it as `train` does, and the spans of its gold."""

    def load(path):
        task = find(name)[1]
        if task.bind:
            task = task.bind(task, task.options(**options) if task.options else None, None, path)
        for example in read_examples(task.read, path, "train", task.classes)[0]:
            if task.linting.spans:
                list(task.linting.spans(example))

    return load


def as_records(path):
    files = RecordFiles([path, path])
    names = files.text_fields("text")
    for record in files:
        record.text(names)


def as_corpus(path):
    for documents in (False, True):
        list(TextCorpus((path,), documents=documents).paragraphs())


def lines(*values):
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


@dataclasses.dataclass(frozen=True)
class Format:
    """A valid file, by its name, and what reads it."""

    name: str
    text: str
    load: Callable


SQUAD = {"data": [{"paragraphs": [{"context": TEXT, "qas": [
    {"id": "1", "question": "谁", "answers": [{"text": "许知秋", "answer_start": 0}]},
    {"id": "2", "question": "哪", "answers": []},
]}]}]}  # fmt: skip
C3 = [[["男：来了。"], [{"question": "谁？", "choice": ["甲", "乙"], "answer": "乙"}], "1"]]
LCCC = {"train": [["吃 了", "吃 了"], ["早", "早"]], "valid": [["早", "早"]]}
MESSAGES = {"messages": [{"role": "a", "content": "早"}, {"role": "b", "content": "早 啊"}]}
CHOICES = {"passage": "甲", "question": "谁", "choices": ["一", "二"], "answer": 1}
DOCCANO = {"id": 0, "text": TEXT, "entities": [{"label": c, "start_offset": a, "end_offset": b} for a, b, c in SPANS]}
STUDIO = [{"data": {"text": TEXT}, "annotations": [{"result": [
    {"type": "labels", "value": {"start": a, "end": b, "text": TEXT[a:b], "labels": [c]}} for a, b, c in SPANS]}]}]
ROWS = lines({"text": "一", "label": "好", "id": 1}, {"text": "二", "label": "坏", "id": 2}, {"text": "三", "label": 1.5, "id": 3})
FORMATS = {
    "csv": Format("a.csv", '"text",label,,\n"高铁,晚点",交通,,\n"他说""好""",餐饮,,\n', as_task("classify")),
    "csv of pandas": Format("a.csv", ",text,label\n0,汤很鲜,餐饮\n1,高铁,交通\n", as_task("classify")),
    "tsv": Format("a.tsv", 'text\tlabel\n一\t0\n"a""b"\t1\n', as_task("classify")),
    "JSON lines": Format("a.jsonl", ROWS, as_task("classify")),
    "JSON": Format("a.json", json.dumps([json.loads(row) for row in ROWS.splitlines()], indent=1), as_task("classify")),
    "sets of labels": Format("a.jsonl", lines({"text": "一", "label": ["a", "b"]}, {"text": "二", "label": "a|c"}),
                             as_task("classify", multilabel=True)),
    "scores": Format("a.jsonl", lines({"text": "一", "text_pair": "二", "score": 0.5}), as_task("match", score="score")),
    "CoNLL": Format("a.txt", "许\tB-NAME\n知\tI-NAME\n \tO\n\n甲 O\n", as_task("tag")),
    "CoNLL with suffixes": Format("a.bmes", "许 NAME-B\n知 NAME-E\n\n甲 O\n", as_task("tag", repair_tags=True)),
    "SQuAD": Format("a.json", json.dumps(SQUAD, ensure_ascii=False), as_task("read")),
    "dialogues": Format("a.jsonl", lines(["吃了吗", "吃了"], ["早", "早啊"]), as_task("chat")),
    "messages": Format("a.jsonl", lines(MESSAGES), as_task("chat")),
    "dialogues with tabs": Format("a.txt", "吃了吗\t吃了\n早\t早 啊\n", as_task("chat")),
    "LCCC": Format("a.json", json.dumps(LCCC), as_task("chat/lccc")),
    "C3": Format("a.json", json.dumps(C3), as_task("clue/c3")),
    "ChID": Format("train.json", lines({"id": 1, "candidates": list("甲乙丙丁戊己庚"), "content": "他#idiom#了", "answer": 4}),
                   as_task("clue/chid")),
    "doccano": Format("a.jsonl", lines(DOCCANO, {"text": TEXT, "label": SPANS}), as_task("tag")),
    "Label Studio": Format("a.json", json.dumps(STUDIO, ensure_ascii=False), as_task("tag")),
    "CLUENER": Format("a.jsonl", lines({"text": TEXT, "label": {"name": {"许知秋": [[0, 2]]}}}), as_task("clue/cluener")),
    "choices": Format("a.jsonl", lines(CHOICES), as_task("choose")),
    "pairs": Format("a.jsonl", lines({"source": "甲", "target": "乙"}), as_task("seq2seq")),
    "WSC": Format("a.json", lines({"text": "甲说它好", "label": "true", "target": {
        "span1_text": "甲", "span1_index": 0, "span2_text": "它", "span2_index": 2}}), as_task("clue/wsc")),
    "keywords": Format("a.json", lines({"id": 1, "abst": "甲", "keyword": ["甲", "乙"], "label": "0"}), as_task("clue/csl")),
    "groups": Format("a.json", lines({"text": "甲", "synonyms": ["乙", "丙"]}), as_task("simbert")),
    "records": Format("a.jsonl", ROWS, as_records),
    "records of csv": Format("a.csv", 'text,label\n"一，""二""\n三",x\n四,y\n', as_records),
    "corpus": Format("a.txt", "今天好。\n\n明天！\n", as_corpus),
    "corpus in JSON": Format("a.jsonl", ROWS, as_corpus),
    "texts": Format("a.jsonl", ROWS, lambda path: Source(str(path)).survey()),
    "words": Format("a.txt", "表情包\t1032\n东西\t20\n", word_list.read),
}  # fmt: skip

PIECES = [*(sign.encode() for sign in '"\t\n\r ,[]{}:\\\0\u3000\u2028\u200b\ufeff'), b"\xff", b"NaN", b"Infinity", b"1e999",
          b"null", b"-1", b"99999999999999999999", b"\\ud83d", b"9" * 5000, b"[" * 5000]  # fmt: skip
VALUES = [None, True, -1, 1.5, float("nan"), float("inf"), 10**30, "", " ", "许知秋", [], {}, [[]], [None], ["x", "x"], {"a": 1},
          {"text": None}, [[0, 1]], {"x": {"y": [[0, 0]]}}]  # fmt: skip
PLACES = st.integers(0, 1 << 16)
CUTS = st.lists(st.tuples(PLACES, st.integers(0, 12), st.sampled_from([b"", *PIECES])), min_size=1, max_size=3)
SWAPS = st.lists(st.tuples(PLACES, st.sampled_from(VALUES)), min_size=1, max_size=2)


def cut(raw, cuts):
    """Some bytes of a file replaced by others."""
    for place, length, piece in cuts:
        start = place % (len(raw) + 1)
        raw = raw[:start] + piece + raw[start + length :]
    return raw


def swap(text, swaps):
    """Some values of a file of JSON replaced by others: each a number of a value and what comes in its place.

    What other tasks make of odd values: tests/tasks/test_any_json.py.
    """
    for number, value in swaps:
        is_lines = "\n" in text.strip() and not text.startswith("[\n")
        root = [[json.loads(row) for row in text.splitlines()]] if is_lines else [json.loads(text)]
        places = list(walk(root))[is_lines:]
        container, key = places[number % len(places)]
        container[key] = value
        text = lines(*root[0]) if is_lines else json.dumps(root[0], ensure_ascii=False)
    return text


def walk(container):
    """Yields (container, key) of every value."""
    for key, value in container.items() if isinstance(container, dict) else enumerate(container):
        yield container, key
        if isinstance(value, dict | list):
            yield from walk(value)


def gives_examples_or_one_line(format, folder, raw, packed=""):
    path = folder / f"{format.name}{packed}"
    path.write_bytes(raw)
    try:
        format.load(path)
    except InputError as error:
        assert str(error) and "\n" not in str(error)


@pytest.mark.parametrize("name", FORMATS)
def test_the_valid_file_is_read(name, tmp_path):
    path = tmp_path / FORMATS[name].name
    path.write_text(FORMATS[name].text, encoding="utf-8", newline="")
    FORMATS[name].load(path)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=CUTS, packed=st.booleans(), damage=st.none() | CUTS)
def test_any_bytes(name, tmp_path, cuts, packed, damage):
    raw = cut(FORMATS[name].text.encode(), cuts)
    if packed:
        raw = gzip.compress(raw, mtime=0)
        raw = cut(raw, damage) if damage else raw
    gives_examples_or_one_line(FORMATS[name], tmp_path, raw, ".gz" if packed else "")


@pytest.mark.parametrize("name", ["doccano", "Label Studio", "CLUENER", "LCCC", "messages", "records", "corpus in JSON", "texts"])
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(swaps=SWAPS)
def test_any_values_of_json(name, tmp_path, swaps):
    gives_examples_or_one_line(FORMATS[name], tmp_path, swap(FORMATS[name].text, swaps).encode())
