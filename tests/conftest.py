"""Fixtures for tests of the whole: a checkpoint and data small enough to train in seconds, and one run that all share."""

import dataclasses
import fcntl
import gc
import json
import os
import sys
import tempfile
from pathlib import Path

import pytest
from hub_fixtures import hub, offline  # noqa: F401  (fixtures of all tests)

ROOT = Path(__file__).resolve().parent.parent

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:                       # pytest-xdist's workers inherit that of their controller
    COMPILED = tempfile.TemporaryDirectory(prefix="jax-", ignore_cleanup_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = COMPILED.name             # the same tiny model is compiled again and again
os.environ["BASELINES_COMPILE_CACHE"] = "off"                           # the programs below are not those of a user
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
# Programs run once or twice: half of the time is LLVM's, and the newer emitters of fused loops take as much again.
os.environ["XLA_FLAGS"] = (
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
gc.set_threshold(20_000, 20, 20)                                        # tracing makes a million objects that all live on


def optimize_graphs(wanted):
    """Whether TensorFlow rewrites the graphs that it builds from now on. A test runs them too few times to gain by it."""
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].config.optimizer.set_experimental_options({"disable_meta_optimizer": not wanted})


def pytest_collection_finish(session):
    optimize_graphs(False)


GROWTH = 1 << 29
"""Bytes that a process may grow by before models that are no longer used, which refer to themselves, are collected."""
collected_at = 0


def pytest_runtest_teardown(item):
    """A worker of a whole run would otherwise keep gigabytes of compiled models."""
    global collected_at
    if not os.path.exists("/proc/self/statm"):
        return
    if resident_bytes() > collected_at + GROWTH:
        gc.collect()
        collected_at = resident_bytes()


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module")
def graphs_of_a_process():
    """The graphs of this process are those of the processes that a test starts: numbers are the same to the bit."""
    optimize_graphs(True)
    yield
    optimize_graphs(False)


TITLES = {
    "103": ["球队主场赢下德比", "前锋梅开二度", "联赛冠军提前产生", "门将扑出点球", "国足公布集训名单", "女排三比零取胜"],
    "109": ["新手机下周发布", "芯片产能再次提高", "操作系统推送更新", "实验室造出新电池", "工程师谈人工智能", "卫星传回首张照片"],
    "112": ["古镇周末游人如织", "海边民宿怎么选", "雪山徒步三日路线", "机票价格明显回落", "夜市小吃排行榜", "自驾穿越无人区"],
}
"""Own lines for three of the topics of clue/tnews."""

TINY_CONFIG = {
    "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
    "max_position_embeddings": 64,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Tiny:
    """Paths of a tiny project: `checkpoint` without weights, data files, and, from `tiny_run`, `run`."""

    folder: Path
    checkpoint: Path
    train: Path
    dev: Path
    tests: tuple[Path, Path]
    run: Path | None = None

    def flags(self, **changes):
        """Flags of `run.py train clue/tnews` for this data: two epochs, compiled quickly. `changes` replace or add some.

        A constant rate has no number of steps in it, so that JAX finds the compiled update of another test. Descent is traced in
        a third of AdamW's time.
        """
        flags = {
            "init": self.checkpoint, "from_scratch": True, "train": self.train, "dev": self.dev, "epochs": 2,
            "batch_size": 4, "max_length": 16, "optimizer": "sgd", "learning_rate": 0.1, "schedule": "constant", "warmup": 0,
            "jit": False, "cache": "", "log_steps": 1,
        }  # fmt: skip
        words = []
        for name, value in {**flags, **changes}.items():
            words += [f"--{'' if value else 'no_'}{name}"] if isinstance(value, bool) else [f"--{name}", str(value)]
        return words


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_checkpoint(folder, tokens, **config):
    """config.json and vocab.txt; no weights."""
    folder.mkdir(parents=True)
    values = {**TINY_CONFIG, "vocab_size": len(tokens), **config}
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    return folder


def make_tiny(folder):
    letters = sorted({letter for titles in TITLES.values() for title in titles for letter in title})
    rows = [{"label": label, "sentence": title} for label, titles in TITLES.items() for title in titles]
    unlabelled = [{"id": index, "sentence": row["sentence"]} for index, row in enumerate(rows)]
    (folder / "data").mkdir(parents=True)
    write_checkpoint(folder / "checkpoint", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])
    for name, chosen in {"train": rows, "dev": rows[::2], "test1.0": unlabelled[:5], "test": unlabelled[5:]}.items():
        write_lines(folder / "data" / f"{name}.json", chosen)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """(name, make) -> a folder that make(folder) fills: once, by the first of pytest-xdist's workers that asks, for all of them."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def folder_of(name, make):
        folder, done = root / name, root / f"{name}.done"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                make(folder)
                done.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def tiny(made_once):
    """A Tiny without a run."""
    folder = made_once("tiny", make_tiny)
    train, dev, *tests = (folder / "data" / f"{name}.json" for name in ("train", "dev", "test1.0", "test"))
    return Tiny(folder, folder / "checkpoint", train, dev, tuple(tests))


def command(*words):
    """Runs a command that must end well."""
    from baselines.cli.main import main

    assert main(list(map(str, words))) in (0, None)


def refused(capsys, *words):
    """The one line by which a command is refused."""
    from baselines.cli.main import main

    capsys.readouterr()
    assert main(list(map(str, words))) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("error: ") and "\n" not in told
    return told


@pytest.fixture
def no_updates(monkeypatch):
    """Training loads, scores and saves as ever, but its updates change nothing: they are half of a run's time."""
    from baselines.training.steps import Steps

    logs = {"loss": 1.0, "gradient_norm": 1.0}
    monkeypatch.setattr(Steps, "train", lambda steps, batches: logs)


def make_writing_run(tiny, folder, task, lines, **changes):
    """Fills `folder` with a new run of a task that writes: an epoch on these lines."""
    from baselines.cli.main import main

    data = write_lines(folder.with_suffix(".jsonl"), lines)
    flags = {"train": data, "dev": data, "epochs": 1, "max_length": 24, "max_tokens": 6, "output": folder, "quiet": True}
    assert main(["train", task, *tiny.flags(**flags | changes)]) == 0
    return folder


PAIRS = [{"source": title, "target": title[:3]} for titles in TITLES.values() for title in titles]
DIALOGUES = [titles[first : first + 3] for titles in TITLES.values() for first in range(3)]


@pytest.fixture(scope="session")
def seq2seq_run(tiny, made_once):
    """The folder of a run of seq2seq. Tests must leave it as it is."""
    return made_once("seq2seq", lambda folder: make_writing_run(tiny, folder, "seq2seq", PAIRS))


@pytest.fixture(scope="session")
def chat_run(tiny, made_once):
    """The folder of a run of chat, whose replies always end. Tests must leave it as it is."""
    return made_once("chat", lambda folder: make_writing_run(tiny, folder, "chat", DIALOGUES, self_terminating=0.2))


@pytest.fixture(scope="session")
def tiny_run(tiny, made_once):
    """A Tiny with a finished run of clue/tnews. Tests must leave it as it is: copy what they change."""
    from baselines.cli.main import main

    def train(folder):
        assert main(["train", "clue/tnews", *tiny.flags(output=folder, test=tiny.tests[1], quiet=True)]) == 0

    return dataclasses.replace(tiny, run=made_once("run", train))


@pytest.fixture(scope="session")
def titles_index(simbert_run, made_once):
    """The folder of an index of all titles by that run. Tests must copy what they change."""

    def make(folder):
        data = write_lines(simbert_run.parent / "titles.jsonl", [{"text": text} for titles in TITLES.values() for text in titles])
        command("index", "--run", simbert_run, "--input", data, "--out", folder, "--quiet")

    return made_once("index_of_all_titles", make)


GROUPS = [{"text": titles[i], "synonyms": titles[i + 1 : i + 3]} for titles in TITLES.values() for i in (0, 3)]


@pytest.fixture(scope="session")
def simbert_run(tiny, made_once):
    """The folder of a run of simbert, which writes and makes vectors. Tests must leave it as it is."""
    from baselines.cli.main import main

    def train(folder):
        data = write_lines(tiny.folder / "groups.jsonl", GROUPS)
        flags = {"train": data, "dev": data, "epochs": 1, "max_length": 24, "paraphrases": 0, "quiet": True}
        assert main(["train", "simbert", *tiny.flags(**flags, output=folder)]) == 0

    return made_once("simbert", train)
