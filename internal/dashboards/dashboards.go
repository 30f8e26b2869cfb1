// Package dashboards makes the Grafana dashboards from their short sources: a
// panel is a few lines there, and what all panels of a kind have in common stands
// here once. It asks nobody anything; internal/dashtest holds what it makes to
// its rules, with a real Prometheus.
package dashboards

//go:generate go run ./generate ../../dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Links is the file links.yaml, which rules and dashboards share.
type Links struct {
	Runbooks   string            `yaml:"runbooks"`
	Dashboards map[string]string `yaml:"dashboards"` // uid by name
}

// Sources is what the dashboards are made of.
type Sources struct {
	Common *Common
	All    []*Source // in the order of their files
	Links  Links
}

// Read reads the sources below a folder that is laid out as dashboards/ is. A key
// that nothing reads is an error.
func Read(folder string) (*Sources, error) {
	made := &Sources{Common: &Common{}}
	if err := readYAML(filepath.Join(folder, "links.yaml"), &made.Links); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(folder, "grafana", "source", "*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if filepath.Base(file) == "common.yaml" {
			err = readYAML(file, made.Common)
		} else {
			s := &Source{}
			made.All = append(made.All, s)
			err = readYAML(file, s)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(made.All) == 0 || len(files) == len(made.All) {
		return nil, fmt.Errorf("%s: needs common.yaml and a dashboard", filepath.Join(folder, "grafana", "source"))
	}
	return made, nil
}

func readYAML(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// Make gives the JSON of every dashboard by the name of its file.
func (s *Sources) Make() (map[string][]byte, error) {
	made := map[string][]byte{}
	for _, one := range s.All {
		d, err := s.Common.render(one, s.linksOf(one))
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(d); err != nil {
			return nil, fmt.Errorf("%s: %w", one.File, err)
		}
		made[one.File] = text.Bytes()
	}
	return made, nil
}

// linksOf lead from one dashboard to the others, with the same Prometheus, and
// to the runbooks. The chosen login is not carried to the overview, which would
// show nothing else then; several jobs not to one login, which has one.
func (s *Sources) linksOf(one *Source) []Link {
	var links []Link
	for _, other := range s.All {
		if other == one {
			continue
		}
		_, name, _ := strings.Cut(other.Title, " / ")
		job := "&${job:queryparam}"
		if slices.Contains(other.Variables, "job") {
			job = ""
		}
		links = append(links, Link{
			Title: name, Type: "link", Icon: "dashboard", Tooltip: other.Description, KeepTime: true,
			URL: "/d/" + other.UID + "?${datasource:queryparam}" + job,
		})
	}
	return append(links, Link{
		Title: "Runbooks", Type: "link", Icon: "doc", Tooltip: "What each alert means and what to do", URL: s.Links.Runbooks, TargetBlank: true,
	})
}
