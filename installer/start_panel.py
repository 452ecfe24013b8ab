"""Where the installed `likeness-panel` begins."""

import multiprocessing

multiprocessing.freeze_support()

import program_folder  # noqa: E402
from likeness_gui.__main__ import main  # noqa: E402

program_folder.prepare()
raise SystemExit(main())
