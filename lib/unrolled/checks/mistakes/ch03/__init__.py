"""Known mistakes of chapter 3."""
