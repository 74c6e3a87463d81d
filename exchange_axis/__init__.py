"""Exchange Axis: a store-and-forward exchange for official documents between agencies."""

__version__ = "0.1.0"
