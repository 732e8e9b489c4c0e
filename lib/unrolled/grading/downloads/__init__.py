"""From what a learning platform hands out to the folders of a class."""
