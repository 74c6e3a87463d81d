"""The hub's pages for people: operators, officers, auditors. They call only the hub."""
