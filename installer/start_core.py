"""Where the installed `likeness` begins."""

import multiprocessing

multiprocessing.freeze_support()  # before anything else: a child process of this program begins here as well

import program_folder  # noqa: E402
from likeness_core.__main__ import main  # noqa: E402

program_folder.prepare()
raise SystemExit(main())
