"""Using a box: verdicts, predict, observe; in this process or in its room."""
