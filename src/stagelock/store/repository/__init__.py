"""The project's repository: read without git, asked through git, hooked and annotated."""
