"""How long questions about the past take at a hub that holds millions of deliveries: `make bench-history`."""
