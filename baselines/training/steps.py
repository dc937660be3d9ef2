"""One update and one prediction, compiled: the first of three files.

    steps.py              batches in, logs or outputs out: micro-batches, clipping, the optimizer
    objective.py          the loss and its gradients as pure functions of the weights, with the strategies around them
    strategy_context.py   a forward and backward pass, and what a strategy may do within it

backends/ compiles the functions below. They read and assign Keras variables; on JAX, where arrays do not change, within a scope.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.runtime.memory_allocator import return_freed_memory
from baselines.training import backends
from baselines.training.gradient_cache import with_cache
from baselines.training.objective import Objective
from baselines.training.optimizers.optimizer import WHOLE, Part
from baselines.training.strategies.strategy import Strategy


class Steps:
    """The compiled steps of a model: `train`, `evaluate` and `predict` call functions compiled for the shapes of their arrays.

    Args:
        model: functional Keras model, {name: array} -> {name: array}.
        loss: (targets, outputs) -> float32 (B,), or (totals, counts) of tokens, by which rows are scored.
        optimizer: Keras optimizer, or None where nothing is trained.
        strategies: Strategy objects, the outermost first.
        jit: whether TensorFlow compiles by XLA. JAX always does, PyTorch never.
        clip_norm: largest global norm of an update's gradients; 0 leaves them alone.
        clip: "hard", times min(1, c / n), or "soft", times c / (n + c): arXiv:1905.11881, kexue.fm/archives/7469.
        divergence: `head.divergence`, for strategies that compare two outputs.
        full_pass: () -> training batches, for strategies that look at all of them first; None in a resumed run.
        training_loss: what updates minimize instead of `loss`.
        recompute: whether blocks are computed again in the backward pass instead of stored, see recompute.py.
        output_names: the outputs that `predict` and `evaluate` return, None for all.
        gradient_cache: whether the rows of all micro-batches of an update are compared with each other, see gradient_cache.py.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable,
        optimizer: Any = None,
        strategies: Sequence[Strategy] = (),
        jit: bool = True,
        clip_norm: float = 0.0,
        clip: str = "hard",
        divergence: Callable | None = None,
        full_pass: Callable | None = None,
        training_loss: Callable | None = None,
        recompute: bool = False,
        output_names: Sequence[str] | None = None,
        gradient_cache: bool = False,
    ):
        if optimizer is not None and not optimizer.built:
            optimizer.build(model.trainable_variables)
        self.objective = Objective(
            model, loss, strategies, divergence, full_pass, training_loss, recompute, output_names, gradient_cache
        )
        self.optimizer, self.strategy_state = optimizer, self.objective.strategy_state
        self.clip_norm, self.clip = clip_norm, clip
        # Tiger takes up micro-batches one by one: strategies and clipping then see the gradients of one.
        self._taking = getattr(getattr(optimizer, "inner_optimizer", optimizer), "taking", None)
        self._compiler = compiler = backends.current().StepCompiler(self.objective, optimizer, jit)
        self.sync, self.reset, self.scored_weights = compiler.sync, compiler.reset, compiler.scored_weights
        self.weights, self.replace_weights = compiler.weights, compiler.replace_weights
        self._update = compiler.update(self._update)
        self._update_from_sums = compiler.update(self._update_from_sums)
        self._take_part, self._take_last = compiler.update(self._take_part), compiler.update(self._take_last)
        self._first_sums = compiler.sums(self._first_sums)
        self._next_sums = compiler.sums(self._next_sums, donated=1)
        self._predict = compiler.prediction(self.objective.predict, any_rows=True)
        self._evaluate = compiler.prediction(self.objective.evaluate)
        if self.objective.cache:
            self._look, self._compare = compiler.prediction(self._look), compiler.prediction(self.objective.cache.compare)
        self._shapes, self.on_compile = set(), None                     # called before a step of new shapes

    @property
    def traces(self) -> int:
        """How often a function was traced: once for each shape at most. 0 on PyTorch, which compiles none."""
        return self._compiler.traces

    @property
    def compiled(self) -> dict[str, int]:
        """{"shapes": that `train`, `evaluate` and `predict` have seen, "traces"}, counts of this process."""
        return {"shapes": len(self._shapes), "traces": self.traces}

    def train(self, batches: Sequence[dict]) -> dict:
        """One update from one or more micro-batches: {"loss", "gradient_norm"} as backend scalars, which are not waited for."""
        return self._run("train", self._train, batches)

    def predict(self, features: dict) -> dict:
        """Outputs as NumPy arrays, without dropout. TensorFlow's own graphs serve any shape of them."""
        outputs = self._run("predict", lambda features: self._predict(self._compiler.place(features)), features)
        return keras.tree.map_structure(ops.convert_to_numpy, outputs)

    def evaluate(self, batch: dict) -> tuple:
        """(outputs, row loss totals, row loss counts) as NumPy arrays."""
        result = self._run("evaluate", lambda batch: self._evaluate(self._compiler.place(batch)), batch)
        return keras.tree.map_structure(ops.convert_to_numpy, result)

    def _run(self, name, step, arrays):
        shapes = name, *(np.shape(array) for array in keras.tree.flatten(arrays))
        is_new = shapes not in self._shapes
        if is_new and self.on_compile:
            self.on_compile()
        result = step(arrays)
        if is_new:                                                      # compiling has left more free memory than a step needs
            self._shapes.add(shapes)
            return_freed_memory()
        return result

    def _train(self, batches):
        parts = shares_of(batches) if self._taking and len(batches) > 1 else None
        batches = [self._compiler.place(batch) for batch in batches]
        if len(batches) == 1:
            return self._update(batches[0])
        if self.objective.cache:
            batches = with_cache(batches, self._look, self._compare, self._compiler.state())
        if parts:
            logs = [self._take_part(batch, *part) for batch, part in zip(batches[:-1], parts[:-1], strict=True)]
            return mean_logs([*logs, self._take_last(batches[-1], *parts[-1])], parts)
        sums = self._first_sums(batches[0])
        for batch in batches[1:]:
            sums = self._next_sums(sums, batch)
        return self._update_from_sums(sums)

    # From here on, what is compiled.

    def _update(self, batch):
        loss, _, gradients = self._gradients(batch)
        return self._apply(loss, gradients)

    def _first_sums(self, batch):
        return weighted_sums(*self._gradients(batch))

    def _next_sums(self, sums, batch):
        return [before + new for before, new in zip(sums, weighted_sums(*self._gradients(batch)), strict=True)]

    def _update_from_sums(self, sums):
        return self._apply(*weighted_mean(sums))

    def _take_part(self, batch, share, first):
        loss, _, gradients = self._gradients(batch)
        return self._apply(loss, gradients, Part(share, first, last=False))

    def _take_last(self, batch, share, first):
        loss, _, gradients = self._gradients(batch)
        return self._apply(loss, gradients, Part(share, first, last=True))

    def _look(self, state, batch):
        return self.objective.cache.look(self._compiler.read(self.objective.weights), state, batch)

    def _gradients(self, batch):
        objective, compiler = self.objective, self._compiler
        values, state = compiler.read(objective.weights), compiler.seeds_of_device(compiler.read(objective.state))
        loss, weight, gradients, new = objective.gradients(values, state, batch, self.optimizer.scale_loss)
        changed = [number for number, value in enumerate(new) if value is not state[number]]        # frozen weights are not
        new = compiler.seeds_of_device(new, back=True)
        compiler.assign([objective.state[number] for number in changed], [new[number] for number in changed])
        return loss, weight, gradients

    def _apply(self, loss, gradients, part=WHOLE):
        objective, compiler = self.objective, self._compiler
        values = compiler.read(objective.weights) if objective.strategies else ()
        state = compiler.read(objective.state)
        gradients, state = objective.before_update(gradients, values, state)
        gradients, norm = clip_gradients(gradients, self.clip_norm, self.clip, self.optimizer.scale_loss(ops.ones(())))
        with self._taking(part) if self._taking else contextlib.nullcontext():
            compiler.optimize(gradients)
        if objective.strategies and part.last:
            updated, state = objective.after_update(values, compiler.read(objective.weights), gradients, state)
            compiler.assign(objective.weights, updated)
        if objective.strategies:
            compiler.assign(objective.state, state)
        return {"loss": loss, "gradient_norm": norm}


