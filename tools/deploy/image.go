package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// user is who the program is in the image: one whom no other image is likely to have.
const user = 65532

// image makes an image for each architecture, from nothing but the program, the
// authorities that a certificate may come from and the folders it uses, in the layout of
// the OCI (image-spec, image-layout.md), packed as one file.
func (r release) image() error {
	var index v1.ImageIndex = mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range r.arches {
		image, err := r.imageFor(arch)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	outer := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), mutate.IndexAddendum{
		Add:        index,
		Descriptor: v1.Descriptor{Annotations: map[string]string{"org.opencontainers.image.ref.name": r.version}},
	})
	dir := r.stage("image")
	if _, err := layout.Write(dir, outer); err != nil {
		return err
	}
	return r.tarOf(dir, filepath.Join(r.out, "loginwatch_"+r.version+"_image.tar"))
}

func (r release) imageFor(arch string) (v1.Image, error) {
	content, err := r.layer(arch)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(
		func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: v1.Time{Time: r.date}, CreatedBy: "tools/deploy"},
	})
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = "linux", arch, v1.Time{Time: r.date}
	file.Config = v1.Config{
		User:         "65532:65532",
		WorkingDir:   "/var/lib/loginwatch",
		Entrypoint:   []string{"/usr/bin/loginwatch"},
		Cmd:          []string{"serve", "--config", "/etc/loginwatch/loginwatch.yaml", "--listen", "0.0.0.0:9713"},
		ExposedPorts: map[string]struct{}{"9713/tcp": {}},
		Volumes:      map[string]struct{}{"/var/lib/loginwatch": {}},
		StopSignal:   "SIGTERM",
		Labels: map[string]string{
			"org.opencontainers.image.title":       "loginwatch",
			"org.opencontainers.image.description": "Watches the logins of other companies' APIs",
			"org.opencontainers.image.version":     r.version,
			"org.opencontainers.image.created":     r.date.Format(time.RFC3339),
			"org.opencontainers.image.source":      "https://github.com/loginwatch/loginwatch",
			"org.opencontainers.image.licenses":    "Apache-2.0",
		},
	}
	return mutate.ConfigFile(image, file)
}

// entry is a file or, without content, a folder of a tar.
type entry struct {
	name    string
	content []byte
	mode    int64
	owner   int
}

// layer is all that is in the image. Time zones are in the program (time/tzdata).
func (r release) layer(arch string) ([]byte, error) {
	program, err := os.ReadFile(filepath.Join(r.stage(arch), "loginwatch"))
	if err != nil {
		return nil, err
	}
	licence, err := os.ReadFile(filepath.Join(r.repo, "LICENSE"))
	if err != nil {
		return nil, err
	}
	notices, err := os.ReadFile(filepath.Join(r.stage("own"), "copyright"))
	if err != nil {
		return nil, err
	}
	return tarred(r.date, []entry{
		{name: "etc/", mode: 0o755},
		{name: "etc/group", content: []byte("loginwatch:x:65532:\n"), mode: 0o644},
		{name: "etc/loginwatch/", mode: 0o755},
		{name: "etc/passwd", content: []byte("loginwatch:x:65532:65532:loginwatch:/var/lib/loginwatch:/sbin/nologin\n"), mode: 0o644},
		{name: "etc/ssl/", mode: 0o755},
		{name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", content: authorities(), mode: 0o644},
		{name: "tmp/", mode: 0o1777},
		{name: "usr/", mode: 0o755},
		{name: "usr/bin/", mode: 0o755},
		{name: "usr/bin/loginwatch", content: program, mode: 0o755},
		{name: "usr/share/", mode: 0o755},
		{name: "usr/share/doc/", mode: 0o755},
		{name: "usr/share/doc/loginwatch/", mode: 0o755},
		{name: "usr/share/doc/loginwatch/LICENSE", content: licence, mode: 0o644},
		{name: "usr/share/doc/loginwatch/copyright", content: notices, mode: 0o644},
		{name: "var/", mode: 0o755},
		{name: "var/lib/", mode: 0o755},
		{name: "var/lib/loginwatch/", mode: 0o700, owner: user},
	})
}

// authorities are those of Mozilla, by the version of a module: what the machine has that
// builds makes no difference. Those that are trusted for some names only are left out,
// since the file can't say so.
func authorities() []byte {
	var buf bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&buf, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes it
		}
	}
	return buf.Bytes()
}

func tarred(date time.Time, entries []entry) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.content)), Uid: e.owner, Gid: e.owner, ModTime: date, Typeflag: tar.TypeReg}
		if e.name[len(e.name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
