"""The boundary: one dummy exercise for each thing an answer can be asked."""
