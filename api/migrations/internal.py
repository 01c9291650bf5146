"""The names in a database that are none of ours."""

# Tables, views and virtual tables of the spatial extensions themselves.
INTERNAL = frozenset(
    """spatial_ref_sys spatial_ref_sys_aux spatial_ref_sys_all geometry_columns geometry_columns_statistics
    geometry_columns_field_infos geometry_columns_time geometry_columns_auth views_geometry_columns
    views_geometry_columns_statistics views_geometry_columns_field_infos views_geometry_columns_auth
    virts_geometry_columns virts_geometry_columns_statistics virts_geometry_columns_field_infos
    virts_geometry_columns_auth data_licenses spatialite_history sql_statements_log sqlite_sequence
    spatialindex elementarygeometries knn knn2 sqlite_stat1""".split()  # noqa: SIM905  a list this long is prose
)
