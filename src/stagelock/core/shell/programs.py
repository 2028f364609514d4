"""Programs that only look: what each may be given so that it still only looks.

One line per program, in the marks of `flags`. To add one, read how the program parses its words,
list the flags that neither write nor run anything, and add its rows to tests/cases/shell.yaml.
"""

from __future__ import annotations


def _names(line: str) -> tuple[str, ...]:
    return tuple(line.split())


PROGRAMS = {
    # --- files, printed
    "cat": "any prints -AbeEnstTuv --number --number-nonblank --show-all --show-ends "
    "--squeeze-blank",
    "head": "any prints number -qvz -nc: --quiet --silent --verbose --lines: --bytes:",
    "tail": "any prints number -qvzr -nc: --quiet --silent --verbose --lines: --bytes:",
    "nl": "any prints -p -bdfhilnsvw: --body-numbering: --number-width: --number-separator:",
    "tac": "any prints -br -s: --separator:",
    "rev": "any prints",
    "zcat": "any prints -fqv",
    "gzcat": "any prints -fqv",
    "bzcat": "any prints -s",
    "xzcat": "any prints -q",
    "base64": "-diD -w: --decode --ignore-garbage --wrap:",
    "base32": "any -di -w: --decode",
    "od": "any -abcdfhiloxsv -AjNtwS: --address-radix: --format: --read-bytes: --skip-bytes:",
    "hexdump": "-bcCdovx -ns: --canonical --length: --skip:",
    "hd": "-bcCdovx -ns:",
    "xxd": "-bipuEe -clsgoR: most=1",
    "strings": "noat -afoTw -nte: --all --bytes: --radix: --print-file-name",
    "bat": "prints -npAS -lrH: --plain --number --no-paging --color: --style: --language: "
    "--line-range: --paging: --theme: --wrap: --highlight-line: --list-languages --list-themes "
    "--decorations: --tabs: --terminal-width:",
    "less": "noplus prints -FRXSNEinMsm",
    "more": "noplus prints",
    # --- text
    "wc": "any -clmwL --bytes --chars --lines --words --max-line-length --total:",
    "sort": "-bcCdfghiMmnRrsuVz -kt: --reverse --unique --numeric-sort --human-numeric-sort "
    "--version-sort --check? --key: --field-separator: --sort: --stable --ignore-case "
    "--ignore-leading-blanks --general-numeric-sort --month-sort --dictionary-order "
    "--zero-terminated --random-sort --ignore-nonprinting --merge --parallel: --debug",
    "uniq": "-cdDiuz -fsw: --count --repeated --unique --ignore-case --all-repeated? --group? "
    "--skip-fields: --skip-chars: --check-chars: --zero-terminated most=1",
    "cut": "any -nsz -bcdf: --complement --only-delimited --bytes: --characters: --delimiter: "
    "--fields: --output-delimiter: --zero-terminated",
    "tr": "any -cCdst --complement --delete --squeeze-repeats --truncate-set1",
    "column": "any -tnexJLR -csoNHOTWdlrIp: --table --separator: --output-separator: --columns: "
    "--json --table-columns: --table-right: --fillrows --keep-empty-lines",
    "fold": "any -bs -w: --width: --spaces --bytes",
    "fmt": "any number -cstu -wpg: --width: --split-only --uniform-spacing",
    "pr": "any number -adFfJmrtT -eghilnNoSsw:",
    "expand": "any -i -t: --tabs: --initial",
    "unexpand": "any -a -t: --all --tabs: --first-only",
    "paste": "any -sz -d: --serial --delimiters:",
    "join": "any -i -12ajtoev: --header --ignore-case --check-order --nocheck-order",
    "comm": "any -123z --check-order --nocheck-order --output-delimiter: --total",
    "tsort": "any",
    "factor": "any",
    "numfmt": "any --from: --to: --suffix: --padding: --field: --format: --header? --grouping "
    "--round: --delimiter: --from-unit: --to-unit: -d: -z",
    "shuf": "-erz -in: --echo --head-count: --input-range: --repeat --zero-terminated",
    "seq": "any -w -sf: --equal-width --separator: --format:",
    "iconv": "-cls -ft: --from-code: --to-code: --list",
    "dos2unix": "-i? --info? needs=-i,--info",
    "grep": "any number -abcEFGhHiIlLnoPqrRsTUvVwxyzZ -ABCDdefm: --count "
    "--extended-regexp --fixed-strings --basic-regexp --perl-regexp --ignore-case --no-ignore-case "
    "--invert-match --files-with-matches --files-without-match --line-number --with-filename "
    "--no-filename --only-matching --quiet --silent --recursive --dereference-recursive "
    "--word-regexp --line-regexp --color? --colour? --no-messages --null --null-data --text "
    "--byte-offset --initial-tab --line-buffered --after-context: --before-context: --context: "
    "--max-count: --include: --exclude: --exclude-dir: --exclude-from: --regexp: --file: "
    "--binary-files: --directories: --devices: --label: --version --help",
    "rg": "number -acFhHiIlLnNopPqsSuUvVwx0 -ABCefgmtTdjrME: --count --count-matches "
    "--files --files-with-matches --files-without-match --fixed-strings --hidden --ignore-case "
    "--invert-match --json --line-number --no-filename --no-heading --heading --no-ignore "
    "--no-ignore-vcs --no-ignore-parent --no-ignore-global --no-line-number --no-messages "
    "--only-matching --pcre2 --pcre2-version --quiet --smart-case --case-sensitive --stats --text "
    "--type-list --unrestricted --with-filename --word-regexp --line-regexp --multiline "
    "--multiline-dotall --vimgrep --version --column --trim --null --no-column --passthru "
    "--follow --crlf --debug --pretty --glob-case-insensitive --no-config --one-file-system "
    "--null-data --include-zero --max-columns-preview --byte-offset --after-context: "
    "--before-context: --context: --glob: --iglob: --max-count: --max-depth: --maxdepth: "
    "--max-columns: --regexp: --replace: --sort: --sortr: --type: --type-not: --type-add: "
    "--color: --colors: --file: --max-filesize: --threads: --encoding: --engine: --path-separator: "
    "--context-separator: --ignore-file: --sort-files --no-mmap --mmap --no-pcre2 --help",
    "fd": "-HIsigpLa0luFq1 -deEtScj: --hidden --no-ignore --no-ignore-vcs --case-sensitive "
    "--ignore-case --glob --regex --fixed-strings --absolute-path --full-path --follow --print0 "
    "--list-details --max-depth: --min-depth: --exact-depth: --exclude: --type: --extension: "
    "--size: --changed-within: --changed-before: --color: --threads: --max-results: "
    "--base-directory: "
    "--search-path: --quiet --show-errors --unrestricted --owner: --strip-cwd-prefix? --format: "
    "--prune --one-file-system --and: --relative-path",
    "ag": "number -acFGhHilLnoQrRsSuUvVwz -ABCm: --hidden --nocolor --nogroup --noheading "
    "--python --js --ignore: --ignore-dir: --depth: --count --files-with-matches --literal",
    "diff": "any -abBcdeEiNnpqrstTuwyZ -CUWIxXFLS: --brief --unified? --context? --side-by-side "
    "--recursive --new-file --ignore-case --ignore-all-space --ignore-blank-lines "
    "--ignore-space-change --ignore-trailing-space --ignore-tab-expansion --ignore-matching-lines: "
    "--ignore-file-name-case --report-identical-files --suppress-common-lines --minimal "
    "--speed-large-files --strip-trailing-cr --text --width: --exclude: --exclude-from: --color? "
    "--label: --normal --ed --rcs --show-c-function --show-function-line: --left-column "
    "--expand-tabs --initial-tab --no-dereference --starting-file: --from-file: --to-file: "
    "--tabsize: --suppress-blank-empty --line-format: --old-line-format: --new-line-format: "
    "--unchanged-line-format: --old-group-format: --new-group-format: --changed-group-format: "
    "--unchanged-group-format: --ifdef: --horizon-lines: --unidirectional-new-file",
    "diff3": "-AeEixX3Tam -L:",
    "sdiff": "-abBdEiltsW -wI: --suppress-common-lines --width:",
    "cmp": "any -bls -in: --bytes: --verbose --silent --quiet --print-bytes --ignore-initial:",
    "jq": "any -ceMnrRsSjaCVL: -fhe --compact-output --exit-status --null-input "
    "--raw-output --raw-output0 --raw-input --slurp --sort-keys --monochrome-output --color-output "
    "--join-output --tab --arg: --argjson: --slurpfile: --rawfile: --args --jsonargs --indent: "
    "--stream --seq --ascii-output --unbuffered --from-file: --version --help "
    "--build-configuration",
    "yq": "-cerRjMCNPonyYtx --compact-output --exit-status --raw-output --null-input "
    "--sort-keys --monochrome-output --color-output --yaml-output --no-colors --no-doc "
    "--prettyPrint --unwrapScalar? --output-format: --input-format: --indent: --version --help "
    "--arg: --argjson: --yaml-roundtrip --toml-output --xml-output --colors --front-matter: -pI:",
    "md5sum": "any -bctwz --check --quiet --status --tag --strict --warn",
    "sha1sum": "any -bctwz --check --quiet --status --tag --strict --warn",
    "sha224sum": "any -bctwz --check --quiet --status --tag",
    "sha256sum": "any -bctwz --check --quiet --status --tag --strict --warn",
    "sha384sum": "any -bctwz --check --quiet --status --tag",
    "sha512sum": "any -bctwz --check --quiet --status --tag --strict --warn",
    "b2sum": "any -bctwz -l: --check --quiet --status --tag --length:",
    "shasum": "any -bctU -a: --algorithm: --check",
    "md5": "any -qrs:",
    "cksum": "any -a: --algorithm: --untagged --tag",
    "sum": "any -rs --sysv",
    "bc": "-lqsw --mathlib --quiet --standard most=0",
    "expr": "free",
    "cal": "free",
    "ncal": "free",
    # --- folders and files, described
    "locate": "-bceiqrA0P -nl: --basename --ignore-case --limit: --count --existing",
    "ls": "any -1aAbBcCdDfFgGhHiklLmnNopqQrRsStuUvwxXZ -IT: --all --almost-all --directory "
    "--human-readable --recursive --reverse --size --group-directories-first --full-time "
    "--classify? --inode --no-group --numeric-uid-gid --dereference --ignore-backups --literal "
    "--quote-name --escape --si --author --zero --hyperlink? --file-type --indicator-style: "
    "--color? --sort: --time: --time-style: --format: --ignore: --hide: --width: --tabsize: "
    "--block-size: --quoting-style: --show-control-chars --context --version --help",
    "dir": "any -1aAbBcCdhlrRSt",
    "exa": "any -1aFGlRTrBdDgHhimSstuU@L: --long --all --tree --git --icons --level: --sort: "
    "--header --git-ignore --no-user --no-permissions --group-directories-first",
    "eza": "any -1aAFGlRTrBdDfgHhimSstuUX@L: --long --all --tree --git --icons? --level: --sort: "
    "--header --git-ignore --no-user --no-permissions --group-directories-first --color? "
    "--only-dirs --only-files --no-quotes",
    "tree": "apart -adfghilnpqrstuvxACDFJNQSUXc -LIP: --dirsfirst --filesfirst --noreport "
    "--gitignore "
    "--prune --du --si --inodes --device --matchdirs --metafirst --ignore-case --nolinks "
    "--hintro: --filelimit: --charset: --sort: --timefmt: --fromfile --version --help",
    "stat": "any -Lftxs -c: --dereference --file-system --terse --format: --printf: --cached:",
    "file": "-bhikLNrs0 -F: --brief --mime --mime-type --mime-encoding --dereference "
    "--no-dereference --keep-going --no-pad --raw --separator: --extension",
    "du": "any -0abcDhHkLlmPsSx -dBtX: --all --apparent-size --human-readable --summarize --total "
    "--bytes --max-depth: --block-size: --exclude: --exclude-from: --threshold: --time? "
    "--one-file-system --separate-dirs --dereference --null --inodes --si --count-links",
    "df": "any -ahHiklPT -Btx: --human-readable --inodes --total --all --si --type: --local "
    "--exclude-type: --block-size: --output? --print-type --portability",
    "basename": "any -az -s: --multiple --suffix: --zero",
    "dirname": "any -z --zero",
    "realpath": "any -emLPqsz --canonicalize-existing --canonicalize-missing --logical --physical "
    "--relative-to: --relative-base: --no-symlinks --strip --quiet --zero",
    "readlink": "any -femnqsvz --canonicalize --canonicalize-existing --canonicalize-missing",
    "namei": "any -lmnovx --long --modes --owners --vertical",
    "pathchk": "any -pP",
    "getfacl": "any -acdeEstpRLPn",
    "lsattr": "any -adlRvV",
    "tar": "old local -tvzjJaOxnmi -fCTX: --list --verbose --gzip --bzip2 --xz --zstd --file: "
    "--directory: --exclude: --exclude-from: --wildcards --full-time --numeric-owner "
    "--strip-components: --auto-compress --to-stdout --extract needs=-t,--list,-O,--to-stdout",
    "unzip": "-lpvtZ1cqaCjnLszhm2M needs=-l,-p,-v,-t,-Z,-c,-z",
    "zipinfo": "-12lmstvzhCZM",
    "gzip": "-lctdvqkfnN --list --stdout --test --decompress --verbose --quiet "
    "needs=-l,-c,-t,--list,--stdout,--test",
    "gunzip": "-lctvqkfnN --list --stdout --test --verbose needs=-l,-c,-t,--list,--stdout,--test",
    "bzip2": "-cdtkqv --stdout --test needs=-c,-t,--stdout,--test",
    "bunzip2": "-ctkqv --stdout --test needs=-c,-t,--stdout,--test",
    "xz": "-cdtlkqv --stdout --test --list needs=-c,-t,-l,--stdout,--test,--list",
    "unxz": "-ctlkqv --stdout --test --list needs=-c,-t,-l,--stdout,--test,--list",
    "zstd": "-cdtlkqv --stdout --test --list needs=-c,-t,-l,--stdout,--test,--list",
    "zgrep": "any number -abcEFGhHiIlLnoqsvwx -ABCem: --color?",
    "zegrep": "any -chilnoqsvwx -ABCem:",
    "ar": "old noat -tvp needs=-t,-p",
    "nm": "noat -aABCDgnpPrSsuvxl -ft: --demangle? --defined-only --undefined-only --dynamic "
    "--extern-only --numeric-sort --print-size --size-sort",
    "objdump": "noat -adDfghHprRsStTxCw -jMmb: --disassemble --headers --syms --section: "
    "--demangle?",
    "readelf": "noat -aAdehlnrsSuVW -px: --all --headers --symbols --dynamic --wide --notes",
    "size": "noat -ABdotx",
    "otool": "any -LlhtvV",
    "tokei": "any -cfhse: --sort: --exclude: --files --hidden --output: --type:",
    # --- the machine
    "date": "plus -uR -I? -dr: --utc --universal --rfc-email --iso-8601? --rfc-3339: --date: "
    "--reference: --debug",
    "id": "any -gGnruzZ --group --groups --name --user --real",
    "groups": "any",
    "logname": "any",
    "lsb_release": "-acdirs most=0",
    "uname": "any most=0 -amnoprsvi --all --kernel-name --kernel-release --machine --processor "
    "--operating-system --nodename",
    "whoami": "any most=0",
    "who": "any -abdHlmpqrstTuw",
    "w": "any -hsufio",
    "users": "any",
    "last": "any number -adFiRwx -nfst:",
    "hostname": "-fsiIdA most=0 --short --fqdn --ip-address --all-ip-addresses --domain",
    "hostnamectl": "most=0",
    "arch": "any most=0",
    "uptime": "any most=0 -psV --pretty --since",
    "nproc": "any most=0 --all --ignore:",
    "lscpu": "any -abcepxyJ? --json --extended? --parse? --all",
    "lsmem": "any -abJnpr --json",
    "lsblk": "any -abdDfilmnOpPrsStzJ -Ieox: --json --fs --output: --bytes --nodeps --paths",
    "lspci": "any -nvkmtD",
    "lsusb": "any -tv",
    "free": "any -bkmghltvw -s: --human --mega --giga --kilo --bytes --wide --total --si",
    "vmstat": "any -afmnswdDtV -SpT:",
    "iostat": "any -cdhkmNxyz",
    "ps": "any -aAdefFHjlLMNTwxcmyZ -CGgopqstuUkO: --forest --no-headers --headers --sort: --pid: "
    "--ppid: --format: --user: --cols: --width: --group:",
    "pstree": "any -aAcghGlnpsSTuUZ -HN:",
    "pgrep": "any -acfilnovxw -dgGPstuU: --list-name --list-full --full --newest --oldest --exact "
    "--parent: --count --delimiter: --euid: --uid: --inverse --ignore-case",
    "pidof": "any -csxzq -o:",
    "lsof": "number -abClnNOPRtUVwXSTivhKLo -cdgpsurxFf?",
    "ss": "-HnralomepiTsbZNt46uwx0SMOVE -fA: --tcp --udp --listening --numeric --processes --all",
    "netstat": "-rigMsvWneopalFCZ46tuwx -A:",
    "getconf": "any -a",
    "locale": "any -akcm",
    "localectl": "most=0",
    "timedatectl": "most=0",
    "tty": "any -s",
    "infocmp": "-1dcnIiLCrux",
    "printenv": "free",
    "which": "any -as",
    "whereis": "any -bmslBMSfu",
    "whatis": "any -rwl",
    "apropos": "any -aerwl",
    "mount": "-lv most=0",
    "findmnt": "any -aAbcDeflnPrRsuvJ -doOStNFMTx: --json --output: --target: --types: --df",
    "dmesg": "-HkLTtxruwe -lfs: --human --ctime --level: --facility: --kernel --reltime",
    "lsmod": "any",
    "modinfo": "any -adlpn0 -Fk:",
    "sysctl": "-abnNeqr --all --values --names --pattern: noequals",
    "journalctl": "-axbfekmqrn? -unpogtSUD: --no-pager --unit: --lines: --since: --until: "
    "--output: --boot? --priority: --grep: --reverse --user --system --utc --quiet --list-boots "
    "--disk-usage --header --version",
    "crontab": "-l most=0 needs=-l",
    "atq": "any",
    "dpkg": "-lsLScpIC --list? --status --listfiles --search --print-architecture "
    "--get-selections? "
    "--audit --verify --version --compare-versions "
    "needs=-l,-s,-L,-S,-p,-c,-I,--list,--status,--listfiles,--search,--print-architecture,"
    "--get-selections,--audit,--version,--compare-versions",
    "dpkg-query": "-WlsLSp -f: --show --list --status --listfiles --search --showformat:",
    "sw_vers": "any",
    "sysinfo": "any",
    "ifconfig": "-a most=1",
    "route": "-ne most=0",
    "arp": "-ane most=0",
    "man": "noslash -afkwW -sL: --where --path --all",
    "info": "noslash",
    "sleep": "any",
    "yes": "any",
}

