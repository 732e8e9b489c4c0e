"""Known mistakes of chapter 12."""
