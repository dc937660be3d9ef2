"""`run.py serve`: what is refused before anything is loaded, and where its key comes from."""

import socket

import pytest

from baselines.cli import serve
from baselines.cli.argument_parser import parse
from baselines.cli.main import main


@pytest.fixture
def folder(tmp_path):
    """What passes for a run until its model is loaded."""
    (tmp_path / "run" / "best").mkdir(parents=True)
    (tmp_path / "run" / "recipe.yaml").write_text("task: chat\n", encoding="utf-8")
    (tmp_path / "run" / "best" / "model.safetensors").touch()
    return str(tmp_path / "run")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Give --run DIR, --init CHECKPOINT or --demo"),
        (["--run", "RUN", "--demo"], "exclude each other"),
        (["--run", "/no/such"], "not a run folder"),
        (["--run", "RUN", "--run", "RUN"], "Give each once"),
        (["--run", "RUN", "--port", "-1"], "--port"),
        (["--run", "RUN", "--port", "99999"], "--port 99999"),
        (["--run", "RUN", "--host", "203.0.113.7"], "Check --host and --port"),
        (["--run", "RUN", "--max_tokens", "0"], "--max_tokens"),
        (["--run", "RUN", "--timeout", "nan"], "--timeout"),
        (["--run", "RUN", "--rows", "0"], "--rows"),
        (["--run", "RUN", "--cors", "*"], "such as https://example.org"),
        (["--run", "RUN", "--cors", "https://example.org/page"], "such as https://example.org"),
        (["--run", "RUN", "--api_key", ""], "visible ASCII"),
        (["--run", "RUN", "--api_key", "密"], "visible ASCII"),
        (["--run", "RUN", "--api_key_file", "/no/such"], "--api_key_file: /no/such does not exist"),
        (["--run", "RUN", "--api_key", "a", "--api_key_file", "b"], "exclude each other"),
        (["--run", "RUN", "--prot", "80"], "Did you mean --port"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(folder, capsys, words, told):
    assert main(["serve", *(folder if word == "RUN" else word for word in words)]) == 2
    error = capsys.readouterr().err
    assert told in error and error.startswith("error: ") and error.count("\n") == 1


def test_an_address_in_use_is_told_before_anything_is_loaded(folder, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert main(["serve", "--run", folder, "--port", port]) == 2
    assert "Choose another --port" in capsys.readouterr().err


def test_a_run_without_a_checkpoint_is_refused(folder, tmp_path, capsys):
    (tmp_path / "run" / "best" / "model.safetensors").unlink()
    assert main(["serve", "--run", folder]) == 2
    assert "Train at least one epoch" in capsys.readouterr().err


def test_runs_and_sites_may_be_several():
    flags = parse(serve.Flags, ["--run", "a", "--port", "0", "--run", "b", "--cors", "https://a.example"], "run.py serve")
    assert (flags.run, flags.cors, flags.port) == (("a", "b"), ("https://a.example",), 0)


def test_the_key_comes_from_a_flag_a_file_or_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "key"
    path.write_text("from-file\nanother line\n", encoding="utf-8")
    monkeypatch.delenv(serve.KEY, raising=False)
    assert serve.api_key(serve.Flags()) is None
    monkeypatch.setenv(serve.KEY, "from-environment")
    assert serve.api_key(serve.Flags()) == "from-environment"
    assert serve.api_key(serve.Flags(api_key_file=str(path))) == "from-file"
    assert serve.api_key(serve.Flags(api_key="from-flag")) == "from-flag"


def test_only_this_machine_is_local():
    local = {"127.0.0.1": True, "127.0.0.2": True, "::1": True, "localhost": True, "0.0.0.0": False, "example.org": False}
    assert {host: serve.is_local(host) for host in local} == local


def test_the_page_that_is_told_is_the_one_that_fits():
    from baselines.serving.model_registry import ModelRegistry

    assert serve.page_of(ModelRegistry(generators={"chat": 1, "simbert": 1}, embedders={"simbert": 1})) == "/"
    assert serve.page_of(ModelRegistry(generators={"simbert": 1}, embedders={"simbert": 1})) == "/similar"
    assert serve.page_of(ModelRegistry(predictors={"tnews": 1})) == "/try"
