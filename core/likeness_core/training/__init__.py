"""How the shipped weights are made; nothing else in the package imports this."""
