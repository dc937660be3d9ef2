"""Train again exactly as a run was trained, into a new run folder.

run.py rerun DIR [flags that differ]
"""

from baselines.commands import task_of, train
from baselines.run_folder import RunFolder


def main(argv):
    folder, argv = task_of(argv, "rerun", __doc__)
    run = RunFolder.open(folder)
    values = run.read_recipe()
    argv = argv if any(word.split("=")[0] == "--output" for word in argv) else ["--output", "", *argv]
    return train.main([values["task"], "--config", str(run.path / "recipe.yaml"), *argv])
