"""`python -m boxship` is the command line."""

from boxship.cli import main

if __name__ == "__main__":
    main()
