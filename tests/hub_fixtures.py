"""A hub on this machine, with empty caches, in place of the real ones."""

import hub_server
import pytest

from baselines.storage import checkpoint_paths

FILES = {
    "config.json": b'{"model_type": "bert"}', "vocab.txt": b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "tokenizer_config.json": b"{}",
    "model.safetensors": b"s" * 5000, "pytorch_model.bin": b"p" * 5000, "README.md": b"readme", "onnx/model.onnx": b"o",
}  # fmt: skip


@pytest.fixture
def hub(tmp_path, monkeypatch):
    from huggingface_hub import constants

    with hub_server.serving() as server:
        server.repositories["org/name"] = hub_server.Repository({name: dict(FILES) for name in ("main", "master", "v1")})
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
        monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "MODELSCOPE_API_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr("time.sleep", lambda _: None)
        checkpoint_paths._fetched.cache_clear()
        yield server
        checkpoint_paths._fetched.cache_clear()


@pytest.fixture
def offline(monkeypatch):
    """A function that takes the network away, as HF_HUB_OFFLINE=1 does before the program starts."""
    from huggingface_hub import constants

    def take_away():
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        checkpoint_paths._fetched.cache_clear()

    return take_away
