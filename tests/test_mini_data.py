"""The embedded data and vocabulary: written by tools/mini as they are, in the official formats, without leaks."""

import collections
import importlib.util
import itertools
import json
import pathlib

import pytest

from baselines.data.examples import read_examples
from baselines.experiment.input_files import data_file
from baselines.plugins import task_catalog
from tools.mini import collection, vocabulary
from tools.mini.app_words import CLASSES
from tools.mini.headline_words import SECTIONS
from tools.mini.idioms import CONTEXTS
from tools.mini.names import NAMES
from tools.mini.sampling import Dice, cut, distinct, fill

CLUE = collection.ROOT / "clue"
NLI = {"entailment", "neutral", "contradiction"}
PAIR = {"sentence1", "sentence2"}
VOTES = {f"label{i}" for i in range(5)}
# task: (fields of a labelled line, fields of a test line, labels)
FORMATS = {
    "tnews": (
        {"label", "label_desc", "sentence", "keywords"},
        {"id", "sentence", "keywords"},
        {"100", "101", "102", "103", "104", "106", "107", "108", "109", "110", "112", "113", "114", "115", "116"},
    ),
    "iflytek": ({"label", "label_des", "sentence"}, {"id", "sentence"}, set(CLASSES)),
    "afqmc": (PAIR | {"label"}, PAIR | {"id"}, {"0", "1"}),
    "cmnli": (PAIR | {"label"}, PAIR | {"id"}, NLI),
    "ocnli": (PAIR | VOTES | {"level", "label", "genre", "prem_id", "id"}, PAIR | {"id"}, NLI),
    "wsc": ({"target", "idx", "label", "text"}, {"target", "id", "text"}, {"true", "false"}),
    "csl": ({"id", "abst", "keyword", "label"}, {"id", "abst", "keyword"}, {"0", "1"}),
}
FILES = {task: ["train.json", "dev.json", "test.json"] for task in FORMATS}
FILES["ocnli"][0] = "train.50k.json"
FILES |= {
    "cluener": ["train.json", "dev.json", "test.json"],
    "cmrc2018": ["train.json", "dev.json", "test.json"],
    "c3": ["m-train.json", "d-train.json", "m-dev.json", "d-dev.json", "test1.0.json", "test1.1.json"],
    "chid": ["train.json", "train_answer.json", "dev.json", "dev_answer.json", "test1.0.json", "test1.1.json"],
}
FILES["tnews"].append("test1.0.json")
FILES["wsc"].append("test1.0.json")


SHAPES = {"classify": "csv", "match": "csv", "tag": "txt", "read": "json", "choose": "jsonl", "seq2seq": "jsonl", "chat": "jsonl"}
SHAPE_FILES = {f"{shape}/{split}.{suffix}" for shape, suffix in SHAPES.items() for split in ("train", "dev", "test")}
GROUPS = {f"simbert/{split}.jsonl" for split in ("train", "dev", "test")}
EXTRACTION = {f"extract/{split}.jsonl" for split in ("train", "dev", "test")}
EXTRACTION |= {f"extraction/duie/duie_{name}.json" for name in ("train", "dev", "test2", "schema")}
EXTRACTION |= {f"extraction/dureader/{split}.json" for split in ("train", "dev", "test1", "test2")}
EXTRACTION |= {f"segment/{split}.txt" for split in ("train", "dev", "test")}
FEWCLUE = {
    f"fewclue/{task}/{name}.json"
    for task in ("bustm", "chid", "cluewsc", "csl", "csldcp", "eprstmt", "iflytek", "ocnli", "tnews")
    for name in ("train_0", "dev_0", "test")
}
EXTRACTION |= {f"extraction/duee/duee_{name}.json" for name in ("train", "dev", "test1", "event_schema")}
EXTRACTION |= {f"rerank/{split}.jsonl" for split in ("train", "dev", "test")}
KNOWLEDGE = {"kgclue/Knowledge.txt", "kgclue/train.json", "kgclue/dev.json", "kgclue/test.json"}


def rows(task, name):
    return [json.loads(line) for line in (CLUE / task / name).read_text(encoding="utf-8").splitlines()]


def all_rows(task):
    return [row for name in FILES[task] for row in rows(task, name)]


