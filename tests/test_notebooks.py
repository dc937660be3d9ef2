"""notebooks/quickstart.ipynb runs from top to bottom and shows what it promises; quickstart.zh.ipynb has the same code."""

import nbclient
import nbformat
import pytest
from conftest import ROOT

FOLDER = ROOT / "notebooks"


def read(name):
    return nbformat.read(FOLDER / name, as_version=4)


def codes(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after one epoch of training on a part of the data."""
    notebook, folder = read("quickstart.ipynb"), tmp_path_factory.mktemp("part")
    for cell in notebook.cells:
        for task, number in (("clue/tnews", 120), ("seq2seq", 24)):
            flags = " ".join(f"--{split} {part(task, split, number, folder)}" for split in ("train", "dev"))
            cell.source = cell.source.replace(f"train {task} --demo --epochs 2", f"train {task} --demo --epochs 1 {flags}")
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}).execute()
    return notebook


def part(task, split, number, folder):
    """The path of a file with the first lines of a split of the embedded data."""
    source = next((ROOT / "datasets" / "mini" / task).glob(f"{split}.json*"))
    target = folder / f"{task.replace('/', '_')}_{source.name}"
    target.write_text("".join(source.read_text(encoding="utf-8").splitlines(keepends=True)[:number]), encoding="utf-8")
    return target


def results(notebook):
    """The value that each code cell ends with, as it is shown; None for cells without."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = [[output.data for output in cell.outputs if output.output_type == "execute_result"] for cell in cells]
    return [data[0] if data else None for data in shown]


def test_the_quickstart_trains_predicts_generates_and_searches(executed):
    _, trained, curves, predicted, generated, searched = results(executed)
    assert trained["text/plain"] == "0" and "image/png" in curves
    assert "'prediction': '1" in predicted["text/plain"] and "'confidence'" in predicted["text/plain"]
    assert generated["text/plain"].startswith("['") and len(generated["text/plain"]) > 6
    assert searched["text/plain"].startswith("[('") and "忘记密码怎么办" in searched["text/plain"]


def test_both_languages_have_the_same_code_and_no_stored_outputs():
    first, second = read("quickstart.ipynb"), read("quickstart.zh.ipynb")
    assert codes(first) == codes(second) and len(first.cells) == len(second.cells)
    assert all(cell.outputs == [] for notebook in (first, second) for cell in notebook.cells if cell.cell_type == "code")
