"""SimBERT: files in every form, what is drawn of them, a run that learns, finds and writes, and what is refused."""

import json
import signal

import numpy as np
import pytest
from conftest import TITLES, write_lines
from run_process import Process

from baselines.cli.main import main
from baselines.data.batching import Batches
from baselines.data.encoding import encode_examples
from baselines.data.examples import read_examples
from baselines.data.sampled_batches import SampledBatches
from baselines.errors import InputError
from baselines.plugins import task_catalog
from baselines.tokenizers.tokenizer import Tokenizer

GROUPS = [{"text": first, "synonyms": rest} for first, *rest in (titles[i : i + 3] for titles in TITLES.values() for i in (0, 3))]
TWO = enumerate(zip(TITLES["103"], TITLES["109"], strict=True))
PAIRS = [{"sentence1": one, "sentence2": other, "label": number % 2} for number, (one, other) in TWO]


def bind(**flags):
    task = task_catalog.find("simbert")[1]
    return task.bind(task, task.options(**flags), None, None)


def told(function, *arguments, **flags):
    with pytest.raises(InputError) as raised:
        function(*arguments, **flags)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def examples_of(path, split="dev", **flags):
    return read_examples(bind(**flags).read, path, split)[0]


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return Tokenizer.from_folder(tiny.checkpoint)


def drawn(task, examples, tokenizer, seed=1, epoch=0, batch_size=4, max_length=32):
    rows = encode_examples(examples, task.encode_train, tokenizer, max_length)
    make = lambda encoded, rng: task.sampling.draw(encoded, tokenizer, max_length, rng)  # noqa: E731
    batches = lambda rows: Batches(rows, batch_size, max_length, task.head.batch_targets)  # noqa: E731
    return SampledBatches(rows, make, task.sampling.rows_per_example, batch_size, batches), rows


def test_rows_of_a_pair_are_partners_both_ways(tmp_path, tokenizer):
    task, examples = bind(), examples_of(write_lines(tmp_path / "a.jsonl", GROUPS))
    batches, _ = drawn(task, examples, tokenizer)
    assert (len(batches), batches.updates_per_epoch(2)) == (3, 2)
    texts = {text for example in examples for text in example.texts}
    for batch in (batch for group in batches.updates(1, 0) for batch in group):
        np.testing.assert_array_equal(batch["targets"]["partner"], [1, -1, 1, -1])
        np.testing.assert_array_equal(batch["weights"], 1)
        for one, other in ((0, 1), (2, 3)):
            pieces = []
            for row in (one, other):
                ids, segments = batch["features"]["token_ids"][row], batch["features"]["segment_ids"][row]
                ends = np.flatnonzero(ids == tokenizer.vocabulary.sep_id)
                assert ids[0] == tokenizer.vocabulary.cls_id and len(ends) == 2
                np.testing.assert_array_equal(np.flatnonzero(segments), np.arange(ends[0] + 1, ends[1] + 1))
                pieces.append((ids[1 : ends[0]].tolist(), ids[ends[0] + 1 : ends[1]].tolist()))
                learnt = batch["targets"]["next"][row]
                np.testing.assert_array_equal(learnt[ends[0] : ends[1]], ids[ends[0] + 1 : ends[1] + 1])
                assert np.sum(learnt >= 0) == ends[1] - ends[0]
            assert pieces[0] == pieces[1][::-1] and pieces[0][0] != pieces[0][1]
            assert {tokenizer.decode(piece).replace(" ", "") for piece in pieces[0]} <= texts


