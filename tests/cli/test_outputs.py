"""--output is written, or refused in one line before anything is read: never ignored."""

import pytest

from baselines.cli.main import main


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """A function that runs a command which must fail in an empty folder, and returns its one line."""
    monkeypatch.chdir(tmp_path)

    def refuse(*argv):
        assert main(list(argv)) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return refuse


@pytest.mark.parametrize("words", [
    ("search", "none", "一"), ("search", "none"), ("generate", "一", "--run", "none"), ("paraphrase", "一", "--run", "none"),
])  # fmt: skip
def test_texts_whose_results_are_printed_have_no_output_file(refused, words):
    assert refused(*words, "--output", "out.jsonl").startswith("error: --output: only the results of --input FILE")


@pytest.mark.parametrize("words", [
    ("predict", "clue/tnews", "一", "--run", "none"), ("fill", "[MASK]", "--demo"), ("search", "none", "--input", "q.txt"),
    ("generate", "--run", "none", "--input", "q.txt"),
])  # fmt: skip
@pytest.mark.parametrize("output, reason", [(".", "it is a folder"), ("loop", "form a loop"), ("file/out.jsonl", "not a folder")])
def test_an_output_that_cannot_be_written_is_told_first(refused, tmp_path, words, output, reason):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    message = refused(*words, "--output", output)
    assert message.startswith(f"error: Cannot write to {output}: ") and reason in message


@pytest.mark.parametrize("name", ["out.xlsx", "out.parquet", "out"])
def test_predictions_of_a_format_that_nothing_reads(refused, name):
    assert f"{name} has an unknown format" in refused("predict", "clue/tnews", "一", "--run", "none", "--output", name)


@pytest.mark.parametrize("split", [(), ("--split", "2")])
def test_links_in_a_loop_are_no_output_of_shuffle(refused, tmp_path, split):
    (tmp_path / "a.txt").write_text("a\nb\n")
    (tmp_path / "loop").symlink_to("loop")
    assert "form a loop" in refused("shuffle", "a.txt", "--out", "loop", *split)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "loop"]
