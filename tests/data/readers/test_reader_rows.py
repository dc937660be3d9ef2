"""The format is chosen by suffix."""

import gzip

import pytest

from baselines.data.readers import any_format
from baselines.errors import InputError


@pytest.mark.parametrize("name, content", [
    ("a.json", '{"text": "今天", "label": "1"}'), ("a.jsonl", '{"text": "今天", "label": "1"}'),
    ("a.csv", "text,label\n今天,1"), ("a.tsv", "text\tlabel\n今天\t1"), ("a.CSV", "text,label\n今天,1"),
])
@pytest.mark.parametrize("packed", [False, True])
def test_every_format_gives_the_same_rows(tmp_path, name, content, packed):
    path = tmp_path / (name + ".gz" if packed else name)
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    assert list(any_format.read(path)) == [{"text": "今天", "label": "1"}]


def test_an_unknown_suffix_is_told(tmp_path):
    with pytest.raises(InputError, match=r"a\.xlsx has an unknown format.* ends in one of \.json \.jsonl \.csv"):
        any_format.read(tmp_path / "a.xlsx")
