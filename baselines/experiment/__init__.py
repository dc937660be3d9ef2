"""What a run leaves on disk: its folder, its arguments, its input files."""
