"""OGC API: Features, filters and tiles over the layers, at `/ogc`."""
