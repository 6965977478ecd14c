import sys

try:
    from .cli import main

    main()
except KeyboardInterrupt:  # while it is still loading
    sys.exit(130)
