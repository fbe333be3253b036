"""Application (应用): commands, workspace, the order in which things run."""

__version__ = "0.1.0"
