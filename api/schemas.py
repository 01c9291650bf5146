"""What the wire models of several routes share."""

NO_NUL = r"^[^\x00]*$"  # PostgreSQL keeps no text with a NUL, so none is let in
