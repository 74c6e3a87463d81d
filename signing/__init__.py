"""Keys, certificates and XML signatures; knows nothing of hubs, nodes or letters.

The rules of verification, and where each is kept. A rule has its own refusal, and tests/signing/test_teeth.py shows
for each what gets through without it.

S01  exactly one signature, at its pinned place                                         shape, xades, container
S02  one of each part; nothing in KeyInfo but certificates, nothing in Object but the
     qualifying properties; no parameters of algorithms                                 shape
S03  the exact set of references; nothing is ever fetched                               verifier, xades, container
S04  ID-like values unique over the document, in any spelling                           schemas.gate
S05  transforms exactly [enveloped, C14N] for the document, [C14N] for its own parts,
     none for members; never a canonicalization with comments                           verifier, container
S06  algorithms, key kinds and sizes by policy, and the algorithm fits the key          policy, primitives
S07  the key is that of the certificate which was signed along; KeyInfo is a hint       verifier
S08  digests and value are right; every form of ours is also judged by programs that
     nobody here wrote                                                                  verifier, tests/judges.py
S09  only what was parsed from the verified octets is handed on                         xades
S10  certificate path, use and time                                                     trust
"""
