"""What the window knows and decides. Qt's signals, but no widget."""
