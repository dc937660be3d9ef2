"""The tasks of FewCLUE (Xu et al., 2021, arXiv:2107.07498)."""
