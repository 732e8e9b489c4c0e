"""The published book: its configuration, its extensions, and its pages in a browser."""