def texts(row):
    """The texts of a line that a model sees, as one key."""
    return tuple(str(row[field]) for field in ("sentence", "sentence1", "sentence2", "text", "abst") if field in row)


@pytest.fixture(scope="module")
def generated():
    return collection.generate()


def test_generator_reproduces_the_committed_files(generated):
    clue = {f"clue/{task}/{name}" for task in FILES for name in FILES[task]}
    assert set(generated) == clue | SHAPE_FILES | KNOWLEDGE | GROUPS | EXTRACTION | FEWCLUE
    for path, text in generated.items():
        assert (collection.ROOT / path).read_bytes() == text.encode(), f"{path}: run python -m tools.mini"


def test_readme_has_the_checksum_of_every_file(generated):
    readme = (collection.ROOT / "README.md").read_text(encoding="utf-8")
    assert collection.with_table(readme, generated) == readme, "run python -m tools.mini"
    assert all(f"| {path} |" in readme for path in generated)


def test_everything_together_is_small():
    assert sum(path.stat().st_size for path in collection.ROOT.rglob("*") if path.is_file()) < 3_000_000


@pytest.mark.parametrize("task", FORMATS)
def test_official_fields_and_labels(task):
    labelled, unlabelled, labels = FORMATS[task]
    for name in FILES[task]:
        found = rows(task, name)
        is_test = name.startswith("test")
        assert all(set(row) == (unlabelled if is_test else labelled) for row in found), name
        if is_test:
            assert [row["id"] for row in found] == list(range(len(found)))
        else:
            assert {row["label"] for row in found} - {"-"} == labels, f"{name}: a label is unknown or never occurs"


