package web

import "github.com/loginwatch/loginwatch"

// Blame answers "is it us, our credential or the vendor?".
type Blame string

// The answers.
const (
	BlameNobody     Blame = "nobody"
	BlameVendor     Blame = "vendor"
	BlameNetwork    Blame = "vendor or network"
	BlameCredential Blame = "our credential"
	BlameUs         Blame = "us"
	BlameUnknown    Blame = "not known yet"
)

// answer is who is to blame, and the next thing to look at.
type answer struct {
	Blame Blame
	Text  string
}

// answers has every reason of a run that failed. What a reason means does not
// depend on the verdict but for those in [answerTo].
var answers = map[loginwatch.Reason]answer{
	loginwatch.ReasonDNS:           {BlameNetwork, "Its host name does not resolve."},
	loginwatch.ReasonConnect:       {BlameNetwork, "No connection to its server."},
	loginwatch.ReasonTLS:           {BlameVendor, "The TLS handshake failed: look at its certificate."},
	loginwatch.ReasonTimeout:       {BlameNetwork, "No answer within the probe's time-out."},
	loginwatch.ReasonReset:         {BlameNetwork, "The connection was cut before the answer was complete."},
	loginwatch.ReasonProtocol:      {BlameVendor, "What it sent is not HTTP."},
	loginwatch.ReasonBodyTooLarge:  {BlameVendor, "Its answer is too large to be a login's."},
	loginwatch.ReasonRedirect:      {BlameVendor, "It redirects the login instead of answering."},
	loginwatch.ReasonHTTP5xx:       {BlameVendor, "Its server reports an error of its own."},
	loginwatch.ReasonGateway:       {BlameVendor, "A gateway answers in its place: the service behind it is down."},
	loginwatch.ReasonHTTPStatus:    {BlameVendor, "It answers with a status that its document does not give."},
	loginwatch.ReasonRateLimit:     {BlameUs, "We log in more often than it allows."},
	loginwatch.ReasonCredential:    {BlameCredential, "It refused our credential: check it before the account is locked."},
	loginwatch.ReasonApplication:   {BlameVendor, "It answers with an application error where success was due."},
	loginwatch.ReasonContentType:   {BlameVendor, "Its answer has another content type than documented."},
	loginwatch.ReasonNotJSON:       {BlameVendor, "Its answer is not the JSON that is documented."},
	loginwatch.ReasonContract:      {BlameVendor, "It answers, but not as documented: see the findings."},
	loginwatch.ReasonToken:         {BlameVendor, "It logs us in, but the token is not as documented."},
	loginwatch.ReasonSecretMissing: {BlameUs, "A secret is not configured: nothing was sent."},
	loginwatch.ReasonInternal:      {BlameUs, "loginwatch itself failed: see its log."},
}

// skips says why a slot was not run.
var skips = map[loginwatch.Reason]string{
	loginwatch.ReasonOverlap:    "The run before was still going.",
	loginwatch.ReasonSuspended:  "The credential cools down after it was refused.",
	loginwatch.ReasonRetryAfter: "The vendor asked us to wait.",
	loginwatch.ReasonRateLimit:  "Its documented rate limit leaves no room now.",
	loginwatch.ReasonShutdown:   "loginwatch was stopping.",
	loginwatch.ReasonConfigured: "What it would fetch is configured already.",
	loginwatch.ReasonMissed:     "Its time passed unseen: the machine slept, its clock was set or it was too busy.",
}

func answerTo(v loginwatch.Verdict, r loginwatch.Reason) answer {
	switch {
	case v == loginwatch.OK:
		return answer{BlameNobody, "It works as documented."}
	case v == loginwatch.Broken && r != loginwatch.ReasonSecretMissing:
		return answers[loginwatch.ReasonInternal]
	}
	if a, ok := answers[r]; ok {
		return a
	}
	return answer{BlameUnknown, "It failed in a way that this page does not know."}
}

// ourNetwork tells whether a reason, when every vendor shows one of its kind,
// speaks of our side of the line.
func ourNetwork(r loginwatch.Reason) bool { return answers[r].Blame == BlameNetwork }
