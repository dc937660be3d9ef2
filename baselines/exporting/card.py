"""README.md of an export: what it is, how to call it, how good and how fast it is."""

from collections.abc import Mapping

USE = {
    "onnx": """```bash
pip install onnxruntime tokenizers numpy
python example.py {texts}
```

With the library, in onnxruntime alone: `python run.py predict --run . {texts}`, `python run.py serve --run .`""",
    "savedmodel": """```bash
docker run -p 8501:8501 -v "$PWD/model:/models/model" tensorflow/serving
curl http://localhost:8501/v1/models/model:predict -d '{{"inputs": {inputs}}}'
```""",
    "litert": """```python
from ai_edge_litert.interpreter import Interpreter

runner = Interpreter("model.tflite").get_signature_runner("serving_default")
outputs = runner({calls})        # int64 arrays; see export.json
```""",
    "keras": """```python
import baselines.task_models.loading, keras        # the library defines the layers

model = keras.models.load_model("model.keras")
```""",
}
TEXTS = {"answer": '"question" "passage"', "choice": '"passage" "question" "choice" "choice"', "embedding": '"text" "text"'}


def card(about: Mapping, has_example: bool) -> str:
    """The text of README.md from the content of export.json."""
    texts = TEXTS.get(about["kind"], '"text"')
    shape = lambda each: f"{each['dtype']} ({', '.join(map(str, each['shape']))})"  # noqa: E731
    lines = [f"# {about['task']}, exported as {about['format']}", ""]
    lines += [f"A model of the family {about['family']} for `{about['task']}`, of {about['size'] / 1e6:.1f} MB."]
    use = USE[about["format"]].format(
        texts=texts, inputs="{…}", calls=", ".join(f"{name}=…" for name in about["inputs"])
    )
    if about["kind"] == "text":
        use = "```bash\npip install onnxruntime tokenizers numpy\npython example.py \"text\"\n```" if has_example else ""
        use += "\n\n`onnx/prompt.onnx` reads a prompt, `onnx/step.onnx` one more token with the keys and values so far."
    elif about["format"] == "onnx" and not has_example:
        use = f"With the library, in onnxruntime alone: `python run.py predict --run . {texts}`"
    lines += ["", use, "", "## Inputs and outputs", ""]
    lines += ["| input | type |", "|---|---|", *[f"| `{name}` | {shape(each)} |" for name, each in about["inputs"].items()], ""]
    lines += ["| output | type |", "|---|---|", *[f"| `{name}` | {each} |" for name, each in about["outputs"].items()], ""]
    lines += [f"Padding is token {about['row']['pad']}: the graph finds it by itself, so there is no `attention_mask`."]
    lines += [f"Outside of the graph: {', '.join(about['outside'])}.", "", "## Checks", ""]
    lines += [f"* {sentence}" for sentence in about["checks"]]
    if about["speed"]:
        lines += ["", "| batch | length | milliseconds | CPU milliseconds |", "|---|---|---|---|"]
        columns = ("batch", "length", "milliseconds", "cpu_milliseconds")
        lines += [f"| {' | '.join(str(each[column]) for column in columns)} |" for each in about["speed"]]
        lines += ["", f"Medians on {about['versions']['platform']}, measured at export."]
    packages = ", ".join(f"{name} {version}" for name, version in about["versions"]["packages"].items())
    lines += ["", "## Versions", "", f"Python {about['versions']['python']}; {packages}.", ""]
    return "\n".join(lines)
