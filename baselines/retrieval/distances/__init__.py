"""Distances between texts as sets of token vectors (WMD, WRD), exact and pruned, and the longest common subsequence of two."""
