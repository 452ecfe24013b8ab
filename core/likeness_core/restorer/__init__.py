"""The method: IP-FVR (arXiv 2507.10293) and our reading of it."""
