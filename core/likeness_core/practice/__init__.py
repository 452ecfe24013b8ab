"""Practice material: footage that never was, made of photographs, degraded as time degrades film and tape."""
