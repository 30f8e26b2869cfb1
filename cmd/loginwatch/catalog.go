package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/place"
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

// folderOf gives that of the folders in which a file of a pack stands, as positions name
// it; "" for one that is built in.
func folderOf(file string, dirs []string) string {
	in := ""
	for _, dir := range dirs {
		if strings.HasPrefix(file, dir+"/") && len(dir) > len(in) {
			in = dir
		}
	}
	return in
}

// checkListen refuses a --listen that is no address, before anything is read.
func checkListen(address string) error {
	if err := config.CheckListen(address); err != nil {
		return usage("--listen %w", err)
	}
	return nil
}

func checkStore(url string) error {
	if err := place.Check(url); err != nil {
		return usage("--store %w", err)
	}
	return nil
}

// listen opens the port, or says how to choose another.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := app.Listen(ctx, address)
	if err != nil {
		return nil, ours(fmt.Errorf("%w; choose another with --listen", err))
	}
	return l, nil
}

// files are where the verb reads from.
func (f packFlag) files(config string) app.Files { return app.Files{Config: config, Packs: f.Pack} }
