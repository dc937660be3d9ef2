"""Generates a text from another one, token by token with the likeliest token.

python example.py "text"
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from baselines.exporting.examples.rows import encode, ids, open_folder


def main(text):
    about, tokenizer, prompt = open_folder()
    step = onnxruntime.InferenceSession(str(Path(__file__).parent / about["files"]["step"]))
    writes, tokens = about["writes"], []
    inputs = encode(about["row"], [ids(tokenizer, text)])
    inputs["length"] = np.array([inputs["input_ids"].shape[1]])
    names = [value.name for value in prompt.get_outputs()]
    outputs = dict(zip(names, prompt.run(names, {name: inputs[name] for name in about["inputs"]}), strict=True))
    position = inputs["input_ids"].shape[1]
    slots = position + writes["max_tokens"]
    room = ((0, 0), (0, 0), (0, writes["max_tokens"]), (0, 0))
    cache = {name.replace("present", "past"): np.pad(value, room) for name, value in outputs.items() if name != "logits"}
    while True:
        outputs["logits"][:, writes["never"]] = -np.inf
        token = int(outputs["logits"][0].argmax())
        if token == writes["end"]:
            break
        tokens.append(token)
        if len(tokens) == writes["max_tokens"]:
            break
        feed = {
            "input_ids": np.array([[token]]), "token_type_ids": np.array([[writes["segment"]]]),
            "position_ids": np.array([[position]]), "visible": np.arange(slots)[None] <= position, **cache,
        }  # fmt: skip
        outputs = dict(zip(names, step.run(names, {each.name: feed[each.name] for each in step.get_inputs()}), strict=True))
        cache = {name.replace("present", "past"): value for name, value in outputs.items() if name != "logits"}
        position += 1
    print(json.dumps({"text": tokenizer.decode(tokens), "tokens": tokens}, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
