"""A BERT classifier in one format, in a process of its own: it answers the driver on stdin and stdout.

    format_worker.py SIZES KIND FOLDER        KIND: ours, onnx, int8, torch; write makes the graphs of onnx and int8 in FOLDER

    worker   {"start_cpu_seconds", "versions"}               when the first row (1 x 32) is answered
    driver   [rows, length, N]
    worker   {"seconds": [N], "cpu_seconds", "peak_bytes"}   after N passes
"""

import importlib.metadata
import json
import os
import pathlib
import sys
import time

import numpy as np

CLASSES = 15


def inputs(rows, length, vocabulary):
    token_ids = np.random.default_rng(0).integers(1, vocabulary, (rows, length))
    return {"input_ids": token_ids, "token_type_ids": np.zeros_like(token_ids)}


def keras_model(sizes):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
    from baselines.cli.startup import start_backend

    start_backend()
    from baselines.heads.classification import ClassificationHead
    from baselines.models.builder import build_transformer_model

    return ClassificationHead(CLASSES)(build_transformer_model({"model_type": "bert", **sizes}))


def write(sizes, folder):
    """The graphs of random weights, in float32 and in int8."""
    model = keras_model(sizes)
    from baselines.exporting import quantization
    from baselines.exporting.formats import onnx
    from baselines.exporting.graph import Graph

    onnx.write(Graph(model), folder / "model.onnx", 17)
    quantization.quantize(folder / "model.onnx", folder / "int8.onnx", "int8")


def ours(sizes, folder):
    model = keras_model(sizes)
    from baselines.training.steps import Steps

    steps = Steps(model, None, jit=False)
    return lambda batch: steps.predict({"token_ids": batch["input_ids"].astype("int32"),
                                        "segment_ids": batch["token_type_ids"].astype("int32")})  # fmt: skip


def graph(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(str(path), options)
    return lambda batch: session.run(None, batch)


def torch(sizes, folder):
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.set_num_threads(1)
    model = BertForSequenceClassification(BertConfig(num_labels=CLASSES, **sizes, attn_implementation="eager")).eval()

    def run(batch):
        with torch.inference_mode():
            tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
            return model(**tensors, attention_mask=torch.ones_like(tensors["input_ids"])).logits.numpy()

    return run


def peak_bytes():
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)                                                       # what libraries print must not look like an answer
    sizes, kind, folder = json.loads(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])

    def answer(**values):
        print(json.dumps(values), file=answers, flush=True)

    if kind == "write":
        write(sizes, folder)
        return answer()
    makers = {
        "ours": lambda: ours(sizes, folder), "torch": lambda: torch(sizes, folder),
        "onnx": lambda: graph(folder / "model.onnx"), "int8": lambda: graph(folder / "int8.onnx"),
    }  # fmt: skip
    run = makers[kind]()
    run(inputs(1, 32, sizes["vocab_size"]))
    packages = ("keras", "tensorflow-cpu", "onnxruntime", "torch", "transformers")
    versions = {name: importlib.metadata.version(name) for name in packages if name.split("-")[0] in sys.modules}
    answer(start_cpu_seconds=time.process_time(), versions=versions)
    for line in sys.stdin:
        rows, length, count = json.loads(line)
        batch, seconds, cpu = inputs(rows, length, sizes["vocab_size"]), [], time.process_time()
        for _ in range(count):
            start = time.perf_counter()
            run(batch)
            seconds.append(time.perf_counter() - start)
        answer(seconds=seconds, cpu_seconds=time.process_time() - cpu, peak_bytes=peak_bytes())


if __name__ == "__main__":
    main()
