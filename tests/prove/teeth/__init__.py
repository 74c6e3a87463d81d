"""Planted bugs: one line of the product is broken in a copy, and the suite must notice."""
