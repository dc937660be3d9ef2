"""KgCLUE from its files to answers: rows, a tiny run, every verb that uses one, and what is refused."""

import hashlib
import json
import shutil
import zipfile

import pytest
from conftest import ROOT, write_checkpoint, write_lines

from baselines.cli import main as command_line
from baselines.cli.kg import print_answers
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.plugins import task_catalog
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

MINI = ROOT / "datasets" / "mini" / "kgclue"
KNOWLEDGE = """大山\t高度\t一千米
大山\t高度\t两千米
大山（东城的公园）\t人口\t三
大山（东城的公园）\t面积\t四
小城\t人口\t五
小城\t面积\t六
东河\t长度\t七
㵐水\t长度\t八
㵐山\t长度\t九""".splitlines()
ROWS = [
    {"id": 0, "question": "大山有多高？", "answer": "大山 ||| 高度 ||| 一千米"},
    {"id": 1, "question": "东城的公园大山有多大？", "answer": "大山（东城的公园） ||| 面积 ||| 四"},
    {"id": 2, "question": "小城有多少人？", "answer": "小城 ||| 人口 ||| 五"},
    {"id": 3, "question": "㵐水有多长？", "answer": "㵐水 ||| 长度 ||| 八"},
]
TASK = task_catalog.find("kgclue")[1]


def main(*argv):
    return command_line.main([str(word) for word in argv])


@pytest.fixture(scope="module")
def knowledge(tiny, tmp_path_factory):
    """A folder with checkpoint, data, an index and a run of an epoch."""
    from baselines.task_models.text_generation import TextGeneration

    folder = tmp_path_factory.mktemp("knowledge")
    letters = sorted({letter for line in KNOWLEDGE for letter in line if letter not in "㵐\t"} | set("有多高大少人长？"))
    write_checkpoint(folder / "checkpoint", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters], max_position_embeddings=128)
    (folder / "Knowledge.txt").write_text("".join(f"{line}\n" for line in KNOWLEDGE), encoding="utf-8")
    build = ("kg", "build", folder / "Knowledge.txt", "--vocab", folder / "checkpoint", "--quiet")
    assert main(*build, "--out", folder / "index") == 0
    data = write_lines(folder / "train.json", ROWS)
    write_lines(folder / "test.json", [{"id": row["id"], "question": row["question"]} for row in ROWS])
    flags = tiny.flags(init=folder / "checkpoint", train=data, dev=data, epochs=1, max_length=40, output=folder / "run", quiet=True)
    assert main("train", "kgclue", *flags) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextGeneration, "batch_generator", compiled_once(TextGeneration.batch_generator))
        yield folder


def compiled_once(batch_generator):
    """`batch_generator` for a module whose tests open one run again and again: one for all task models of the same weights."""
    known = {}

    def of(generation, context):
        task_model = generation.task_model
        weights = hashlib.sha256(b"".join(weight.numpy().tobytes() for weight in task_model.model.weights)).hexdigest()
        key = weights, task_model.tokenizer.fingerprint(), generation.self_terminating, context
        if key not in known:
            known[key] = batch_generator(generation, context)
        return known[key]

    return of


@pytest.fixture
def arguments(knowledge):
    return ("--run", knowledge / "run", "--index", knowledge / "index")


@pytest.fixture(scope="module")
def answerer(knowledge):
    from baselines.inference.knowledge_answerer import KnowledgeAnswerer

    return KnowledgeAnswerer.from_run(knowledge / "run", {"index": str(knowledge / "index")})


@pytest.mark.parametrize("limit", [128, 40, 12])
def test_a_row_is_the_question_and_the_key_and_only_the_key_is_learnt(limit):
    tokenizer = Tokenizer.from_folder(ROOT / "checkpoints" / "mini")
    examples, _ = read_examples(TASK.read, MINI / "train.json", "train")
    example = next(example for example in examples if "（" in example.gold)
    ((features, targets),) = TASK.encode(example, tokenizer, limit)
    name, predicate, _ = example.gold.split(" ||| ")
    subject, meaning = name.removesuffix("）").split("（")
    key = [token for part in (subject, predicate, meaning) for token in [*tokenizer.ids(part), tokenizer.vocabulary.sep_id]]
    prompt = TASK.generation.prompt(example, tokenizer, limit)
    assert features["token_ids"].tolist() == [*prompt.token_ids, *key][:limit]
    assert features["segment_ids"].tolist() == ([0] * len(prompt.token_ids) + [1] * len(key))[:limit]
    assert [token for token in targets if token >= 0] == key[: max(0, limit - len(prompt.token_ids))]


