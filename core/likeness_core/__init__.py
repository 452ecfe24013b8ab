"""The engine of Likeness: reference-guided face restoration for video, headless."""

__version__ = "0.1.0"
