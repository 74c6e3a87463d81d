"""Measurements: what a letter costs, beside the least that its parts can cost on the same machine in the same minutes.

Rules of this package:
1. Figures are compared only within one run: the cores of a shared machine drift by a third between minutes. Candidates
   take turns, round after round, and a figure is the median of the rounds with their range.
2. The product runs as it is installed: processes of its own, real TLS, real files, every flush.
3. Every loop has an end. What does not come in time fails the run; nothing is left out silently.
4. Nothing here imports tests, and nothing of the product imports this.
"""
