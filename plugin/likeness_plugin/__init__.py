"""What knows a host: Resolve, and timeline interchange files; the OpenFX plug-in lies beside this, in plugin/ofx."""
