"""Published names of T5's weights: those of Google's Mesh TensorFlow checkpoints, and Hugging Face's.

Google's mT5 says rms_norm where its T5 says layer_norm; bert4keras writes T5-PEGASUS by these names too.
"""

from baselines.models.config import Config
from baselines.weights.names import WeightName

PROJECTIONS = {"query": "q", "key": "k", "value": "v", "output": "o"}
ATTENTION = "SelfAttention"
CROSS_ATTENTION = "EncDecAttention"


def weight_names(config: Config, num_decoder_layers: int) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    norm = "rms_norm" if config.option("version") == "mt5.1.1" else "layer_norm"
    names = {"Embedding-Token/embeddings": WeightName("shared/embedding", "shared.weight")}
    for side, count in (("encoder", config.num_hidden_layers), ("decoder", num_decoder_layers)):
        for index in range(count):
            names |= _block(side, index, norm, config)
        title, bias = side.title(), f"block_000/layer_000/{ATTENTION}/relative_attention_bias"
        names[f"{title}-Embedding-Relative-Position/embeddings"] = WeightName(
            f"{side}/{bias}", f"{side}.block.0.layer.0.{ATTENTION}.relative_attention_bias.weight"
        )
        final = "final_layer_norm" if norm == "layer_norm" else norm
        for part in ("kernel", "bias") if config.embedding_size != config.hidden_size else ():    # none are published
            name = f"{side}/embedding_mapping/{part}"
            names[f"{title}-Embedding-Mapping/{part}"] = WeightName(name, name.replace("/", "."))
        names[f"{title}-Output-Norm/gamma"] = WeightName(f"{side}/{final}/scale", f"{side}.final_layer_norm.weight")
    for part in ("kernel", "bias") if config.embedding_size != config.hidden_size else ():
        names[f"Decoder-Output-Mapping/{part}"] = WeightName(f"decoder/output_mapping/{part}", f"decoder.output_mapping.{part}")
    names["Decoder-Output-LM/kernel"] = WeightName("decoder/logits/kernel", "lm_head.weight", transposed=True)
    return names


def _block(side, index, norm, config):
    names, title = {}, f"{side.title()}-Transformer-{index}-"
    parts = [("MultiHeadSelfAttention", ATTENTION)]
    parts += [("MultiHeadCrossAttention", CROSS_ATTENTION)] if side == "decoder" else []
    for number, (part, published) in enumerate(parts):
        google, hugging_face = f"{side}/block_{index:03d}/layer_{number:03d}/", f"{side}.block.{index}.layer.{number}."
        for ours, letter in PROJECTIONS.items():
            names[f"{title}{part}/{ours}/kernel"] = WeightName(
                f"{google}{published}/{letter}", f"{hugging_face}{published}.{letter}.weight", transposed=True
            )
        names[f"{title}{part}-Norm/gamma"] = WeightName(f"{google}{norm}/scale", f"{hugging_face}layer_norm.weight")
    google, hugging_face = f"{side}/block_{index:03d}/layer_{len(parts):03d}/", f"{side}.block.{index}.layer.{len(parts)}."
    gated = config.option("gate_act") is not None
    dense = {"inner": "wi_0", "gate": "wi_1", "outer": "wo"} if gated else {"inner": "wi", "outer": "wo"}
    for ours, letter in dense.items():
        names[f"{title}FeedForward/{ours}/kernel"] = WeightName(
            f"{google}DenseReluDense/{letter}/kernel", f"{hugging_face}DenseReluDense.{letter}.weight", transposed=True
        )
    names[f"{title}FeedForward-Norm/gamma"] = WeightName(f"{google}{norm}/scale", f"{hugging_face}layer_norm.weight")
    return names
