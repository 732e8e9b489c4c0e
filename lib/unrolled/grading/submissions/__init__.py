"""From what was handed in to the released notebook's cells, however damaged it came."""