def test_draws_are_new_in_each_epoch_and_the_same_again(tmp_path, tokenizer):
    task, examples = bind(), examples_of(write_lines(tmp_path / "a.jsonl", GROUPS))
    batches, rows = drawn(task, examples, tokenizer)

    def ids(seed, epoch, skip=0):
        return [batch["features"]["token_ids"].tolist() for group in batches.updates(seed, epoch, 1, skip) for batch in group]

    assert ids(1, 0) == ids(1, 0) and ids(1, 0)[1:] == ids(1, 0, skip=1)
    assert ids(1, 0) != ids(1, 1) and ids(1, 0) != ids(2, 0)
    pairs = {str(batch) for epoch in range(12) for batch in ids(1, epoch)}
    assert len(pairs) > 12
    named = [number for group in batches.rows_of_updates(1, 0) for numbers in group for number in numbers]
    assert sorted(rows.example[named]) == list(range(6))
    ((_, first), *_) = batches.in_turn()
    assert first["features"]["token_ids"].shape[0] == 4


def test_a_last_batch_is_filled_up_with_rows_without_weight(tmp_path, tokenizer):
    task, examples = bind(), examples_of(write_lines(tmp_path / "a.jsonl", GROUPS))
    batches, _ = drawn(task, examples, tokenizer, batch_size=8)
    weights = [batch["weights"].tolist() for group in batches.updates(1, 0) for batch in group]
    assert sorted(weights) == [[1, 1, 1, 1, 0, 0, 0, 0], [1] * 8]


@pytest.mark.parametrize("objective, rows, marks", [
    ("simcse", [{"text": t} for t in TITLES["103"]], {"partner": [1, -1] * 2}),
    ("cosent", PAIRS, {"partner": [1, -1] * 2, "score": [0, 0, 1, 1]}), ("supcon", PAIRS, {"partner": [1, -1] * 2}),
    ("supcon", GROUPS, {"partner": [1, -1] * 2}),
])  # fmt: skip
def test_other_objectives_have_no_target_text(tmp_path, tokenizer, objective, rows, marks):
    task, examples = bind(objective=objective), examples_of(write_lines(tmp_path / "a.jsonl", rows), objective=objective)
    batches, _ = drawn(task, examples, tokenizer)
    batch = batches.collate(np.array([0, 1]), 1, 0)
    assert "next" not in batch["targets"] and not batch["features"]["segment_ids"].any() and task.generation is None
    for name, values in marks.items():
        np.testing.assert_array_equal(batch["targets"][name], values)
    ids, text = batch["features"]["token_ids"], batch["targets"]["text"]
    same = (ids[0] == ids[1]).all()
    assert same == (objective == "simcse") == (text[0] == text[1])
    if objective == "supcon":
        classes = batch["targets"]["class"]
        assert classes.dtype == np.int32 and classes[2] == classes[3] != classes[0]
        assert (classes[0] == classes[1]) == (rows is GROUPS)           # the first pair is labelled 0


def test_negatives_are_a_third_row(tmp_path, tokenizer):
    rows = [{**group, "wrong": ["夜市小吃排行榜"]} for group in GROUPS[:4]]
    task = bind(negative="wrong")
    batches, _ = drawn(task, examples_of(write_lines(tmp_path / "a.jsonl", rows), negative="wrong"), tokenizer, batch_size=6)
    batch = batches.collate(np.array([0, 1]), 1, 0)
    np.testing.assert_array_equal(batch["targets"]["partner"], [1, -1, 0] * 2)
    assert tokenizer.decode(batch["features"]["token_ids"][2]).replace(" ", "") == "夜市小吃排行榜"
    assert (batch["targets"]["next"][2] == -1).all()
    examples = examples_of(write_lines(tmp_path / "b.jsonl", GROUPS), negative="wrong")
    assert "b.jsonl:1: no text in the column of --negative" in told(drawn, task, examples, tokenizer)


def test_masks_of_the_source_leave_the_target_alone(tmp_path, tokenizer):
    task, examples = bind(source_masks=1.0), examples_of(write_lines(tmp_path / "a.jsonl", GROUPS))
    batch = drawn(task, examples, tokenizer)[0].collate(np.array([0]), 1, 0)
    ids, segments = batch["features"]["token_ids"][0], batch["features"]["segment_ids"][0]
    assert set(ids[1 : np.argmax(segments) - 1]) == {tokenizer.vocabulary.mask_id}
    assert tokenizer.vocabulary.mask_id not in ids[segments == 1]


