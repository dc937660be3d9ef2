"""The process and its machine: backends, memory, progress bars, threads, clusters."""
