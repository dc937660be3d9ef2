"""Dialogues in every format give the same rows; spaces of tokenized texts go; what is not a dialogue is told with its place."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.data.examples import read_examples
from baselines.data.readers import dialogues
from baselines.errors import InputError
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

TWO = [["吃了吗", "吃了", "吃的什么"], ["早", "早啊"]]
ROLES = ["user", "assistant"] * 2


def messages(utterances, field="content"):
    return [{"role": role, field: text} for role, text in zip(ROLES, utterances, strict=False)]


def as_lines(values):
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


FORMATS = {
    "lists.jsonl": as_lines(TWO),
    "lists.json": json.dumps(TWO, ensure_ascii=False, indent=1),
    "one_line.json": json.dumps(TWO, ensure_ascii=False),
    "messages.jsonl": as_lines({"messages": messages(dialogue)} for dialogue in TWO),
    "dialog.jsonl": as_lines({"dialog": dialogue} for dialogue in TWO),
    "of_messages.jsonl": as_lines(map(messages, TWO)),
    "objects.json": json.dumps([{"messages": messages(dialogue, "message"), "name": "x"} for dialogue in TWO]),
    "tabs.txt": "".join("\t".join(dialogue) + "\n" for dialogue in TWO) + "\n",
    "spaced.tsv": "".join("\t".join(map(" ".join, dialogue)) + "\n" for dialogue in TWO),
}


def write(folder, name, text):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_every_format(name, packed, tmp_path):
    rows = list(dialogues.read(write(tmp_path, name + packed, FORMATS[name])))
    assert [row["utterances"] for row in rows] == TWO
    assert [row["id"] for row in rows] == [1, 2] and {row["split"] for row in rows} == {None}
    assert rows[1].origin in (f"{name}{packed}:2", f"{name}{packed}: item 2")


def test_one_file_with_all_splits_gives_each_its_own(tmp_path):
    path = write(tmp_path, "LCCC.json", json.dumps({"train": TWO, "valid": TWO[:1], "test": TWO[1:]}))

    def read(path):
        for row in dialogues.read(path):
            yield Example(row["id"], tuple(row["utterances"]), "", extra={"split": row["split"]}, origin=row.origin)

    found = {split: read_examples(read, path, split)[0] for split in ("train", "dev", "test")}
    assert {split: [list(example.texts) for example in examples] for split, examples in found.items()} == {
        "train": TWO, "dev": TWO[:1], "test": TWO[1:],
    }  # fmt: skip
    assert found["dev"][0].id == "valid 1" and found["dev"][0].origin == "LCCC.json, valid: item 1"
    with pytest.raises(InputError, match="its 2 rows are of other splits"):
        read_examples(read, write(tmp_path, "train.json", json.dumps({"train": TWO})), "dev")


def test_ids_of_the_file_are_kept(tmp_path):
    path = write(tmp_path, "a.jsonl", as_lines({"id": f"d{number}", "turns": dialogue} for number, dialogue in enumerate(TWO)))
    assert [row["id"] for row in dialogues.read(path)] == ["d0", "d1"]


@pytest.mark.parametrize("text, whole", [
    ("吃 了 吗 ？", "吃了吗？"), ("好 ！", "好！"), ("真 的 瘦 了 . . . .", "真的瘦了...."), ("我 用 iPad 2", "我用iPad 2"),
    ("今天 天气", "今天 天气"), ("see you , bye", "see you , bye"), ("好", "好"), ("9 0 后 说 o k", "90后说ok"),
])
def test_spaces_between_characters(text, whole):
    assert dialogues.unspaced(text) == whole


@pytest.mark.parametrize("text, whole", [("火锅 我 在 重庆 吃 了", "火锅我在重庆吃了"), ("see you , bye", "see you,bye")])
def test_spaces_between_words(text, whole):
    assert dialogues.unspaced(text, tokenized=True) == whole


def test_messages_of_one_speaker_in_a_row_are_one_utterance(tmp_path):
    turns = [{"role": role, "content": text} for role, text in (("a", "早"), ("a", "吃了吗"), ("b", "吃了"), ("a", "好"))]
    (row,) = dialogues.read(write(tmp_path, "a.jsonl", as_lines([turns])))
    assert row["utterances"] == ["早 吃了吗", "吃了", "好"]


@given(st.text("好吗？,. ab12", max_size=15).map(str.strip))
def test_the_tokens_stay_the_same(text):
    tokenizer = Tokenizer.from_vocabulary(
        Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"好吗？,.ab12", *(f"##{one}" for one in "ab12")])
    )
    if not all(len(word) == 1 for word in text.split()):
        assert tokenizer.tokenize(dialogues.unspaced(text, tokenized=True)) == tokenizer.tokenize(text)


@pytest.mark.parametrize("name, text, parts", [
    ("a.jsonl", '["早", ""]\n', ["a.jsonl:1, utterance 2: '' is not a text, or is empty"]),
    ("a.jsonl", '["早"]\n["早", 3]\n', ["a.jsonl:2, utterance 2", "3 is not a text"]),
    ("a.jsonl", '["早"]\n[]\n', ["a.jsonl:2: [] is not a dialogue"]),
    ("a.jsonl", '["早"]\n"晚"\n', ["a.jsonl:2: '晚' is not a dialogue"]),
    ("a.jsonl", '["早"]\n["晚"\n', ["a.jsonl:2: not JSON"]),
    ("a.jsonl", '{"messages": []}\n', ["a.jsonl:1: [] is not a dialogue"]),
    ("a.jsonl", '[{"role": "a", "text": "x"}, {"role": "b", "text": "y"}, {"role": "c", "text": "z"}]', ["two speakers: a, b, c"]),
    ("a.json", '{"text": "早"}', ["a.json: no dialogues at 'text': '早'"]),
    ("a.txt", "早\t\t晚\n", ["a.txt:1, utterance 2"]),
    ("a.txt", "\n", ["is empty. It should hold a dialogue per line"]),
    ("a.jsonl", "", ["is empty"]),
    ("a.csv", "早,晚\n", ["end in .json .jsonl .txt .tsv"]),
])
def test_faults_are_told_with_their_place(name, text, parts, tmp_path):
    with pytest.raises(InputError) as raised:
        list(dialogues.read(write(tmp_path, name, text)))
    assert all(part in str(raised.value) for part in parts), raised.value
    assert "\n" not in str(raised.value)
