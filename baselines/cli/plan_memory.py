"""Find the batch size, accumulation, recomputation and precision that fit your GPU, and print the command to run.

run.py plan-memory TASK --memory 24GB [--init FOLDER] [the flags of train]

No model is loaded or trained. The rows per update stay those of the recipe. docs/memory.md says how accurate the estimates are.
"""

import dataclasses
import math
import shlex
from collections.abc import Mapping, Sequence

from baselines.cli import task_of
from baselines.cli.argument_parser import parse_train, take_option
from baselines.cli.train import check_parts
from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments
from baselines.experiment.input_files import bind, checkpoint_folder, data_file
from baselines.models.config import Config, read
from baselines.models.lora import Lora
from baselines.models.words import model_options
from baselines.plugins import task_catalog
from baselines.plugins.settings import make
from baselines.runtime.text_table import aligned
from baselines.task import Recipe, Task
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.training import freezing, memory_planner, optimizers, strategies
from baselines.training.memory_estimate import Plan, Setup, flops, parameters

OURS = ("--batch_size", "--accumulate", "--precision", "--eval_batch_size")
SWITCHES = ("--recompute", "--no_recompute")


def main(argv: list[str]) -> None:
    argv, memory = take_option(argv, "--memory")
    name, argv = task_of(argv, "plan-memory", __doc__)
    full_name, task = task_catalog.find(name)
    arguments = parse_train(task, argv, f"run.py plan-memory {full_name}")
    check_parts(task, arguments)
    if memory is None:
        raise InputError("run.py plan-memory: --memory is missing. Add the memory of your GPU, such as --memory 24GB.")
    size, recipe = memory_planner.parse_bytes(memory), arguments.recipe
    if recipe.precision == "auto":
        recipe = dataclasses.replace(recipe, precision="bf16")          # auto means bf16 on GPUs since Ampere
    setup = setup_of(full_name, task, arguments)
    candidates = memory_planner.candidates(setup, recipe)
    best = memory_planner.choose(candidates, recipe.precision, size)
    count, _ = parameters(setup.config)
    rows = recipe.batch_size * recipe.accumulate * setup.rows_per_example
    print(
        f"{count / 1e6:.1f} M parameters, {recipe.optimizer}; an update learns from {rows} rows of {setup.length} tokens: "
        f"{1e-12 * rows * flops(setup.config, setup.length):.2f} TFLOPs\n"
    )
    print(table(selected(candidates, best), best, size))
    if best is None:
        raise InputError(refusal(candidates, memory))
    eval_batch_size = memory_planner.eval_batch_size(setup, recipe, size)
    print(f"\npython run.py train {full_name} {shlex.join(train_flags(argv, best.plan, recipe, eval_batch_size))}")


def setup_of(name: str, task: Task, arguments: TrainArguments) -> Setup:
    """The Setup that the flags of `train` describe."""
    recipe, settings = arguments.recipe, arguments.settings
    config = config_of(task, arguments)
    return Setup(
        config=config,
        length=recipe.max_length,
        optimizer=make(optimizers.optimizer_class(recipe.optimizer), recipe.optimizer, settings),
        strategies=tuple(strategies.build_strategies(recipe.strategies, settings)),
        rows_per_example=choices_of(name, task, arguments),
        **learning(config, recipe, settings),
    )


