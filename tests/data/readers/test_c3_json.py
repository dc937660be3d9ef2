"""C3's list of documents: one row per question, and what is no such list."""

import json

import pytest

from baselines.data.readers import c3_json
from baselines.errors import InputError

QUESTION = {"question": "谁来了？", "choice": ["小张", "老李"], "answer": "老李"}


def rows(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return list(c3_json.read(path, max_choices=4))


def test_a_row_per_question(tmp_path):
    document = [["男：来了。", "女：好。"], [QUESTION, QUESTION | {"answer": "小张"}], "5-1"]
    first, second = rows(tmp_path / "d.json", [document])
    assert first == {
        "id": "5-1-0", "passages": ["男：来了。", "女：好。"], "question": "谁来了？", "choice": ["小张", "老李"], "gold": 1,
    }
    assert (second["id"], second["gold"], second.origin) == ("5-1-1", 0, "d.json: document 0 (5-1), question 1")


def test_test_questions_have_ids_and_no_answer(tmp_path):
    question = {name: QUESTION[name] for name in ("question", "choice")} | {"id": 0}
    (row,) = rows(tmp_path / "test.json", [[["男：来了。"], [question], "5-1"]])
    assert (row["id"], row["gold"]) == (0, None)


@pytest.mark.parametrize("changes, part", [
    ({"answer": "老王"}, "answer '老王' is not among ['小张', '老李']. Repeat a choice."),
    ({"choice": ["小张"]}, "1 choices. The task takes 2 to 4."),
    ({"choice": list("甲乙丙丁戊")}, "5 choices. The task takes 2 to 4."),
    ({"choice": ["小张", " "]}, "choice: ['小张', ' '] holds something else than texts, or an empty one."),
    ({"choice": "小张"}, "choice: '小张' is not a list"),
    ({"question": ""}, "question is not a text, or is empty"),
])
def test_faulty_questions(tmp_path, changes, part):
    with pytest.raises(InputError) as raised:
        rows(tmp_path / "d.json", [[["男：来了。"], [QUESTION | changes], "5-1"]])
    assert part in str(raised.value) and "d.json: document 0 (5-1), question 0" in str(raised.value)


@pytest.mark.parametrize("value, part", [
    ({"data": 1}, "d.json: {'data': 1} is not a list"),
    ([["甲"]], "d.json: document 0: ['甲'] is not [texts, questions, id]."),
    ([[["甲"], {}, "1"]], "document 0, questions: {} is not a list"),
    ([[[], [QUESTION], "1"]], "document 0, texts: [] holds something else than texts"),
])
def test_other_layouts(tmp_path, value, part):
    with pytest.raises(InputError) as raised:
        rows(tmp_path / "d.json", value)
    assert part in str(raised.value)
