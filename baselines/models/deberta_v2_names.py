"""Published names of DeBERTa-v2's weights."""

import dataclasses

from baselines.models import names
from baselines.models.config import Config
from baselines.weights.names import WeightName

ATTENTION = {r"attention\.self\.(query|key|value)\.": r"attention.self.\1_proj.", r"deberta\.pooler\.": "pooler.",
             r"deberta\.embeddings_project\.": "deberta.embeddings.embed_proj."}  # fmt: skip
NEW_HEAD = {r"cls\.predictions\.transform\.": "lm_predictions.lm_head.", r"cls\.predictions\.": "lm_predictions.lm_head."}


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}; files have the MLM head under `cls` or `lm_predictions`, as `legacy` says, or not as it says."""
    positions = config.option("position_biased_input")
    ours = names.encoder_names(config, prefix="deberta", absolute_positions=positions)
    ours.pop("Embedding-Mapping/bias", None)
    ours = names.renamed(ours, {}, ATTENTION) | names.as_names(distance_names(config) | convolution_names(config), "deberta")
    heads = {path: name for path, name in ours.items() if path.startswith("MLM-")}
    for path, new in names.renamed(heads, {}, NEW_HEAD).items():
        old = heads[path].hugging_face
        first, other = (old, new.hugging_face) if config.option("legacy") else (new.hugging_face, old)
        ours[path] = dataclasses.replace(new, hugging_face=first, also=(other,))
    return ours


def distance_names(config: Config) -> dict[str, tuple]:
    """Names of the distance vectors and their projections."""
    if not config.option("relative_attention"):
        return {}
    table = names.table("Embedding-Distance", "bert/encoder/rel_embeddings")
    if "layer_norm" in config.option("norm_rel_ebd").lower():
        table |= names.norm("Embedding-Distance-Norm", "bert/encoder/LayerNorm")
    if config.option("share_att_key"):
        return table
    for index in range(config.num_hidden_layers):
        for kind, part, theirs in (("c2p", "distance_key", "pos_key_proj"), ("p2c", "distance_query", "pos_query_proj")):
            if kind in config.option("pos_att_type").lower().split("|"):
                google = f"bert/encoder/layer_{index}/attention/self/{theirs}"
                table |= names.dense(f"Transformer-{index}-MultiHeadSelfAttention/{part}", google)
    return table


def convolution_names(config: Config) -> dict[str, tuple]:
    """Names of the convolution beside the first block."""
    if not config.option("conv_kernel_size"):
        return {}
    conv = "bert/encoder/conv"
    return names.dense("Convolution", f"{conv}/conv") | names.norm("Convolution-Norm", f"{conv}/LayerNorm")
