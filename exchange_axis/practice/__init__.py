"""Practice mode: a desk with sample agencies, apart from the real one; its data are its own and nothing leaves it."""
