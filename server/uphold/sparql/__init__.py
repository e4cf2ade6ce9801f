"""The SPARQL language: lexer, guard, grammar and diagnostics. Nothing here runs a query."""
