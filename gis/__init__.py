"""Where things are: layers, coordinates, regions, roads and travel times."""
