"""Keys as a prefix tree on disk: which tokens may follow, and what is stored at the end. docs/kg_index.md has the format."""
