"""The engine of Likeness: reference-guided face restoration for video, headless."""

import os

__version__ = "0.1.0"

# onnxruntime (1.32, on Linux and macOS too) collects telemetry: it gives the machine an identity, notes events in a
# database under the home folder, and uploads them. It reads this when it is loaded (`disable_telemetry_events()` comes
# too late), so it is set before any module of ours can load it, and for every process that we start.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
