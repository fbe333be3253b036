"""The only openers of source files (读取): tables and layers, as they are."""
