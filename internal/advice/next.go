package advice

import "github.com/loginwatch/loginwatch"

// ForNext gives the words for a secret that is configured beside the current one, to
// take its place.
func ForNext(s loginwatch.NextState) Advice {
	const again = "; another value is tried by itself, and credentials resume tries this one once more"
	switch s.Standing {
	case loginwatch.NextTakenOver:
		return Advice{Nobody, "a login with the next secret was accepted, and every login uses it", "put its value in the place of the current one, and empty that of the next one"}
	case loginwatch.NextRefused:
		return Advice{Credential, "the next secret " + Refused(s.Refusal) + ", is not tried again, and the current one goes on", "see whether its value is right and the vendor knows it by now" + again}
	case loginwatch.NextUndecided:
		return Advice{VendorOrUs, "no login that tried the next secret came to an answer that says anything of it: it is not tried again, and the current one goes on", "see what became of the runs that tried it" + again}
	case loginwatch.NextWaiting:
		if !s.Since.IsZero() {
			return Advice{Nobody, "a login tried the next secret and nothing is known of it yet, so that the current one goes on", ""}
		}
		return Advice{Nobody, "a login will try the next secret once", ""}
	}
	return Advice{}
}