@pytest.mark.parametrize("task", FORMATS)
def test_no_text_occurs_twice_within_or_across_files(task):
    counts = collections.Counter(texts(row) for row in all_rows(task))
    assert [key for key, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("task", FORMATS)
def test_no_class_is_rare_and_none_dominates(task):
    counts = collections.Counter(row["label"] for row in rows(task, FILES[task][0]))
    uniform = sum(counts.values()) / len(counts)
    assert min(counts.values()) > 0.5 * uniform and max(counts.values()) < 1.6 * uniform
    assert len(set(counts.values())) > 1


def test_tnews_names_belong_to_their_numbers():
    for row in rows("tnews", "train.json") + rows("tnews", "dev.json"):
        assert row["label_desc"] == SECTIONS[row["label"]]["name"]
        assert all(keyword in row["sentence"] for keyword in row["keywords"].split(","))


def test_iflytek_names_belong_to_official_numbers():
    for row in rows("iflytek", "train.json") + rows("iflytek", "dev.json"):
        assert row["label_des"] == CLASSES[row["label"]][0]
        assert 0 <= int(row["label"]) <= 118


def test_ocnli_label_is_the_vote_of_three_annotators_or_a_dash():
    undecided = 0
    for row in rows("ocnli", "dev.json"):
        label, count = collections.Counter(row[name] for name in sorted(VOTES)).most_common(1)[0]
        assert row["label"] == (label if count >= 3 else "-")
        undecided += row["label"] == "-"
    assert undecided == 5
    assert {row[name] for row in rows("ocnli", "train.50k.json") for name in VOTES} == {None}


def test_ocnli_premise_ids_tell_premises_apart():
    names = {}
    for row in rows("ocnli", "train.50k.json") + rows("ocnli", "dev.json"):
        assert names.setdefault(row["prem_id"], row["sentence1"]) == row["sentence1"]
    assert len(names) == len(set(names.values()))


def test_wsc_spans_are_where_they_say_and_apart():
    for row in all_rows("wsc"):
        text, target = row["text"], row["target"]
        spans = [(target[f"{span}_index"], target[f"{span}_text"]) for span in ("span1", "span2")]
        assert all(text.startswith(words, start) for start, words in spans), row
        (first, words), (second, _) = sorted(spans)
        assert first + len(words) <= second
        assert target["span2_text"] in {"他", "她", "它", "他们"}


def test_csl_label_tells_whether_all_keywords_are_in_the_abstract():
    for row in rows("csl", "train.json") + rows("csl", "dev.json"):
        assert len(set(row["keyword"])) == 4
        assert row["label"] == str(int(all(keyword in row["abst"] for keyword in row["keyword"])))


def examples(task, split):
    """The examples of a split or a test file, which the task's own reader has checked."""
    name, card = task_catalog.find(f"clue/{task}")
    path = data_file(name, card, split, None, demo=True)
    return read_examples(card.read, path, "test" if split.startswith("test") else split)[0]


@pytest.mark.parametrize("task, test_file, counts", [
    ("cmrc2018", "test.json", (560, 120, 56)),
    ("c3", "test1.1.json", (600, 110, 40)),
    ("chid", "test1.0.json", (240, 80, 30)),
])
def test_questions_on_texts_are_read_by_their_tasks(task, test_file, counts):
    splits = [examples(task, split) for split in ("train", "dev", test_file)]
    assert tuple(map(len, splits)) == counts
    assert all(example.gold is None for example in splits[-1])
    seen = collections.Counter(example.texts for split in splits for example in split)
    assert max(seen.values()) == 1


def test_cmrc2018_annotators_differ_now_and_then():
    golds = [example.gold for example in examples("cmrc2018", "dev")]
    assert {len(gold) for gold in golds} == {1, 2}, "equal answers count once"
    assert {len(example.gold) for example in examples("cmrc2018", "train")} == {1}


def test_c3_has_two_to_four_choices_and_no_favourite():
    found = examples("c3", "train")
    assert {len(example.texts) for example in found} == {4, 5, 6}
    places = collections.Counter(example.gold for example in found if len(example.texts) == 6)
    assert max(places.values()) < 0.33 * sum(places.values())


def test_chid_lines_have_up_to_three_blanks_and_use_every_idiom():
    found = examples("chid", "train")
    assert {len(example.gold) for example in found} == {1, 2, 3}
    answers = {example.texts[-10:][number] for example in found for number in example.gold.values()}
    assert answers == set(CONTEXTS)


def test_cluener_names_are_where_they_say_and_every_category_occurs():
    for name in ("train.json", "dev.json"):
        found = rows("cluener", name)
        assert all(set(row) == {"text", "label"} for row in found)
        assert {category for row in found for category in row["label"]} == set(NAMES)
        for row in found:
            for mentions in row["label"].values():
                assert all(row["text"][start : end + 1] == text for text, places in mentions.items() for start, end in places)
    assert [(set(row), row["id"]) for row in rows("cluener", "test.json")] == [({"id", "text"}, n) for n in range(50)]


def test_cluener_texts_differ_and_a_third_of_devs_names_are_new():
    counts = collections.Counter(row["text"] for row in all_rows("cluener"))
    assert max(counts.values()) == 1
    train, dev = (
        [(category, text) for row in rows("cluener", f"{split}.json") for category, m in row["label"].items() for text in m]
        for split in ("train", "dev")
    )
    assert sum(name not in set(train) for name in dev) > len(dev) / 3


@pytest.mark.parametrize("name, counts", [
    ("classify", (240, 60, 20)), ("match", (480, 90, 20)), ("tag", (240, 60, 20)), ("read", (360, 60, 20)),
    ("choose", (300, 60, 20)),
])
def test_files_of_the_users_shapes_are_read_by_their_tasks(name, counts):
    card = task_catalog.find(name)[1]
    paths = {split: data_file(name, card, split, None, demo=True) for split in ("train", "dev", "test")}
    card = card.bind(card, card.options(), None, paths["train"])
    splits = {split: read_examples(card.read, path, split, card.classes)[0] for split, path in paths.items()}
    assert tuple(map(len, splits.values())) == counts
    assert all(example.gold is None for example in splits["test"])
    seen = collections.Counter(example.texts for examples in splits.values() for example in examples)
    assert max(seen.values()) == 1
    if card.labels:
        names = {"classify": 6, "match": 2, "tag": 3}
        assert len(card.labels) == names[name]


def test_vocabulary_covers_every_character_of_the_data(generated):
    tokens = set((vocabulary.FOLDER / "vocab.txt").read_text(encoding="utf-8").splitlines())
    characters = set("".join(generated.values()).lower()) - set(" \t\n㵐")     # the last one is there because it has no token
    assert characters - tokens == set()


def test_vocabulary_is_ordered_as_googles():
    tokens = (vocabulary.FOLDER / "vocab.txt").read_text(encoding="utf-8").splitlines()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]", "[unused99]"]
    assert [tokens.index(token) for token in special] == [0, 100, 101, 102, 103, 1, 99]
    assert len(tokens) == len(set(tokens)) and 6000 <= len(tokens) <= 8000
    assert all(token == token.lower() for token in tokens[104:])
    assert {"##" + character for character in "abcdefghijklmnopqrstuvwxyz0123456789"} <= set(tokens)
    config = json.loads((vocabulary.FOLDER / "config.json").read_text())
    assert config["vocab_size"] == len(tokens) and config["model_type"] == "bert"


