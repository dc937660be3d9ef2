"""One file per format on disk; each yields rows that know their line."""
