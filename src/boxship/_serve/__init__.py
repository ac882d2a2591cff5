"""A box online: one answer behind many protocols, by workers that a supervisor keeps."""