def clip_gradients(gradients: Sequence, clip_norm: float, clip: str = "hard", scale: Any = 1.0) -> tuple:
    """(gradients, their global norm before clipping). `scale` is that of the loss, 1 but with fp16."""
    norm = global_norm(gradients) / scale
    if clip_norm:
        factor = {"hard": ops.minimum(1.0, clip_norm / (norm + 1e-12)), "soft": clip_norm / (norm + clip_norm)}[clip]
        # A norm that is not finite bounds nothing, so that one broken gradient stays the only one.
        factor = ops.where(ops.isfinite(norm), factor, 1.0)
        gradients = [gradient * ops.cast(factor, gradient.dtype) for gradient in gradients]
    return gradients, norm


def global_norm(arrays: Sequence) -> Any:
    """Root of the sum of all squares, float32 ()."""
    return ops.sqrt(backends.current().sum_of_squares(arrays))


def weighted_sums(loss: Any, weight: Any, gradients: Sequence) -> list:
    """What micro-batches add up, so that k batches of b rows teach what one of k * b rows teaches."""
    return [loss * weight, weight, *(gradient * ops.cast(weight, gradient.dtype) for gradient in gradients)]


def weighted_mean(sums: Sequence) -> tuple:
    """(loss, gradients) of such sums."""
    loss, weight, *gradients = sums
    weight = ops.maximum(weight, 1e-6)
    return loss / weight, [gradient / ops.cast(weight, gradient.dtype) for gradient in gradients]


def shares_of(batches: Sequence[dict]) -> list[tuple]:
    """Of each micro-batch: its share of the rows of all, and whether it is the first, 1 or 0; float32 arrays ()."""
    rows = np.asarray([np.sum(batch["weights"]) for batch in batches], "float32")
    shares = rows / max(rows.sum(), 1e-6)
    return [(np.asarray(share), np.asarray(number == 0, "float32")) for number, share in enumerate(shares)]


def mean_logs(logs: Sequence[dict], shares: Sequence) -> dict:
    """The logs of an update from those of its parts. The norm is one of micro-batches: their mean's can only be smaller."""
    return {name: sum(share * part[name] for part, (share, _) in zip(logs, shares, strict=True)) for name in logs[0]}


def to_float(scalar: Any) -> float:
    """A backend scalar as a Python float; waits for the step that computes it."""
    return float(np.asarray(ops.convert_to_numpy(scalar)))
