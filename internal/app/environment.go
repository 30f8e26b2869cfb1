package app

import (
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
// the environment. ca is a file of authorities to trust as well, "" for none.
func EnvironmentTarget(name string, base *url.URL, c *loginwatch.Contract, ca string) *loginwatch.Target {
	return &loginwatch.Target{
		Name: name, BaseURL: base, Secrets: config.FromEnvironment(c.Vendor),
		Credential: c.Vendor + "/environment", Transport: loginwatch.TransportOptions{CAFile: ca},
	}
}

// CheckCA refuses a flag's file of authorities that can't be read, before anything
// is sent; "" is none.
func CheckCA(file string) error {
	if file == "" {
		return nil
	}
	if _, err := os.ReadFile(file); err != nil {
		return UsageError{fmt.Errorf("--ca: %w", err)}
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
