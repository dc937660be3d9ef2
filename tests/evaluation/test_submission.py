"""Files to hand in: official names, both test versions, both layouts, every fault that the checker is for, the zip."""

import json
import zipfile

import pytest

from baselines.errors import InputError
from baselines.evaluation import submission as writer
from baselines.task import Example, Labels, Submission

LABELS = Labels("100", "101")
EXAMPLES = [Example(id=id, texts=("今天",), origin=f"test.json:{id + 1}") for id in range(3)]
PREDICTIONS = {0: "100", 1: "101", 2: "100"}
LINES = Submission(
    files={"test1.0.json": "tnews10_predict.json", "test.json": "tnews11_predict.json"},
    record=lambda example, label: {"id": str(example.id), "label": label},
)
OBJECT = Submission(
    files={"test.json": "cmrc2018_predict.json"}, record=lambda example, text: {str(example.id): text}, layout="object"
)


def test_both_test_versions_are_written_under_official_names_and_pass(tmp_path):
    for test_file, name in LINES.files.items():
        path = writer.write_submission(tmp_path / "new", f"somewhere/{test_file}", LINES, EXAMPLES, PREDICTIONS)
        assert path.name == name
        writer.check_submission(path, test_file, LINES, EXAMPLES, LABELS)
    assert path.read_bytes() == (
        b'{"id": "0", "label": "100"}\n{"id": "1", "label": "101"}\n{"id": "2", "label": "100"}\n'
    )


def test_an_object_is_indented_and_not_escaped(tmp_path):
    path = writer.write_submission(tmp_path, "test.json.gz", OBJECT, EXAMPLES, {0: "京\u2028城", 1: "", 2: "二"})
    text = path.read_text(encoding="utf-8")
    assert text.startswith('{\n    "0": "京') and json.loads(text) == {"0": "京\u2028城", "1": "", "2": "二"}
    writer.check_submission(path, "test.json", OBJECT, EXAMPLES)


def fault(tmp_path, lines, name="tnews11_predict.json", layout=LINES, labels=LABELS):
    path = tmp_path / name
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        writer.check_submission(path, "test.json", layout, EXAMPLES, labels)
    return str(raised.value)


GOOD = ['{"id": "0", "label": "100"}', '{"id": "1", "label": "101"}', '{"id": "2", "label": "100"}']


@pytest.mark.parametrize("lines, part", [
    (GOOD[:2], "2 rows, but test.json has 3."),
    ([*GOOD, GOOD[0]], "4 rows, but test.json has 3."),
    ([GOOD[1], GOOD[0], GOOD[2]], "tnews11_predict.json:1: the id is '1', but test.json:1 has '0'."),
    (['{"id": 0, "label": "100"}', *GOOD[1:]], "the id is 0, but test.json:1 has '0'."),
    (['{"label": "100"}', *GOOD[1:]], "the id is None, but test.json:1 has '0'."),
    ([*GOOD[:2], '{"id": "2", "label": "105"}'],
     "tnews11_predict.json:3: unknown label '105'. Use one of 100, 101."),
    ([*GOOD[:2], '{"id": "2", "label": 100}'], "unknown label 100."),
    ([*GOOD[:2], '{"id": "2"}'], "unknown label None."),
    ([*GOOD[:2], "[]"], "not one JSON object per line in UTF-8"),
    (["no json"], "not one JSON object per line in UTF-8"),
    ([], "not one JSON object per line in UTF-8"),
])
def test_faults_of_lines(tmp_path, lines, part):
    assert part in fault(tmp_path, lines)


def test_faults_of_objects_and_names(tmp_path):
    name = "cmrc2018_predict.json"
    assert "has '1'" in fault(tmp_path, ['{"0": "", "2": ""}'], name, OBJECT, None)
    assert "not one JSON object in UTF-8" in fault(tmp_path, GOOD, name, OBJECT, None)
    assert "the submission for test.json must be named tnews11_predict.json" in fault(tmp_path, GOOD, name="tnews10_predict.json")
    with pytest.raises(InputError, match="no such file"):
        writer.check_submission(tmp_path / "gone" / "tnews11_predict.json", "test.json", LINES, EXAMPLES)


def test_a_test_file_without_an_official_name_is_told():
    with pytest.raises(InputError, match=r"is not an official test file. Use one of test1.0.json, test.json. Did"):
        writer.official_name(LINES, "data/tset.json")


def test_the_zip_holds_the_files_side_by_side_and_is_reproducible(tmp_path):
    paths = [writer.write_submission(tmp_path / "a", name, LINES, EXAMPLES, PREDICTIONS) for name in LINES.files]
    first = writer.zip_files(paths, tmp_path / "submit.zip").read_bytes()
    assert writer.zip_files(reversed(paths), tmp_path / "submit.zip").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "submit.zip") as archive:
        assert archive.namelist() == ["tnews10_predict.json", "tnews11_predict.json"]
        assert archive.read("tnews11_predict.json") == paths[1].read_bytes()
