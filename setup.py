"""Puts tasks, mini data and mini checkpoints into the wheel, as baselines/embedded/. Everything else: pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

EMBEDDED = ("tasks", "datasets/mini", "checkpoints/mini", "checkpoints/mini_unilm")


class BuildWithEmbeddedFiles(build_py):
    """An editable installation reads these folders where they are."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        for folder in EMBEDDED:
            target = Path(self.build_lib) / "baselines" / "embedded" / folder
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))


setup(cmdclass={"build_py": BuildWithEmbeddedFiles})
