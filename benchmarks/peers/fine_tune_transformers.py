"""transformers' Trainer with a clock: fine_tune_transformers.py STARTED FILE SETTINGS; FILE gets the phases and the score.

Its defaults (dynamic padding, torch's fused AdamW, SDPA) but for SETTINGS; dev is scored and the state saved after each epoch.
"""

import json
import pathlib
import sys
from typing import Any

from phases import Phases


def read(path: Any, labels: dict) -> list:
    rows = [json.loads(line) for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    return [(row["texts"], labels[row["label"]]) for row in rows]


class Rows:
    """Encoded rows as a data set, without packages that a user may not have."""

    def __init__(self, rows: Any, tokenizer: Any, max_length: int):
        texts = list(zip(*(texts for texts, _ in rows), strict=True))
        encoded = tokenizer(*map(list, texts), truncation=True, max_length=max_length)
        self.rows = [
            {name: values[number] for name, values in encoded.items()} | {"labels": label} for number, (_, label) in enumerate(rows)
        ]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, number):
        return self.rows[number]


def main() -> None:
    phases, file, settings = Phases(float(sys.argv[1])), sys.argv[2], json.loads(sys.argv[3])
    import torch
    import transformers

    if settings["threads"]:
        torch.set_num_threads(settings["threads"])

    class Clock(transformers.TrainerCallback):
        def on_step_begin(self, arguments, state, control, **others):
            if state.global_step == 0:
                phases.end("start")

        def on_step_end(self, arguments, state, control, **others):
            if state.global_step == 1:
                wait()
                phases.end("first step")

        def on_epoch_end(self, arguments, state, control, **others):
            wait()
            phases.end("steps")

        def on_save(self, arguments, state, control, **others):
            phases.end("scoring")

    def wait():
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    transformers.set_seed(settings["seed"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(settings["checkpoint"])
    labels = {name: number for number, name in enumerate(settings["labels"])}
    splits = {name: Rows(read(settings[name], labels), tokenizer, settings["max_length"]) for name in ("train", "dev")}
    model = transformers.AutoModelForSequenceClassification.from_pretrained(settings["checkpoint"], num_labels=len(labels))
    arguments = transformers.TrainingArguments(
        output_dir=settings["output"],
        num_train_epochs=settings["epochs"],
        per_device_train_batch_size=settings["batch_size"],
        per_device_eval_batch_size=settings["eval_batch_size"],
        learning_rate=settings["learning_rate"],
        warmup_steps=settings["warmup"],                                # below 1: a share of all
        weight_decay=0.01,
        bf16=settings["precision"] == "bf16",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        report_to="none",
        disable_tqdm=True,
        seed=settings["seed"],
        use_cpu=not torch.cuda.is_available(),
    )
    trainer = transformers.Trainer(
        model,
        arguments,
        train_dataset=splits["train"],
        eval_dataset=splits["dev"],
        processing_class=tokenizer,
        data_collator=transformers.DataCollatorWithPadding(tokenizer),
        compute_metrics=lambda found: {"accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())},
        callbacks=[Clock()],
    )
    trainer.train()
    scores = [line["eval_accuracy"] for line in trainer.state.log_history if "eval_accuracy" in line]
    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    phases.write(file, score=max(scores), versions=versions)


if __name__ == "__main__":
    main()
