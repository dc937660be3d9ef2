"""modelscope:ORG/NAME against a server on this machine: what is downloaded, resumed and checked, and what can go wrong."""

import errno
import shutil

import hub_server
import pytest

from baselines.errors import InputError
from baselines.storage import checkpoint_paths
from baselines.storage.checkpoint_paths import local_path, pinned
from baselines.storage.hubs import http_download

NEEDED = ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"]
COMMIT = hub_server.COMMIT
NAME = "modelscope:org/name"


def forget():
    checkpoint_paths._fetched.cache_clear()


def refusal(location=NAME, **options):
    with pytest.raises(InputError) as error:
        local_path(location, **options)
    assert str(error.value).startswith(f"{location}: ") and "\n" not in str(error.value)
    return str(error.value)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_only_the_needed_files_come(hub, tmp_path):
    folder = local_path(NAME)
    assert files(folder) == NEEDED == sorted(hub.sent())
    assert folder == tmp_path / "modelscope" / "models" / "org--name" / "snapshots" / COMMIT
    assert (folder / "model.safetensors").read_bytes() == b"s" * 5000
    assert files(local_path(NAME, weights=False)) == NEEDED


def test_a_second_time_nothing_is_sent(hub):
    folder = local_path(NAME)
    forget()
    hub.requests.clear()
    assert local_path(NAME) == folder and hub.sent() == [] and len(hub.requests) == 1


def test_the_name_with_its_commit(hub):
    assert pinned(NAME) == pinned(f"{NAME}@master") == f"{NAME}@{COMMIT}"
    hub.requests.clear()
    forget()
    assert local_path(f"{NAME}@{COMMIT}").name == COMMIT and hub.requests == []


def test_a_commit_that_is_not_in_the_cache(hub):
    assert local_path(f"{NAME}@{COMMIT}", weights=False).name == COMMIT
    assert "Revision=" + COMMIT in hub.requests[0][1]


def test_where_modelscope_tells_no_commit_new_files_get_a_new_folder(hub):
    repository = hub.repositories["org/name"]
    repository.tells_commit = False
    first = local_path(NAME)
    assert pinned(NAME) == f"{NAME}@master" and first.name.startswith("master-")
    repository.files["master"]["vocab.txt"] = b"[PAD]\n[UNK]\n[CLS]\n[SEQ]\n"                      # as long as before
    forget()
    second = local_path(NAME)
    assert second != first and (second / "vocab.txt").read_bytes().endswith(b"[SEQ]\n")


def test_offline(hub, offline, tmp_path):
    folder = local_path(NAME)
    offline()
    hub.requests.clear()
    assert local_path(NAME) == folder and pinned(NAME) == f"{NAME}@{COMMIT}" and hub.requests == []
    (folder / "model.safetensors").unlink()
    forget()
    cache = f"{tmp_path}/modelscope/models/org--name"
    assert refusal().startswith(
        f"{NAME}: HF_HUB_OFFLINE is set, and model.safetensors is not in the cache {cache}. Unset it to download. Without a "
        f"network: download model.safetensors from {hub.url}/models/org/name elsewhere"
    )


def test_the_folder_of_modelscopes_own_program_is_used_offline(hub, offline):
    folder = local_path(NAME)
    root = folder.parents[1]
    shutil.rmtree(root / "refs")
    folder.rename(folder.with_name("master"))
    offline()
    assert local_path(NAME).name == "master"


def test_no_network(hub, monkeypatch):
    folder = local_path(NAME)
    forget()
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", "http://127.0.0.1:9")
    assert local_path(NAME) == folder
    (folder / "config.json").unlink()
    forget()
    assert "cannot reach http://127.0.0.1:9 ([Errno 111] Connection refused), and config.json is not in the cache" in refusal()


@pytest.mark.parametrize("status, problem", [
    (503, r"cannot reach .* \(HTTP 503\)"), (401, "access denied"), (404, "no such repository"),
])  # fmt: skip
def test_a_server_that_refuses_everything(hub, status, problem):
    hub.status = status
    with pytest.raises(InputError, match=problem):
        local_path(NAME)


