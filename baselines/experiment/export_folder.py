"""The folder that `run.py export` writes: a graph with all that a program without this library needs, and all that `predict` needs.

export.json        format, task, recipe, files, inputs, outputs, versions, score, differences, speed
onnx/model.onnx    the graph (other formats: another file); int8: onnx/model_quantized.onnx
tokenizer.json     for the `tokenizers` library; vocab.txt, tokenizer_config.json        config.json   as transformers has it
labels.json        class names in index order, for tasks with classes
README.md          the card        example.py   a program that needs onnxruntime, tokenizers and NumPy only
"""

from collections.abc import Mapping
from pathlib import Path

from baselines.errors import InputError
from baselines.experiment.label_file import read_labels
from baselines.storage.atomic_files import recover
from baselines.storage.json_files import read_json_object, write_json_object

ABOUT = "export.json"
FIELDS = {"format": str, "task": str, "recipe": dict, "files": dict, "inputs": dict, "outputs": dict}
"""Fields of export.json that readers need, with their types."""


class ExportFolder:
    """Paths and small files of an export. `ExportFolder.open` opens one.

    Attributes:
        path: The folder.
        about: The content of export.json.
    """

    def __init__(self, path: str | Path, about: Mapping):
        self.path, self.about = Path(path), about

    @staticmethod
    def is_export(path: str | Path) -> bool:
        """Whether a path is such a folder."""
        recover(path)
        return (Path(path) / ABOUT).is_file()

    @classmethod
    def open(cls, path: str | Path) -> "ExportFolder":
        """Opens an export. Raises InputError for another folder, or a damaged one."""
        if not cls.is_export(path):
            raise InputError(f"{path} is not an export: it has no {ABOUT}. Write one with `run.py export`.")
        about = read_json_object(Path(path) / ABOUT)
        wrong = [name for name, kind in FIELDS.items() if not isinstance(about.get(name), kind)]
        if wrong:
            raise InputError(f"{Path(path) / ABOUT}: {wrong[0]} is missing or has a wrong type. Export the run again.")
        return cls(path, about)

    @property
    def task_name(self) -> str:
        """Full name of the task."""
        return self.about["task"]

    def require_onnx(self) -> None:
        """Raises InputError for a format that this library does not run."""
        if self.about["format"] != "onnx":
            raise InputError(
                f"{self.path} is an export in the format {self.about['format']}, for other programs. "
                "Give the run folder itself, or export with --format onnx."
            )

    def file(self, name: str) -> Path:
        """The path of one of its files, such as the "graph". Raises InputError if it is missing."""
        path = self.path / str(self.about["files"].get(name, name))
        if not path.exists():
            raise InputError(f"{path} does not exist. Export the run again, or copy the whole folder.")
        return path

    def read_recipe(self) -> dict:
        """The flags of the run, as in its recipe.yaml."""
        return dict(self.about["recipe"])

    def read_labels(self) -> list[str] | None:
        """The class names of labels.json; None for a task without classes."""
        return read_labels(self.path)

    def write(self) -> None:
        """Writes export.json."""
        write_json_object(self.path / ABOUT, dict(self.about))

    def __str__(self):
        return str(self.path)