def test_groups_of_one_are_counted_and_left_out(tmp_path, tokenizer):
    rows = [*GROUPS[:2], {"text": "一", "synonyms": []}, {"text": "古镇", "synonyms": ["古镇", "古镇"]}]
    task, examples = bind(), examples_of(write_lines(tmp_path / "a.jsonl", rows))
    assert [example.gold for example in examples[2:]] == [(), ()]
    encoded = drawn(task, examples, tokenizer)[1]
    assert task.head.remark(examples, encoded).startswith("2 of 4 examples give no row")
    pairs = examples_of(write_lines(tmp_path / "b.jsonl", PAIRS))
    assert task.head.remark(pairs, drawn(task, pairs, tokenizer)[1]).startswith("3 of 6")
    alone = examples_of(write_lines(tmp_path / "c.jsonl", rows[2:]))
    assert "the file has no example to draw rows from" in told(drawn, task, alone, tokenizer)


@pytest.mark.parametrize("name, text, gold", [
    ("a.csv", "text,text_pair,score\n一,二,3.5\n", 3.5), ("a.tsv", "sentence1\tsentence2\tlabel\n一\t二\t1\n", 1),
    ("a.txt", "一\t二\t0\n", 0), ("a.txt", "一\n二\n", ()), ("a.jsonl", '{"text": "一", "synonyms": ["二", "二"]}\n', ("二",)),
    ("a.jsonl", '{"text": "一", "text_pair": "二"}\n', ("二",)), ("a.jsonl", '{"query": "一", "title": "二"}\n', ("二",)),
])  # fmt: skip
def test_forms_of_files(tmp_path, name, text, gold):
    (tmp_path / name).write_text(text, encoding="utf-8")
    flags = {"text": "query", "text_pair": "title"} if "query" in text else {}
    if "\t二\t0" in text:
        flags = {"columns": ("text", "text_pair", "label")}
    first = examples_of(tmp_path / name, **flags)[0]
    assert first.gold == gold and type(first.gold) is type(gold) and first.texts == (("一",) if gold == () else ("一", "二"))


@pytest.mark.parametrize("row, message", [
    ({"text": "一", "synonyms": "二"}, "a.jsonl:2: synonyms is "),
    ({"text": "一", "synonyms": ["二", " "]}, "a.jsonl:2: synonyms is "),
    ({"text": " ", "synonyms": ["二"]}, "a.jsonl:2: text is not a text, or is empty"),
])  # fmt: skip
def test_bad_groups(tmp_path, row, message):
    assert told(examples_of, write_lines(tmp_path / "a.jsonl", [GROUPS[0], row])).startswith(message)


@pytest.mark.parametrize("row, flags, message", [
    ({"text": "一", "text_pair": "二", "label": 2}, {}, "label is "),
    ({"text": "一", "text_pair": "", "label": 1}, {}, "text_pair is not a text, or is empty"),
    ({"text": "一", "text_pair": "二", "score": "nan"}, {}, "score is 'nan'. Write a number"),
    ({"text": "一", "text_pair": "二"}, {"label": "same"}, "no gold answer"),
    ({"text": "一", "label": 1}, {"text_pair": "other"}, "there is no column 'other' for --text_pair"),
    ({"title": "一", "text_pair": "二"}, {}, "there is no field 'text'"),
])  # fmt: skip
def test_bad_pairs(tmp_path, row, flags, message):
    assert message in told(examples_of, write_lines(tmp_path / "a.jsonl", [row]), **flags)


