"""How it is drawn: a map is a list of layers, with a twin table for every layer."""