# Part of the shell itself; under a program that starts others they would mean something else.
BUILTINS = {
    "echo": "free",
    "printf": "free",
    "true": "free",
    "false": "free",
    ":": "free",
    "test": "free",
    "[": "free",
    "pwd": "any -LP most=0",
    "cd": "-LP most=1",
    "pushd": "most=1",
    "popd": "most=0",
    "dirs": "-cplv most=0",
    "exit": "digits most=1",
    "return": "digits most=1",
    "break": "digits most=1",
    "continue": "digits most=1",
    "shift": "digits most=1",
    "wait": "free",
    "jobs": "-lnprs most=0",
    "times": "most=0",
    "type": "any -afpPtwmS",
    "whence": "any -acfpvwm",
    "where": "any",
    "read": "-rseAq -aidnNptu:",
    "mapfile": "-t -dnOsu:",
    "readarray": "-t -dnOsu:",
    "getopts": "free",
    "local": "free",
    "declare": "free",
    "typeset": "free",
    "export": "free",
    "readonly": "free",
    "unset": "-v",
    "let": "free",
    "trap": "free",
    "alias": "free",
    "help": "any",
    "history": "digits most=1 number",
    "hash": "noequals -tv",
    "compgen": "-bcdkvaf",
    "shopt": "options -supq",
    "ulimit": "-aHScdefilmnpqrstuvx most=0",
    "umask": "-Sp most=0",
    "exec": "most=0",
}

