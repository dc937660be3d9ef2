"""Extraction tasks on embedded data: gold as outputs scores 100, slots are put together, what is wrong is one line."""

import json
import types
from pathlib import Path

import numpy as np
import pytest

from baselines.data.encoding import encode_examples
from baselines.errors import InputError
from baselines.heads.linker import TABLES
from baselines.tokenizers.tokenizer import Tokenizer
from tasks import extract, segment
from tasks.extraction import duee, duie
from tasks.extraction.triples import Slot, format_triples, merge_slots

ROOT = Path(__file__).resolve().parents[2]
MINI = ROOT / "datasets" / "mini"
FILES = {extract: "extract/train.jsonl", duie: "extraction/duie/duie_train.json", duee: "extraction/duee/duee_train.json"}


@pytest.fixture(scope="module")
def mini_tokenizer():
    return Tokenizer.from_folder(ROOT / "checkpoints" / "mini")


def one(array):
    return np.asarray(array)[None]


def linker_outputs(head, cells, length):
    counts = {"spans": head.span_labels, "heads": head.links, "tails": head.links}
    scores = {name: np.full((1, count, length, length), -3.0) for name, count in counts.items()}
    for table, label, start, end in cells:
        scores[TABLES[table]][0, label, start, end] = 3
    return scores


def half_pointer_outputs(head, target, length):
    cells = target["cells"]
    subjects = sorted({(int(first), int(last)) for first, last, *_ in cells}) or [(-1, -1)]
    logits = np.full((1, len(subjects), length, head.predicates, 2), -9.0)
    for first, last, predicate, object_first, object_last in cells:
        number = subjects.index((first, last))
        logits[0, number, object_first, predicate, 0] = logits[0, number, object_last, predicate, 1] = 9
    mask = np.ones((1, length), bool)
    return {"subjects": np.array([subjects]), "object_logits": logits.reshape(*logits.shape[:3], -1), "mask": mask}


def tagger_outputs(head, cells, length):
    return {"labels": head.batch_targets([cells], length), "mask": np.ones((1, length), bool)}


CASES = [
    (extract, {}, linker_outputs, 1.0),
    (duie, {"head": "half_pointer"}, half_pointer_outputs, 1.0),
    (duie, {"head": "gplinker"}, linker_outputs, 1.0),
    (duee, {"head": "gplinker"}, linker_outputs, 1.0),
    (duee, {"head": "crf"}, tagger_outputs, 0.98),                      # an argument of two roles has one label
]


@pytest.mark.parametrize(("module", "flags", "outputs_of", "least"), CASES)
def test_gold_as_outputs_scores_100(module, flags, outputs_of, least, mini_tokenizer):
    path = MINI / FILES[module]
    task = module.TASK.bind(module.TASK, module.Options(**flags), None, path)
    examples, predictions = list(task.read(path))[:120], []
    for example in examples:
        ((features, target),) = task.encode(example, mini_tokenizer, 64)
        outputs = outputs_of(task.head, target, len(features["token_ids"]))
        predictions.append(task.decode(example, task.head.compact(outputs, {name: one(value) for name, value in features.items()})))
    golds = [example.gold for example in examples]
    assert next(iter(task.metric(golds, predictions).values())) >= least
    assert task.head.output_kind == "extraction" and "[" not in task.head.format_prediction(predictions[0])
    assert any(golds) and all(task.facts(gold) >= task.facts(found) for gold, found in zip(golds, predictions, strict=True))
    again = module.TASK.bind(module.TASK, module.Options(**flags), task.labels, None)
    assert again.labels.names == task.labels.names and type(again.head) is type(task.head)


def test_predictions_as_cells_of_a_table():
    areas = spo({"@value": "昨天", "inArea": "云岭"}, {"@value": "时间", "inArea": "地点"})["spo_list"]
    assert format_triples(areas + spo("昨天", "时间")["spo_list"]) == "远山 –上映时间→ 昨天 (inArea 云岭); 远山 –上映时间→ 昨天"
    events = [{"event_type": "裁员", "arguments": [{"role": "裁员方", "argument": "青禾"}, {"role": "时间", "argument": "昨天"}]}]
    assert duee.format_events(events * 2) == "裁员: 裁员方 青禾, 时间 昨天; 裁员: 裁员方 青禾, 时间 昨天"


