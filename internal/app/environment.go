package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// EnvironmentTarget is a target that no configuration has: its secrets stand in
// the environment.
func EnvironmentTarget(name string, base *url.URL, c *loginwatch.Contract, files TLSFiles) *loginwatch.Target {
	return &loginwatch.Target{
		Name: name, BaseURL: base, Secrets: config.FromEnvironment(c.Vendor),
		Credential: c.Vendor + "/environment",
		Transport:  loginwatch.TransportOptions{CAFile: files.CA, ClientCertFile: files.Cert, ClientKeyFile: files.Key},
	}
}

// TLSFiles are flags that name PEM files; "" is none.
type TLSFiles struct {
	CA        string // of authorities to trust as well
	Cert, Key string // of the client certificate
}

// Check refuses files that can't be used, before anything is sent.
func (f TLSFiles) Check() error {
	if f.CA != "" {
		if _, err := os.ReadFile(f.CA); err != nil {
			return UsageError{fmt.Errorf("--ca: %w", err)}
		}
	}
	switch {
	case f.Cert == "" && f.Key == "":
		return nil
	case f.Cert == "" || f.Key == "":
		return UsageError{errors.New("--cert and --key go together: a client certificate and its private key")}
	}
	if _, err := tls.LoadX509KeyPair(f.Cert, f.Key); err != nil {
		return UsageError{fmt.Errorf("--cert and --key: %w", err)}
	}
	return nil
}

// Choose picks the contracts of the named vendors, all when none is named.
func Choose(c *pack.Catalog, vendors ...string) ([]*loginwatch.Contract, error) {
	if len(vendors) == 0 {
		return c.Contracts, nil
	}
	var chosen []*loginwatch.Contract
	for _, v := range vendors {
		contract := c.Contract(v)
		if contract == nil {
			return nil, UsageError{fmt.Errorf("unknown vendor %q: the packs have %s", v, VendorList(c.Contracts))}
		}
		if !slices.Contains(chosen, contract) {
			chosen = append(chosen, contract)
		}
	}
	return chosen, nil
}

// VendorList names the vendors of contracts.
func VendorList(contracts []*loginwatch.Contract) string {
	var names []string
	for _, c := range contracts {
		names = append(names, c.Vendor)
	}
	return strings.Join(names, ", ")
}
