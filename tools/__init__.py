"""Scripts that make the files this project ships. Nothing here is needed to run a task."""
