"""The language SPARQL: lexer, guard, grammar and diagnostics. Nothing here runs a query."""
