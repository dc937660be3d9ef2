"""What the folder of an index says that it is; array_folder.py writes and reads it."""

from baselines.storage.array_folder import Kind

INDEX = Kind("prefix-index", 2, "index.json", "an index", "Build it with `run.py kg build`.")
