"""Application (应用): commands, workspace, the order in which things run."""
