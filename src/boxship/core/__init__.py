"""Values without I/O: digest, table, contract, verdict, manifest, profile, observation."""
