"""The node's HTTP interface, version 1: what the agency's own software speaks with it. Described in `node-v1.yaml`."""
