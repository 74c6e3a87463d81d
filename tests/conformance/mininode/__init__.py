"""The smallest node that can take part: what docs/protocol.md says, with nothing of the project imported.

It shows that the page is enough, and is a start for other implementations. What a node in daily use needs besides is
left out: retries, limits of resources, certificate paths of more than one step, attachments too large for memory.
"""
