query <- r"-(SELECT ?text WHERE {
  # it's a comment with ` and ${text} and )" and 100 %
  BIND ("it's \"quoted\" \\ `ticked` ${braced} )\" é € 😀" AS ?text)
} # ends in a quotation mark: ")-"
address <- paste0("http://127.0.0.1:8000/sparql?format=csv&query=", URLencode(query, reserved = TRUE))
print(read.csv(address))
