// Package page makes a page for people of one vendor's contract: what is documented, what
// is ruled, and what was seen where a store knows something of it. The page is made once,
// of blocks, and written as Markdown or as HTML, which say the same in the same order.
//
// A contract may hold text of strangers and a store names that a vendor chose: every text
// is escaped where it is written, and what is invisible is shown as what it is. The page
// has demo values, placeholders and documented samples, and never a secret.
package page