def test_an_unknown_repository(hub):
    assert "no such repository, or it is private" in refusal("modelscope:org/nome")


def test_an_unknown_revision(hub):
    assert "there is no revision mastr. Did you mean master?" in refusal(f"{NAME}@mastr")


def test_a_gated_repository(hub, monkeypatch):
    hub.repositories["org/name"].gated = True
    assert "access denied (HTTP 403). Accept the conditions at" in refusal()


def test_the_token_goes_to_this_host_only(hub, monkeypatch):
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "ms-secret")
    with hub_server.serving() as other:
        other.repositories = hub.repositories
        monkeypatch.setattr(hub_server, "_modelscope", redirecting(hub_server._modelscope, hub, other))
        assert files(local_path(NAME)) == NEEDED
    assert hub.tokens == {"Bearer ms-secret"} and other.tokens == {None}


def redirecting(answer, hub, other):
    """Files come from another host, as ModelScope sends them from its object store."""

    def redirect(server, request, name, path, query):
        if server is hub and path == "repo":
            return hub_server._send(request, 302, b"", {"Location": f"{other.url}{request.path}"})
        return answer(server, request, name, path, query)

    return redirect


def test_a_connection_that_breaks_off_is_resumed(hub):
    hub.cuts["model.safetensors"] = [1000, 500]
    assert (local_path(NAME) / "model.safetensors").read_bytes() == b"s" * 5000
    assert [start for _, path, start in hub.requests if start] == ["bytes=1000-", "bytes=1500-"]


def test_the_next_command_resumes_a_download(hub):
    hub.cuts["model.safetensors"] = [1000, 0, 0, 0]
    message = refusal()
    assert "the connection ended early; 1000 of 5000 bytes of model.safetensors are here" in message
    assert message.endswith("Run the command again: it resumes there.")
    forget()
    hub.requests.clear()
    folder = local_path(NAME)
    assert files(folder) == NEEDED and (folder / "model.safetensors").read_bytes() == b"s" * 5000
    assert [start for _, _, start in hub.requests if start] == ["bytes=1000-"]


def test_a_beginning_of_another_version_is_thrown_away(hub):
    hub.cuts["model.safetensors"] = [1000, 0, 0, 0]
    refusal()
    partial = next(path for path in snapshot(hub).iterdir() if path.suffix == ".partial")
    partial.write_bytes(b"x" * 1000)
    assert (local_path(NAME) / "model.safetensors").read_bytes() == b"s" * 5000


def snapshot(hub):
    return checkpoint_paths.local_path(NAME, weights=False)


def test_bytes_that_are_not_the_file(hub, monkeypatch):
    answer = hub_server._file
    wrong = lambda hub, request, file, content, headers=(): answer(hub, request, file, b"x" * len(content), headers)  # noqa: E731
    monkeypatch.setattr(hub_server, "_file", wrong)
    assert "its SHA-256 is" in refusal() and not list(hub_folder().glob("*.safetensors*"))


def hub_folder():
    import os
    from pathlib import Path

    return next((Path(os.environ["MODELSCOPE_CACHE"]) / "models" / "org--name" / "snapshots").iterdir())


def test_a_full_disk(hub, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(http_download, "_append", full)
    assert "No space left on device. Free some space, or set MODELSCOPE_CACHE to a folder on another disk." in refusal()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(http_download.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    forget()
    with pytest.raises(InputError, match="the files have 0 MB, and 0 MB are free. Free some space"):
        local_path(NAME)


@pytest.mark.parametrize("answer", [
    b"<html>", b"[]", b'{"Data": 3}', b'{"Data": {"Files": 3}}', b'{"Data": {"Files": [{"Path": 1}]}}', b'{"Data": {"Files": []}}',
    b'{"Data": {"Files": [{"Path": "a", "Size": -1}]}}',
])  # fmt: skip
def test_answers_of_another_server(hub, monkeypatch, answer):
    monkeypatch.setattr(hub_server, "_modelscope", lambda hub, request, *_: hub_server._send(request, 200, answer))
    assert refusal()
