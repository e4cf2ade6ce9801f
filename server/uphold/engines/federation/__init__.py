"""SERVICE clauses: the server queries other endpoints and puts their solutions in place of the clause."""
