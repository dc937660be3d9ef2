"""Make goldens.npz: SimBERT's vectors, losses and truncation as bert4keras 0.11.5 has them, for tests/heads/test_embedding.py.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/simbert/make_bert4keras_simbert.py

The losses and the truncation are those of ZhuiyiTechnology/simbert's simbert.py (TotalLoss, truncate), over bert4keras' model and
text_segmentate; the weights are those of tests/goldens/models/weights.npz and, for names that it has not, drawn here.

token_ids, segment_ids   int32 (6, 14): three pairs both ways
weights/<layer>/<index>  float32, of the layers that weights.npz has not
vectors, alone           float32 (6, 32): pooled, of pairs and of their first texts alone
similarity, generation   float32 (): compute_loss_of_similarity, compute_loss_of_seq2seq
clauses                  JSON: [[text, its first clause]]
"""

import json
import pathlib
import tempfile

import numpy as np
import tensorflow as tf
from bert4keras.backend import K
from bert4keras.models import build_transformer_model
from bert4keras.snippets import text_segmentate

HERE = pathlib.Path(__file__).parent
WEIGHTS = np.load(HERE.parent / "models" / "weights.npz")
CONFIG = {
    "vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48,
    "hidden_act": "gelu", "max_position_embeddings": 16, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
}  # fmt: skip
TEXTS = [
    "今天天气不错", "今天天气不错，我们一起去爬山吧。山上的花都开了，很好看！山下有一条小河，可以钓鱼。",
    "我想问一下；这台机器怎么打开，打开以后怎么用，要不要先充电呢，谢谢您了",
    "第一行\n第二行写得长一些，写得再长一些，写到超过三十个字为止。好了吗？好了",
    "没有任何标点可以切开的一个很长很长很长很长很长很长很长很长很长的句子", "，，开头有逗号；结尾也有；",
    "Where can I apply for a card? I lost mine yesterday evening, near the station.",
    "？？为什么这样呢？我不太明白这到底是为什么呀朋友们谁来说说看",
]  # fmt: skip
generator = np.random.default_rng(20201127)
added = {}


def weight(layer, index, shape):
    key = f"{layer}/{index}/{'x'.join(map(str, shape))}"
    if key in WEIGHTS:
        return WEIGHTS[key]
    added.setdefault(key, (0.2 * generator.standard_normal(shape)).astype("float32"))
    return added[key]


def pairs():
    ids, segments = np.zeros((6, 14), "int32"), np.zeros((6, 14), "int32")
    for row in range(0, 6, 2):
        texts = [generator.integers(4, 60, size) for size in generator.integers(2, 6, 2)]
        for offset in (0, 1):
            one, other = texts[offset], texts[1 - offset]
            whole = [2, *one, 3, *other, 3]
            ids[row + offset, : len(whole)] = whole
            segments[row + offset, len(one) + 2 : len(whole)] = 1
    return ids, segments


def similarity(vectors):
    """compute_loss_of_similarity of simbert.py."""
    y_pred = K.l2_normalize(vectors, axis=1)
    idxs = K.arange(0, K.shape(y_pred)[0])
    idxs_1 = idxs[None, :]
    idxs_2 = (idxs + 1 - idxs % 2 * 2)[:, None]
    y_true = K.cast(K.equal(idxs_1, idxs_2), K.floatx())
    similarities = K.dot(y_pred, K.transpose(y_pred))
    similarities = similarities - tf.eye(K.shape(y_pred)[0]) * 1e12
    similarities = similarities * 30
    return K.mean(K.categorical_crossentropy(y_true, similarities, from_logits=True))


def generation(ids, segments, predicted):
    """compute_loss_of_seq2seq of simbert.py."""
    y_true, y_mask, y_pred = ids[:, 1:], segments[:, 1:].astype("float32"), predicted[:, :-1]
    loss = K.sparse_categorical_crossentropy(y_true, y_pred)
    return K.sum(loss * y_mask) / K.sum(y_mask)


with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump(CONFIG, file)
    file.flush()
    model = build_transformer_model(file.name, model="bert", with_pool="linear", application="unilm")
for layer in model.layers:
    values = layer.trainable_weights
    layer.set_weights([weight(layer.name, index, tuple(value.shape)) for index, value in enumerate(values)]) if values else None
ids, segments = pairs()
pooled, predicted = model.predict([ids, segments])
first = np.where(segments == 0, ids, 0)
alone, _ = model.predict([first, np.zeros_like(segments)])
separators, strips = "\n。！？!?；;，, ", "；;，, "
clauses = [[text, text_segmentate(text, 30, separators, strips)[0]] for text in TEXTS]
np.savez_compressed(
    HERE / "goldens.npz", token_ids=ids, segment_ids=segments, vectors=pooled, alone=alone,
    similarity=np.float32(similarity(K.constant(pooled))), generation=np.float32(generation(ids, segments, K.constant(predicted))),
    clauses=json.dumps(clauses, ensure_ascii=False), **{f"weights/{name}": value for name, value in added.items()},
)  # fmt: skip
print({name: value.shape for name, value in added.items()}, np.abs(pooled - alone).max(), clauses)
