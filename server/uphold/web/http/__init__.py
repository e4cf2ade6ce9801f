"""HTTP for every address: headers, negotiation, conditions, responses. Nothing here knows what the data are about."""
