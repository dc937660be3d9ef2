"""CLUENER: round trip with every head, the file to hand in, and faults of the official format."""

import json
from pathlib import Path

import numpy as np
import pytest

from baselines.data.encoding import encode_examples
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.evaluation import predictions, submission
from baselines.heads import entity_heads
from baselines.metrics.spans import Entity
from baselines.plugins import task_catalog
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

pytestmark = pytest.mark.keras
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "clue" / "cluener"


def task_of(head="global_pointer", **options):
    task = task_catalog.find("clue/cluener")[1]
    return task.bind(task, task.options(head=head, **options), None, None)


def tokenizer(examples):
    letters = sorted({letter for example in examples for letter in example.texts[0].lower()})
    return Tokenizer.from_vocabulary(
        Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)])
    )


def gold_outputs(head, features, cells, length=64):
    """What a model without fault puts out."""
    if hasattr(head, "chain"):
        labels = head.batch_targets(cells, length)
        return {"labels": labels, "mask": np.ones_like(labels, bool)}
    scores = np.full((len(cells), head.categories, length, length), -1.0)
    for row, found in enumerate(cells):
        scores[(row, *np.asarray(found, int).reshape(-1, 3).T)] = 1
    return {"scores": scores}


def decoded(task, examples, rows, outputs):
    features = {
        name: np.stack([np.pad(row[name], (0, 64 - len(row[name])), constant_values=-1) for row, _ in rows])
        for name in ("char_starts", "char_ends")
    }
    return predictions.gather(examples, range(len(examples)), task.head.compact(outputs, features), task.decode)


@pytest.mark.parametrize("head", entity_heads.NAMES)
def test_gold_as_outputs_scores_100(head):
    task = task_of(head)
    examples, dropped = read_examples(task.read, FIXTURES / "dev.json", "dev", task.classes)
    if head not in entity_heads.POINTERS:
        examples = [example for example in examples if "恒信" not in example.texts[0]]      # a company inside a book
    encoder = tokenizer(examples)
    rows = [row for example in examples for row in task.encode(example, encoder, 64)]
    found = decoded(task, examples, rows, gold_outputs(task.head, rows, [cells for _, cells in rows]))
    golds = [example.gold for example in examples]
    assert dropped == 0 and sum(map(len, golds)) >= 17
    assert set(task.metric(golds, list(found.values())).values()) == {1.0}
    assert [list(found[example.id]) for example in examples] == golds


def test_submission_is_the_line_with_its_label(tmp_path):
    task = task_of()
    examples, _ = read_examples(task.read, FIXTURES / "test.json", "test", task.classes)
    rows = [row for example in examples for row in task.encode(example, tokenizer(examples), 64)]
    assert [cells for _, cells in rows] == [None] * 3
    cells = [np.array([[2, 1, 4], [8, 5, 7]]), np.zeros((0, 3)), np.array([[5, 1, 4], [2, 10, 14]])]
    found = decoded(task, examples, rows, gold_outputs(task.head, rows, cells))
    path = submission.write_submission(tmp_path, "test.json", task.submit, examples, found)
    submission.check_submission(path, "test.json", task.submit, examples, task.classes)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert path.name == "cluener_predict.json"
    assert lines[0] == (
        '{"id": 0, "text": "九州地产副总裁辞职。", "label": {"company": {"九州地产": [[0, 3]]}, "position": {"副总裁": [[4, 6]]}}}'
    )
    assert json.loads(lines[1])["label"] == {} and [json.loads(line)["id"] for line in lines] == [0, 1, 2]


def test_gold_is_half_open_characters():
    (first, *_), _ = read_examples(task_of().read, FIXTURES / "dev.json", "dev")
    assert [tuple(entity) for entity in first.gold] == [
        (5, 9, "company", "青禾科技"), (12, 15, "name", "许知秋"), (18, 20, "position", "总监"),
    ]
    spans = task_of().linting.spans(first)
    assert [first.texts[span.text_index][span.start : span.end] for span in spans] == ["青禾科技", "许知秋", "总监"]


def test_an_empty_label_is_gold_without_entities():
    examples, _ = read_examples(task_of().read, FIXTURES / "dev.json", "dev")
    assert examples[-1].gold == []


@pytest.mark.parametrize("label, part", [
    ({"name": {"小明": [[1, 0]]}}, "[1, 0] of name is no place in a text of 4 characters."),
    ({"name": {"小明": [[2, 4]]}}, "[2, 4] of name is no place"),
    ({"name": {"小明": [[-2, 1]]}}, "[-2, 1] of name is no place"),
    ({"name": {"小明": [[1, 2]]}}, "'小明' is not at [1, 2], where '明说' is. Check the offsets."),
    ({"name": {"小明": [[0, 2]]}}, "where '小明说' is. Its end is exclusive: subtract 1."),
    ({"name": {"小明": [0, 1]}}, "'小明' has the place 0. It needs [start, end]."),
    ({"name": {"小明": [["0", 1]]}}, "['0', 1, 'name'] is not a start, end and category."),
    ({"names": {"小明": [[0, 1]]}}, "'names' is not a category of CLUENER. Did you mean name"),
    ({"name": [[0, 1]]}, "name: [[0, 1]] is not an object"),
    (["name"], "'name' is not an entity in a known layout."),
])
def test_faults_of_a_line(tmp_path, label, part):
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"text": "小明说话", "label": label}, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_examples(task_of().read, path, "dev")
    assert part in str(raised.value) and str(raised.value).startswith("dev.json:1: ")


def test_labels_and_recipe():
    task = task_of()
    assert task.labels.names == tuple(sorted(task.labels.names)) and len(task.labels) == 10 and task.classes is None
    assert (task.recipe.max_length, task.recipe.batch_size, task.recipe.epochs) == (256, 32, 10)
    assert task.submit.files == {"test.json": "cluener_predict.json"} and "cluener_public.zip" in task.source


def test_the_references_score_leaves_out_what_tokens_cannot_hold():
    """Phone begins inside the word iPhone, 青禾 lies beyond max_length: both are missed, and the reference does not count them."""
    task = task_of(reference_score=True)
    assert task_of().reference_score is None
    texts = ("周女士买了iPhone", "远在南屏大学，周女士看好青禾")
    gold = [
        [Entity(0, 3, "name", "周女士"), Entity(6, 11, "company", "Phone")],
        [Entity(2, 6, "organization", "南屏大学"), Entity(12, 14, "company", "青禾")],
    ]
    examples = [Example(id=number, texts=(text,), gold=gold[number]) for number, text in enumerate(texts)]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = Tokenizer.from_vocabulary(Vocabulary([*special, *sorted(set("".join(texts).lower())), "iphone"]))
    rows = encode_examples(examples, task.encode, words, 12)
    found = {0: gold[0][:1], 1: gold[1][:1]}
    assert task.metric(gold, list(found.values()))["micro_f1"] == pytest.approx(2 * 2 / (4 + 2))
    assert task.reference_score(examples, rows, found, None) == {"reference_micro_f1": 1.0}
    found[1] = [*found[1], Entity(7, 10, "name", "周女士")]
    assert task.reference_score(examples, rows, found, None) == {"reference_micro_f1": pytest.approx(2 * 2 / (2 + 3))}
