"""stagelock holds a coding agent inside the stage it is in."""

__version__ = "0.1.0"