def test_a_row_may_have_its_meaning_before_its_predicate():
    tokenizer, sep = Tokenizer.from_folder(ROOT / "checkpoints" / "mini"), ["[SEP]"]
    example = Example(id=0, texts=("大",), gold="山（水） ||| 高 ||| 一")
    for order, key in (("spm", "山高水"), ("smp", "山水高")):
        task = TASK.bind(TASK, TASK.options(order=order), None, None)
        ((features, _),) = task.encode(example, tokenizer, 40)
        tokens = [tokenizer.vocabulary.tokens[token] for token in features["token_ids"]]
        assert tokens == ["[CLS]", "大", *sep, *(token for part in key for token in [part, *sep])]
    with pytest.raises(InputError, match="--order: there is no 'pms'"):
        TASK.bind(TASK, TASK.options(order="pms"), None, None)


def test_long_questions_are_cut_shorter_in_training_than_for_answers():
    tokenizer = Tokenizer.from_folder(ROOT / "checkpoints" / "mini")
    example = next(TASK.read(MINI / "train.json"))
    example = Example(id=0, texts=("大" * 200,), gold=example.gold)
    ((features, _),) = TASK.encode(example, tokenizer, 128)
    assert (features["segment_ids"] == 0).sum() == 65 and len(TASK.generation.prompt(example, tokenizer, 128).token_ids) == 128


def test_gold_scores_everything_and_no_answer_nothing():
    golds = [row["answer"] for row in ROWS]
    assert TASK.metric(golds, golds)["score"] == TASK.metric(golds, golds)["all_exact_match"] == 1
    assert TASK.metric(golds, [""] * 4)["f1"] == 0


@pytest.mark.parametrize("answer", ["大山", "大山 ||| 高度", " ||| 高度 ||| 五", "a ||| b ||| c ||| d"])
def test_an_answer_of_other_columns_names_its_line(answer, tmp_path):
    path = write_lines(tmp_path / "train.json", [ROWS[0], {"id": 1, "question": "谁", "answer": answer}])
    with pytest.raises(InputError, match="train.json:2: the answer is "):
        list(TASK.read(path))


@pytest.mark.keras
def test_training_without_an_index_chooses_by_likelihood(knowledge):
    assert json.loads((knowledge / "run" / "summary.json").read_text())["metric"] == "log_likelihood"


