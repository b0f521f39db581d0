"""The catalogue as its administrators keep it."""
