"""What is run inside an environment, ours or a rival's: each file prints one line of JSON."""
