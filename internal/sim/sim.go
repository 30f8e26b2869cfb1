package sim

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// MarkHeader is set to "undocumented" on every answer that the contract does
// not promise.
const MarkHeader = "X-Loginwatch-Simulator"

// Options set up a simulator. The zero value is complete.
type Options struct {
	Now  func() time.Time // nil is time.Now
	Rand io.Reader        // source of fresh values; nil is crypto/rand
	// Credentials override demo values: vendor, then secret, then value.
	Credentials map[string]map[string]string
	Faults      []string     // as ParseFault reads them; later ones win
	Logger      *slog.Logger // one debug line per answer, of the contract's words alone; nil logs nothing
}

// Simulator answers for the vendors of its contracts. It is safe for
// concurrent use.
type Simulator struct {
	now     func() time.Time
	log     *slog.Logger
	vendors map[string]*vendor
	names   []string // sorted
}

// New prepares every contract. The error joins everything that makes a contract
// impossible to serve and every option that fits none of them.
func New(contracts []*loginwatch.Contract, opts Options) (*Simulator, error) {
	s := &Simulator{now: opts.Now, log: opts.Logger, vendors: make(map[string]*vendor, len(contracts))}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if opts.Rand == nil {
		opts.Rand = rand.Reader
	}
	random := &randomness{source: opts.Rand}
	var errs []error
	for _, c := range contracts {
		if s.vendors[c.Vendor] != nil {
			errs = append(errs, fmt.Errorf("vendor %q has two contracts", c.Vendor))
			continue
		}
		v, err := newVendor(c, opts.Credentials[c.Vendor], random)
		if err != nil {
			errs = append(errs, fmt.Errorf("vendor %q: %w", c.Vendor, err))
			continue
		}
		s.vendors[c.Vendor] = v
	}
	s.names = slices.Sorted(maps.Keys(s.vendors))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(opts.Credentials)) {
		if s.vendors[name] == nil {
			errs = append(errs, fmt.Errorf("credentials are set for %q, which is not simulated", name))
		}
	}
	for _, spec := range opts.Faults {
		name, fault, err := ParseFault(spec)
		if err == nil {
			err = s.SetFault(name, fault)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// Vendors lists the simulated vendors, sorted.
func (s *Simulator) Vendors() []string { return slices.Clone(s.names) }

// Credentials gives the values that the simulator accepts for a vendor's
// secrets, by name; nil when the vendor is not simulated. They are demo values
// or what Options set, and the caller decides whether to print them.
func (s *Simulator) Credentials(vendor string) map[string]string {
	v := s.vendors[vendor]
	if v == nil {
		return nil
	}
	return maps.Clone(v.credentials)
}

// Handler serves one vendor's API at its root, so that the contract's paths are
// appended to the server's own address. GET of the root itself lists the
// operations, unless it is one. An unknown vendor gives 404 to all.
func (s *Simulator) Handler(vendor string) http.Handler {
	v := s.vendors[vendor]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v == nil {
			s.bare(w, http.StatusNotFound)
			return
		}
		s.serve(v, r.URL.EscapedPath(), w, r)
	})
}

// ServeHTTP serves every vendor below /VENDOR/. A simulator of exactly one
// vendor serves it at the root too; one of several lists them there.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	v, path := s.vendors[name], "/"+rest
	if v == nil && len(s.names) == 1 {
		v, path = s.vendors[s.names[0]], r.URL.EscapedPath()
	}
	switch {
	case v != nil:
		s.serve(v, path, w, r)
	case r.URL.Path == "/" && r.Method == http.MethodGet:
		s.index(w)
	default:
		s.log.LogAttrs(r.Context(), slog.LevelDebug, "simulated", slog.Int("status", http.StatusNotFound),
			slog.String("why", "the path begins with no simulated vendor: "+strings.Join(s.names, ", ")))
		s.bare(w, http.StatusNotFound)
	}
}

// index lists what is served, for a person who opens the address in a browser.
func (s *Simulator) index(w http.ResponseWriter) {
	var b strings.Builder
	for _, name := range s.names {
		s.vendors[name].list(&b, "/"+name)
	}
	s.write(w, textReply(b.String()))
}

// list writes a vendor's operations; prefix stands before their paths.
func (v *vendor) list(b *strings.Builder, prefix string) {
	fmt.Fprintf(b, "%s  (%s)\n", v.contract.Vendor, v.contract.Title)
	for _, o := range v.contract.Operations {
		fmt.Fprintf(b, "  %-12s %-5s %s%s\n", o.ID, o.Request.Method, prefix, o.Request.Path)
	}
}
