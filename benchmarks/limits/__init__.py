"""The limits: what the same work costs without this package, or without Python."""
