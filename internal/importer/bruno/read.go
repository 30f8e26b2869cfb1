// Package bruno reads requests of Bruno: a file in its language Bru, one in the newer
// YAML (OpenCollection), the JSON that it exports a collection as, or the files of a
// folder together.
//
// Scripts and tests are never run. Values that a request keeps by itself
// (vars:post-response), and lines of a script that do the same, are taken over.
package bruno

import (
	"bytes"
	"cmp"
	"errors"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

// The bounds.
const (
	mostBytes = 4 << 20 // of one file
	mostFiles = 1_000
)

// Read reads one file. The error is an *[importer.Error].
func Read(data []byte) (*importer.Recording, error) {
	m := newMaker()
	if err := m.file("", data, nil); err != nil {
		return nil, err
	}
	return m.recording()
}

// ReadFiles reads the files of a collection's folder by their paths in it. Files of other
// kinds are passed over. What stands in collection.bru and folder.bru, or their
// counterparts in YAML, holds for the requests below. An environment is taken where there
// is one alone.
func ReadFiles(files map[string][]byte) (*importer.Recording, error) {
	if len(files) > mostFiles {
		return nil, &importer.Error{Err: errors.New("more than 1000 files")}
	}
	m := newMaker()
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) })
	folders := map[string]*defaults{}
	environments := 0
	for _, name := range names {
		if rank(name) == environment {
			environments++
		}
	}
	for _, name := range names {
		var err error
		switch rank(name) {
		case other:
		case environment:
			if environments == 1 {
				err = m.environment(name, files[name])
			}
		case folder, root:
			folders[path.Dir(name)] = &defaults{}
			err = m.folder(name, files[name], folders[path.Dir(name)])
		default:
			err = m.file(name, files[name], above(folders, path.Dir(name)))
		}
		if err != nil {
			return nil, err
		}
	}
	if environments > 1 {
		m.remark(importer.Place{Path: "environments"}, "of several environments none is taken: their variables have no values")
	}
	return m.recording()
}

// The kinds of files by their names, in the order in which they are read: a variable of a
// folder counts before one of the environment, and that before one of the collection.
const (
	folder = iota
	environment
	root
	request
	other
)

func rank(name string) int {
	ending := path.Ext(name)
	if ending != ".bru" && ending != ".yml" && ending != ".yaml" {
		return other
	}
	if path.Base(path.Dir(name)) == "environments" {
		return environment
	}
	switch strings.TrimSuffix(path.Base(name), ending) {
	case "folder":
		return folder
	case "collection", "opencollection":
		return root
	}
	return request
}

// defaults are what a collection or a folder says of the requests in it.
type defaults struct {
	headers []field
	auth    auth
}

// above are the defaults of the folders around a folder, and of itself.
func above(folders map[string]*defaults, dir string) (all []*defaults) {
	for ; ; dir = path.Dir(dir) {
		if d := folders[dir]; d != nil {
			all = append(all, d)
		}
		if dir == "." || dir == "/" {
			return all
		}
	}
}

// file reads a file of requests.
func (m *maker) file(name string, data []byte, around []*defaults) error {
	m.name = name
	if err := m.readable(data); err != nil {
		return err
	}
	if !looksLikeBru(data) {
		top, err := m.tree(data)
		if err != nil {
			return err
		}
		return m.notation(top, around)
	}
	blocks, err := m.blocks(data)
	if err != nil {
		return err
	}
	return m.bru(blocks, around)
}

// tree reads JSON or YAML.
func (m *maker) tree(data []byte) (*source.Node, error) {
	top, err := source.Read(data)
	return top, m.in(err)
}

// blocks reads Bru.
func (m *maker) blocks(data []byte) ([]block, error) {
	blocks, err := parse(data)
	return blocks, m.in(err)
}

// notation takes over what is written in JSON or YAML.
func (m *maker) notation(top *source.Node, around []*defaults) error {
	switch {
	case top.Get("opencollection") != nil:
		return m.openCollection(top)
	case top.Get("http") != nil || top.Get("info").Get("type") != nil:
		return m.openRequest(top, around)
	case top.Get("version").String() == "1" && top.Get("type").String() == "collection" && top.Get("items") == nil:
		return m.fault(top, "this file names a collection and has no request: give its requests, or the export of the collection")
	case top.Get("items") != nil:
		return m.export(top)
	}
	return m.fault(top, "neither a request in Bru or OpenCollection nor an export of Bruno")
}

// folder reads the defaults of a folder.
func (m *maker) folder(name string, data []byte, into *defaults) error {
	m.name = name
	if err := m.readable(data); err != nil {
		return err
	}
	if path.Ext(name) != ".bru" {
		top, err := m.tree(data)
		if err != nil {
			return err
		}
		if top.Get("opencollection") != nil {
			m.title(top.Get("info").Get("name").String())
		}
		m.openDefaults(top, into)
		if top.Get("items") != nil {
			return m.openCollection(top)
		}
		return nil
	}
	blocks, err := m.blocks(data)
	if err != nil {
		return err
	}
	if meta, has := find(blocks, "meta"); has && path.Base(name) == "collection.bru" {
		m.title(meta.values()["name"])
	}
	m.bruDefaults(blocks, into)
	return nil
}

func (m *maker) environment(name string, data []byte) error {
	m.name = name
	if err := m.readable(data); err != nil {
		return err
	}
	if path.Ext(name) != ".bru" {
		top, err := m.tree(data)
		if err != nil {
			return err
		}
		m.openVariables(top.Get("variables"))
		return nil
	}
	blocks, err := m.blocks(data)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		switch b.name {
		case "vars":
			m.variables(b.fields())
		case "vars:secret":
			for _, name := range b.list {
				if !strings.HasPrefix(name, "~") { // which is off
					m.variable(field{name: name}, true)
				}
			}
		}
	}
	return nil
}

func (m *maker) readable(data []byte) error {
	var why string
	switch {
	case len(data) > mostBytes:
		why = "larger than 4 MiB"
	case !utf8.Valid(data):
		why = "not UTF-8"
	case len(bytes.TrimSpace(data)) == 0:
		why = "nothing stands in it"
	default:
		return nil
	}
	return m.in(&importer.Error{Err: errors.New(why)})
}

// in adds the file's name to the place of an error.
func (m *maker) in(err error) error {
	var placed *importer.Error
	if m.name == "" || !errors.As(err, &placed) {
		return err
	}
	return &importer.Error{At: m.place(placed.At), Err: placed.Err}
}

func (m *maker) place(at importer.Place) importer.Place {
	if m.name != "" {
		at.Path = strings.TrimSuffix(source.Shown(m.name)+" "+at.Path, " ")
	}
	return at
}

func (m *maker) fault(at *source.Node, why string) error {
	return m.in(&importer.Error{At: at.Place(), Err: errors.New(why)})
}
