"""Rust: cargo test, and clippy and rustfmt where the project configures them."""

from collections.abc import Iterator

from .project import Project, Proposal


def look(project: Project) -> Iterator[Proposal]:
    """Propose a Rust project's checks."""
    here = project.find(r"^\[(package|workspace)\]", ("Cargo.toml",))
    if not here:
        return
    all_of_it = project.find(r"^\[workspace\]", ("Cargo.toml",))
    wide = " --workspace" if all_of_it else ""
    why = f"says `{here.text}`"
    yield Proposal("tests", f"cargo test --quiet{wide}", "Cargo.toml", here.line, why)
    own = project.has("clippy.toml", ".clippy.toml")
    lints = project.find(r"^\[(workspace\.)?lints\.clippy\]", ("Cargo.toml",))
    if own or lints:
        file, line = (own, 1) if own else ("Cargo.toml", lints.line if lints else 1)
        command = f"cargo clippy --quiet{wide} --all-targets -- -D warnings"
        yield Proposal("lint", command, file, line, "configures clippy")
    style = project.has("rustfmt.toml", ".rustfmt.toml")
    if style:
        yield Proposal("format", "cargo fmt --check", style, 1, "configures rustfmt", fast=True)
