"""Look-ahead: the worked numbers of kexue.fm/archives/8802, and gains against whole keys compared one by one."""

import numpy as np
import pytest
from small_index import END, IDS, SPELLED, ids, index_of, key

from baselines.errors import InputError
from baselines.retrieval.prefix_index.constraint import Guided, InIndex
from baselines.retrieval.prefix_index.look_ahead import LookAhead
from baselines.retrieval.prefix_index.subsequence import Subsequences

QUESTION = "刘晓华主要讲什么课啊？"
TEACHER = ["刘晓华（广东工业大学教授）\t主讲课程\t《固体物理》", "刘晓华（广东工业大学教授）\t主要成就\t无"]
CLS = 0
ENCODED = [CLS, *ids(QUESTION), END]


@pytest.fixture
def teacher(tmp_path):
    return index_of(tmp_path, TEACHER)


def gains(look_ahead, prefix):
    index = look_ahead.index
    state = index.walk(prefix)
    found = look_ahead.gains(state, prefix)
    if found is None:
        return None
    return {SPELLED[token - 3]: int(gain) for token, gain in zip(index.next(state), found, strict=True)}


def weighed(index, p, scope="predicate"):
    """p of 讲 and 要 after 主, once looked ahead."""
    prefix = key("刘晓华", "主")
    row = np.full((1, index.vocab_size), -np.inf, np.float32)
    row[0, [IDS["讲"], IDS["要"]]] = np.log(p)
    guided = Guided(InIndex(index), LookAhead(index, ENCODED, scope))
    assert guided.allowed([prefix])[0].tolist() == sorted([IDS["讲"], IDS["要"]])
    out = np.exp(guided.rescore([prefix], row))[0]
    assert out.sum() == pytest.approx(1)
    return out[[IDS["讲"], IDS["要"]]]


def test_the_worked_gains(teacher):
    predicate, full_key = LookAhead(teacher, ENCODED, "predicate"), LookAhead(teacher, ENCODED, "full_key")
    assert gains(predicate, [*key("刘晓华"), END]) == {"主": 3}
    assert gains(predicate, key("刘晓华", "主")) == {"讲": 2, "要": 1}
    assert gains(full_key, key("刘晓华", "主")) == {"讲": 3, "要": 2}
    assert gains(full_key, key("刘晓")) is None                         # the subject is not complete
    assert gains(predicate, [*key("刘晓华", "主要成就"), END]) is None    # nor does the article look ahead in meanings


def test_the_worked_probabilities(teacher):
    assert weighed(teacher, [0.45, 0.55]) == pytest.approx([0.508187, 0.491813], abs=1e-6)
    assert weighed(teacher, [0.2, 0.8]) == pytest.approx([0.395343, 0.604657], abs=1e-6)


def test_no_gain_changes_nothing(teacher):
    guided = Guided(InIndex(teacher), LookAhead(teacher, [CLS, END], "predicate"))
    prefix = key("刘晓华", "主")
    row = np.full((1, teacher.vocab_size), -np.inf, np.float32)
    row[0, [IDS["讲"], IDS["要"]]] = np.log([0.3, 0.1])                  # what the model gave to others is shared out
    out = np.exp(guided.rescore([prefix], row))[0]
    assert out[[IDS["讲"], IDS["要"]]] == pytest.approx([0.75, 0.25])
    nothing = np.full_like(row, -np.inf)                                # another constraint has forbidden both
    assert np.array_equal(guided.rescore([prefix], nothing), nothing)


@pytest.mark.parametrize("order", ["spm", "smp"])
def test_gains_are_those_of_all_keys_one_by_one(tmp_path, order):
    rng = np.random.default_rng(0)
    text = lambda low, high: "".join(rng.choice(list("ab中国人"), rng.integers(low, high)))  # noqa: E731
    lines = {f"{text(1, 2)}{'（' + text(1, 4) + '）' if rng.random() < 0.5 else ''}\t{text(1, 5)}\to" for _ in range(120)}
    index = index_of(tmp_path, sorted(lines), order=order)
    question = [CLS, *ids(text(9, 10)), END]
    common = Subsequences(question)
    entries = map(index.entry, range(len(index)))
    keys = [key(*index.key([entry.subject], [entry.predicate], [entry.meaning])) for entry in entries]
    look_ahead = LookAhead(index, question)
    for prefix in {tuple(k[:length]) for k in keys for length in range(len(k)) if END in k[:length]}:
        state = index.walk(prefix)
        best = {token: max(common.of(k) for k in keys if (*k, END)[: len(prefix) + 1] == (*prefix, token))
                for token in index.next(state).tolist()}  # fmt: skip
        expected = [length - common.of(prefix) for length in best.values()]
        assert look_ahead.gains(state, prefix).tolist() == expected and min(expected) >= 0


def test_predicates_are_compared_wherever_they_stand(tmp_path):
    index = index_of(tmp_path, TEACHER, order="smp")
    meaning = [*key("刘晓华", "广东工业大学教授"), END]
    assert gains(LookAhead(index, ENCODED, "predicate"), [*meaning, *ids("主")]) == {"讲": 2, "要": 1}
    assert gains(LookAhead(index, ENCODED, "predicate"), [*key("刘晓华"), END]) is None
    assert gains(LookAhead(index, ENCODED, "full_key"), [*key("刘晓华"), END]) is not None


def test_a_subject_with_too_many_keys_is_not_looked_ahead_in(teacher):
    assert LookAhead(teacher, ENCODED, max_keys=1).gains(teacher.walk(key("刘晓华", "主")), key("刘晓华", "主")) is None


def test_of_names_that_are_spelled_alike_those_in_the_question_are_compared(tmp_path):
    index = index_of(tmp_path, ["㛃\t主讲\t1", "㛃\t主要\t2", "㛄\t主讲课程\t3", "㛄\t成就\t4", "㛄\t主\t5"])
    (mention,) = index.mentions("㛃主讲课程")
    question, subject = [CLS, *ids("㛃主讲课程"), END], [*ids("㛃"), END]
    for scope, scopes in (("predicate", 0), ("full_key", 1)):           # the [SEP] of a longer key is one more
        for most in (10, 2):
            look_ahead = LookAhead(index, question, scope, max_keys=most)
            state = index.walk([*subject, *ids("主")])
            found = look_ahead.gains(state, [*subject, *ids("主")], mention.entities)
            assert found.tolist() == [scopes, 1 + scopes] and len(index.next(state, mention.entities)) == 2
            every = look_ahead.gains(state, [*subject, *ids("主")])
            assert every is None if most == 2 else every.max() == 3 + scopes


def test_an_unknown_scope_is_refused(teacher):
    with pytest.raises(InputError, match="Did you mean predicate"):
        LookAhead(teacher, ENCODED, "predicates")
