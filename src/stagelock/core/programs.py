"""Programs that only look: what each may be given so that it still only looks.

One entry per program. Flags are an allow list, compared after unquoting: a flag that is not here
makes the command opaque. To add a program, add its entry here and its rows to
tests/cases/shell.yaml.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Program(TypedDict, total=False):
        """How a program may be called."""

        short: str  # letters that may stand alone or bundled after one dash
        short_value: str  # letters that take a value, attached or as the next word
        long: str  # long flags without a value, by blanks
        long_value: str  # long flags with a value, `=` or the next word
        number: bool  # whether `-5` is a flag
        most: int  # how many operands it may have; more may mean writing
        prints: bool  # whether its operands are files whose content it prints
        pattern: bool  # whether its first operand is a pattern, not a file
        script: bool  # whether its first operand is a sed script
        plus: bool  # whether operands must start with `+` (date)
        single_dash: bool  # whether long flags have one dash (find)
        apart: bool  # whether a value may not be attached to its short flag
        any: bool  # whether no flag at all can write, so that a word may turn into any
        free: bool  # whether no word at all can make it write: nothing is checked
        names: bool  # whether its operands are names of variables (read)


ANY = 1 << 20

PROGRAMS: dict[str, Program] = {
    "cat": {
        "any": True,
        "short": "AbeEnstTuv",
        "long": "number show-all squeeze-blank",
        "prints": True,
    },
    "head": {
        "any": True,
        "short": "qvz",
        "short_value": "nc",
        "long": "quiet verbose",
        "long_value": "lines bytes",
        "number": True,
        "prints": True,
    },
    "tail": {
        "any": True,
        "short": "qvz",
        "short_value": "nc",
        "long": "quiet verbose",
        "long_value": "lines bytes",
        "number": True,
        "prints": True,
    },
    "nl": {
        "any": True,
        "short": "p",
        "short_value": "bdfhilnsvw",
        "prints": True,
    },
    "tac": {
        "any": True,
        "short": "br",
        "short_value": "s",
        "prints": True,
    },
    "wc": {
        "any": True,
        "short": "clmwL",
        "long": "bytes chars lines words max-line-length",
    },
    "ls": {
        "any": True,
        "short": "1aAbBcCdfFgGhHiklLmnNopqQrRsStuUvwxXZ",
        "short_value": "IT",
        "long": (
            "all almost-all directory human-readable recursive reverse size "
            "group-directories-first full-time classify inode no-group color"
        ),
        "long_value": "sort time time-style color format ignore hide width",
    },
    "pwd": {
        "any": True,
        "short": "LP",
        "most": 0,
    },
    "echo": {"free": True},
    "printf": {},
    "true": {"free": True},
    "false": {"free": True},
    "stat": {
        "any": True,
        "short": "Lft",
        "short_value": "c",
        "long": "dereference file-system terse",
        "long_value": "format printf",
    },
    "file": {
        "short": "bhikLN",
        "long": "brief mime mime-type mime-encoding",
    },
    "du": {
        "any": True,
        "short": "0abchHklLmsSx",
        "short_value": "dBt",
        "long": "all apparent-size human-readable summarize total bytes",
        "long_value": "max-depth block-size exclude threshold time",
    },
    "df": {
        "any": True,
        "short": "ahHiklPT",
        "short_value": "Btx",
        "long": "human-readable inodes total",
    },
    "which": {
        "any": True,
        "short": "a",
    },
    "basename": {
        "any": True,
        "short": "az",
        "short_value": "s",
        "long": "multiple",
        "long_value": "suffix",
    },
    "dirname": {
        "any": True,
        "short": "z",
    },
    "realpath": {
        "any": True,
        "short": "emLPqsz",
        "long": "canonicalize-existing canonicalize-missing logical physical",
        "long_value": "relative-to relative-base",
    },
    "readlink": {
        "any": True,
        "short": "femnqsvz",
    },
    "diff": {
        "any": True,
        "short": "abBcdeEiNqrstTuwy",
        "short_value": "CUWIxFL",
        "long": (
            "brief unified context side-by-side recursive new-file ignore-case "
            "ignore-all-space ignore-blank-lines ignore-space-change "
            "report-identical-files"
        ),
        "long_value": "unified context width exclude color label",
    },
    "cmp": {
        "any": True,
        "short": "bls",
        "short_value": "in",
    },
    "sort": {
        "short": "bcCdfghiMnRrsuVz",
        "short_value": "kt",
        "long": "reverse unique numeric-sort human-numeric-sort version-sort check",
        "long_value": "key field-separator sort",
    },
    "uniq": {
        "short": "cdDiuz",
        "short_value": "fsw",
        "long": "count repeated unique ignore-case",
        "long_value": "skip-fields skip-chars check-chars",
        "most": 1,
    },
    "cut": {
        "any": True,
        "short": "nsz",
        "short_value": "bcdf",
        "long": "complement only-delimited",
        "long_value": "bytes characters delimiter fields output-delimiter",
    },
    "tr": {
        "any": True,
        "short": "cCdst",
        "long": "complement delete squeeze-repeats",
    },
    "rev": {"any": True},
    "column": {
        "short": "tnex",
        "short_value": "csoN",
    },
    "grep": {
        "any": True,
        "short": "abcEFGhHiIlLnoPqrRsTUvVwxyzZ",
        "short_value": "ABCDdefm",
        "long": (
            "count extended-regexp fixed-strings perl-regexp ignore-case invert-match "
            "files-with-matches files-without-match line-number with-filename no-filename "
            "only-matching quiet silent recursive word-regexp line-regexp color "
            "no-messages null text version help"
        ),
        "long_value": (
            "after-context before-context context max-count include exclude exclude-dir "
            "regexp file color colour binary-files directories"
        ),
        "pattern": True,
    },
    "rg": {
        "short": "acFhHiIlLnNopPqsSuUvVwx0",
        "short_value": "ABCefgmtTdjrME",
        "long": (
            "count count-matches files files-with-matches files-without-match "
            "fixed-strings hidden ignore-case invert-match json line-number no-filename "
            "no-heading no-ignore no-ignore-vcs no-line-number no-messages only-matching "
            "pcre2 quiet smart-case case-sensitive stats text type-list unrestricted "
            "with-filename word-regexp heading line-regexp multiline vimgrep version "
            "column trim"
        ),
        "long_value": (
            "after-context before-context context glob iglob max-count max-depth "
            "max-columns regexp replace sort sortr type type-not color file max-filesize "
            "threads"
        ),
        "pattern": True,
    },
    "find": {
        "single_dash": True,
        "long": (
            "print print0 ls empty not o a or and depth prune xdev mount follow daystart "
            "readable writable executable true false nouser nogroup quit L H P"
        ),
        "long_value": (
            "name iname path ipath wholename iwholename regex iregex type xtype maxdepth "
            "mindepth size mtime atime ctime mmin amin cmin newer anewer cnewer newermt "
            "user group perm links inum samefile lname ilname printf regextype"
        ),
    },
    "sed": {
        "short": "nErsuz",
        "long": "quiet silent regexp-extended",
        "script": True,
    },
    "awk": {
        "short_value": "Fv",
        "script": True,
    },
    "test": {"free": True},
    "[": {"free": True},
    ":": {"free": True},
    "exit": {"most": 1},
    "wait": {"most": 0},
    "read": {"short": "rs", "short_value": "dnNt", "names": True},
    "printenv": {"free": True},
    "date": {
        "short": "uRI",
        "short_value": "d",
        "long": "utc universal rfc-email",
        "long_value": "date",
        "plus": True,
    },
    "expr": {"free": True},
    "lsof": {"free": True},
    "mount": {"most": 0},
    "cal": {"free": True},
    "tput": {"free": True},
    "shuf": {"short": "erz", "short_value": "in"},
    "zcat": {"any": True, "short": "f"},
    "xxd": {"short": "bciupe", "short_value": "lsg", "most": 1},
    "jq": {
        "short": "ceMnrRsSjaC",
        "long": (
            "compact-output exit-status null-input raw-output raw-input slurp sort-keys "
            "monochrome-output color-output join-output tab"
        ),
        "pattern": True,
    },
    "tree": {
        "apart": True,
        "short": "adfghilnpqrstuvACDFJNQSUX",
        "short_value": "LIP",
        "long": "dirsfirst noreport gitignore prune du si inodes",
        "long_value": "filelimit charset sort",
    },
    "cd": {
        "short": "LP",
        "most": 1,
    },
    "id": {
        "any": True,
        "short": "gGnruz",
    },
    "uname": {
        "any": True,
        "short": "amnoprsv",
        "long": "all",
        "most": 0,
    },
    "whoami": {
        "any": True,
        "most": 0,
    },
    "hostname": {
        "short": "fs",
        "most": 0,
    },
    "nproc": {
        "any": True,
        "long": "all",
        "most": 0,
    },
    "md5sum": {
        "any": True,
        "short": "bctz",
    },
    "sha1sum": {
        "any": True,
        "short": "bctz",
    },
    "sha256sum": {
        "any": True,
        "short": "bctz",
    },
    "cksum": {"any": True},
    "seq": {
        "any": True,
        "short": "w",
        "short_value": "sf",
    },
    "egrep": {
        "any": True,
        "short": "abcEFGhHiIlLnoPqrRsvwxz",
        "short_value": "ABCem",
        "pattern": True,
    },
    "fgrep": {
        "any": True,
        "short": "abcEFGhHiIlLnoPqrRsvwxz",
        "short_value": "ABCem",
        "pattern": True,
    },
    "od": {
        "short": "abcdfiloxsv",
        "short_value": "AjNtwS",
    },
    "hexdump": {
        "short": "bcCdovx",
        "short_value": "ns",
    },
    "strings": {
        "short": "af",
        "short_value": "nte",
    },
    "comm": {
        "any": True,
        "short": "123z",
    },
    "join": {
        "any": True,
        "short": "i",
        "short_value": "12ajtoev",
    },
    "paste": {
        "any": True,
        "short": "sz",
        "short_value": "d",
    },
    "fold": {
        "any": True,
        "short": "bs",
        "short_value": "w",
    },
    "expand": {
        "any": True,
        "short": "i",
        "short_value": "t",
    },
    "sleep": {
        "most": 1,
    },
    "type": {"free": True},
    "arch": {
        "any": True,
        "most": 0,
    },
    "uptime": {
        "any": True,
        "most": 0,
    },
    "ps": {
        "any": True,
        "short": "aAdefFjlLwxucHT",
        "short_value": "opC",
    },
}

DIFF = (
    "stat shortstat numstat name-only name-status cached staged patch no-patch summary "
    "word-diff color-words no-color color minimal patience histogram raw check full-index "
    "ignore-all-space ignore-space-change ignore-blank-lines no-renames find-renames "
    "merge-base exit-code quiet no-ext-diff no-textconv function-context compact-summary "
    "dirstat"
)
DIFF_VALUE = "unified diff-filter word-diff stat color inter-hunk-context abbrev"
LOG = (
    DIFF
    + " "
    + (
        "oneline all graph decorate no-decorate merges no-merges reverse follow "
        "first-parent abbrev-commit branches tags remotes topo-order date-order "
        "left-right cherry-pick no-walk full-history relative-date"
    )
)
LOG_VALUE = (
    DIFF_VALUE
    + " "
    + (
        "pretty format since until after before author committer grep max-count skip date "
        "decorate branches tags glob not"
    )
)

GIT: dict[str, Program] = {
    "status": {
        "short": "sbuzv",
        "long": ("short branch porcelain long verbose ignored show-stash ahead-behind"),
        "long_value": "porcelain untracked-files ignored ignore-submodules",
    },
    "log": {
        "short": "pswbimrtuz",
        "short_value": "nUSGL",
        "long": LOG,
        "long_value": LOG_VALUE,
        "number": True,
    },
    "show": {
        "short": "pswbimrtuz",
        "short_value": "nUSG",
        "long": LOG,
        "long_value": LOG_VALUE,
        "number": True,
    },
    "diff": {
        "short": "pswbRruz",
        "short_value": "UMSG",
        "long": DIFF,
        "long_value": DIFF_VALUE,
    },
    "branch": {
        "short": "avr",
        "long": "all list remotes verbose show-current no-color",
        "long_value": "contains merged no-merged sort format points-at",
        "most": 0,
    },
    "tag": {
        "short": "ln",
        "long": "list",
        "long_value": "sort contains points-at merged",
        "most": 0,
    },
    "remote": {
        "short": "v",
        "long": "verbose",
        "most": 0,
    },
    "rev-parse": {
        "long": (
            "show-toplevel show-prefix show-cdup abbrev-ref verify short quiet "
            "is-inside-work-tree is-bare-repository git-dir git-common-dir "
            "symbolic-full-name all"
        ),
        "long_value": "short abbrev-ref",
    },
    "ls-files": {
        "short": "cdmoistuzvk",
        "short_value": "x",
        "long": (
            "cached deleted modified others ignored stage unmerged exclude-standard "
            "full-name error-unmatch"
        ),
        "long_value": "exclude",
    },
    "ls-tree": {
        "short": "drtlz",
        "long": "name-only name-status long full-name full-tree",
    },
    "blame": {
        "short": "bcefklnpstw",
        "short_value": "LCM",
        "long": "porcelain line-porcelain show-email root",
    },
    "describe": {
        "long": "tags all always long dirty exact-match contains",
        "long_value": "abbrev match",
    },
    "shortlog": {
        "short": "nse",
        "long": "summary numbered email all",
        "long_value": "since until author",
    },
    "cat-file": {
        "short": "pte",
        "most": 2,
    },
    "merge-base": {
        "long": "is-ancestor all octopus fork-point",
    },
    "rev-list": {
        "long": "all count merges no-merges oneline reverse first-parent",
        "long_value": "max-count since until author",
        "short_value": "n",
        "number": True,
    },
    "name-rev": {
        "long": "tags all name-only",
    },
    "count-objects": {
        "short": "vH",
    },
    "grep": {
        "short": "nilcwvEFGPhHoqsIz",
        "short_value": "eABCmf",
        "long": "line-number ignore-case files-with-matches count word-regexp cached untracked",
        "long_value": "max-count context",
    },
    "check-attr": {"short": "az"},
    "check-ignore": {
        "short": "vqn",
        "long": "verbose quiet non-matching",
    },
    "show-ref": {
        "long": "head heads tags hash verify abbrev",
    },
    "for-each-ref": {
        "long_value": "sort format count contains points-at",
    },
}

# Programs that write where their operands say, and nowhere else.
WRITERS: dict[str, Program] = {
    "touch": {"short": "acmh"},
    "rm": {"short": "fv", "long": "force verbose"},
    "tee": {"short": "a", "long": "append"},
    "truncate": {"short_value": "s", "long_value": "size"},
    "cp": {"short": "fnpv", "long": "force no-clobber verbose"},
    "mv": {"short": "fnv", "long": "force no-clobber verbose"},
}

# Variables that a command may be given: none of them names a program.
ENVIRONMENT = (
    "LANG", "LANGUAGE", "TZ", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "LINES", "TERM",
    "PAGER", "GIT_PAGER", "GIT_OPTIONAL_LOCKS",
)  # fmt: skip

# What runs a project's own checks, by its first words. Such code may do anything it says.
RUNS = (
    "pytest",
    "python -m pytest",
    "python3 -m pytest",
    "tox",
    "nox",
    "python -m unittest",
    "python3 -m unittest",
    "ruff check",
    "mypy",
    "pyright",
    "npm test",
    "npm run test",
    "npm run lint",
    "npm run build",
    "npm run typecheck",
    "yarn test",
    "pnpm test",
    "bun test",
    "cargo test",
    "cargo check",
    "cargo clippy",
    "go test",
    "go vet",
    "make test",
    "make check",
    "make lint",
    "mvn test",
    "gradle test",
    "./gradlew test",
    "bundle exec rspec",
    "dotnet test",
    "stagelock verify",  # runs what a person declared, and records nothing itself
)

# What may be said to them: flags that choose and show, some with a value.
RUN_FLAGS = (
    "--fast -q -qq -v -vv -x -s -l -ra -rA --lf --ff --sw --verbose --quiet --silent --no-header"
)
RUN_VALUES = "-k -m -run"
RUN_ATTACHED = ("--tb=", "--maxfail=", "--durations=", "--strict=")
# Those whose further words choose among the checks; the others take none.
CHOOSERS = (
    "pytest",
    "python -m pytest",
    "python3 -m pytest",
    "python -m unittest",
    "python3 -m unittest",
    "ruff check",
    "mypy",
    "pyright",
    "go test",
    "go vet",
    "cargo test",
    "stagelock verify",
)

# Whole commands that only tell a version.
VERSIONS = (
    "python --version",
    "python -V",
    "python3 --version",
    "python3 -V",
    "node --version",
    "node -v",
    "npm --version",
    "npm -v",
    "git --version",
    "ruby --version",
    "php --version",
    "uv --version",
    "pip --version",
    "make --version",
    "gcc --version",
)
