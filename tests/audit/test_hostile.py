"""Texts that are made to break their reader: a report or a clear error. Small ones in each format;
test_all_hostile.py has the large ones."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile  # noqa: E402


def audit(text, *options):
    r = subprocess.run(os.environ.get("CHAINRULE_WRAPPER", "").split() +
                       [os.environ["CHAINRULE"], "audit", "-", *options], input=text, capture_output=True)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


failed = 0


def must(ok, name, what):
    global failed
    if not ok:
        print(f"{name}: {what}")
        failed = 1


for name, (text, said) in hostile.texts(100_000).items():
    code, out, err = audit(text)
    must(code in (0, 1) and not err or (code == 2 and "error: " in err), name, (code, err))
    must(said in out + err, name, f"not said: {said}")
    must(code != 2 or "more memory than its size justifies" in err, name, err)
    code, out, err = audit(text, "--format", "json")
    if code < 2:
        coverage = json.loads(out)["coverage"]
        must(coverage["claims"] == coverage["checked"] + coverage["not_bound"], name, coverage)

code, out, err = audit(hostile.NUMBERS, "--format", "json")
must(code == 1 and not err, "numbers", (code, err))
report = json.loads(out)
# What can be computed is judged; overflow and numbers beyond float64 are not taken for anything.
wrong = {f["line"]: f["expected"] for f in report["findings"] if f["severity"] == "error"}
must(wrong.get(23) == "2", "numbers", wrong)
must(report["coverage"]["not_bound"] + report["coverage"]["not_understood"] > 3, "numbers", report["coverage"])
sys.exit(failed)
