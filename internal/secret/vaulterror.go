package secret

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/openbao/openbao/api/v2"
)

// refusal says why a document was not given: for our Vault, our token, or the path. What
// Vault says itself is not repeated.
func (v *Vault) refusal(ctx context.Context, client *api.Client, token string, err error) error {
	answer := (*api.ResponseError)(nil)
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusForbidden {
		return failure(client, err)
	}
	v.forget(token)
	refused := errors.New("our Vault does not take our token: it is wrong, expired or revoked")
	if says(answer, "invalid token") {
		return refused
	}
	// Older ones say no more. Every token may look at itself, unless a policy of its own forbids that.
	_, err = with(client, token).ReadWithContext(ctx, "auth/token/lookup-self")
	switch {
	case err == nil:
		return errors.New("our Vault takes our token, but none of its policies allows to read this path")
	case errors.As(err, &answer) && answer.StatusCode == http.StatusForbidden:
		return errors.New("our Vault does not take our token, or none of its policies allows to read this path")
	}
	return failure(client, err)
}

// unissued says why our Vault gave no token for a login, while that is under way.
func (v *Vault) unissued(client *api.Client, err error) error {
	answer := (*api.ResponseError)(nil)
	if errors.As(err, &answer) {
		switch answer.StatusCode {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			err := fmt.Errorf("our Vault refused our login at %s (status %d); no other one is made for %v", v.Login.Path, answer.StatusCode, rest)
			v.issued = issued{refused: err, until: time.Now().Add(rest)}
			return err
		case http.StatusNotFound:
			return fmt.Errorf("our Vault has no login at %s", v.Login.Path)
		}
	}
	return failure(client, err)
}

// failure says what is wrong where neither token nor path is.
func failure(client *api.Client, err error) error {
	at := cmp.Or(hostOf(client.Address()), "its address")
	if answer := (*api.ResponseError)(nil); errors.As(err, &answer) {
		switch {
		case answer.StatusCode == http.StatusServiceUnavailable && says(answer, "sealed"):
			return fmt.Errorf("our Vault at %s is sealed", at)
		case answer.StatusCode == http.StatusTooManyRequests:
			return fmt.Errorf("our Vault at %s limits our rate (status 429)", at)
		}
		return fmt.Errorf("our Vault at %s answers with status %d", at, answer.StatusCode)
	}
	var dns *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var unspoken tls.RecordHeaderError
	var network net.Error
	var number syscall.Errno
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Errorf("our Vault at %s did not answer in time", at)
	case errors.As(err, &untrusted):
		return fmt.Errorf("the certificate of our Vault at %s is not trusted here, or not of that name: set secret_sources.vault.ca_file or VAULT_CACERT", at)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &unspoken):
		return fmt.Errorf("what is at %s does not speak TLS", at)
	case errors.As(err, &dns):
		return fmt.Errorf("no address is found for our Vault at %s", at)
	case errors.As(err, &number):
		return fmt.Errorf("our Vault at %s can't be reached: %w", at, number)
	case errors.Is(err, errTooLarge):
		return fmt.Errorf("our Vault at %s answers with more than %d KiB", at, maxAnswer>>10)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("our Vault at %s closed the connection", at)
	}
	return fmt.Errorf("our Vault at %s could not be asked, or its answer not be read", at)
}

func says(answer *api.ResponseError, words string) bool {
	return slices.ContainsFunc(answer.Errors, func(text string) bool { return strings.Contains(strings.ToLower(text), words) })
}

// hostOf gives the part of an address that can hold no password.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// maxAnswer is how large an answer of Vault's may be, in bytes: some secrets of the largest
// size.
const maxAnswer = 16 * maxBytes

var errTooLarge = errors.New("the answer is too large")

// bounded reads no more of an answer than that.
type bounded struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(req)
	if err == nil {
		answer.Body = &boundedBody{answer.Body, maxAnswer}
	}
	return answer, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

// Read implements [io.Reader].
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
