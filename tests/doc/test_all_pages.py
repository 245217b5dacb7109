"""Pages of explain, worksheet, audit and train in a browser: axe finds nothing wrong, wide or
narrow, light or dark, or with letters of twice the size; nothing scrolls sideways but what is meant
to; no label of a figure overlaps another; nothing is fetched; it prints. Skipped without Chromium, or
where axe cannot be installed (PyPI). PAGES=FOLDER keeps the pages, with a picture of each."""
import csv
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "audit"))
from fixtures import fixtures  # noqa: E402

# Width in CSS pixels, how much larger letters are than the reader's program has them, and colours.
# A page of 640 pixels at 200 % has 320.
VIEWS = [(1000, 1, "light"), (1000, 1, "dark"), (320, 1, "light"), (640, 2, "dark")]
ROOT = pathlib.Path(os.environ["SOURCE_DIR"])
PROGRAM = os.environ["CHAINRULE"]
VENV = pathlib.Path(os.environ["BINARY_DIR"]) / "axe-venv"
HOSTILE = '<b onclick="x">&\'"'
PACKAGE = "axe-playwright-python==0.1.8"
OVERLAPS = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  const found = [];
  boxes.forEach(([a, p], i) => boxes.slice(0, i).forEach(([b, q]) => {
    if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3)
      found.push(a + ' overlaps ' + b);
  }));
  const whole = svg.getBoundingClientRect();
  boxes.forEach(([a, p]) => {
    if (p.left < whole.left || p.right > whole.right || p.top < whole.top || p.bottom > whole.bottom)
      found.push(a + ' lies outside');
  });
  return found;
})"""


def prepare():
    """Run this again in an environment that has axe; what is missing is installed once."""
    python = VENV / "bin" / "python"
    if not shutil.which("chromium"):
        print("chromium is missing")
        sys.exit(77)
    if not python.exists():
        done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True)
        done = done.returncode or subprocess.run([str(python), "-m", "pip", "install", "-q", PACKAGE],
                                                 capture_output=True).returncode
        if done:
            shutil.rmtree(VENV, ignore_errors=True)
            print("axe cannot be installed")
            sys.exit(77)
    os.execv(python, [str(python), __file__, "--checked"])


def run(*arguments, codes=(0,)):
    done = subprocess.run([PROGRAM] + [str(a) for a in arguments], capture_output=True, text=True)
    assert done.returncode in codes, (arguments, done.returncode, done.stderr)


def write_explained(folder):
    eight = folder / "eight.yaml"
    eight.write_text("inputs: [1, -0.5, 0.25, 2, 1, -1, 0.5, 0.125]\nlayers:\n"
                     "  - {units: 8, activation: tanh}\n  - {units: 8, activation: sigmoid}\n"
                     "targets: [0, 1, 0, 0, 0, 0, 0, 0]\n")
    worked = ROOT / "examples" / "worked"
    files = [worked / "sigmoid-2-2-1.yaml", worked / "softmax-2-3-3.yaml",
             worked / "skip-connection.yaml", eight,
             ROOT / "tests/cli/golden/explain/in/hostile.yaml"]
    for path in files:
        run("explain", path, "--format", "html", "--iterations", 2, "-o",
            folder / f"{path.stem}.html")
    run("worksheet", files[0], "--count", 2, "--format", "html", "-o", folder / "sheet.html", "--key",
        folder / "key.html")


def write_audits(folder):
    """Findings of several kinds, a text without any, and one with long words and markup."""
    texts = {name: text for name, text, _, _ in fixtures()}
    names = ["verdict-carried-forward.txt", "verdict-broken-mathematics.md",
             "mutant-factor-two-nielsen.md", "right-net-out-blog.md"]
    texts["long.md"] = (f"{HOSTILE} $2 \\cdot 3 = 7$ {'nospaces' * 60} $0.{'3' * 80} + 1 = 2$\n\n"
                        + "".join(f"{HOSTILE} $\\frac{{{i}}}{{2}} + 1 = {i}$\n\n" for i in range(9)))
    for name in names + ["long.md"]:
        path = folder / name
        path.write_text(texts[name])
        run("audit", path, "--format", "html", "-o", folder / f"audit-{path.stem}.html", codes=(0, 1))


def write_reports(folder):
    """Classes and numbers, a table with few rows, and one with long and hostile names."""
    data = ROOT / "examples" / "data"
    r = random.Random(1)
    table = folder / "table.csv"
    with open(table, "w", newline="", encoding="utf-8") as f:
        rows = csv.writer(f)
        rows.writerow([f"kind {HOSTILE}", "price", "when", "averylongname" * 12]
                      + [f"measure {i}" for i in range(26)])
        for i in range(240):
            row = [r.gauss(i % 3, 1) for _ in range(26)]
            rows.writerow([f"{HOSTILE}{i % 3}", f"{3 * row[0] + r.random():.3f}",
                           f"2024-0{1 + i % 9}-11", r.choice(["", "red", "blue" * 30])]
                          + [f"{x:.3f}" for x in row])
    train = ["train", "-q", "--epochs", 4, "--report"]
    run(*train, folder / "report-digits.html", "-o", "/dev/null", data / "digits.csv", "--target", "digit")
    run(*train, folder / "report-classes.html", "-o", "/dev/null", table, "--target", f"kind {HOSTILE}")
    run(*train, folder / "report-numbers.html", "-o", "/dev/null", table, "--target", "price",
        "--learning-rate", 5)


def write_pages(folder):
    write_explained(folder)
    write_audits(folder)
    write_reports(folder)
    return sorted(folder.glob("*.html"))


def look(browser, axe, path, view):
    width, larger, scheme = view
    found, fetched = [], []
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(path.as_uri())
    page.evaluate(f"document.documentElement.style.fontSize = '{100 * larger}%'")
    where = f"{path.name} at {width} px, {scheme}, letters x {larger}"
    for violation in axe.run(page).response["violations"]:
        node = violation["nodes"][0]
        found.append(f"{where}: {violation['id']}: {node['html'][:160]}")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.append(f"{where}: {wide} px wide")
    if view == VIEWS[0]:
        found += [f"{where}: {what}" for what in page.evaluate(OVERLAPS)[:5]]
        if not page.pdf(format="A4").startswith(b"%PDF"):
            found.append(f"{where}: does not print")
    found += [f"{where}: fetches {url}" for url in fetched if url != path.as_uri()]
    if "PAGES" in os.environ:
        page.screenshot(path=path.with_suffix(f".{width}-{scheme}-x{larger}.png"), full_page=True)
    context.close()
    return found


def main():
    if "--checked" not in sys.argv:
        prepare()
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright
    failures = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = pathlib.Path(os.environ.get("PAGES", name))
        folder.mkdir(exist_ok=True)
        pages = write_pages(folder)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"),
                                             args=["--no-sandbox"])
        for path in pages:
            for view in VIEWS:
                failures += look(browser, Axe(), path, view)
        browser.close()
    print("\n".join(failures[:30]) or f"{len(pages)} pages pass")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
