"""The panel beside the editor and the standalone window (empty until its issue is built)."""