# Those that start others or take a script: `wrappers` reads them.
WRAPPED = _names(
    "command env timeout gtimeout nice ionice stdbuf time xargs find sh bash zsh dash set sed awk "
    "sqlite3"
)

# Variables that a command may be given: none of them names a program or a file to load.
ENVIRONMENT = (
    "LANG", "LANGUAGE", "TZ", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "LINES", "TERM",
    "PAGER", "GIT_PAGER", "MANPAGER", "SYSTEMD_PAGER", "GIT_OPTIONAL_LOCKS", "GH_PAGER",
)  # fmt: skip
# Parts of names of which one is enough for the variable not to be harmless.
LOADED = (
    "PATH", "OPT", "ENV", "CONFIG", "HOME", "DIR", "CMD", "COMMAND", "EXEC", "PRELOAD", "PROXY",
    "HOOK", "TRACE", "RC", "SHELL", "ARGS", "FLAGS", "PLUGIN", "LIB", "FILE", "HOST", "URL",
    "PROGRAM", "TOOL",
)  # fmt: skip

# What some of them start by name: a program of that name may stand first on PATH.
STARTS = {
    "zcat": ("gzip",),
    "zgrep": ("gzip", "grep", "sed"),
    "zegrep": ("gzip", "grep", "sed"),
    "gunzip": ("gzip",),
    "tar": ("gzip", "bzip2", "xz", "zstd"),
    "diff3": ("diff",),
    "sdiff": ("diff",),
    "fd": ("ls",),
    "man": ("less", "groff", "nroff", "troff", "gzip", "zcat"),
}
# Names under which some systems carry a program.
SAME = {
    "batcat": "bat", "fdfind": "fd", "egrep": "grep", "fgrep": "grep", "gawk": "awk",
    "mawk": "awk", "nawk": "awk", "original-awk": "awk", "gsed": "sed", "ghead": "head",
    "gls": "ls", "gsort": "sort", "gdate": "date", "gfind": "find", "gstat": "stat", "pip3": "pip",
}  # fmt: skip

# The words of `find`, and those that take a value.
FIND = _names(
    "print print0 ls empty not o a or and depth prune xdev mount follow daystart d noleaf "
    "readable writable executable true false nouser nogroup quit L H P warn nowarn "
    "ignore_readdir_race"
)
FIND_VALUE = _names(
    "name iname path ipath wholename iwholename regex iregex type xtype maxdepth mindepth "
    "size mtime atime ctime mmin amin cmin newer anewer cnewer newermt newerct newerat "
    "newermm user group perm links inum samefile lname ilname printf regextype uid gid used "
    "fstype newerBt E s"
)
# How `sqlite3` may print.
SQLITE = _names(
    "header noheader column csv json line list markdown table box html quote tabs readonly "
    "bail batch"
)
