"""Any mutation of a file of weights gives finite arrays, or one line: also of files whose checksums are right again."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import bounded, changed_bytes, changed_file, changed_json, content_or_refusal

from baselines.weights import safetensors_file, tensorflow_checkpoint
from baselines.weights.checkpoint import describe, open_checkpoint
from baselines.weights.finite import require_finite
from baselines.weights.leveldb_table import read_table, write_table

TENSORS = {
    "table": np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4), "half": np.ones(5, np.float16), "ids": np.arange(3),
    "module.scalar": np.float32(1),
}  # fmt: skip


def read(folder):
    describe(folder)
    checkpoint = open_checkpoint(folder)
    for name in checkpoint:
        checkpoint.verify(name)
        array = checkpoint[name]
        assert (array.shape, array.dtype) == (checkpoint.shape(name), checkpoint.dtype(name))
        require_finite(array, name, str(checkpoint.path))
    return checkpoint


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    one, shards, google = (tmp_path_factory.mktemp(name) for name in ("one", "shards", "google"))
    safetensors_file.write(one / "model.safetensors", TENSORS, {"format": "pt"})
    weight_map = {name: f"model-{number}.safetensors" for number, name in enumerate(TENSORS)}
    for name, file in weight_map.items():
        safetensors_file.write(shards / file, {name: TENSORS[name]}, digest=True)
    (shards / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    for step in (3, 4):
        tensorflow_checkpoint.write(google / f"model.ckpt-{step}", TENSORS)
    (google / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-3"\n')
    return {"one": one, "shards": shards, "google": google}


def changed(folder, name, content):
    """Reads a folder in which one file has other content, and puts the old one back."""
    path = folder / name
    whole = path.read_bytes()
    try:
        path.write_bytes(content(whole))
        content_or_refusal(read, folder)
    finally:
        path.write_bytes(whole)


FILES = [("one", "model.safetensors"), ("shards", "model-1.safetensors"), ("shards", "model.safetensors.index.json"),
         ("google", "model.ckpt-3.index"), ("google", "model.ckpt-3.data-00000-of-00001"), ("google", "checkpoint")]  # fmt: skip


@pytest.mark.parametrize("kind, name", FILES)
def test_the_whole_files_are_read(folders, kind, name):
    assert len(read(folders[kind])) == len(TENSORS)


@pytest.mark.parametrize("kind, name", FILES)
@bounded
@given(data=st.data())
def test_a_mutated_file(folders, kind, name, data):
    changed(folders[kind], name, lambda whole: data.draw(changed_file(whole)))


@bounded
@given(data=st.data())
def test_a_mutated_header(folders, data):
    def content(whole):
        size = int.from_bytes(whole[:8], "little")
        header = json.dumps(data.draw(changed_json(json.loads(whole[8 : 8 + size])))).encode()
        return len(header).to_bytes(8, "little") + header + whole[8 + size :]

    changed(folders["one"], "model.safetensors", content)


@bounded
@given(data=st.data())
def test_a_mutated_entry_of_an_index_with_right_checksums(folders, data):
    def content(_):
        items = read_table(folders["google"] / "model.ckpt-3.index")
        number = data.draw(st.integers(0, len(items) - 1))
        key, value = items[number]
        items[number] = key, data.draw(changed_bytes(value))
        return write_table(items)

    changed(folders["google"], "model.ckpt-3.index", content)
