"""A small node: what docs/protocol.md says, with nothing of the project imported.

It was written from that page alone, and made stricter by the attacks in tests/signing: it shows that the page is
enough, and is a start for other implementations.
What a node in daily use needs besides is left out: a service that runs by itself, limits of resources, containers too
large for memory or for 32-bit sizes, letters that name what they recall or replace, the check of reduced letters.
"""
