"""Texts from templates (texts.py): those that are right must give no finding, and a mistake that was
planted must be found, with its line, its digits and its verdict, and nothing else.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from texts import texts  # noqa: E402

COMMAND = os.environ.get("CHAINRULE_WRAPPER", "").split() + [os.environ["CHAINRULE"], "audit", "--format", "json"]


def audit(text, folder):
    path = pathlib.Path(folder) / "text.md"
    path.write_text(text, encoding="utf-8")
    run = subprocess.run(COMMAND + [str(path)], stdout=subprocess.PIPE, check=False)
    return run.returncode, json.loads(run.stdout)


def main():
    bad = right = claims = alarms = planted = unexplained = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text, want in texts():
            status, report = audit(text, folder)
            got = [(f["line"], f["printed"], f["verdict"]) for f in report["findings"]]
            dumb = [f["line"] for f in report["findings"] if "unexplained" in f["message"]]
            unexplained += len(dumb)
            errors = any(f["severity"] == "error" for f in report["findings"])
            if want:
                planted += 1
            else:
                right += 1
                claims += report["coverage"]["claims"]
                alarms += len(got)
            if got != want or status != int(errors) or not report["coverage"]["checked"]:
                bad += 1
                print(f"{name}: exit status {status}, found {got}, not {want}")
    print(f"{right} right texts with {claims} claims: {alarms} false alarms; {planted} planted mistakes, "
          f"{unexplained} of them found but not explained")
    return bad > 0 or right < 40 or planted < 100 or unexplained > 0


if __name__ == "__main__":
    sys.exit(main())
