"""Train again exactly as a run was trained, into a new run folder.

run.py rerun DIR [flags that differ]
"""

from baselines.cli import pretrain, train
from baselines.cli.argument_parser import take_option
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder


def main(argv: list[str]) -> None:
    if argv and argv[0] in ("-h", "--help"):
        print(f"{__doc__.strip()}\n\nrun.py train TASK --help, or pretrain, shows the flags.")
        return
    if not argv or argv[0].startswith("-"):
        raise InputError("rerun: no run folder is given. Write it first, as in `run.py rerun runs/clue/tnews/…`.")
    run = RunFolder.open(argv[0])
    run.require_trained("rerun")
    argv, output = take_option(argv[1:], "--output")
    recipe = run.read_recipe()
    name, config = recipe["task"], ["--config", str(run.path / "recipe.yaml")]
    padding = "--pad_to_multiple_of"
    if not any(word.partition("=")[0].replace("-", "_") == padding.replace("-", "_") for word in argv):
        config += [padding, str(recipe["pad_to_multiple_of"])]          # recipe.yaml of an older run does not say it
    verb = pretrain if name.startswith("pretraining/") else train
    verb.main([name, *config, "--output", output or "", *argv])
