"""Pairs of the user's own files and CSL's: formats, fields, prompts that training sees, and what is refused."""

import json

import pytest

from baselines import losses
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.plugins import task_catalog
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

PAIRS = [("本报讯,昨日降雪", "降雪"), ("今日\"放晴\"", "放晴")]


def write(path, fields, rows=PAIRS):
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(dict(zip(fields, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        quoted = [fields, *(['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows)]
        text = "".join(mark.join(row) + "\n" for row in quoted)
    path.write_text(text, encoding="utf-8")
    return path


def bind(name="seq2seq", **flags):
    task = task_catalog.find(name)[1]
    return task.bind(task, task.options(**flags), None, None) if task.bind else task


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".tsv"])
def test_every_format_and_other_names_of_fields(suffix, tmp_path):
    task = bind(source="abstract", target="title")
    examples, _ = read_examples(task.read, write(tmp_path / f"a{suffix}", ["abstract", "title"]), "train")
    assert [(*example.texts, example.gold) for example in examples] == PAIRS
    characters = sorted({character for pair in PAIRS for text in pair for character in text})
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters]))
    for example in examples:
        ((features, targets),) = task.encode(example, tokenizer, 64)
        prompt = task.generation.prompt(example, tokenizer, 64)
        assert features["token_ids"][: len(prompt.token_ids)].tolist() == prompt.token_ids.tolist()
        written = [token for token in targets if token >= 0]
        assert tokenizer.decode(written[:-1]) == example.gold and written[-1] == tokenizer.vocabulary.sep_id
    golds = [example.gold for example in examples]
    scores = task.metric(golds, golds)
    assert next(iter(scores)) == "rouge_l" and scores["rouge_l"] == scores["word_rouge_l"] == scores["exact"] == 1.0


def test_files_to_predict_need_no_target(tmp_path):
    path = write(tmp_path / "a.jsonl", ["source"], [("今日放晴",)])
    examples, _ = read_examples(bind().read, path, "test")
    assert examples[0].gold is None
    with pytest.raises(InputError, match="a.jsonl:1: no gold answer"):
        read_examples(bind().read, path, "train")


@pytest.mark.parametrize("row, name", [(("", "降雪"), "source"), (("降雪", " "), "target")])
def test_empty_texts_are_refused_with_their_line(row, name, tmp_path):
    with pytest.raises(InputError, match=f"a.jsonl:3: {name} is not a text"):
        list(bind().read(write(tmp_path / "a.jsonl", ["source", "target"], [*PAIRS, row])))


def test_an_unknown_field_names_its_flag(tmp_path):
    with pytest.raises(InputError, match="--source"):
        list(bind(source="text").read(write(tmp_path / "a.jsonl", ["source", "target"])))


@pytest.mark.parametrize("name", ["seq2seq", "seq2seq/csl_title", "chat", "chat/lccc"])
def test_every_loss_of_a_token_may_be_chosen(name):
    task = task_catalog.find(name)[1]
    assert {"emo", "focal", "label_smoothing"} <= set(losses.compatible_losses(task.loss, has_table=bool(task.head.token_table)))


def test_csl_in_both_published_formats(tmp_path):
    task = bind("seq2seq/csl_title")
    lines = tmp_path / "dev.tsv"
    lines.write_text("".join(f"to title\t{source}\t{target}\n" for source, target in PAIRS), encoding="utf-8")
    objects = write(tmp_path / "dev.jsonl", ["id", "abst", "title"], [(10 + n, *pair) for n, pair in enumerate(PAIRS)])
    for path, ids in ((lines, [1, 2]), (objects, [10, 11])):
        found = list(task.read(path))
        assert [(*example.texts, example.gold) for example in found] == PAIRS and [example.id for example in found] == ids