def learning(config: Config, recipe: Recipe, settings: Mapping[str, object]) -> dict[str, int]:
    """The fields of a Setup that say how many weights learn; {} for all."""
    if recipe.lora:
        sides = [kernel_sides(config)[target] for target in make(Lora, "lora", settings).targets if target in kernel_sides(config)]
        blocks = config.sizes().blocks
        return {"trained": blocks * recipe.lora * sum(map(sum, sides)), "adapted": blocks * sum(map(math.prod, sides))}
    frozen, sizes = freezing.parse(recipe.freeze), config.sizes()
    if frozen is None:
        return {}
    if frozen > sizes.blocks:
        raise InputError(f"--freeze {frozen}: the model has {sizes.blocks} blocks. Choose a smaller number.")
    return {"trained": sizes.inside * (sizes.blocks - frozen) // max(sizes.blocks, 1), "frozen_blocks": frozen}


def kernel_sides(config: Config) -> dict[str, tuple[int, int]]:
    """{dense layer of a block: (inputs, outputs)}."""
    d, f = config.hidden_size, config.intermediate_size
    keys, values = (config.num_attention_heads * size for size in (config.attention_key_size, config.attention_head_size))
    return {"query": (d, keys), "key": (d, keys), "value": (d, values), "output": (values, d), "inner": (d, f), "gate": (d, f),
            "outer": (f, d)}  # fmt: skip


def choices_of(name: str, task: Task, arguments: TrainArguments) -> int:
    """Sequences per row of a batch: the number of choices of the first training question; 1 for other tasks."""
    if task.head is None or task.head.output_kind != "choice":
        return 1
    flags = arguments.flags
    path = data_file(name, task, "train", flags.train, flags.demo)
    examples = bind(task, arguments.options, None, path).read(path[0] if isinstance(path, tuple) else path)
    tokenizer = Tokenizer.from_folder(checkpoint_folder(flags, task.demo.checkpoint, weights=False))
    features, _ = next(iter(task.encode(next(iter(examples)), tokenizer, arguments.recipe.max_length)))
    return len(features["token_ids"])


def config_of(task: Task, arguments: TrainArguments) -> Config:
    """The Config of --init; no weights are read."""
    values, where = read(checkpoint_folder(arguments.flags, task.demo.checkpoint, weights=False))
    recipe = arguments.recipe
    values |= model_options(recipe.model_options)
    return Config.from_dict(values if recipe.model == "auto" else {**values, "model_type": recipe.model}, where)


def selected(
    candidates: Sequence[memory_planner.Candidate], best: memory_planner.Candidate | None
) -> list[memory_planner.Candidate]:
    """For each precision, with and without recomputation: the largest and smallest batch, 8, 16 and 32 rows, and the best."""
    rows = []
    for one in candidates:
        kind = one.plan.precision, one.plan.recompute
        same = [other for other in candidates if (other.plan.precision, other.plan.recompute) == kind]
        if one in (same[0], same[-1], best) or one.plan.batch_size in (8, 16, 32):
            rows.append(one)
    return rows


def table(candidates: Sequence[memory_planner.Candidate], best: memory_planner.Candidate | None, size: float) -> str:
    """The candidates as text, `->` before the best; `size`: bytes of the GPU's memory."""
    rows = [("", "precision", "recompute", "batch_size", "accumulate", "memory", "of the GPU", "time")]
    for one in candidates:
        plan, total = one.plan, one.memory.total
        share = total / size
        rows.append((
            "->" if one is best else "", plan.precision, "yes" if plan.recompute else "no", str(plan.batch_size),
            str(plan.accumulate), f"{total / 1e9:.2f} GB", f"{100 * share:.0f} %", f"{one.time:.2f}",
        ))  # fmt: skip
    return aligned(rows, ">").rstrip("\n")


def refusal(candidates: Sequence[memory_planner.Candidate], memory: str) -> str:
    """The message if nothing fits: the memory of the smallest candidate, and its largest part."""
    least = min(candidates, key=lambda one: one.memory.total)
    part = least.memory.largest()
    advice = {
        "activations": "Try a smaller --max_length.",
        "optimizer": "Try --optimizer adafactor, or a smaller checkpoint.",
    }.get(part, "Try a smaller checkpoint.")
    needed = least.memory.total / (1 - memory_planner.RESERVED)
    how = "with" if least.plan.recompute else "without"
    return (
        f"--memory {memory}: too small. batch_size {least.plan.batch_size} {how} recomputation in {least.plan.precision} needs "
        f"{needed / 1e9:.2f}GB, {getattr(least.memory, part) / 1e9:.2f} GB of it for {part}. {advice}"
    )


def train_flags(argv: list[str], plan: Plan, recipe: Recipe, eval_batch_size: int) -> list[str]:
    """The flags that the user typed, with those of the plan in place of their own."""
    flags, words = [], iter(argv)
    for word in words:
        name = word.partition("=")[0].replace("-", "_").replace("__", "--", 1)
        if name in OURS:
            if "=" not in word:
                next(words, None)
        elif name not in SWITCHES:
            flags.append(word)
    flags += ["--batch_size", str(plan.batch_size), "--accumulate", str(plan.accumulate), "--precision", plan.precision]
    flags += ["--recompute"] if plan.recompute else ["--no_recompute"]
    return flags + (["--eval_batch_size", str(eval_batch_size)] if eval_batch_size < recipe.eval_batch_size else [])
