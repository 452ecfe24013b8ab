"""What knows a host: Resolve, timeline interchange files, OpenFX (empty until its issue is built)."""
