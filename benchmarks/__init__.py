"""What Boxship costs, beside what people use today: `make bench`, or `python -m benchmarks SUBJECT...`."""
