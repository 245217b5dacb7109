#!/usr/bin/env python3
"""Makes tests/train/fixtures/accuracy/: of three real sets the rows to train on and those to test,
and in errors.json the errors on the latter of the default recipe in PyTorch. `./dev accuracy setup`
comes first; then build/bench-venv/bin/python tests/train/accuracy_fixtures.py"""
import argparse
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "bench"))
import accuracy                                                             # noqa: E402

SETS = ["wine", "HouseVotes84", "Servo"]
SEEDS = 20


def main():
    folder = HERE / "fixtures" / "accuracy"
    folder.mkdir(exist_ok=True)
    torch = accuracy.Torch(argparse.Namespace(threads=1))
    made = {"command": "tests/train/accuracy_fixtures.py", "made with": torch.version, "sets": {}}
    for data in accuracy.sets(SETS):
        accuracy.write_rows(data, data.train, folder / f"{data.name}-train.csv")
        accuracy.write_rows(data, data.test, folder / f"{data.name}-test.csv")
        made["sets"][data.name] = {
            "arguments": accuracy.arguments(data),
            "error": "share of wrong classes" if data.classes else "root mean squared error",
            "PyTorch": [torch(data, seed, folder) for seed in range(1, SEEDS + 1)]}
    (folder / "errors.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
