"""Published names of the weights that the families share, in Google's checkpoints and in Hugging Face's files."""

import dataclasses
import re

from baselines.models.config import Config
from baselines.weights.names import WeightName

DENSE = {
    "MultiHeadSelfAttention/query": "attention/self/query",
    "MultiHeadSelfAttention/key": "attention/self/key",
    "MultiHeadSelfAttention/value": "attention/self/value",
    "MultiHeadSelfAttention/output": "attention/output/dense",
    "FeedForward/inner": "intermediate/dense",
    "FeedForward/outer": "output/dense",
}
TALKING_HEADS = {"pre": ("mix_scores",), "pre_post": ("mix_scores", "mix_weights")}
NORM = {"MultiHeadSelfAttention-Norm": "attention/output/LayerNorm", "FeedForward-Norm": "output/LayerNorm"}


def encoder_names(config: Config, prefix: str, absolute_positions: bool = False) -> dict[str, WeightName]:
    """{variable path: WeightName} of encoder and heads.

    Google's names begin with "bert/" in every family, Hugging Face's with `prefix`.
    """
    names = table("Embedding-Token", "bert/embeddings/word_embeddings")
    if config.type_vocab_size:
        names |= table("Embedding-Segment", "bert/embeddings/token_type_embeddings")
    if absolute_positions:
        names |= table("Embedding-Position", "bert/embeddings/position_embeddings")
    names |= norm("Embedding-Norm", "bert/embeddings/LayerNorm")
    if config.embedding_size != config.hidden_size:
        names |= dense("Embedding-Mapping", "bert/encoder/embedding_hidden_mapping_in", "bert/embeddings_project")
    for index in range(config.num_hidden_layers):
        for part, google in DENSE.items():
            names |= dense(f"Transformer-{index}-{part}", f"bert/encoder/layer_{index}/{google}")
        for part, google in NORM.items():
            names |= norm(f"Transformer-{index}-{part}", f"bert/encoder/layer_{index}/{google}")
    names |= dense("Pooler-Dense", "bert/pooler/dense")
    names |= option_names(config)
    nsp = "cls/seq_relationship"
    names["NSP-Proba/kernel"] = (f"{nsp}/output_weights", f"{nsp}/weight", True)
    names["NSP-Proba/bias"] = (f"{nsp}/output_bias", f"{nsp}/bias", False)
    names |= dense("MLM-Dense", "cls/predictions/transform/dense")
    names |= norm("MLM-Norm", "cls/predictions/transform/LayerNorm")
    names["MLM-Bias/bias"] = ("cls/predictions/output_bias", "cls/predictions/bias", False)
    return as_names(names, prefix)


def as_names(names: dict[str, tuple], prefix: str = "bert") -> dict[str, WeightName]:
    """{variable path: WeightName} of {variable path: (Google's name, Hugging Face's with slashes, transposed)}."""
    return {
        path: WeightName(google, dotted(hugging_face, prefix), transposed, optional="/mix_" in path)
        for path, (google, hugging_face, transposed) in names.items()
    }


def option_names(config: Config) -> dict[str, tuple]:
    """Names of the weights that an option of the builder adds. None have been published, so the names are ours."""
    names = {}
    for index in range(config.num_hidden_layers):
        block, google = f"Transformer-{index}-", f"bert/encoder/layer_{index}/"
        for mix in TALKING_HEADS.get(config.talking_heads, ()):
            names |= single(f"{block}MultiHeadSelfAttention/{mix}/matrix", f"{google}attention/self/{mix}/matrix")
        if config.residual_scale == "rezero":
            names |= single(f"{block}MultiHeadSelfAttention-Gate/gate", f"{google}attention/output/gate")
            names |= single(f"{block}FeedForward-Gate/gate", f"{google}output/gate")
    if config.norm_placement == "pre":
        names |= norm("Output-Norm", "bert/encoder/output/LayerNorm")
    return names


def renamed(names: dict[str, WeightName], google: dict[str, str], hugging_face: dict[str, str]) -> dict[str, WeightName]:
    """The names of a family that differ from BERT's. In each name the first pattern that matches is replaced.

    Args:
        names: {variable path: WeightName}.
        google: {pattern: replacement} for Google's names.
        hugging_face: Likewise for Hugging Face's.
    """

    def replace(name, patterns):
        pattern = next((pattern for pattern in patterns if re.search(pattern, name)), None)
        return re.sub(pattern, patterns[pattern], name) if pattern else name

    return {
        path: dataclasses.replace(name, google=replace(name.google, google), hugging_face=replace(name.hugging_face, hugging_face))
        for path, name in names.items()
    }


def output_mapping(config: Config) -> dict[str, WeightName]:
    """The name of RoFormerV2's projection before the table. None has been published, so it is ours."""
    if config.embedding_size == config.hidden_size:
        return {}
    names = ("cls/predictions/output_mapping/kernel", "cls.predictions.output_mapping.weight")
    return {"Output-Mapping/kernel": WeightName(*names, transposed=True)}


def unit_name(index: int, part: str) -> WeightName:
    """The name of a weight of GAU-alpha's block: "i_dense/kernel", "q_scaleoffset/gamma"."""
    google = f"GAU_alpha/encoder/layer_{index}/gau/{part}"
    hugging_face = re.sub("/(kernel|gamma)$", "/weight", re.sub("^GAU_alpha", "gau_alpha", google))
    return WeightName(google, dotted(hugging_face, "bert"), transposed=part.endswith("kernel"))


def single(path: str, google: str) -> dict[str, tuple]:
    return {path: (google, google, False)}


def table(layer: str, google: str) -> dict[str, tuple]:
    return {f"{layer}/embeddings": (google, f"{google}/weight", False)}


def dense(layer: str, google: str, hugging_face: str | None = None) -> dict[str, tuple]:
    hugging_face = hugging_face or google
    return {
        f"{layer}/kernel": (f"{google}/kernel", f"{hugging_face}/weight", True),
        f"{layer}/bias": (f"{google}/bias", f"{hugging_face}/bias", False),
    }


def norm(layer: str, google: str) -> dict[str, tuple]:
    return {
        f"{layer}/gamma": (f"{google}/gamma", f"{google}/weight", False),
        f"{layer}/beta": (f"{google}/beta", f"{google}/bias", False),
    }


def dotted(name: str, prefix: str) -> str:
    """"bert/encoder/layer_0/output" -> "nezha.encoder.layer.0.output" with prefix="nezha"."""
    name = re.sub("^bert/", f"{prefix}/", name)
    return name.replace("encoder/layer_", "encoder/layer/").replace("/", ".")
