"""The core as a process that a panel talks to: lanes of work, previews, pictures, the queue of jobs."""
