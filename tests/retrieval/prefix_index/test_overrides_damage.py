"""Any change to a file of overrides is overrides or one line that names the file."""

import json

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from small_index import END, ids, index_of

from baselines.errors import InputError
from baselines.retrieval.prefix_index import overrides

VALUES = {
    "aliases": {"华人": "中国"}, "subjects": {"boost": {"国": 2}, "ban": ["人民"]},
    "predicates": {"boost": {"a": 1.5}, "ban": ["b"]}, "answers": {"国多大？": "中国（人民） ||| a"},
}  # fmt: skip
FILES = {
    "o.yaml": yaml.safe_dump(VALUES, allow_unicode=True, sort_keys=False),
    "o.json": json.dumps(VALUES, ensure_ascii=False, indent="\t"),
}
PIECES = st.sampled_from([
    "[", "]", "{", "}", ":", "- ", "\n", "\t", '"', "'", "&a ", "*a", "<<", "!!int ", "!!python/name:os.system ", "\\U99999999",
    "\x00", "\x1b[31m", "\ufeff", "---\n", "? ", "|", "%YAML 9\n", "x" * 3000,
])  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"), ["中国\ta\t1", "中国（人民）\ta\t3", "国\tb\t5", "人民\ta\t9"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(FILES)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES | st.text(max_size=4)), max_size=4),
    raw=st.binary(max_size=3),
)
@example("o.yaml", [(0.0, 0, "[" * 3000)], b"")
@example("o.yaml", [(0.0, 0, '"\\U99999999": ')], b"")
@example("o.json", [], b"\xff")
def test_a_changed_file_is_overrides_or_one_line(index, tmp_path, name, changes, raw):
    text = FILES[name]
    for share, length, piece in changes:
        at = int(share * len(text))
        text = text[:at] + piece + text[at + length :]
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogatepass") + raw)
    try:
        found = overrides.read(path, index, lambda text: (*(ids(text) or [1] * bool(text)), END))
    except InputError as error:
        assert name in str(error) and "\n" not in str(error) and len(str(error)) < 1200
    else:
        assert isinstance(found, overrides.Overrides)
        found.answer("国多大"), found.aliases_in("华人")


def test_the_files_themselves_are_read(index, tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        found = overrides.read(tmp_path / name, index, lambda text: (*ids(text), END))
        assert found.aliases == VALUES["aliases"] and found.answer("国多大") == ("中国（人民）", "a")
