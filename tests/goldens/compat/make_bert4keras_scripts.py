"""Runs tests/compat/scripts under the real bert4keras, and stores what they write: goldens.json.

    python tests/goldens/compat/make_bert4keras_scripts.py        bert4keras 0.11.5, tf-keras 2.21, TensorFlow 2.21

It also makes the tiny checkpoint that the scripts read, unless it is there. A script whose second line says "graph mode" runs
without eager execution, as it would have been run.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
SCRIPTS = HERE.parents[1] / "compat" / "scripts"
TOKENS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气好我不来你去北京大学生abc", "##b", "##c", "[unused1]", "##天", ",", "。",
]  # fmt: skip
CONFIG = {
    "vocab_size": len(TOKENS), "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.0, "max_position_embeddings": 32,
    "type_vocab_size": 2, "initializer_range": 0.02,
}  # fmt: skip
RUN = """
import runpy, sys
if {graph}:
    import tensorflow as tf
    tf.compat.v1.disable_eager_execution()
    tf.get_default_graph = tf.compat.v1.get_default_graph               # WebServing's, of TensorFlow 1
from bert4keras.backend import K, keras
K.get_session, K.set_session = lambda: None, lambda session: None
keras.optimizers.Optimizer = keras.optimizers.legacy.Optimizer          # the class of that name when bert4keras was written
sys.argv = ["script", {folder!r}, {result!r}]
runpy.run_path({script!r}, run_name="__main__")
"""


def make_checkpoint(folder):
    """A BERT of 16 units with the heads, from seeded numbers, as Google stores one."""
    import numpy as np
    import tensorflow as tf
    from bert4keras.models import build_transformer_model

    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in TOKENS), encoding="utf-8")
    (folder / "bert_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")
    bert = build_transformer_model(str(folder / "bert_config.json"), with_nsp=True, with_mlm=True, return_keras_model=False)
    state, arrays = np.random.RandomState(0), {}
    for layer, names in bert.variable_mapping().items():
        if layer not in bert.layers:
            continue
        for name, weight in zip(names, bert.layers[layer].trainable_weights, strict=True):
            array = state.normal(size=weight.shape).astype("float32") * 0.2
            arrays[name] = 1 + array if name.endswith("gamma") else array
    arrays["cls/seq_relationship/output_weights"] = arrays["cls/seq_relationship/output_weights"].T
    tf.raw_ops.SaveV2(
        prefix=str(folder / "bert_model.ckpt"), tensor_names=list(arrays), shape_and_slices=[""] * len(arrays),
        tensors=list(arrays.values()),
    )  # fmt: skip


def main():
    os.environ.update(TF_KERAS="1", TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3")
    folder, results = HERE / "tiny", {}
    if not folder.is_dir():
        make_checkpoint(folder)
    chosen = sys.argv[1:] or sorted(path.stem for path in SCRIPTS.glob("*.py"))
    path = HERE / "goldens.json"
    if path.is_file():
        results = json.loads(path.read_text(encoding="utf-8"))
    for name in chosen:
        script = SCRIPTS / f"{name}.py"
        graph = "graph mode" in script.read_text(encoding="utf-8").splitlines()[1]
        with tempfile.TemporaryDirectory() as temporary:
            result = str(pathlib.Path(temporary) / "result.json")
            code = RUN.format(graph=graph, folder=str(folder), result=result, script=str(script))
            subprocess.run([sys.executable, "-c", code], check=True)
            results[name] = json.loads(pathlib.Path(result).read_text(encoding="utf-8"))
        path.write_text(json.dumps(results, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
