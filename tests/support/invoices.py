"""A small real project: a plan of five units, what good coders write, and what bad ones do."""

from __future__ import annotations

from pathlib import Path

PLAN = (Path(__file__).parents[1] / "authoring/plans/invoices.md").read_text()
TESTS = "python3 -m unittest discover -q -s tests -t ."
COVER = "python3 tools/cover.py"
CONFIG = f"""checks:
  - {{name: tests, command: {TESTS}, timeout: 60}}
  - {{name: coverage, command: {COVER}, timeout: 60, coverage: coverage.json}}
"""
# Counts the lines of the package that its tests run, with what Python brings.
COVER_TOOL = '''"""Run the tests; coverage.json says how many lines of the package they ran."""

import json
import pathlib
import sys
import unittest

TOP = pathlib.Path.cwd()
ran = set()


def lines(code):
    found = {line for _, _, line in code.co_lines() if line}
    for inner in code.co_consts:
        found |= lines(inner) if hasattr(inner, "co_lines") else set()
    return found


def trace(frame, event, _):
    if not frame.f_code.co_filename.startswith(str(TOP / "invoices")):
        return None
    ran.add((frame.f_code.co_filename, frame.f_lineno))
    return trace


files = sorted((TOP / "invoices").glob("*.py"))
wanted = {(str(f), n) for f in files for n in lines(compile(f.read_text(), str(f), "exec"))}
sys.path.insert(0, str(TOP))
sys.settrace(trace)
result = unittest.TextTestRunner(verbosity=0).run(
    unittest.defaultTestLoader.discover("tests", top_level_dir=".")
)
sys.settrace(None)
totals = {"covered_lines": len(wanted & ran), "num_statements": len(wanted)}
(TOP / "coverage.json").write_text(json.dumps({"totals": totals}))
sys.exit(not result.wasSuccessful())
'''
PROJECT = {
    ".gitignore": "__pycache__/\ncoverage.json\n",
    ".coverage-thresholds.json": '{"thresholds": {"lines": 100}}\n',
    "README.md": "Invoices from amounts.\n",
    "invoices/__init__.py": "CURRENCY = 'EUR'\n",
    "tests/__init__.py": "",
    "tests/test_package.py": (
        "import unittest\n\nimport invoices\n\n\n"
        "class Package(unittest.TestCase):\n"
        "    def test_currency(self):\n"
        "        self.assertEqual(invoices.CURRENCY, 'EUR')\n"
    ),
    "tools/cover.py": COVER_TOOL,
}


def _tests(module: str, names: str, *checks: str) -> str:
    cases = "".join(
        f"\n    def test_{n}(self):\n        {check}\n" for n, check in enumerate(checks, 1)
    )
    head = f"import unittest\n\nfrom invoices.{module} import {names}\n\n\n"
    return f"{head}class Cases(unittest.TestCase):{cases}"


AMOUNTS = """import re


class BadAmount(ValueError):
    pass


def parse(text):
    if not re.fullmatch(r"\\d+\\.\\d\\d", text):
        raise BadAmount(text)
    return int(text.replace(".", ""))
"""
# what a good coder of each unit writes
GOOD = {
    "WU-001": {
        "invoices/amounts.py": AMOUNTS,
        "tests/test_amounts.py": _tests(
            "amounts", "BadAmount, parse",
            "self.assertEqual(parse('12.50'), 1250)",
            "self.assertRaisesRegex(BadAmount, '12,5', parse, '12,5')",
        ),
    },
    "WU-002": {
        "invoices/taxes.py": (
            "from invoices.amounts import parse\n\n\n"
            "def tax(text, percent):\n    return (parse(text) * percent + 50) // 100\n"
        ),
        "tests/test_taxes.py": _tests(
            "taxes", "tax",
            "self.assertEqual(tax('10.00', 19), 190)", "self.assertEqual(tax('0.50', 19), 10)",
        ),
    },
    "WU-003": {
        "invoices/display.py": (
            "from invoices import CURRENCY\n\n\n"
            "def show(cents):\n    return f'{cents // 100}.{cents % 100:02} {CURRENCY}'\n"
        ),
        "tests/test_display.py": _tests(
            "display", "show",
            "self.assertEqual(show(1250), '12.50 EUR')", "self.assertEqual(show(5), '0.05 EUR')",
        ),
    },
    "WU-004": {
        "invoices/invoice.py": (
            "from invoices.amounts import parse\nfrom invoices.display import show\n"
            "from invoices.taxes import tax\n\n\n"
            "def invoice(amounts, percent):\n"
            "    total = sum(parse(a) + tax(a, percent) for a in amounts)\n"
            "    return '\\n'.join([*amounts, 'total ' + show(total)])\n"
        ),
        "tests/test_invoice.py": _tests(
            "invoice", "invoice",
            "self.assertTrue(invoice(['10.00'], 19).endswith('total 11.90 EUR'))",
        ),
    },
    "WU-005": {
        "invoices/report.py": (
            "from invoices.display import show\nfrom invoices.taxes import tax\n\n\n"
            "def report(amounts, percent):\n"
            "    return 'tax ' + show(sum(tax(a, percent) for a in amounts))\n"
        ),
        "tests/test_report.py": _tests(
            "report", "report",
            "self.assertEqual(report(['10.00', '0.50'], 19), 'tax 2.00 EUR')",
        ),
    },
}  # fmt: skip
# what a bad one writes at first: by unit and attempt
BAD = {
    ("WU-001", 1): {**GOOD["WU-001"], "invoices/amounts.py": AMOUNTS.replace('"."', '","')},
    ("WU-001", 2): {
        **GOOD["WU-001"],
        "tests/test_amounts.py": _tests(
            "amounts", "parse", "self.assertEqual(parse('12.50'), 1250)"
        ),
    },
    ("WU-004", 1): {  # no test imports it, and it is no Python
        "invoices/invoice.py": "def invoice(amounts, percent)\n",
        "tests/test_invoice.py": "",
    },
}
