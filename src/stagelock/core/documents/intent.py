"""Which changed files nobody named: the diff held against the words of plan and prompt."""

from __future__ import annotations

TIGHT = "-_/."  # letters beside letters and digits that a file name is made of
SHORTEST = 3  # a shorter name stands in any text by chance
EVERYWHERE = ("readme.md", "changelog.md", "index", "main", "__init__", "init", "mod", "lib")


def outside(changed: list[str], texts: list[str]) -> list[str]:
    """Name the changed files that no text names, neither itself nor a folder it lies in.

    Where the texts name no file at all there is nothing to hold the diff against, and nothing is
    outside. A test is named with what it tests: `test_login.py` by `login.py`.
    """
    words = _words(texts)
    named = {word for word in words if _looks_like_path(word)}
    if not named:
        return []
    return [path for path in changed if not _is_named(path.lower(), words, named)]


def tests_asked(texts: list[str]) -> list[str]:
    """Name the tests that the texts ask for by name: `test_logout`, `tests/test_login.py`."""
    return sorted(
        word
        for word in _words(texts)
        if word.startswith("test_")
        or (_looks_like_path(word) and "test" in word.rpartition("/")[2] and "*" not in word)
    )


def _is_named(path: str, words: set[str], named: set[str]) -> bool:
    if path in named or path.rpartition("/")[2] in named:
        return True
    stem = _stem(path)
    telling = len(stem) >= SHORTEST and stem not in EVERYWHERE
    if telling and (stem in words or stem in {_stem(word) for word in named}):
        return True
    folder = path.rpartition("/")[0]
    while folder:
        if folder in named or folder + "/" in named or folder + "/**" in named:
            return True
        folder = folder.rpartition("/")[0]
    return False


def _words(texts: list[str]) -> set[str]:
    """Return everything that could be a name, in lower case, without what surrounds it."""
    found = set()
    for text in texts:
        plain = "".join(
            letter if letter.isalnum() or letter in TIGHT + "*" else " " for letter in text.lower()
        )
        for word in plain.split():
            word = word.strip(".-")  # noqa: PLW2901  # the end of a sentence is no part of a name
            found.add(word.removeprefix("./"))
    return found


def _looks_like_path(word: str) -> bool:
    """Say whether a word is meant as a file or folder: it has a slash, or an ending of letters."""
    if "/" in word.strip("/") or (word.endswith("/") and len(word) > SHORTEST):
        return not word.startswith("/") and not word.replace("/", "").isdigit()
    stem, dot, ending = word.rpartition(".")
    return bool(dot and stem) and ending.isalpha() and len(ending) < 6 and not stem.isdigit()


def _stem(path: str) -> str:
    """Return what a file is about: its name without endings, nor the marks of a test."""
    name = path.rpartition("/")[2].split(".")[0]
    for mark in ("test_", "tests_", "spec_"):
        name = name.removeprefix(mark)
    for mark in ("_test", "_tests", "_spec", "-test", "-spec"):
        name = name.removesuffix(mark)
    return name
