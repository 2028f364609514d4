"""Programs that do more than look at what they are given: what of it is known, by their words.

Programs of many verbs that only look with some of them, those that write where they are told,
those that run a project's checks, those that fetch; in the marks of `flags`, like `programs`.
"""

from __future__ import annotations


def _names(line: str) -> tuple[str, ...]:
    return tuple(line.split())


# Programs of many verbs: what each verb may be given. `git` has a module of its own.
VERBS = {
    "pip list": "-v --format: --user --local --not-required --editable --verbose",
    "pip show": "-fv --files --verbose",
    "pip freeze": "-l --local --user --all --exclude-editable",
    "pip check": "",
    "pip config list": "",
    "pip cache dir": "",
    "openssl version": "-abdefoprv --version",
    "openssl dgst": "long",
    "openssl x509": "long",
    "openssl base64": "long",
    "openssl enc": "long",
    "openssl rsa": "long",
    "openssl req": "long",
    "openssl verify": "long",
    "openssl crl": "long",
    "openssl pkey": "long",
    "openssl asn1parse": "long",
    "openssl ciphers": "long",
    "openssl list": "long",
    "openssl md5": "long",
    "openssl sha256": "long",
    "openssl sha1": "long",
    "openssl rand": "long",
    "openssl prime": "long",
    "docker ps": "-aqls -fn: --all --quiet --no-trunc --filter: --format: --last: --latest --size",
    "docker images": "-aq -f: --all --quiet --no-trunc --filter: --format: --digests",
    "docker logs": "-t -n: --tail: --since: --until: --timestamps --details",
    "docker inspect": "-s -f: --format: --size --type:",
    "docker version": "-f: --format:",
    "docker container ls": "-aqls -f: --all --quiet --filter: --format:",
    "docker image ls": "-aq -f: --all --quiet --filter: --format:",
    "docker volume ls": "-q -f: --quiet --filter: --format:",
    "docker network ls": "-q -f: --quiet --filter: --format:",
    "docker top": "",
    "docker port": "",
    "docker history": "-q --no-trunc --quiet --format:",
    "docker system df": "-v",
    "docker stats": "-a --no-stream --all --format: needs=--no-stream",
    "systemctl status": "-lan --no-pager --full --lines: --all",
    "systemctl is-active": "-q --quiet",
    "systemctl is-enabled": "-q --quiet",
    "systemctl is-failed": "-q --quiet",
    "systemctl list-units": "-at: --no-pager --all --type: --state: --no-legend --plain",
    "systemctl list-unit-files": "-t: --no-pager --type: --state:",
    "systemctl list-timers": "-a --no-pager --all",
    "systemctl show": "-p: --property: --no-pager --value",
    "systemctl cat": "--no-pager",
    "systemctl get-default": "",
    "ip addr": "most=0",
    "ip addr show": "",
    "ip a": "most=0",
    "ip address": "most=0",
    "ip link": "most=0",
    "ip link show": "",
    "ip route": "most=0",
    "ip route show": "",
    "ip route get": "",
    "ip r": "most=0",
    "ip neigh": "most=0",
    "ip rule": "most=0",
    "ip -br a": "most=0",
    "ip -br addr": "most=0",
    "ip -br link": "most=0",
    "ip -4 addr": "most=0",
    "ip -6 addr": "most=0",
    "getent passwd": "",
    "getent group": "",
    "getent services": "",
    "getent protocols": "",
    "getent shells": "",
    "apt-mark showmanual": "",
    "apt-mark showhold": "",
    "stty": "-ag --all --save most=0",
    "stty size": "most=0",
    "tput cols": "most=0",
    "tput lines": "most=0",
    "tput colors": "most=0",
    "apt list": "-a --installed --upgradable --all-versions",
    "apt-cache policy": "",
    "apt-cache show": "",
    "apt-cache search": "-n --names-only",
    "apt-cache depends": "",
    "apt-cache rdepends": "",
    "apt-cache madison": "",
    "conda list": "",
    "conda env list": "",
    "conda info": "",
    "loginctl list-sessions": "--no-pager",
    "update-alternatives --list": "",
    "update-alternatives --display": "",
    "update-alternatives --query": "",
    "snap list": "",
    "flatpak list": "",
    "tmux -V": "",
    "java -version": "most=0",
}
# Flags that programs of `long` know with one dash, a value after those in the second line.
LONG = _names(
    "a d in text noout subject issuer dates enddate startdate serial fingerprint hash pubkey "
    "email purpose modulus r hex binary base64 A e sha256 sha1 md5 sha512 sha384 sha224 md5 "
    "ocspid ext alias check verify v V s help public-key-algorithms digest-algorithms cipher- "
    "algorithms commands issuer_hash subject_hash subject_hash_old ocsp_uri pubin text_pub "
    "tls1_3 stdname i show_chain"
)
LONG_VALUE = _names(
    "in inform nameopt certopt checkend CAfile untrusted ext strparse offset length"
)

# Programs that write where their operands say, and nowhere else.
WRITERS = {
    "touch": "-acmf -dtr: --no-create --date: --time: --reference:",
    "rm": "-fv --force --verbose",
    "unlink": "most=1",
    "mkdir": "-pv -m: --parents --verbose --mode:",
    "rmdir": "-v --verbose",
    "tee": "-ai --append --ignore-interrupts",
    "truncate": "-c -sr: --size: --no-create --reference:",
    "cp": "-finpPvuT -t: --force --no-clobber --verbose --interactive --no-target-directory "
    "--target-directory:",
    "mv": "-finuvT -t: --force --no-clobber --verbose --interactive --no-target-directory "
    "--target-directory:",
    "ln": "-sfnvT --symbolic --force --no-dereference --verbose --no-target-directory",
    "dd": "free",
}