@pytest.mark.parametrize("objective, rows, message", [
    ("cosent", GROUPS, "a.jsonl:1: no label or score, by which --objective cosent orders pairs."),
    ("simbert", [{"text": "一", "text_pair": "二", "score": 1.5}], "not from the score 1.5."),
    ("supcon", [{"text": "一", "text_pair": "二", "score": 1.5}], "not from the score 1.5."),
])  # fmt: skip
def test_objectives_without_what_they_learn_from(tmp_path, tokenizer, objective, rows, message):
    task = bind(objective=objective)
    examples = examples_of(write_lines(tmp_path / "a.jsonl", rows), objective=objective)
    assert message in told(drawn, task, examples, tokenizer)


@pytest.mark.parametrize("flags, message", [
    ({"objective": "simcee"}, "--objective simcee is unknown. Choose one of simbert, simcse, cosent, supcon."),
    ({"pooling": "max"}, "--pooling max is unknown. Choose one of first, mean."),
    ({"scale": -1.0}, "--scale is -1.0. Give a number of 0 or more."),
    ({"source_masks": 1.5}, "--source_masks is 1.5. Give a number from 0 to 1."),
    ({"objective": "simcse", "generation_weight": 1.0}, "--generation_weight: --objective simcse does not generate."),
    ({"objective": "cosent", "negative": "n"}, "--negative: --objective cosent does not use hard negatives."),
    ({"similarity_weight": 0.0, "generation_weight": 0.0}, "--similarity_weight 0 leaves no loss to minimize"),
])  # fmt: skip
def test_flags_that_cannot_be(flags, message):
    assert told(bind, **flags).startswith(message)


def vectors_of(task, examples):
    """Outputs that are right: equal vectors for texts that mean the same, others at right angles."""
    axes = np.eye(2 * len(examples))
    return {
        example.id: np.array([axes[2 * n + (i and example.gold == 0)] for i in range(len(example.texts))])
        for n, example in enumerate(examples)
    }


@pytest.mark.parametrize("rows", [GROUPS, PAIRS])
def test_round_trip(tmp_path, tokenizer, rows):
    task, examples = bind(), examples_of(write_lines(tmp_path / "a.jsonl", rows))
    assert [len(list(task.encode(example, tokenizer, 32))) for example in examples] == [len(e.texts) for e in examples]
    vectors = vectors_of(task, examples)
    found = {example.id: task.decode(example, {"embedding": vectors[example.id]}) for example in examples}
    predict = lambda examples, encode, decode: {e.id: decode(e, {"embedding": vectors[e.id]}) for e in examples}  # noqa: E731
    scores = task.metric([e.gold for e in examples], list(found.values())) | task.reference_score(examples, None, found, predict)
    if rows is GROUPS:
        assert scores == {"mrr": 1.0, "recall_1": 1.0, "recall_5": 1.0, "recall_10": 1.0} and found[1] == [1.0, 1.0]
    else:
        assert scores == pytest.approx({"spearman": 1.0, "accuracy": 1.0, "f1": 1.0, "threshold": 0.5}) and found[1] == 0.0


def test_a_threshold_is_given_or_tuned_on_another_file(tmp_path):
    examples = examples_of(write_lines(tmp_path / "a.jsonl", PAIRS))
    golds, cosines = [example.gold for example in examples], [0.1, 0.9, 0.7, 0.8, 0.2, 0.6]
    assert bind(threshold=0.65).metric(golds, cosines) | {"spearman": 0} == pytest.approx(
        {"spearman": 0, "accuracy": 4 / 6, "f1": 4 / 6, "threshold": 0.65}
    )
    other = [{"text": "一", "text_pair": "二", "label": 0}, {"text": "三", "text_pair": "四", "label": 1}]
    other = write_lines(tmp_path / "b.jsonl", other)
    task = bind(tune=str(other))
    assert set(task.metric(golds, cosines)) == {"spearman"}
    predict = lambda examples, encode, decode: {1: 0.3, 2: 0.8}  # noqa: E731
    found = task.reference_score(examples, None, dict(zip([e.id for e in examples], cosines, strict=True)), predict)
    assert found == pytest.approx({"accuracy": 5 / 6, "f1": 6 / 7, "threshold": 0.55})
    same = bind(tune=str(tmp_path / "a.jsonl"))
    assert "some of its pairs are also in the scored file" in told(same.reference_score, examples, None, {}, predict)


@pytest.mark.keras
def test_a_run_learns_finds_and_writes(tiny, tmp_path, capsys):
    train, dev = write_lines(tmp_path / "train.jsonl", GROUPS), write_lines(tmp_path / "dev.jsonl", PAIRS)
    flags = {"max_length": 32, "batch_size": 4, "paraphrases": 0, "output": tmp_path / "run", "quiet": True}
    words = tiny.flags(train=train, dev=dev, **flags)
    assert main(["train", "simbert", *words]) == 0
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    scores = [line for line in lines if line["split"] == "dev"]
    assert len(scores) == 2 and list(scores[0])[3] == "spearman" and {"accuracy", "f1", "threshold"} <= set(scores[0])
    words = ["--run", str(tmp_path / "run"), "--dev", str(train), "--quiet", "--paraphrases", "2"]
    assert main(["evaluate", "simbert", *words]) == 0
    assert {"mrr", "recall_10", "self_bleu", "distinct_1"} <= set(capsys.readouterr().out.split())
    assert main(["predict", "simbert", "--run", str(tmp_path / "run"), "古镇周末游人如织", "古镇周末游人如织"]) == 0
    assert '"prediction": 1.0' in capsys.readouterr().out


def test_a_killed_run_draws_and_learns_what_it_would_have(tiny, tmp_path, graphs_of_a_process):
    train, dev = write_lines(tmp_path / "train.jsonl", GROUPS * 2), write_lines(tmp_path / "dev.jsonl", PAIRS)
    flags = {"max_length": 32, "batch_size": 4, "paraphrases": 0, "quiet": True, "accumulate": 2, "gradient_cache": True}
    words = tiny.flags(train=train, dev=dev, epochs=4, save_minutes=0, **flags)
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert main(["train", "simbert", *words, "--output", str(undisturbed)]) == 0
    code, _ = Process("train", "simbert", *words, "--output", killed).stop(killed, 6, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert main(["train", "--resume", str(killed)]) == 0
    assert (killed / "metrics.jsonl").read_text() == (undisturbed / "metrics.jsonl").read_text()
    assert (killed / "best/model.safetensors").read_bytes() == (undisturbed / "best/model.safetensors").read_bytes()


def test_lint_reads_groups_and_pairs(tiny, tmp_path, capsys):
    train, dev = write_lines(tmp_path / "train.jsonl", GROUPS), write_lines(tmp_path / "dev.jsonl", PAIRS)
    words = ["--train", str(train), "--dev", str(dev), "--init", str(tiny.checkpoint), "--output", str(tmp_path / "lint")]
    assert main(["lint", "simbert", *words, "--quiet"]) in (0, 1)
    report = json.loads((tmp_path / "lint" / "report.json").read_text(encoding="utf-8"))
    assert report["classes"] == {"dev": {"0": 3, "1": 3}} and "simbert: " in capsys.readouterr().out


def test_simcse_needs_dropout(tiny, tmp_path, capsys):
    lines = tmp_path / "texts.txt"
    lines.write_text("\n".join(TITLES["103"]), encoding="utf-8")
    words = tiny.flags(train=lines, dev=write_lines(tmp_path / "dev.jsonl", PAIRS), objective="simcse", output=tmp_path / "run")
    options = ["--model_options", "hidden_dropout_prob=0", "attention_probs_dropout_prob=0"]
    assert main(["train", "simbert", *words, *options]) == 2
    assert "--objective simcse: the model has no dropout" in capsys.readouterr().err
