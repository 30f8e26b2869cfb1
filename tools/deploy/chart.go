package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// chartVersions are the lines of Chart.yaml that name a version: the chart's own, and that of
// the image which it starts.
var chartVersions = regexp.MustCompile(`(?m)^((?:app)?[vV]ersion:) .*$`)

// chart packs the Helm chart as helm package does: files alone, Chart.yaml first. The objects
// of the dashboards, which are a link in the repository, are files in it.
func (r release) chart() error {
	dir := filepath.Join(r.repo, "deploy", "helm", "loginwatch")
	about, err := os.ReadFile(filepath.Join(dir, "Chart.yaml"))
	if err != nil {
		return err
	}
	if n := len(chartVersions.FindAll(about, -1)); n != 2 {
		return errors.New("Chart.yaml has other lines about versions than two")
	}
	about = chartVersions.ReplaceAll(about, []byte("${1} "+r.version))
	entries := []entry{{name: "loginwatch/Chart.yaml", content: about, mode: 0o644}}
	parts, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if slices.Contains([]string{"Chart.yaml", ".helmignore", "ci"}, part.Name()) {
			continue // the last are what .helmignore names
		}
		at, err := filepath.EvalSymlinks(filepath.Join(dir, part.Name()))
		if err != nil {
			return err
		}
		more, err := chartFiles(at, "loginwatch/"+part.Name())
		if err != nil {
			return err
		}
		entries = append(entries, more...)
	}
	content, err := tarred(r.date, entries)
	if err != nil {
		return err
	}
	return writeGzip(filepath.Join(r.out, "loginwatch-"+r.version+".tgz"), content)
}

// chartFiles gives a file, or all below a folder.
func chartFiles(at, as string) (entries []entry, err error) {
	err = filepath.WalkDir(at, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(at, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		entries = append(entries, entry{name: strings.TrimSuffix(as+"/"+filepath.ToSlash(rel), "/."), content: content, mode: 0o644})
		return err
	})
	return entries, err
}
