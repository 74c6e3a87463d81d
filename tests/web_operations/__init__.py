"""The listener for monitoring: figures, readiness, feed."""
