package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // a format is known by its import
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// packages makes a .deb and an .rpm of deploy/package/nfpm.yaml for each architecture.
func (r release) packages() error {
	for _, arch := range r.arches {
		for _, format := range []string{"deb", "rpm"} {
			if err := r.pack(arch, format); err != nil {
				return fmt.Errorf("%s for %s: %w", format, arch, err)
			}
		}
	}
	return nil
}

func (r release) pack(arch, format string) error {
	stage, err := filepath.Abs(r.stage(""))
	if err != nil {
		return err
	}
	out, err := filepath.Abs(r.out)
	if err != nil {
		return err
	}
	// What nfpm.yaml names is beside it.
	back, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(filepath.Join(r.repo, "deploy/package")); err != nil {
		return err
	}
	defer func() { _ = os.Chdir(back) }()
	values := map[string]string{"ARCH": arch, "VERSION": r.version, "BUILT": filepath.Join(stage, arch), "OWN": filepath.Join(stage, "own")}
	config, err := nfpm.ParseFileWithEnvMapping("nfpm.yaml", func(name string) string { return values[name] })
	if err != nil {
		return err
	}
	info, err := config.Get(format)
	if err != nil {
		return err
	}
	info.MTime = r.date
	for _, c := range info.Contents {
		if c.FileInfo != nil {
			c.FileInfo.MTime = r.date
		}
	}
	info = nfpm.WithDefaults(info)
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(out, packager.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	if err := packager.Package(info, f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
