// Package fetch asks for a public page once: one GET, no credential, no cookie, within
// bounds of time, size and redirects. It never asks twice, and runs nothing of what comes.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Page is what an address gave.
type Page struct {
	Data    []byte
	Type    string // its Content-Type
	Address string // where it was in the end: redirects of the same host are followed
}

// Options bound a fetcher.
type Options struct {
	UserAgent string
	Timeout   time.Duration // of one page, redirects included
	MaxBytes  int64
	Pause     time.Duration // between two pages of a host
}

// maxRedirects is how many redirects of one host a page may have.
const maxRedirects = 3

// Fetcher asks for pages one after the other. It is not safe for concurrent use.
type Fetcher struct {
	options Options
	client  *http.Client
	asked   map[string]time.Time // when a host was asked last
}

// New makes a fetcher.
func New(o Options) *Fetcher {
	return &Fetcher{options: o, asked: map[string]time.Time{}, client: &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			Protocols:              protocols(),
			DisableKeepAlives:      true, // a connection that is used again is one on which Go may repeat a request
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			req.Header.Del("Referer")
			switch first := via[0].URL; {
			case !strings.EqualFold(req.URL.Host, first.Host):
				return refusal("it redirects to another host, " + shownHost(req.URL) + ": see whether the document has moved there")
			case allowed(req.URL) != nil:
				return refusal("it redirects to an address without TLS")
			case len(via) > maxRedirects:
				return refusal("it redirects more than " + strconv.Itoa(maxRedirects) + " times")
			}
			return nil
		},
	}}
}

// refusal says why a redirect is not followed.
type refusal string

func (r refusal) Error() string { return string(r) }

// protocols are HTTP/1.1 alone: with HTTP/2, Go repeats what the server's end of a
// connection left open.
func protocols() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	return &p
}

func shownHost(u *url.URL) string {
	host := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return '?'
	}, u.Host)
	return host[:min(len(host), 100)]
}

// Check tells why an address can't be asked for: it is neither https nor http of this
// machine, or has credentials in it.
func Check(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("its address is no URL")
	}
	return allowed(u)
}

func allowed(u *url.URL) error {
	host := u.Hostname()
	ip := net.ParseIP(host)
	switch {
	case host == "":
		return errors.New("its address names no host")
	case u.User != nil:
		return errors.New("its address has credentials in it")
	case u.Scheme == "https", u.Scheme == "http" && (host == "localhost" || ip != nil && ip.IsLoopback()):
		return nil
	}
	return errors.New("its address is not https")
}

// Get asks for a page. An error says why there is none, and holds nothing of the page.
func (f *Fetcher) Get(ctx context.Context, address string) (Page, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Page{}, errors.New("its address is no URL")
	}
	if err := allowed(u); err != nil {
		return Page{}, err
	}
	if err := f.wait(ctx, u.Host); err != nil {
		return Page{}, err
	}
	defer func() { f.asked[u.Host] = time.Now() }()
	ctx, cancel := context.WithTimeout(ctx, f.options.Timeout)
	defer cancel()
	u.Fragment, u.RawFragment = "", ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Page{}, errors.New("its address is no URL")
	}
	req.Header.Set("User-Agent", f.options.UserAgent)
	req.Header.Set("Accept", "text/html, text/markdown, text/plain;q=0.9, */*;q=0.1")
	answer, err := f.client.Do(req)
	if err != nil {
		return Page{}, f.failure(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return Page{}, fmt.Errorf("it answered HTTP %d", answer.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, f.options.MaxBytes+1))
	switch {
	case err != nil:
		return Page{}, f.failure(ctx, err)
	case int64(len(data)) > f.options.MaxBytes:
		return Page{}, fmt.Errorf("it is larger than %d MiB", f.options.MaxBytes>>20)
	}
	return Page{Data: data, Type: answer.Header.Get("Content-Type"), Address: answer.Request.URL.String()}, nil
}

// wait keeps the pause between two pages of one host.
func (f *Fetcher) wait(ctx context.Context, host string) error {
	last, before := f.asked[host]
	if !before {
		return ctx.Err()
	}
	timer := time.NewTimer(f.options.Pause - time.Since(last))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failure words what went wrong without the address, which whoever shows it has.
func (f *Fetcher) failure(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("it took longer than %s", f.options.Timeout)
	}
	return fmt.Errorf("it could not be fetched: %s", told(err))
}

// told words an error. Those of net/http may hold what came.
func told(err error) string {
	var (
		ours        refusal
		way         *net.OpError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
	)
	says := "what came, from the server or a proxy, is no answer of HTTP"
	switch {
	case errors.As(err, &ours):
		return string(ours)
	case errors.As(err, &way):
		says = way.Error()
	case errors.As(err, &certificate):
		says = certificate.Error()
	case errors.As(err, &record):
		says = record.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		says = "the answer was cut"
	case errors.Is(err, context.Canceled):
		says = "it was given up"
	}
	return strings.Map(func(r rune) rune { // a certificate may name what it likes
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, says)
}
