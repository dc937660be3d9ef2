"""Submission files: written under their official names, checked line by line, zipped.

{"id": "0", "label": "108"}
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import InputError, nearest
from baselines.storage.atomic_files import atomic_path, atomic_write
from baselines.task import Example, Labels, Submission


def official_name(submission: Submission, test_file: str | Path) -> str:
    """The submission's name for a test file (or its .gz). Raises InputError for an unknown test file."""
    name = Path(test_file).name.removesuffix(".gz").removesuffix(".zip")
    if name not in submission.files:
        raise InputError(
            f"{test_file} is not an official test file. Use one of {', '.join(submission.files)}. "
            f"{nearest(name, submission.files)}"
        )
    return submission.files[name]


def write_submission(
    folder: str | Path, test_file: str | Path, submission: Submission, examples: Sequence[Example], predictions: Mapping
) -> Path:
    """Writes the file for one test file into `folder`, in the order of the examples; returns its path.

    predictions  {example.id: prediction}, one for every example
    """
    records = [submission.record(example, predictions[example.id]) for example in examples]
    path = Path(folder) / official_name(submission, test_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, "w") as file:
        if submission.layout == "lines":
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        else:
            json.dump({key: value for record in records for key, value in record.items()}, file, ensure_ascii=False, indent=4)
    return path


def check_submission(
    path: str | Path, test_file: str | Path, submission: Submission, examples: Sequence[Example], labels: Labels | None = None
) -> None:
    """Compares a submission with the examples of its test file. Raises InputError at the first difference.

    Checked: the file's name, the number of rows, their ids and order, and with `labels` that each label is one of them.
    """
    path, expected_name = Path(path), official_name(submission, test_file)
    if path.name != expected_name:
        raise InputError(f"{path}: the submission for {Path(test_file).name} must be named {expected_name}. Rename it.")
    records = records_of(path, submission.layout)
    expected = [(key, example) for example in examples for key in submission.keys(example)]
    for (origin, id, label), (key, example) in zip(records, expected, strict=False):
        if id != key:
            raise InputError(
                f"{origin}: the id is {id!r}, but {example.origin or Path(test_file).name} has {key!r}. "
                "Keep the order of the test file, and write ids as strings."
            )
        if labels is not None and not (isinstance(label, str) and label in labels):
            names = ", ".join(labels.names[:20]) + (", …" if len(labels) > 20 else "")
            raise InputError(f"{origin}: unknown label {label!r}. Use one of {names}.")
    if len(records) != len(expected):
        raise InputError(
            f"{path}: {len(records)} rows, but {Path(test_file).name} has {len(expected)}. "
            "Predict the whole file again."
        )


def records_of(path: Path, layout: str) -> list[tuple[str, Any, Any]]:
    """[(origin, id, label)] of a submission, in its order; id and label are None where a line has none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if layout == "object":
            return [(f"{path.name}: {id}", id, value) for id, value in json.loads(text).items()]
        records = map(json.loads, text.removesuffix("\n").split("\n"))
        return [(f"{path.name}:{line}", row.get("id"), row.get("label")) for line, row in enumerate(records, start=1)]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Write the submission first.") from None
    except (ValueError, AttributeError) as error:
        expected = "one JSON object" if layout == "object" else "one JSON object per line"
        raise InputError(f"{path}: not {expected} in UTF-8 ({error}). Write the submission again.") from None


def zip_files(paths: Sequence[Path], target: Path) -> Path:
    """Packs files side by side into one .zip; the same files make the same bytes. Returns its path."""
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(map(Path, paths), key=lambda path: path.name):
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return Path(target)
