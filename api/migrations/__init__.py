"""The history of the database's shape, run by Alembic on SpatiaLite and PostGIS alike."""