@pytest.mark.keras
def test_evaluate_answers_from_the_index(knowledge, arguments, capsys):
    assert main("evaluate", "kgclue", *arguments, "--beam", 2, "--look_ahead", "predicate", "--end", "leaf", "--quiet") == 0
    assert capsys.readouterr().out.startswith("score ")
    lines = (knowledge / "run" / "dev" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    keys = {tuple(line.split("\t")[:2]) for line in KNOWLEDGE}
    assert {tuple(json.loads(line)["prediction"].split(" ||| ")[:2]) for line in lines} <= keys and len(lines) == 4


@pytest.mark.keras
def test_predict_one_question_and_a_file(knowledge, arguments, tmp_path, capsys):
    assert main("predict", "kgclue", *arguments, "㵐水有多长？") == 0
    assert json.loads(capsys.readouterr().out)["prediction"] == "㵐水 ||| 长度 ||| 八"       # copied, whatever the model thinks
    assert main("predict", "kgclue", *arguments, "--input", knowledge / "test.json", "--output", tmp_path / "out.jsonl") == 0
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 4


def test_submit_writes_the_test_lines_with_their_answers(knowledge, arguments, capsys):
    assert main("submit", "kgclue", *arguments, "--test", knowledge / "test.json", "--quiet") == 0
    with zipfile.ZipFile(capsys.readouterr().out.strip()) as archive:
        assert archive.namelist() == ["kgclue_predict.json"]
        text = archive.read("kgclue_predict.json").decode("utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert [(row["id"], row["question"]) for row in rows] == [(row["id"], row["question"]) for row in ROWS]
    assert all(list(row) == ["id", "question", "answer"] and row["answer"].count(" ||| ") == 2 for row in rows)
    assert "㵐水 ||| 长度 ||| 八" in text
    assert TASK.submit.record(next(TASK.read(knowledge / "test.json")), "")["answer"].count("|||") == 2


@pytest.mark.keras
def test_questions_together_are_answered_as_one_at_a_time(answerer, knowledge):
    """20 questions over 16 rows; every answer is in the index, and what was not written to its end is none."""
    questions = [f"{row['question']}{'大' * number}" for row in ROWS for number in range(5)]
    together = answerer.ask(questions)
    index = PrefixIndex.open(knowledge / "index")
    entries = {(entry.name, entry.predicate, entry.values[0]) for entry in map(index.entry, range(len(index)))}
    for question, answers in zip(questions, together, strict=True):
        assert answers and {(answer.name, answer.predicate, answer.object) for answer in answers} <= entries
        if question in questions[::7]:
            (alone,) = answerer.ask([question])
            assert [answer.text for answer in alone] == [answer.text for answer in answers]
            assert [answer.score for answer in alone] == pytest.approx([answer.score for answer in answers], abs=1e-4)


@pytest.mark.keras
def test_a_key_that_was_not_written_to_its_end_is_no_answer(answerer, capsys):
    example = next(TASK.read(MINI / "test.json"))
    outputs = {"token_ids": [(5, 6)], "scores": [-1.0], "finished": [False]}
    assert answerer.constraints.answers_of(example, outputs) == [] and answerer.constraints.decode(example, outputs) == ""
    print_answers([])
    assert "no answer" in capsys.readouterr().out


def test_ask_shows_parts_scores_and_reasons(arguments, tmp_path, capsys, monkeypatch):
    (tmp_path / "o.yaml").write_text("aliases: {那山: 大山}\nanswers: {谁: 某 ||| 何 ||| 人}\n", encoding="utf-8")
    assert main("kg", "ask", *arguments, "那山有多高", "谁？", "--overrides", tmp_path / "o.yaml", "--num", 2) == 0
    shown = capsys.readouterr().out
    assert "1  大山" in shown and "2  " in shown and "3  " not in shown and "alias 那山, from the overrides" in shown
    assert "1  某  何  人   1.0000\n     given in the overrides" in shown

    lines = iter(["", "小城有多少人？", "大" * 100])

    def next_line(_):
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", next_line)
    assert main("kg", "ask", *arguments, "--num", 1) == 0
    said = capsys.readouterr()
    assert said.out.startswith("小城有多少人？\n1  ")                       # standard input is no terminal here
    assert "error: The question has 100 tokens; this run reads at most 38." in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("kg", "ask", "RUN", "INDEX", " "), "a question is empty"),
        (("kg", "ask", "RUN", "INDEX", "大" * 100), "The question has 100 tokens"),
        (("kg", "ask", "RUN", "谁"), "--index"),
        (("kg", "ask", "INDEX", "谁"), "--run"),
        (("kg", "ask", "RUN", "INDEX", "--num", "0", "谁"), "--num: 0 is out of range"),
        (("kg", "ask", "RUN", "OTHER", "谁"), "was built with another vocabulary"),
        (("kg", "ask", "RUN", "LINES", "谁"), "has format lines"),
        (("kg", "ask", "RUN", "TURNED", "谁"), "the order of the keys is subject, meaning, predicate, but the run uses spm"),
        (("evaluate", "kgclue", "RUN", "INDEX", "--order", "smp"), "there is no flag --order"),
        (("predict", "kgclue", "RUN", "谁"), "kgclue answers from an index"),
        (("evaluate", "kgclue", "RUN", "INDEX", "--beam", "0"), "--beam is 0. Give 1 or more"),
        (("evaluate", "kgclue", "RUN", "INDEX", "--look_ahead", "keys"), "look_ahead: there is no 'keys'"),
        (("evaluate", "kgclue", "RUN", "--index", "nowhere"), "nowhere is not an index"),
        (("evaluate", "kgclue", "--run", "nowhere", "--index", "x"), "nowhere is not a run folder"),
        (("evaluate", "kgclue", "RUN", "--indx", "nowhere"), "Did you mean --index"),
    ],
)
def test_mistakes_are_one_line(words, message, knowledge, tmp_path, capsys):
    if "OTHER" in words:
        write_checkpoint(tmp_path / "other", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "大"])
        main("kg", "build", knowledge / "Knowledge.txt", "--vocab", tmp_path / "other", "--out", tmp_path / "OTHER", "--quiet")
    for name, flags in (("LINES", ("--format", "lines")), ("TURNED", ("--order", "smp"))):
        if name in words:
            vocabulary = ("--vocab", knowledge / "checkpoint", "--out", tmp_path / name, "--quiet")
            main("kg", "build", knowledge / "Knowledge.txt", *vocabulary, *flags)
    meant = {"RUN": ("--run", knowledge / "run"), "INDEX": ("--index", knowledge / "index")}
    meant |= {name: ("--index", tmp_path / name) for name in ("OTHER", "LINES", "TURNED")}
    capsys.readouterr()
    assert main(*(each for word in words for each in meant.get(word, (word,)))) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error


