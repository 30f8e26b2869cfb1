package config

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/window"
)

// maintenance is one that the file announces, and whose.
type maintenance struct {
	loginwatch.Maintenance
	vendors, targets []strictyaml.Text
}

// of tells whether it is a target's: of each, where it names neither vendors nor targets.
func (m maintenance) of(t *target) bool {
	named := func(all []strictyaml.Text, name string) bool {
		return slices.ContainsFunc(all, func(n strictyaml.Text) bool { return n.Value == name })
	}
	return len(m.vendors)+len(m.targets) == 0 || named(m.vendors, t.file.Vendor.Value) || named(m.targets, t.name)
}

// readMaintenance reads what the file announces.
func (a *assigner) readMaintenance() (all []maintenance) {
	vendors := slices.Collect(maps.Keys(a.contracts))
	o := window.Options{Zone: time.UTC, Parse: a.options.ParseBegins}
	if a.options.ReadFile != nil {
		o.ReadFile = a.calendarFile
	}
	for _, f := range a.config.maintenance {
		m := maintenance{f.Read(a.doc, o), f.Vendors, f.Targets}
		for _, v := range f.Vendors {
			if given(v.Span) && !slices.Contains(vendors, v.Value) {
				a.unknown(v.Span, "vendor", v.Value, vendors)
			}
		}
		for _, t := range f.Targets {
			if given(t.Span) && a.targets[t.Value] == nil {
				a.unknown(t.Span, "target", t.Value, nameAll(a.config.targets, func(t *target) string { return t.name }))
			}
		}
		all = append(all, m)
	}
	return all
}

// maintenanceOf gives what is a target's. Those of which the same is share one list: it is
// looked up once for all of them ([loginwatch.MaintenanceAt]).
func (a *assigner) maintenanceOf(t *target) []loginwatch.Maintenance {
	var which []byte
	var all []loginwatch.Maintenance
	for i, m := range a.maintenance {
		if m.of(t) {
			which = binary.AppendUvarint(which, uint64(i)) //nolint:gosec // it is not negative
			all = append(all, m.Maintenance)
		}
	}
	if shared, is := a.announced[string(which)]; is {
		return shared
	}
	a.announced[string(which)] = all
	return all
}

// IdleMaintenance says at its place which vendor and which target a maintenance names without
// a login of it among the jobs, which are all of the file: it changes nothing there.
func (c *Config) IdleMaintenance(jobs []loginwatch.Job) (idle []string) {
	vendors, targets := map[string]bool{}, map[string]bool{}
	for _, j := range jobs {
		vendors[j.Probe.Contract.Vendor], targets[j.Target.Name] = true, true
	}
	for _, m := range c.maintenance {
		for _, named := range []struct {
			what    string
			all     []strictyaml.Text
			watched map[string]bool
		}{{"vendor", m.Vendors, vendors}, {"target", m.Targets, targets}} {
			for _, n := range named.all {
				if !named.watched[n.Value] {
					idle = append(idle, fmt.Sprintf("%s: maintenance (%s) is of the %s %q, of which no login is watched", n.Pos, m.Reason.Value, named.what, n.Value))
				}
			}
		}
	}
	return idle
}

// calendarFile reads a file that the operator's file names.
func (a *assigner) calendarFile(name string) (called string, data []byte, err error) {
	if mistake := place.PathMistake(name); mistake != "" {
		return "", nil, errors.New(mistake)
	}
	called = reader{file: a.config.file}.below(name)
	if data, err = a.options.ReadFile(called); err != nil {
		err = Unread(called, err)
	}
	return called, data, err
}
