package main

import (
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/bruno"
)

// The bounds of a collection's folder: whoever names a home directory is told so.
const (
	mostFiles  = 1_000
	mostOfFile = 4 << 20
	mostOfAll  = 32 << 20
)

// readFolder reads the collection of Bruno that a folder is. No link is followed.
func readFolder(dir string) (*importer.Recording, error) {
	files, total := map[string][]byte{}, int64(0)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return usage("%s: %w", dir, err)
		case e.IsDir() && name != "." && (e.Name()[0] == '.' || e.Name() == "node_modules"):
			return fs.SkipDir
		case !e.Type().IsRegular() || !slices.Contains([]string{".bru", ".yml", ".yaml", ".json"}, path.Ext(name)):
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return usage("%s: %w", dir, err)
		}
		if total += info.Size(); info.Size() > mostOfFile || total > mostOfAll || len(files) == mostFiles {
			return usage("%s: more than a collection of requests has", dir)
		}
		files[name], err = fs.ReadFile(os.DirFS(dir), name)
		return err
	})
	if err != nil {
		return nil, err
	}
	rec, err := bruno.ReadFiles(files)
	if err != nil {
		return nil, usage("%s, read as a folder of bruno: %w", dir, err)
	}
	return rec, nil
}
