"""Objectives of `run.py pretrain`."""