def test_a_demo_run_brings_its_index(knowledge, tmp_path, capsys):
    """As `train --demo` leaves it: the embedded knowledge is indexed for the run's own vocabulary when it is first asked."""
    shutil.copytree(knowledge / "run", tmp_path / "run")
    recipe = tmp_path / "run" / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("demo: false", "demo: true"), encoding="utf-8")
    assert main("kg", "ask", "--run", tmp_path / "run", "沙田镇有多少人？") == 0
    assert capsys.readouterr().out.startswith("1  ")
    assert PrefixIndex.open(tmp_path / "run" / "index").header["counts"]["rows"] == 310


@pytest.mark.keras
def test_any_run_of_seq2seq_writes_keys_of_an_index(seq2seq_run, tiny, tmp_path, capsys):
    lines = tmp_path / "keys.tsv"
    lines.write_text("球队 主场\t甲\n前锋\t乙\t丙\n", encoding="utf-8")
    assert main("kg", "build", lines, "--vocab", tiny.checkpoint, "--out", tmp_path / "index", "--format", "tsv", "--quiet") == 0
    arguments = ("generate", "--run", seq2seq_run, "--index", tmp_path / "index")
    assert main(*arguments, "球队主场赢下德比", "--beam", 2, "--num", 2) == 0
    found = capsys.readouterr().out
    assert "球队 主场  甲" in found and "前锋  乙  丙" in found
    (tmp_path / "texts.txt").write_text("联赛\n新手机\n", encoding="utf-8")
    assert main(*arguments, "--input", tmp_path / "texts.txt", "--top_k", 3, "--quiet") == 0
    for line in capsys.readouterr().out.splitlines():
        assert {text["text"] for text in json.loads(line)["texts"]} <= {"球队 主场", "前锋"}
    (tmp_path / "facts.txt").write_text("球队\t主场\t甲\n", encoding="utf-8")
    assert main("kg", "build", tmp_path / "facts.txt", "--vocab", tiny.checkpoint, "--out", tmp_path / "facts", "--quiet") == 0
    assert main("generate", "--run", seq2seq_run, "--index", tmp_path / "facts", "球队") == 2
    assert "is an index of knowledge" in capsys.readouterr().err


def test_a_server_answers_with_all_it_knows(knowledge, seq2seq_run):
    from starlette.testclient import TestClient

    from baselines.runtime.progress import Display
    from baselines.serving.app import create_app
    from baselines.serving.limits import Access, Limits
    from baselines.serving.model_loading import load_models

    display = Display(quiet=True)
    hosted = load_models([knowledge / "run"], rows=2, max_queue=4, display=display, indexes=[str(knowledge / "index")])
    with TestClient(create_app(hosted, Limits(), Access(), log_text=False)) as client:
        found = client.post("/predict/kgclue", json={"question": "㵐水有多长？"}).json()
        assert found["prediction"] == "㵐水 ||| 长度 ||| 八"
        assert found["answers"][0]["object"] == "八" and found["answers"][0]["why"]
        assert client.post("/predict/kgclue", json={"question": "大" * 100}).status_code == 400
    with pytest.raises(InputError, match="no run of --run answers from an index"):
        load_models([seq2seq_run], 2, 4, display, [str(knowledge / "index")])
    with pytest.raises(InputError, match="and --index INDEX"):
        load_models([knowledge / "run"], 2, 4, display)
