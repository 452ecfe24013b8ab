"""What the editor sees: widgets that show state and pass on what was asked for."""
