"""From questions to entries: constraints of each question, what an overrides file changes, and what is told of it."""

import json

import numpy as np
import pytest
from small_index import END, ids, index_of, key, spelling
from test_reference_answers import END as GOLDEN_END
from test_reference_answers import GOLDENS, START
from test_reference_answers import ids as golden_ids
from test_reference_answers import index as golden_index  # noqa: F401

from baselines.decoding.beam import beam_search
from baselines.errors import InputError
from baselines.retrieval.prefix_index import overrides
from baselines.retrieval.prefix_index.answers import KnowledgeAnswers
from tests.decoding.toy_chain import ToyRows, prompt, prompts, random_table

LINES = ["中国\ta\t1  2", "中国（人民）\ta\t3", "中国人\tab\t4", "国\tb\t5", "国\tba\t6", "㛃\ta\t7", "㛄\ta\t8", "人民\ta\t9",
         "人民\tb\t10"]  # fmt: skip
VOCABULARY = spelling().vocab_size


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"), LINES)


@pytest.fixture(scope="module")
def meanings_first(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"), LINES, order="smp")


@pytest.fixture
def steered(index, tmp_path):
    """KnowledgeAnswers of an index with an overrides file of this text."""

    def make(text, name="overrides.yaml", of=index, **options):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return KnowledgeAnswers(of, ids, overrides=tmp_path / name, **options)

    return make


def written(answers, question, seed=0, beam=12, num=12):
    """KnowledgeAnswers found for a question by a model at random, best first."""
    rows = ToyRows(random_table(seed, VOCABULARY), num_rows=1, width=beam, end_id=END)
    some = [answers.constraints(question, [0, *ids(question), END])]
    (found,) = beam_search(rows, prompts(1), some, beam=beam, num=num, ends=3, max_tokens=16)
    return answers.answers_of(question, [(one.token_ids, one.score) for one in found if one.finished], [0, *ids(question), END])


@pytest.mark.parametrize("end", ["value", "leaf"])
@pytest.mark.parametrize("look_ahead", ["none", "predicate", "full_key"])
def test_a_wide_beam_finds_every_entry_and_shares_out_all_probability(index, look_ahead, end):
    found = written(KnowledgeAnswers(index, ids, look_ahead, end), "国b")
    lost = {"1 2"} if end == "leaf" else set()
    assert {answer.object for answer in found} == {"1 2", *map(str, range(3, 11))} - lost
    assert sum(np.exp(score) for score in {answer.score for answer in found}) == pytest.approx(1, abs=1e-5)
    assert [answer.score for answer in found] == sorted((answer.score for answer in found), reverse=True)


def test_an_answer_is_as_the_files_have_it(index):
    (answer,) = KnowledgeAnswers(index, ids).answers_of("", [(key("中国", "a", "人民"), -1.0)])
    assert answer.text == "中国（人民） ||| a ||| 3" and (answer.subject, answer.meaning) == ("中国", "人民")
    assert KnowledgeAnswers(index, ids).answers_of("", [(key("中国"), -1.0)]) == []


def test_characters_without_a_token_are_answered_by_their_own(index):
    for question, object_ in (("㛃a", "7"), ("㛄a", "8")):
        best = written(KnowledgeAnswers(index, ids), question, beam=3, num=3)[0]
        assert best.object == object_ and any("copied" in reason for reason in best.why)


def test_meanings_before_predicates_change_the_way_and_not_what_is_found(index, meanings_first, steered):
    for question in ("国b", "㛄a"):
        one, other = (written(KnowledgeAnswers(each, ids, "none"), question) for each in (index, meanings_first))
        assert {answer.text for answer in one} == {answer.text for answer in other}
    text = "subjects: {boost: {国: 3}}\npredicates: {boost: {ba: 1.5}, ban: [a]}\nanswers: {谁: 中国（人民） ||| a}"
    found = {answer.object: answer.score for answer in written(steered(text, of=meanings_first, look_ahead="none"), "")}
    plain = {answer.object: answer.score for answer in written(steered("predicates: {ban: [a]}", of=meanings_first,
             look_ahead="none"), "")}  # fmt: skip
    assert set(found) == set(plain) == {"4", "5", "6", "10"}                 # 中国人民 is not begun: no key of it remains
    assert [found[one] - plain[one] for one in ("5", "6", "10")] == pytest.approx([3, 4.5, 0], abs=1e-4)
    assert written(steered(text, of=meanings_first), "谁？")[0].object == "3"


def test_an_alias_leaves_its_subject_only(steered):
    answers = steered("aliases:\n  天下: 人民\n  下: 国\n")
    found = written(answers, "天下b")
    assert {answer.object for answer in found} == {"9", "10"}                # 下 stands within 天下
    assert any("alias 天下" in reason for reason in found[0].why)
    assert {answer.object for answer in written(answers, "下b")} == {"5", "6"}
    assert len(written(answers, "b")) == len(LINES)


def test_an_alias_may_mean_a_subject_without_tokens(steered):
    assert written(steered("aliases: {天: 㛄}"), "天a")[0].object == "8"


def test_what_is_banned_is_not_answered_with(steered):
    found = written(steered("subjects:\n  ban: [中国, 中国人]\npredicates:\n  ban: [b]\n"), "中国")
    assert {answer.object for answer in found} == {"6", "7", "8", "9"}
    assert any("中国 is banned" in reason for reason in found[0].why)
    alike = written(steered("subjects: {ban: [㛃]}"), "a")
    assert {answer.object for answer in alike} == {"1 2", *map(str, range(3, 11))} - {"7"}
    for seed in range(4):                                                   # no dead end, however narrow the beam
        assert written(steered("subjects: {ban: [中国, 中国人]}"), "中国", seed, beam=1, num=1)
        assert written(steered("predicates: {ban: [a, ab]}"), "中国", seed, beam=1, num=1)[0].predicate in ("b", "ba")
    everything = "subjects: {ban: [中国, 中国人, 国]}\npredicates: {ban: [a, b]}"
    assert written(steered(everything), "中国") == []


def test_a_boost_is_what_a_key_gains_on_others(index, steered):
    plain = {answer.object: answer.score for answer in written(KnowledgeAnswers(index, ids, "none"), "")}
    boosted = steered("subjects: {boost: {国: 3}}\npredicates: {boost: {ba: 1.5, b: 1}}", look_ahead="none")
    found = {answer.object: answer.score for answer in written(boosted, "")}
    gain = {"5": 3 + 1, "6": 3 + 1.5, "10": 1}
    for one in ("5", "6", "10", "4"):
        assert found[one] - plain[one] == pytest.approx(gain.get(one, 0), abs=1e-4)


def test_a_boost_never_lets_a_sum_grow(steered):
    """The search leaves off when what is unfinished is worse than what is finished."""
    answers = steered("subjects: {boost: {国: 3, 中国: 1}}\npredicates: {boost: {ba: 1.5, a: 0.5}}", look_ahead="none")
    (_, steering), before = answers.constraints("", [0, END]), np.zeros((1, VOCABULARY), np.float32)
    for text in (key("国", "ba"), key("中国", "a")):
        for length in range(len(text)):
            assert (steering.rescore([text[:length]], before) <= 0).all()
    assert not before.any()                                             # what was given is not changed


def test_given_answers(steered):
    file = {"answers": {"中国a？": "中国（人民） ||| a", "谁": "某 ||| 何 ||| 人"}}
    answers = steered(json.dumps(file, ensure_ascii=False, indent="\t"), "o.json")
    given = written(answers, "中国 A")[0]
    assert given.object == "3" and given.why == ("given in the overrides for this question",)
    assert written(answers, "谁？")[0].text == "某 ||| 何 ||| 人"
    assert written(answers, "谁是")[0].text != "某 ||| 何 ||| 人"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aliases:\n  天: 地", "o.yaml:2: aliases: 天: expected a subject of"),
        ("aliases: {天: 国}\nsubjects: {ban: [国]}", "o.yaml:1: aliases: 天: expected a subject that is not banned, but got 国"),
        ("subject: {}", "o.yaml:1: the file: expected keys aliases, subjects, predicates, answers, but got subject. Did"),
        ("subjects:\n  boost:\n    国: 0", "o.yaml:3: subjects: boost: 国: expected a number above 0, at most 100, but got 0"),
        ("subjects: {boost: {国: 2}, ban: [国]}", "either boost or ban"),
        ("predicates:\n  ban:\n  - c", "o.yaml:3: predicates: ban: expected a predicate of"),
        ("predicates: {ban: a}", "predicates: ban: expected a list, but got a"),
        ("answers:\n  谁: 中国", "o.yaml:2: answers: 谁: expected NAME ||| PREDICATE"),
        ("answers:\n  谁: 中国 ||| b", "o.yaml:2: answers: 谁: expected a key of"),
        ("aliases: {天: 国, 天: 国}", "expected every key once, but got 天 again"),
        ("- 1", "expected keys aliases"),
        ("a: [", "o.yaml:1 is neither YAML nor JSON"),
    ],
)
def test_a_mistake_names_file_line_and_key(text, message, index, tmp_path):
    (tmp_path / "o.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        KnowledgeAnswers(index, ids, overrides=tmp_path / "o.yaml")
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_none_or_says_nothing(index, tmp_path):
    with pytest.raises(InputError, match="none.yaml does not exist"):
        KnowledgeAnswers(index, ids, overrides=tmp_path / "none.yaml")
    (tmp_path / "empty.yaml").write_text("# nothing\n", encoding="utf-8")
    assert KnowledgeAnswers(index, ids, overrides=tmp_path / "empty.yaml").overrides == overrides.Overrides()


def test_unknown_settings_and_plain_keys_are_refused(index, tmp_path):
    with pytest.raises(InputError, match="Did you mean full_key"):
        KnowledgeAnswers(index, ids, look_ahead="fullkey")
    with pytest.raises(InputError, match="end: there is no"):
        KnowledgeAnswers(index, ids, end="node")
    with pytest.raises(InputError, match="has format lines"):
        KnowledgeAnswers(index_of(tmp_path, ["a"], "lines"), ids)


def test_greedy_answers_are_those_of_the_published_decoder(golden_index):  # noqa: F811
    """The goldens again, by what `kg ask` runs; its beams keep finished keys, which is another search from two on."""
    answers = KnowledgeAnswers(golden_index, golden_ids, "full_key", "leaf")
    for golden in GOLDENS["answers"]:
        if golden["topk"] > 1:
            continue
        table = np.array(GOLDENS["tables"][golden["table"]])

        def probabilities(_, text, table=table):
            return table[text[-1] if text else START] / table[text[-1] if text else START].sum()

        rows = ToyRows(probabilities, 1, 1, end_id=GOLDEN_END)
        constraints = answers.constraints(golden["question"], [START, *golden_ids(golden["question"]), GOLDEN_END])
        ((one,),) = beam_search(rows, [prompt()], constraints, beam=1, ends=3, max_tokens=32)
        assert [*one.token_ids, GOLDEN_END] == golden["written"], golden
