"""What we write, TensorFlow reads; what it writes, we read; what is broken is refused with the file's name."""

import errno
import os

import ml_dtypes
import numpy as np
import pytest

from baselines.errors import InputError
from baselines.weights import leveldb_table, tensorflow_checkpoint


def tensors(seed=0):
    random = np.random.default_rng(seed)
    return {
        "bert/embeddings/word_embeddings": random.normal(size=(50, 8)).astype(np.float32),
        "bert/embeddings/LayerNorm/beta": random.normal(size=8).astype(np.float16),
        "bert/embeddings/LayerNorm/gamma": random.normal(size=8).astype(ml_dtypes.bfloat16),
        "double": random.normal(size=(2, 3, 4)),
        "empty": np.zeros((0, 3), np.float32),
        "flags": np.array([True, False, True]),
        "global_step": np.int64(1234),
        "ids": np.arange(7, dtype=np.int32),
    } | {f"many/{index}": np.full((3,), index, np.float32) for index in range(200)}


def assert_same(expected, received):
    assert sorted(expected) == sorted(received)
    for name, array in expected.items():
        array = np.asarray(array)
        assert (received[name].dtype, received[name].shape) == (array.dtype, array.shape), name
        np.testing.assert_array_equal(received[name], array, err_msg=name)


@pytest.fixture
def prefix(tmp_path):
    tensorflow_checkpoint.write(tmp_path / "bert_model.ckpt", tensors())
    return tmp_path / "bert_model.ckpt"


def test_round_trip(prefix):
    checkpoint = tensorflow_checkpoint.read(prefix)
    assert_same(tensors(), checkpoint)
    assert checkpoint.shape("double") == (2, 3, 4)
    assert checkpoint.dtype("bert/embeddings/LayerNorm/gamma") == ml_dtypes.bfloat16


def test_memory_layout_does_not_matter(tmp_path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    laid_out = {"fortran": array.T, "strided": array[:, ::2], "big": array.astype(">f4")}
    tensorflow_checkpoint.write(tmp_path / "a", laid_out)
    received = tensorflow_checkpoint.read(tmp_path / "a")
    np.testing.assert_array_equal(received["fortran"], array.T)
    np.testing.assert_array_equal(received["strided"], array[:, ::2])
    np.testing.assert_array_equal(received["big"], array)


def test_tensorflow_reads_ours(prefix):
    tf = pytest.importorskip("tensorflow")
    reader = tf.train.load_checkpoint(str(prefix))
    assert_same(tensors(), {name: np.asarray(reader.get_tensor(name)) for name in reader.get_variable_to_shape_map()})


def save(tf, prefix, values, slices=""):
    slices = [slices] * len(values)
    arrays = [tf.constant(array, tf.dtypes.as_dtype(np.asarray(array).dtype)) for array in values.values()]
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=list(values), shape_and_slices=slices, tensors=arrays)


def test_we_read_tensorflows(tmp_path):
    tf = pytest.importorskip("tensorflow")
    save(tf, tmp_path / "a.ckpt", tensors())
    assert_same(tensors(), tensorflow_checkpoint.read(tmp_path / "a.ckpt"))


def test_we_read_tensorflows_shards(tmp_path):
    tf = pytest.importorskip("tensorflow")
    names = sorted(tensors())
    parts = [str(tmp_path / f"part{part}") for part in range(3)]
    for part, path in enumerate(parts):
        save(tf, path, {name: tensors()[name] for name in names[part::3]})
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(tmp_path / "whole"))
    assert len(list(tmp_path.glob("whole.data-*-of-00003"))) == 3
    assert_same(tensors(), tensorflow_checkpoint.read(tmp_path / "whole"))
    (tmp_path / "whole.data-00001-of-00003").unlink()
    with pytest.raises(InputError, match=r"whole.data-00001-of-00003: no such file"):
        tensorflow_checkpoint.read(tmp_path / "whole")


def test_the_object_graph_of_a_keras_checkpoint_is_left_out(tmp_path):
    tf = pytest.importorskip("tensorflow")
    path = tf.train.Checkpoint(table=tf.Variable(np.eye(3, dtype=np.float32))).write(str(tmp_path / "object"))
    received = tensorflow_checkpoint.read(path)
    assert "_CHECKPOINTABLE_OBJECT_GRAPH" not in received
    np.testing.assert_array_equal(received["table/.ATTRIBUTES/VARIABLE_VALUE"], np.eye(3))


def test_slices_are_refused(tmp_path):
    tf = pytest.importorskip("tensorflow")
    save(tf, tmp_path / "sliced", {"table": np.zeros((2, 3), np.float32)}, slices="4 3 0,2:0,3")
    with pytest.raises(InputError, match="table is stored in slices"):
        tensorflow_checkpoint.read(tmp_path / "sliced")


