"""python -m tools.mini: rewrite datasets/mini. The same code writes the same bytes everywhere."""

from tools.mini import collection

if __name__ == "__main__":
    for path, text in collection.write().items():
        print(f"{path}: {text.count(chr(10))} lines")
