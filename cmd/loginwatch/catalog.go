package main

import (
	"path/filepath"
	"slices"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
)

// packFlag is shared by every verb that reads contracts.
type packFlag struct {
	Pack []string `help:"A folder with contracts/, schemas/ and probes/ of your own vendors; may be given again." placeholder:"DIR" sep:"none"`
}

// packDirs gives the folders of all added packs, as positions name them.
func packDirs(lists ...[]string) []string {
	var dirs []string
	for _, dir := range slices.Concat(lists...) {
		dirs = append(dirs, filepath.Clean(dir))
	}
	return dirs
}

// checkListen refuses a --listen that is no address, before anything is read.
func checkListen(address string) error {
	if err := config.CheckListen(address); err != nil {
		return usage("--listen %w", err)
	}
	return nil
}

// files are where the verb reads from.
func (f packFlag) files(config string) app.Files { return app.Files{Config: config, Packs: f.Pack} }
