"""Signing in and out, the own account, and who may come in: pages that a node's desk and a hub's console share."""
