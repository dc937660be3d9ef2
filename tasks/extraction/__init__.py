"""Extraction tasks of LIC2020, with the files of the contest as they are."""