def test_a_missing_file_names_its_neighbours(prefix):
    with pytest.raises(InputError, match=r"bert_modle.ckpt.index: no such file. Did you mean bert_model.ckpt\?"):
        tensorflow_checkpoint.read(prefix.with_name("bert_modle.ckpt"))


def test_a_v1_checkpoint_is_refused(tmp_path):
    (tmp_path / "old.ckpt").write_bytes(b"v1")
    with pytest.raises(InputError, match="a V1 checkpoint"):
        tensorflow_checkpoint.read(tmp_path / "old.ckpt")


def test_a_missing_data_file(prefix):
    prefix.with_name("bert_model.ckpt.data-00000-of-00001").unlink()
    with pytest.raises(InputError, match=r"data-00000-of-00001: no such file, although bert_model.ckpt.index refers to it"):
        tensorflow_checkpoint.read(prefix)


def test_a_truncated_data_file(prefix):
    data = prefix.with_name("bert_model.ckpt.data-00000-of-00001")
    size = data.stat().st_size
    os.truncate(data, size - 1)
    with pytest.raises(InputError, match=f"truncated, it has {size - 1} of {size} bytes"):
        tensorflow_checkpoint.read(prefix)


def test_every_truncated_index_is_refused(prefix):
    index = prefix.with_name("bert_model.ckpt.index")
    whole = index.read_bytes()
    for size in range(0, len(whole), 97):
        index.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"bert_model.ckpt.index"):
            tensorflow_checkpoint.read(prefix)


def test_every_flipped_byte_of_the_index_is_noticed_or_without_effect(prefix):
    """The footer has no checksum, and some of its bytes are filling."""
    index = prefix.with_name("bert_model.ckpt.index")
    whole = index.read_bytes()
    for position in [*range(0, len(whole) - 48, 211), *range(len(whole) - 48, len(whole))]:
        index.write_bytes(whole[:position] + bytes([whole[position] ^ 0x15]) + whole[position + 1 :])
        try:
            received = tensorflow_checkpoint.read(prefix)
        except InputError:
            continue
        assert position >= len(whole) - 48
        assert_same(tensors(), received)


def test_a_flipped_bit_of_the_data_is_noticed_when_its_tensor_is_read(prefix):
    data = prefix.with_name("bert_model.ckpt.data-00000-of-00001")
    content = bytearray(data.read_bytes())
    content[100] ^= 1
    data.write_bytes(content)
    received = tensorflow_checkpoint.read(prefix)
    wrong = []
    for name in received:
        try:
            np.testing.assert_array_equal(received[name], tensors()[name])
        except InputError as error:
            assert f"the checksum of {name} does not match" in str(error)
            wrong.append(name)
    assert len(wrong) == 1


def test_a_compressed_index_is_refused(prefix, monkeypatch):
    """TensorFlow writes none, but the format allows them. The byte before the block's checksum tells."""
    append = leveldb_table._append_block

    def compressed(out, entries):
        handle = append(out, entries)
        out[-5] = 1
        return handle

    monkeypatch.setattr(leveldb_table, "_append_block", compressed)
    monkeypatch.setattr(leveldb_table, "masked", lambda crc: 0)
    tensorflow_checkpoint.write(prefix, tensors())
    with pytest.raises(InputError, match="compressed blocks .type 1. are not implemented"):
        tensorflow_checkpoint.read(prefix)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "a.index").write_bytes(b"x" * 500)
    with pytest.raises(InputError, match="500 bytes without its end mark"):
        tensorflow_checkpoint.read(tmp_path / "a")


def test_a_table_of_other_things_is_refused(tmp_path):
    (tmp_path / "a.index").write_bytes(leveldb_table.write_table([(b"key", b"\x07\x07")]))
    with pytest.raises(InputError, match="a.index: not the index of a checkpoint, or corrupted"):
        tensorflow_checkpoint.read(tmp_path / "a")


def test_unknown_types_are_a_mistake_of_the_caller(tmp_path):
    with pytest.raises(ValueError, match="Received: a of complex64"):
        tensorflow_checkpoint.write(tmp_path / "a", {"a": np.zeros(3, np.complex64)})
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_checkpoint(prefix, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = sorted(path.name for path in prefix.parent.iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(tensorflow_checkpoint, "_write_tensor", full)
        with pytest.raises(OSError, match="No space left"):
            tensorflow_checkpoint.write(prefix, tensors(seed=1))
    assert sorted(path.name for path in prefix.parent.iterdir()) == before
    assert_same(tensors(), tensorflow_checkpoint.read(prefix))
