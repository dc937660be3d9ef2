"""The tasks of CLUE (Xu et al., 2020, arXiv:2004.05986)."""
