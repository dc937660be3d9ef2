"""CPU time of an update of each family at equal width, beside transformers on torch: two blocks and a loss on every token's vector.

    KERAS_BACKEND=tensorflow python benchmarks/families.py --peer /path/to/python/with/torch/and/transformers

Each side is one process on one core and one thread. Both compute in float32, without dropout or padding, forward, backward and
plain descent; ours is compiled by XLA, theirs is eager with its default attention. A number is the smallest of --rounds steps
after two that compile. Families that transformers lacks have no peer. Prints a Markdown table.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

RELATIVE = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 64, "share_att_key": True,
            "norm_rel_ebd": "layer_norm", "position_biased_input": False}  # fmt: skip
FAMILIES = {
    "bert": ("Bert", {}),
    "nezha": (None, {}),
    "roformer": ("RoFormer", {"embedding_size": None}),
    "roformer_v2": (None, {"hidden_act": "relu"}),
    "gau_alpha": (None, {"attention_key_size": 64}),
    "electra": ("Electra", {"embedding_size": None}),
    "ernie": ("Ernie", {"use_task_id": True}),
    "albert": ("Albert", {"embedding_size": 128}),
    "xlm_roberta": ("XLMRoberta", {"type_vocab_size": 1, "pad_token_id": 1}),
    "deberta_v2": ("DebertaV2", {**RELATIVE, "type_vocab_size": 0}),
    "modernbert": ("ModernBert", {"pad_token_id": 0}),
}
"""{our name: (prefix of transformers' classes, options)}."""


def sizes(family: str, arguments: argparse.Namespace) -> dict:
    """The configuration that both sides read."""
    _, options = FAMILIES[family]
    width = arguments.width
    values = {
        "vocab_size": 1000, "hidden_size": width, "num_hidden_layers": 2, "num_attention_heads": width // 64,
        "intermediate_size": 4 * width, "max_position_embeddings": arguments.length + 2, "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0, **options,
    }  # fmt: skip
    return {name: width if value is None else value for name, value in values.items()}


def ours(family: str, arguments: argparse.Namespace, token_ids, targets):
    """A function that makes an update."""
    import keras

    from baselines.models.builder import build_transformer_model

    encoder = build_transformer_model(sizes(family, arguments), model=family)
    model = keras.Model(encoder.input, encoder.output["hidden_states"])
    model.compile(keras.optimizers.SGD(1e-6), loss="mse", jit_compile=True)
    batch = {"token_ids": token_ids, "segment_ids": token_ids * 0}
    batch = {name: batch[name] for name in model.input}
    return lambda: model.train_on_batch(batch, targets)


def theirs(family: str, arguments: argparse.Namespace, token_ids, targets):
    """Likewise, or None."""
    import torch
    import transformers

    torch.set_num_threads(1)
    prefix, _ = FAMILIES[family]
    if prefix is None:
        return None
    special = {"bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2} if family == "modernbert" else {}
    config = getattr(transformers, f"{prefix}Config")(**{**sizes(family, arguments), **special})
    model = getattr(transformers, f"{prefix}Model")(config).train()
    optimizer = torch.optim.SGD(model.parameters(), 1e-6)
    token_ids, targets = torch.from_numpy(token_ids).long(), torch.from_numpy(targets)

    def step():
        optimizer.zero_grad()
        loss = ((model(input_ids=token_ids, attention_mask=torch.ones_like(token_ids))[0] - targets) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def serve(arguments: argparse.Namespace) -> None:
    """Measures one side, and prints {family: CPU milliseconds} as JSON in the last line."""
    import numpy as np

    os.sched_setaffinity(0, {arguments.core})
    random = np.random.default_rng(0)
    token_ids = random.integers(3, 1000, (arguments.rows, arguments.length)).astype("int32")
    targets = random.normal(size=(arguments.rows, arguments.length, arguments.width)).astype("float32")
    found = {}
    for family in arguments.families:
        step = {"ours": ours, "theirs": theirs}[arguments.side](family, arguments, token_ids, targets)
        if step is None:
            continue
        times = []
        for _ in range(arguments.rounds + 2):
            start = time.process_time()
            step()
            times.append(1000 * (time.process_time() - start))
        found[family] = min(times[2:])
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="Python with torch and transformers")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--families", nargs="+", default=list(FAMILIES))
    parser.add_argument("--side", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        serve(arguments)
        return
    found = {}
    for side, python in (("ours", sys.executable), ("theirs", arguments.peer)):
        if python:
            command = [python, *sys.argv, "--side", side]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            found[side] = json.loads(output.splitlines()[-1])
    print(f"{arguments.rows} x {arguments.length} tokens, width {arguments.width}, 2 blocks; CPU milliseconds of an update\n")
    print("| family | ours | transformers | ratio |\n|---|---|---|---|")
    for family, milliseconds in found["ours"].items():
        peer = found.get("theirs", {}).get(family)
        other = f"{peer:.0f} | {milliseconds / peer:.2f}" if peer else "– | –"
        print(f"| {family} | {milliseconds:.0f} | {other} |")


if __name__ == "__main__":
    main()
