"""A federation in one process and in virtual time, driven by one seeded source: five hubs, seven nodes, every fault.

What runs is the product: hubs and nodes with their databases, seals, logs and checks. Only the network, the clock and
randomness are ours (`line`, `world`, `chance`), so that a seed replays to the byte, in any process:

    python -m tests.prove.simulation 17            # one seed, its trace and what is wrong
    python -m tests.prove.simulation 17 --steps 40 # the same, with only its first 40 steps
"""
