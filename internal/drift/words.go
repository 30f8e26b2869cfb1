package drift

import "strings"

// Says says in words what a part is.
func (p Part) Says() string {
	switch p.Kind {
	case Added:
		return p.Place + " is new (" + p.To + ")"
	case Dropped:
		return p.Place + " is gone (" + p.From + ")"
	case Renamed:
		return p.Place + " is called " + p.To
	case Reformed:
		return p.Place + " has another form: " + p.To + ", not " + p.From
	case Lifetime:
		return "tokens live " + inWords(p.To) + ", not " + inWords(p.From)
	case Answered:
		return "the answer is " + p.To + ", not " + p.From
	case Issued:
		return "the certificate is of " + p.To + ", not of " + p.From
	}
	return p.Place + " is of another type: " + p.To + ", not " + p.From
}

// Says says in words what has changed.
func (c *Change) Says() string {
	words := make([]string, len(c.Parts))
	for i, p := range c.Parts {
		words[i] = p.Says()
	}
	return strings.Join(words, "; ")
}
