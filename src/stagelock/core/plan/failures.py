"""What kind of failure it was: one to fix, one to look into, or one that nobody here can mend.

The third is not tried again: a service that is down, a key that is missing or a full disk is no
better at the second attempt, and a person hears of it at once.
"""

from __future__ import annotations

FIXABLE, AMBIGUOUS, EXTERNAL = "Fixable", "Ambiguous", "External"
KINDS = (FIXABLE, AMBIGUOUS, EXTERNAL)

# what programs say where the fault lies outside the project, in lower case
OUTSIDE = (
    "no space left on device", "disk quota exceeded", "read-only file system",
    "could not resolve host", "temporary failure in name resolution", "getaddrinfo enotfound",
    "getaddrinfo eai_again", "network is unreachable", "no route to host",
    "certificate has expired", "self-signed certificate in certificate chain",
    "401 unauthorized", "403 forbidden", "407 proxy authentication required",
    "429 too many requests", "502 bad gateway", "503 service unavailable",
    "504 gateway time", "invalid api key", "api key is missing", "rate limit exceeded",
    "cannot connect to the docker daemon", "gpg failed to sign the data", "license has expired",
)  # fmt: skip
ADVICE = {
    FIXABLE: "Fixable: the error is clear; mend exactly that, then the whole loop runs again.",
    AMBIGUOUS: "Ambiguous: find out why before you change anything, and say the cause in a line.",
    EXTERNAL: "External: nothing that is written here mends it; a person is asked.",
}
AGAIN = "The same failed before: take another way than the last time."


def kind(why: str, output: str = "") -> str:
    """Classify a failure by the word that whoever tells it begins with, else by what it says."""
    for word in KINDS:
        if why.strip().lower().startswith(word.lower() + ":"):
            return word
    if outside(output):
        return EXTERNAL
    return FIXABLE if _names_a_place(why + "\n" + output) else AMBIGUOUS


def outside(output: str) -> str:
    """Return the line by which a program says that the fault lies outside, "" where none does."""
    for line in output.splitlines():
        if any(sign in line.lower() for sign in OUTSIDE):
            return " ".join(line.split())[:200]
    return ""


def bare(why: str) -> str:
    """Return a reason without the word that classifies it."""
    for word in KINDS:
        if why.strip().lower().startswith(word.lower() + ":"):
            return why.strip()[len(word) + 1 :].strip()
    return why


def advice(whys: list[str]) -> str:
    """Say what to do about the last of some failures; more where it was the one before, too."""
    if not whys:
        return ""
    told = ADVICE[kind(whys[-1])]
    is_same = len(whys) > 1 and bare(whys[-1]) == bare(whys[-2])
    return told + (" " + AGAIN if is_same else "")


def _names_a_place(text: str) -> bool:
    """Say whether a text names a file and a line, as in `src/app.py:12`."""
    for word in text.replace("(", " ").replace(")", " ").split():
        path, _, line = word.partition(":")
        number = line.partition(":")[0].rstrip(",.;")
        if number.isdigit() and "." in path.rpartition("/")[2]:
            return True
    return False
