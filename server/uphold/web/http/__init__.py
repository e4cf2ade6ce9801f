"""HTTP: headers, negotiation, request parameters, responses. Independent of the domain of the data."""
