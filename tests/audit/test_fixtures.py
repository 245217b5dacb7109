"""Worked examples written by hand (fixtures.py): in each, what is wrong is found at its line and column with its
verdict, and nothing else. Prints the measured rates of false alarms and of misses.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from fixtures import fixtures  # noqa: E402

COMMAND = os.environ.get("CHAINRULE_WRAPPER", "").split() + [os.environ["CHAINRULE"], "audit", "--format", "json"]
FIELDS = "line", "column", "verdict", "printed", "expected"


def audit(text, name, folder):
    path = pathlib.Path(folder) / name
    path.write_text(text, encoding="utf-8")
    run = subprocess.run(COMMAND + [str(path)], stdout=subprocess.PIPE, check=False)
    return run.returncode, json.loads(run.stdout)


def main(names):
    texts = right = bad = claims = checked = wrong = missed = alarms = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text, want, covered in fixtures():
            if names and not any(n in name for n in names):
                continue
            status, report = audit(text, name, folder)
            got = report["findings"]
            coverage = report["coverage"]
            texts += 1
            right += not want
            claims += coverage["claims"]
            checked += coverage["checked"]
            wrong += len(want)
            places = [(f["line"], f["column"]) for f in want]
            lost = [f for f in want if (f["line"], f["column"]) not in [(g["line"], g["column"]) for g in got]]
            extra = [f for f in got if (f["line"], f["column"]) not in places]
            missed += len(lost)
            alarms += len(extra)
            problems = [f"missed: {f}" for f in lost] + [f"false alarm: {f}" for f in extra]
            for f in got:
                for w in want:
                    if (w["line"], w["column"]) == (f["line"], f["column"]) and (
                            any(w[k] != f[k] for k in FIELDS) or w["message"] not in f["message"]):
                        problems.append(f"found {f}, not {w}")
            if status != int(any(f["severity"] == "error" for f in got)):
                problems.append(f"exit status {status}")
            if not coverage["claims"] or coverage["checked"] < covered * coverage["claims"]:
                problems.append(f"covers little: {coverage}")
            bad += bool(problems)
            for p in problems:
                print(f"{name}: {p}")
    print(f"{texts} texts, {right} of them right, {claims} numbers claimed, {checked} of them checked: {alarms} false alarms; "
          f"{wrong} findings expected, {missed} missed")
    return bad > 0 or (not names and (texts < 60 or 3 * right < texts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