def test_slots_of_one_subject_and_predicate_are_one_object_each_with_the_nearest():
    text = "《远山》昨天在云岭上映，今天在青浦上映"
    value, area = (Slot("上映时间", "作品", kind, slot) for kind, slot in (("时间", "@value"), ("地点", "inArea")))
    found = [(value, 1, 3, 4, 6), (area, 1, 3, 7, 9), (value, 1, 3, 12, 14), (area, 1, 3, 15, 17)]
    merged = merge_slots(text, found[::-1])
    assert [each["object"] for each in merged] == [{"@value": "昨天", "inArea": "云岭"}, {"@value": "今天", "inArea": "青浦"}]
    assert merged[0]["object_type"] == {"@value": "时间", "inArea": "地点"} and merged[0]["subject"] == "远山"
    assert merge_slots(text, found[1:2]) == []                          # an object without its value
    old = Slot("导演", "作品", "人物", "")
    assert merge_slots(text, [(old, 1, 3, 4, 6)])[0]["object"] == "昨天"


def write(path, *rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def spo(thing, kind, **more):
    return {"text": "《远山》昨天上映", "spo_list": [
        {"predicate": "上映时间", "subject": "远山", "subject_type": "作品", "object": thing, "object_type": kind, **more}
    ]}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (spo({"inArea": "云岭"}, {"inArea": "地点"}), r"f.json:1, spo_list\[0\]: .* has no '@value', only inArea"),
        (spo({"@value": 3}, {"@value": "时间"}), "the slot '@value' has the text 3"),
        (spo({"@value": "昨天"}, {}), "the slot '@value' .* the type None"),
        (spo("昨天", {"@value": "时间"}), "object and object_type are"),
        (spo({"@value": "昨天"}, {"@value": "时间"}, subject=""), "subject is not a text, or is empty"),
        ({"text": "文", "event_list": []}, "expected spo_list. Received: event_list. This is DuEE"),
        ({"text": "文", "spo_list": {}}, "spo_list is not a list"),
        ({"text": "文", "spo_list": [3]}, "3 is not an object"),
    ],
)
def test_faults_of_duie_name_the_triple(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        list(duie.read(write(tmp_path / "f.json", row)))


def test_files_of_two_years_and_unknown_relations_are_refused(tmp_path):
    old, new = spo("昨天", "时间"), spo({"@value": "昨天"}, {"@value": "时间"})
    with pytest.raises(InputError, match=r"is a text \(DuIE 1.0\), that of '上映时间' has slots"):
        duie.discover(write(tmp_path / "f.json", old, new))
    task = duie.TASK.bind(duie.TASK, duie.Options(), None, write(tmp_path / "f.json", old))
    with pytest.raises(InputError, match=r"has slots \(DuIE 2.0\), in the training file it is a text \(DuIE 1.0\)"):
        encode_file(task, write(tmp_path / "g.json", new))
    with pytest.raises(InputError, match="no triples to learn from"):
        duie.discover(write(tmp_path / "f.json", {"text": "文", "spo_list": []}))


def encode_file(task, path):
    """Encodes a file; no tokenizer is needed to see what its gold has."""
    encode_examples(list(task.read(path)), task.encode, types.SimpleNamespace(prepare=list), 64, lambda examples, total: examples)


RELATION = {"predicate": "上映时间", "subject_type": "作品", "object_type": {"@value": "时间", "inArea": "地点"}}
EVENT = {"event_type": "裁员", "role_list": [{"role": "时间"}, {"role": "裁员方"}], "id": "1", "class": "组织关系"}


@pytest.mark.parametrize(
    ("triple", "message"),
    [
        (spo({"@value": "昨天"}, {"@value": "时间"}, predicate="上映"), "no predicate '上映' in .*s.json. Did you mean 上映时间"),
        (spo({"@value": "昨天"}, {"@value": "数"}), "'上映时间' is between 作品 and 时间 in .*. Received: 作品 and 数"),
        (spo({"@value": "昨天", "by": "远"}, {"@value": "时间", "by": "人"}), "has no slot 'by' in .*, only inArea, @value"),
        (spo("昨天", "时间"), r"is a text \(DuIE 1.0\), in .*s.json it has slots"),
    ],
)
def test_triples_that_the_schema_does_not_have(tmp_path, triple, message):
    schema = write(tmp_path / "s.json", RELATION)
    task = duie.TASK.bind(duie.TASK, duie.Options(schema=str(schema)), None, None)
    assert len(task.labels) == 2                                       # inArea too, which no training file has to have
    with pytest.raises(InputError, match=rf"^f.json:1: .*{message}"):
        encode_file(task, write(tmp_path / "f.json", triple))


def test_gold_that_the_own_schema_does_not_have(tmp_path):
    train = write(tmp_path / "f.jsonl", {"text": "青禾", "entities": [[0, 2, "企业"]]})
    task = extract.TASK.bind(extract.TASK, extract.Options(), None, train)
    with pytest.raises(InputError, match="g.jsonl:1: the schema has no entity type '人物'. Known: 企业. .* with --schema FILE"):
        encode_file(task, write(tmp_path / "g.jsonl", {"text": "青禾", "entities": [[0, 2, "人物"]]}))


def test_roles_that_the_schema_or_the_training_file_does_not_have(tmp_path):
    def row(kind, role):
        return {"text": "昨天", "event_list": [{"event_type": kind, "arguments": [{"role": role, "argument": "昨天"}]}]}

    schema = str(write(tmp_path / "s.json", EVENT))
    train = write(tmp_path / "f.json", row("裁员", "时间"))
    by_schema = duee.TASK.bind(duee.TASK, duee.Options(schema=schema), None, train)
    by_train = duee.TASK.bind(duee.TASK, duee.Options(), None, train)
    assert (len(by_schema.labels), len(by_train.labels)) == (2, 1)
    dev = write(tmp_path / "g.json", row("裁员", "裁员方"))
    (example,) = by_train.read(dev)                                    # it can be predicted
    with pytest.raises(InputError, match="g.json:1: '裁员' has no role '裁员方' in the training file. .* with --schema FILE"):
        encode_file(by_train, dev)
    with pytest.raises(InputError, match="no event type '裁人' in .*s.json. Known: 裁员"):
        encode_file(by_schema, write(tmp_path / "g.json", row("裁人", "时间")))


@pytest.mark.parametrize(
    ("module", "line", "message"),
    [
        (duie, RELATION | {"object_type": {"inArea": "地点"}}, "s.json:1: the object of '上映时间' has no '@value', only inArea"),
        (duie, RELATION | {"object_type": 3}, "s.json:1: object_type is 3. Give a text"),
        (duie, EVENT, "s.json:1: there is no field 'predicate'"),
        (duee, EVENT | {"role_list": "时间"}, "s.json:1, role_list: '时间' is not a list"),
        (duee, RELATION, "s.json:1: there is no field 'event_type'"),
    ],
)
def test_faults_of_a_schema_name_the_line(tmp_path, module, line, message):
    with pytest.raises(InputError, match=message):
        module.TASK.bind(module.TASK, module.Options(schema=str(write(tmp_path / "s.json", line))), None, None)


def test_faults_of_duee_name_the_argument(tmp_path):
    def row(**argument):
        return {"text": "青禾昨天裁员", "event_list": [{"event_type": "裁员", "arguments": [{"role": "时间", **argument}]}]}

    (example,) = duee.read(write(tmp_path / "f.json", row(argument="昨天", argument_start_index=5)))
    assert example.gold[0]["arguments"][0]["argument_start_index"] == 2
    with pytest.raises(InputError, match=r"f.json:1, event_list\[0\], arguments\[0\]: the argument '前天' is not in the text"):
        list(duee.read(write(tmp_path / "f.json", row(argument="前天"))))
    with pytest.raises(InputError, match="arguments is not a list"):
        list(duee.read(write(tmp_path / "f.json", {"text": "文", "event_list": [{"event_type": "裁员"}]})))
    with pytest.raises(InputError, match="expected event_list. Received: spo_list. This is DuIE"):
        list(duee.read(write(tmp_path / "f.json", {"text": "文", "spo_list": []})))


@pytest.mark.parametrize(("field", "advice"), [("spo_list", "This is DuIE"), ("event_list", "This is DuEE")])
def test_contest_files_are_no_files_of_an_own_schema(tmp_path, field, advice):
    with pytest.raises(InputError, match=f"f.json:1: expected entities, relations or events. Received: {field}. {advice}"):
        list(extract.read(write(tmp_path / "f.json", {"text": "文", field: []}), extract.Options()))


@pytest.mark.parametrize("module", [duie, duee])
def test_an_unknown_head_and_no_training_file(module):
    with pytest.raises(InputError, match="--head 'pointer' is unknown"):
        module.TASK.bind(module.TASK, module.Options(head="pointer"), None, MINI / FILES[module])
    with pytest.raises(InputError, match="--train FILE or --schema FILE is required"):
        module.TASK.bind(module.TASK, module.Options(), None, None)


def test_submissions_are_the_lines_of_the_test_file(tmp_path):
    line = duie.record(read_one(duie, tmp_path, {"text": "文", "id": 7}), [{"predicate": "p"}])
    assert line == {"text": "文", "id": 7, "spo_list": [{"predicate": "p"}]}
    events = [{"event_type": "裁员", "arguments": [{"role": "时间", "argument": "昨天", "argument_start_index": 2}]}]
    line = duee.record(read_one(duee, tmp_path, {"text": "文", "id": 7}), events)
    assert line["event_list"] == [{"event_type": "裁员", "arguments": [{"role": "时间", "argument": "昨天"}]}]


def read_one(module, folder, row):
    (example,) = module.read(write(folder / "f.json", row))
    return example


def test_a_long_text_is_cut_at_punctuation_and_comes_out_whole(tmp_path, mini_tokenizer):
    words = ["青禾", "昨天", "裁员", "，", "许知秋", "没有", "到场", "。"] * 4
    (tmp_path / "f.txt").write_text(f"{' '.join(words)}\n", encoding="utf-8")
    task = segment.TASK.bind(segment.TASK, segment.Options(), None, tmp_path / "f.txt")
    (example,) = task.read(tmp_path / "f.txt")
    rows = list(task.encode(example, mini_tokenizer, 20))
    assert len(rows) > 2 and all(len(features["token_ids"]) <= 20 for features, _ in rows)
    entities = []
    for features, cells in rows:
        outputs = tagger_outputs(task.head, cells, len(features["token_ids"]))
        entities += task.head.compact(outputs, {name: one(value) for name, value in features.items()})["entities"]
    assert task.decode(example, {"entities": entities}) == example.gold == words
    assert task.metric([example.gold], [words]) == {"f1": 1, "precision": 1, "recall": 1, "oov_recall": 1, "oov_rate": 0}
    assert task.decode(example, {"entities": []})[:3] == ["青", "禾", "昨"]
    assert (task.head.output_kind, task.head.format_prediction(["青禾", "裁员"])) == ("words", "青禾  裁员")
    assert task.head.format_prediction([["青禾", "nt"], ["裁员", "v"]]) == "青禾/nt  裁员/v"


def test_lint_names_a_mention_that_is_not_in_its_text(tmp_path):
    (example,) = duie.read(write(tmp_path / "f.json", spo({"@value": "今天"}, {"@value": "时间"})))
    assert [tuple(span) for span in duie.mentions(example)] == [(0, 0, 0, "上映时间: 今天"), (0, 1, 3, "上映时间")]
