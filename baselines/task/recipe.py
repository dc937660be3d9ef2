"""Recipe: how to train. Its fields are the flags of `train`, the keys of a --config file, and the lines of a run's recipe.yaml."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train. Every field is a flag (`--batch_size 16`), a YAML key, and a line of the run folder's recipe.yaml."""

    max_length: int = 128
    """Tokens per row, special tokens included; longer texts are trimmed by the task's rule."""
    batch_size: int = 32
    """Rows per optimizer step and accumulation step."""
    epochs: int = 10
    """Passes over the training data."""
    learning_rate: float = 2e-5
    """Peak rate, reached at the end of the warm-up."""
    schedule: str = "linear"
    """After the warm-up: linear or cosine (decay to 0 at the last step), constant; or points STEP:FACTOR,… without a warm-up."""
    warmup: float = 0.1
    """Share of all steps during which the rate grows linearly from 0."""
    optimizer: str = "adamw"
    """See `run.py list optimizers`."""
    weight_decay: float = 0.01
    """Decoupled decay, of the weights that --no_decay does not name."""
    no_decay: tuple[str, ...] = ("bias", "norm")
    """Weights whose path contains one of these words are not decayed, in any case."""
    rate_factors: tuple[str, ...] = ()
    """WORD=FACTOR: multiplies the rate of the weights whose path contains the word, such as Classifier=100."""
    layer_decay: float = 1.0
    """Rate of each block as a share of the one above it: 0.9 lets the lower blocks and the embeddings learn more slowly."""
    lora: int = 0
    """Rank of LoRA adapters, such as 8: only they and the head learn. 0: none. --lora.targets, --lora.alpha; see docs/lora.md."""
    freeze: str = "none"
    """embeddings: they do not learn; a number N: nor do the N lowest blocks. Saves their gradients and the optimizer's slots."""
    lazy_embeddings: bool = False
    """Rows of embedding tables move only in updates whose batch holds their token."""
    clip_norm: float = 1.0
    """Largest global norm of the gradients; 0 leaves them alone."""
    clip: str = "hard"
    """How --clip_norm c bounds a norm n: hard multiplies the gradients by min(1, c/n), soft by c/(n+c)."""
    accumulate: int = 1
    """Micro-batches averaged into one update: accumulate x batch_size rows learn together."""
    unlabelled_ratio: int = 1
    """Rows of --unlabelled text beside each row of a micro-batch."""
    gradient_cache: bool = False
    """Compare the rows of all micro-batches of an update with each other, where the task's loss compares rows: one more forward
    pass. arXiv:2101.06983."""
    strategies: tuple[str, ...] = ()
    """Tricks around the loss and the gradients, outermost first: fgm,ema. See `run.py list strategies`."""
    loss: str = "task"
    """The task's own, or another one that fits it. See `run.py list losses`."""
    few: str = ""
    """For few labels: pet (masks and words), closed_form (vectors, no gradient) or setfit (pairs, then closed form). See
    docs/few_labels.md."""
    head_start: str = "random"
    """Where the classifier starts: random, or closed_form, from the vectors of the training rows."""
    recompute: bool = False
    """Compute the inside of each block again in the backward pass instead of storing it: less memory, about 25% more time."""
    devices: str = "one"
    """one, all, or how many of the GPUs or TPU cores share the rows of each batch. See docs/scaling.md."""
    model_parallel: int = 1
    """Devices that share the weights of one copy of the model (JAX)."""
    precision: str = "float32"
    """float32, bf16 or fp16 (mixed: weights stay float32; fp16 scales the loss); auto: bf16 where the device multiplies it."""
    jit: str = "auto"
    """true compiles the step with XLA, false runs TensorFlow's graph; auto chooses XLA on GPUs and TPUs. JAX always compiles.
    What XLA compiled is cached between processes: `run.py env` names the folder, BASELINES_COMPILE_CACHE sets it."""
    pad_to_multiple_of: str = "auto"
    """Pads batches to a multiple of this many tokens; 0 pads to one of few lengths (16, 32, 48, 64, 96, …), each compiled once.
    auto: 8 where one graph takes every length (TensorFlow's on CPUs), else 0."""
    model: str = "auto"
    """Family of the checkpoint: auto reads it from config.json. See `run.py list models`."""
    model_options: tuple[str, ...] = ()
    """FIELD=VALUE: replaces fields of the checkpoint's config.json, such as hidden_dropout_prob=0.3. See docs/models.md."""
    seed: int = 42
    """Seeds weights, dropout and the order of the data."""
    patience: int = 0
    """Stop after this many epochs without a better dev score; 0 never stops early."""
    eval_batch_size: int = 64
    """Rows per step of prediction."""
    save_minutes: float = 5.0
    """Minutes between two saves of the state that `--resume` continues from; it is saved after every epoch anyway."""
    log_steps: int = 20
    """Steps between two lines of metrics.jsonl on the train split."""
