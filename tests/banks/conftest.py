"""The bank files are read as text, cell by cell; pytest is not to import them."""

collect_ignore = ["wrong", "right"]
