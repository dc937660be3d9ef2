"""hf:ORG/NAME against a hub on this machine: what is downloaded, the cache, and each thing that can go wrong."""

import errno

import hub_server
import pytest

from baselines.errors import InputError
from baselines.storage import checkpoint_paths
from baselines.storage.checkpoint_paths import local_path, pinned

NEEDED = ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"]
COMMIT = hub_server.COMMIT


def forget():
    checkpoint_paths._fetched.cache_clear()


def refusal(location="hf:org/name", **options):
    with pytest.raises(InputError) as error:
        local_path(location, **options)
    assert str(error.value).startswith(f"{location}: ") and "\n" not in str(error.value)
    return str(error.value)


def test_only_the_needed_files_come(hub, tmp_path):
    folder = local_path("hf:org/name")
    assert sorted(path.name for path in folder.iterdir()) == NEEDED == sorted(hub.sent())
    assert folder == tmp_path / "hf" / "models--org--name" / "snapshots" / COMMIT
    assert (folder / "model.safetensors").read_bytes() == b"s" * 5000


def test_no_weights_where_the_vocabulary_is_enough(hub):
    assert sorted(path.name for path in local_path("hf:org/name", weights=False).iterdir()) == [
        "config.json", "tokenizer_config.json", "vocab.txt",
    ]  # fmt: skip


def test_a_second_time_nothing_is_sent(hub):
    first = local_path("hf:org/name")
    sent = len(hub.sent())
    assert local_path("hf:org/name") == first and len(hub.requests) < 20
    forget()
    assert local_path("hf:org/name") == first and len(hub.sent()) == sent


def test_the_name_with_its_commit(hub):
    assert pinned("hf:org/name") == pinned("hf:org/name@main") == f"hf:org/name@{COMMIT}"
    hub.requests.clear()
    forget()
    assert local_path(f"hf:org/name@{COMMIT}").name == COMMIT
    assert hub.requests == []                                           # a commit never changes


def test_a_revision(hub):
    assert pinned("hf:org/name@v1") == f"hf:org/name@{COMMIT}"
    assert ("GET", "/api/models/org/name/revision/v1", None) in hub.requests


def test_pytorch_where_there_are_no_safetensors(hub):
    del hub.repositories["org/name"].files["main"]["model.safetensors"]
    assert (local_path("hf:org/name") / "pytorch_model.bin").is_file()


def test_a_token_is_sent(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    local_path("hf:org/name")
    assert hub.tokens == {"Bearer hf_secret"}


def test_offline_with_a_full_cache(hub, offline):
    folder = local_path("hf:org/name")
    offline()
    hub.requests.clear()
    assert local_path("hf:org/name") == local_path("hf:org/name@main") == folder and hub.requests == []


def test_offline_without_weights_in_the_cache(hub, offline, tmp_path):
    local_path("hf:org/name", weights=False)
    offline()
    assert refusal() == (
        f"hf:org/name: HF_HUB_OFFLINE is set, and model.safetensors is not in the cache {tmp_path}/hf. Unset it to download. "
        f"Without a network: download model.safetensors from {hub.url}/org/name elsewhere, copy it into a folder with the others, "
        "and give that folder."
    )
    assert local_path("hf:org/name", weights=False).name == COMMIT


def test_offline_with_an_empty_cache(hub, offline):
    offline()
    assert "and config.json, vocab.txt and model.safetensors are not in the cache" in refusal()


def test_the_cache_of_another_program_is_used_offline(hub, offline, tmp_path):
    """transformers leaves no list of the repository's files."""
    folder = local_path("hf:org/name")
    for file in (tmp_path / "hf" / "models--org--name" / "trees").glob("*"):
        file.unlink()
    offline()
    assert local_path("hf:org/name") == folder
    (folder / "vocab.txt").unlink()
    forget()
    assert "and vocab.txt is not in the cache" in refusal()


def test_no_network(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    message = refusal()
    assert "cannot reach http://127.0.0.1:9 (" in message
    assert "set HF_ENDPOINT to a mirror, such as https://hf-mirror.com." in message
    assert "download config.json, vocab.txt and model.safetensors from http://127.0.0.1:9/org/name elsewhere" in message


def test_no_network_but_a_full_cache(hub, monkeypatch):
    folder = local_path("hf:org/name")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    forget()
    assert local_path("hf:org/name") == folder


@pytest.mark.parametrize("status, problem", [
    (503, r"cannot reach .* \(HTTP 503\)"), (401, "no such repository, or it is private"), (403, "access denied .HTTP 403."),
])  # fmt: skip
def test_a_hub_that_refuses_everything(hub, status, problem):
    hub.status = status
    with pytest.raises(InputError, match=problem):
        local_path("hf:org/name")


def test_an_unknown_repository(hub):
    assert refusal("hf:org/nome") == (
        f"hf:org/nome: no such repository, or it is private. Check the name at {hub.url}/org/nome; a private one needs HF_TOKEN."
    )


def test_an_unknown_revision(hub):
    assert "there is no revision v9. See the branches and tags at" in refusal("hf:org/name@v9")


def test_a_gated_repository(hub):
    hub.repositories["org/name"].gated = True
    assert refusal() == (
        f"hf:org/name: access denied (HTTP 403). Accept the conditions at {hub.url}/org/name, and set HF_TOKEN to a token of your "
        "account."
    )


def test_a_connection_that_breaks_off_is_tried_again(hub):
    hub.cuts["model.safetensors"] = [1000, 500]
    assert (local_path("hf:org/name") / "model.safetensors").read_bytes() == b"s" * 5000
    assert hub.sent().count("model.safetensors") == 3


def test_a_connection_that_always_breaks_off(hub):
    hub.cuts["model.safetensors"] = [0] * 99
    message = refusal()
    assert "the download broke off (" in message and message.endswith("Run the command again.")
    hub.cuts.clear()
    forget()
    assert (local_path("hf:org/name") / "model.safetensors").read_bytes() == b"s" * 5000


def test_a_full_disk(hub, monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    assert refusal() == (
        f"hf:org/name: cannot write to the cache {tmp_path}/hf: No space left on device. Free some space, or set HF_HUB_CACHE to a "
        "folder on another disk."
    )


def test_a_page_in_place_of_the_hub(hub, monkeypatch):
    monkeypatch.setattr(hub_server, "_hugging_face_api", lambda hub, request, *_: hub_server._send(request, 200, b"<html>Login"))
    assert "(its answer is not that of a hub)" in refusal()
