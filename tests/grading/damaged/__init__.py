"""Notebooks as learners hand them in after something happened to them."""
