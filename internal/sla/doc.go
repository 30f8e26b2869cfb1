// Package sla holds a month of a vendor's logins against the clause of a contract: the
// time, or the runs, that count, those that were bad, and every minute that was left
// out, with the reason.
//
// It reads a history and sends nothing. What it can't tell it leaves out, and says so:
// a dossier is for somebody who will doubt it.
package sla
