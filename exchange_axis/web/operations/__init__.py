"""The hub's listener for monitoring and an operations centre: figures, readiness, no letter and no person."""
