package page

import "github.com/loginwatch/loginwatch"

// forms words the forms of a token.
var forms = map[loginwatch.TokenForm]string{
	loginwatch.TokenOpaque:   "opaque: nothing in it is to be read",
	loginwatch.TokenJWT:      "a JWT",
	loginwatch.TokenUnstated: "nothing is said",
}

// extents words how much of a document was read.
var extents = map[loginwatch.Extent]string{
	loginwatch.ReadWhole: "the whole",
	loginwatch.ReadPart:  "a part, with the words that are cited",
	loginwatch.ReadNone:  "nothing: the words are cited as they are generally known",
}

// givenFor words the conditions of an answer.
var givenFor = map[loginwatch.Condition]string{
	loginwatch.WhenValid:         "the right request and credentials",
	loginwatch.WhenWrongPassword: "a known user with another secret",
	loginwatch.WhenUnknownUser:   "a user that does not exist",
	loginwatch.WhenMalformed:     "a body that is not what its format says",
	loginwatch.WhenInvalid:       "a body or query that is not as documented",
	loginwatch.WhenNoPassword:    "no password",
	loginwatch.WhenMissingHeader: "a header or cookie that is missing or wrong",
	loginwatch.WhenWrongPath:     "another path",
	loginwatch.WhenRateLimited:   "more requests than the limit",
}

// verdictWords says what each verdict means.
var verdictWords = map[loginwatch.Verdict]string{
	loginwatch.OK:          "as documented",
	loginwatch.Drift:       "it answered, but not as documented",
	loginwatch.Rejected:    "our credential or account was refused where success was due",
	loginwatch.Throttled:   "a rate limit",
	loginwatch.Unavailable: "no usable answer",
	loginwatch.Broken:      "our own fault: it counts neither for nor against the vendor",
	loginwatch.Skipped:     "it was not tried",
}

// words says what those mean that stand above.
func (b *builder) words() {
	b.heading(2, say("Words"))
	var rows [][]text
	for _, v := range loginwatch.Verdicts {
		rows = append(rows, []text{mark(string(v)), say(verdictWords[v])})
	}
	b.table([]string{"Verdict", "Means"}, rows...)
}
