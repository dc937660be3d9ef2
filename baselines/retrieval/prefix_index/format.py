"""The folder format of an index, which array_folder.py writes and reads."""

from baselines.storage.array_folder import Kind

INDEX = Kind("prefix-index", 2, "index.json", "an index", "Build it with `run.py kg build`.")