@pytest.mark.skipif(importlib.util.find_spec("jieba") is None, reason="the builder reads jieba's dictionary")
def test_vocabulary_builder_reproduces_the_committed_files():
    for (name, text), folder in itertools.product(vocabulary.generate().items(), vocabulary.FOLDERS):
        assert (folder / name).read_bytes() == text.encode(), "run python -m tools.mini.vocabulary"


def test_dice_is_the_same_everywhere():
    dice = Dice("seed")
    assert [dice.number(1, 100) for _ in range(6)] == [14, 24, 87, 29, 5, 97]
    assert sorted(dice.shuffled("abc")) == ["a", "b", "c"]


def test_fill_repeats_a_name_and_tells_numbered_names_apart():
    for seed in range(20):
        first, second, again = fill("{who1} {who2} {who1}", {"who": ["甲", "乙"]}, Dice(str(seed))).split()
        assert first == again != second


def test_distinct_says_when_the_templates_run_out():
    with pytest.raises(ValueError, match="expected 3 different rows. Received: 2"):
        distinct(iter([0, 1] * 100).__next__, 3, key=lambda row: row)


def test_cut_gives_every_file_its_share():
    assert cut(range(5), {"a": 2, "b": 3}) == {"a": [0, 1], "b": [2, 3, 4]}


def test_write_makes_the_same_files_in_an_empty_folder(tmp_path, generated):
    (tmp_path / "README.md").write_text("before\n" + collection.TABLE_START + collection.TABLE_END + "after\n")
    collection.write(tmp_path)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"README.md", *generated}
    assert pathlib.Path(tmp_path / "README.md").read_text().endswith(collection.TABLE_END + "after\n")


def test_the_knowledge_base_has_what_makes_the_official_one_hard(generated):
    """Names with and without brackets, several objects, a character without a token; and every answer is its key's first object."""
    first, counts = {}, collections.Counter()
    for line in generated["kgclue/Knowledge.txt"].splitlines():
        name, predicate, object_ = line.split("\t")
        first.setdefault((name, predicate), object_)
        counts[name, predicate] += 1
    names = {name for name, _ in first}
    assert len(counts) >= 290 and max(counts.values()) == 2
    assert {"沙田镇", "沙田镇（柳江下游的古镇）", "沙田镇（白河北岸的集镇）", "㵐水"} <= names and "许明远" not in names
    assert "㵐" not in (collection.ROOT.parents[1] / "checkpoints" / "mini" / "vocab.txt").read_text(encoding="utf-8")
    rows = {split: list(map(json.loads, generated[f"kgclue/{split}.json"].splitlines())) for split in ("train", "dev", "test")}
    for row in (*rows["train"], *rows["dev"]):
        *key, object_ = row["answer"].split(" ||| ")
        assert first[tuple(key)] == object_
    questions = [row["question"] for split in rows.values() for row in split]
    assert len(set(questions)) == len(questions) and all(set(row) == {"id", "question"} for row in rows["test"])


def test_groups_of_requests_mean_different_things(generated):
    """No text is in two groups, of one file or of two; every group has others to find."""
    texts = []
    for split in ("train", "dev", "test"):
        for line in generated[f"simbert/{split}.jsonl"].splitlines():
            row = json.loads(line)
            others = row["synonyms"] if "synonyms" in row else [row["text_pair"]]
            assert len(others) >= (2 if split != "test" else 1) and set(row) <= {"text", "synonyms", "text_pair"}
            texts += [row["text"], *others]
    assert len(texts) == len(set(texts)) > 1000