# What runs a project's own checks, by its first words. Such code may do anything it says.
RUNS = (
    "pytest",
    "python -m pytest",
    "python3 -m pytest",
    "uv run pytest",
    "poetry run pytest",
    "tox",
    "nox",
    "python -m unittest",
    "python3 -m unittest",
    "ruff check",
    "ruff format --check",
    "mypy",
    "pyright",
    "npm test",
    "npm run test",
    "npm run lint",
    "npm run build",
    "npm run typecheck",
    "yarn test",
    "yarn lint",
    "yarn build",
    "pnpm test",
    "pnpm lint",
    "pnpm build",
    "bun test",
    "npx tsc --noEmit",
    "npx eslint",
    "npx vitest run",
    "npx jest",
    "tsc --noEmit",
    "cargo test",
    "cargo check",
    "cargo clippy",
    "cargo build",
    "go test",
    "go vet",
    "go build",
    "make",
    "make test",
    "make check",
    "make lint",
    "make build",
    "mvn test",
    "gradle test",
    "./gradlew test",
    "bundle exec rspec",
    "dotnet test",
    "pre-commit run",
    "stagelock verify",
)

# What may be said to them: flags that choose and show, some with a value.
RUN_FLAGS = _names(
    "--fast -q -qq -v -vv -vvv -x -s -l -ra -rA --lf --ff --sw --verbose --quiet --silent --no- "
    "header --all-files --release --workspace --no-fail-fast"
)
RUN_VALUES = ("-k", "-m", "-run", "--maxfail", "-n")
RUN_ATTACHED = ("--tb=", "--maxfail=", "--durations=", "--strict=")
# Those whose further words choose among the checks; the others take none.
CHOOSERS = (
    "pytest",
    "python -m pytest",
    "python3 -m pytest",
    "uv run pytest",
    "poetry run pytest",
    "python -m unittest",
    "python3 -m unittest",
    "ruff check",
    "ruff format --check",
    "mypy",
    "pyright",
    "npx eslint",
    "npx vitest run",
    "npx jest",
    "go test",
    "go vet",
    "go build",
    "cargo test",
    "pre-commit run",
    "stagelock verify",
)

# Programs that only tell, given nothing but `--version` or `--help`.
VERSIONED = _names(
    "python python3 node git bash zsh dash ruby php uv make cmake gcc g++ clang cc perl curl "
    "wget ssh openssl sqlite3 psql mysql redis-server redis-cli tsc pip poetry pdm ruff "
    "mypy pyright black eslint prettier pnpm bun deno docker docker-compose "
    "kubectl helm gh hub fzf vim nvim emacs nano awk sed rsync shellcheck shfmt hadolint "
    "yamllint pre-commit dig mysqld mongod ffmpeg convert magick pandoc dot lua luajit R "
    "julia swift ghc stack cabal ocaml opam nix systemd git-lfs svn hg conda virtualenv "
    "pipenv pipx rustfmt zip env timeout nice xargs find nohup stdbuf touch cp mv rm mkdir ln "
    "chmod chown dd tee truncate install patch split ctags unzip tar gzip parallel"
)
# Whole commands that only tell a version.
VERSIONS = (
    "python -V", "python3 -V", "node -v", "npm --version", "npm -v", "php -v", "perl -v", "ruby -v",
    "git -v", "make -v", "gcc -v", "docker -v", "tsc -v", "pnpm -v", "bun -v", "ssh -V",
    "curl -V", "rg -V", "uv -V", "psql -V", "pip -V", "pip3 -V", "tmux -V", "java -version",
    "sqlite3 -version", "cmake -version", "nginx -v", "jq -V", "vim --version", "php --version",
    "unzip -v", "perl -V", "kubectl version --client", "python -VV",
    "python3 -VV", "bash --version", "npx --version", "corepack --version",
)  # fmt: skip

# What fetches without sending or keeping anything.

NETWORK = {
    "curl": "-sSLfIkgvi46# -HAmeu: --silent --show-error --location --fail --head --insecure "
    "--globoff --verbose --include --ipv4 --ipv6 --header: --user-agent: --max-time: "
    "--connect-timeout: --retry: --compressed --fail-with-body",
    "wget": "-q -O: --quiet --output-document: --spider --timeout: --tries: -S --server-response "
    "needs=-O,--output-document,--spider",
    "gh pr list": "-L: -s: --limit: --state: --json: --jq: --author: --label: --search: --repo: "
    "-R: -q:",
    "gh pr view": "-c --comments --json: --jq: --repo: -R: -q:",
    "gh pr diff": "--name-only --patch --color: --repo: -R:",
    "gh pr checks": "--repo: -R: --required",
    "gh pr status": "",
    "gh issue list": "-L: -s: -l: --limit: --state: --json: --jq: --author: --label: --search: "
    "--repo: -R: -q:",
    "gh issue view": "-c --comments --json: --jq: --repo: -R: -q:",
    "gh issue status": "",
    "gh repo view": "--json: --jq:",
    "gh run list": "-L: --limit: --json: --jq: --branch: --workflow:",
    "gh run view": "--log --log-failed --json: --jq: --job:",
    "gh release list": "-L: --limit:",
    "gh release view": "--json: --jq:",
    "gh auth status": "",
    "dig": "+short -t:",
    "nslookup": "",
    "host": "-t:",
    "ping": "-c: -W: -q -n needs=-c",
    "npm view": "--json",
    "pip index versions": "",
}
