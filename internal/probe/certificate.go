package probe

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

const noAuthorities = "this machine has no certificate authorities (a CA bundle, such as the package ca-certificates), so no certificate can be checked"

// TrustWarning says before anything is sent that this machine trusts no
// certificate authority, when the target needs one; "" otherwise.
func TrustWarning(t *loginwatch.Target) string {
	proxy := t.Transport.Proxy
	if t.Transport.CAFile != "" || t.BaseURL.Scheme != "https" && (proxy == nil || proxy.Scheme != "https") || !trustsNobody() {
		return ""
	}
	return noAuthorities
}

func trustsNobody() bool {
	pool, err := x509.SystemCertPool()
	return err != nil || pool.Equal(x509.NewCertPool())
}

func unknownAuthority(err error) bool {
	var (
		unknown x509.UnknownAuthorityError
		roots   x509.SystemRootsError
	)
	return errors.As(err, &unknown) || errors.As(err, &roots)
}

// clockDoubt is how far a certificate may be beyond its end before nobody would
// look at our clock any more.
const clockDoubt = 24 * time.Hour

// certificateWords says what is wrong with a certificate in our own words; sent
// are the certificates that came, the server's own first.
func certificateWords(err error, sent []*x509.Certificate, who, host string, now time.Time) string {
	var (
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &hostname):
		return nameWords(hostname.Certificate, who, host)
	case errors.As(err, &invalid):
		return invalidWords(invalid, sent, who, now)
	case unknownAuthority(err):
		return "no chain leads from the certificate of " + who + " to an authority that is trusted here: " + chainWords(sent)
	}
	return "the certificate of " + who + " can't be verified"
}

func nameWords(c *x509.Certificate, who, host string) string {
	switch {
	case c != nil && len(c.DNSNames)+len(c.IPAddresses) == 0:
		return "the certificate of " + who + " names no host (subjectAltName), so it is valid for none"
	case net.ParseIP(host) != nil:
		return "the certificate of " + who + " is not valid for that address"
	}
	return "the certificate of " + who + " is for another name, not for " + host
}

// invalidWords says what is wrong with one certificate of the chain.
func invalidWords(e x509.CertificateInvalidError, sent []*x509.Certificate, who string, now time.Time) string {
	subject := "the certificate of " + who
	if e.Cert != nil && len(sent) > 0 && !e.Cert.Equal(sent[0]) {
		subject = "an authority's certificate in the chain of " + who
	}
	switch e.Reason {
	case x509.Expired:
		if e.Cert == nil {
			return subject + " has expired or is not yet valid"
		}
		if now.Before(e.Cert.NotBefore) {
			return fmt.Sprintf("%s is valid only from %s on, by our clock: it was installed too early, or our clock is slow", subject, day(e.Cert.NotBefore))
		}
		words := fmt.Sprintf("%s expired on %s", subject, day(e.Cert.NotAfter))
		if now.Sub(e.Cert.NotAfter) < clockDoubt {
			words += ", by our clock, which may be fast"
		}
		return words
	case x509.IncompatibleUsage:
		return subject + " is not made for servers (extended key usage)"
	}
	return subject + " breaks a rule for certificates (X.509)"
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly + " 15:04 UTC") }

// chainWords says where the chain ends that came. A server should send all but
// the root (RFC 8446, 4.4.2); what is missing can't be told from a root that we
// do not know, unless the last certificate signs itself.
func chainWords(sent []*x509.Certificate) string {
	if len(sent) == 0 {
		return "none came"
	}
	last, steps := sent[0], 0
	for range sent { // a ring of certificates must not hold us
		next := slices.IndexFunc(sent, func(c *x509.Certificate) bool {
			return c != last && issued(c, last)
		})
		if next < 0 || signsItself(last) {
			break
		}
		last, steps = sent[next], steps+1
	}
	switch {
	case signsItself(last) && steps == 0:
		return "it is self-signed"
	case signsItself(last):
		return "the authority at its end is not trusted here"
	case steps == 0 && len(last.IssuingCertificateURL) > 0:
		return "the server did not send the certificate of its issuer; most likely an intermediate certificate is missing from its chain"
	case steps == 0:
		return "the server did not send the certificate of its issuer; an intermediate certificate is missing, or that issuer is not trusted here"
	}
	return "the issuer of the last certificate that it sent is not trusted here, or one more intermediate certificate is missing"
}

// issued tells whether a certificate is of the other's issuer: by its name, and by
// the identifier of its key where both give one (RFC 5280, 4.2.1.1).
func issued(issuer, c *x509.Certificate) bool {
	sameKey := len(issuer.SubjectKeyId) == 0 || len(c.AuthorityKeyId) == 0 || bytes.Equal(issuer.SubjectKeyId, c.AuthorityKeyId)
	return sameKey && bytes.Equal(issuer.RawSubject, c.RawIssuer)
}

func signsItself(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }
