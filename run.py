"""Chinese NLP baselines: `python run.py VERB [TASK] [flags]`, `python run.py --help`."""

from baselines.cli.main import start

if __name__ == "__main__":
    start()
