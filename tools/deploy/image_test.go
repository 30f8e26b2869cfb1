package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// images unpacks the layout that was made and gives its images, by architecture.
func images(t *testing.T) map[string]v1.Image {
	t.Helper()
	dir := t.TempDir()
	must(t, "tar", "-C", dir, "-xf", made+"/1.0.0/loginwatch_1.0.0_image.tar")
	outer, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(outer); err != nil {
		t.Fatal(err)
	}
	manifest, err := outer.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 || manifest.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "1.0.0" {
		t.Fatalf("index %+v, %v", manifest, err)
	}
	index, err := outer.ImageIndex(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err = index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]v1.Image{}
	for _, m := range manifest.Manifests {
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		found[m.Platform.OS+"/"+m.Platform.Architecture] = image
	}
	return found
}

func TestImages(t *testing.T) {
	found := images(t)
	arches := strings.Split(architectures, ",")
	if len(found) != len(arches) {
		t.Fatalf("%d images", len(found))
	}
	for _, arch := range arches {
		image := found["linux/"+arch]
		if image == nil {
			t.Fatalf("no image for %s", arch)
		}
		file, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if file.Config.User != "65532:65532" || file.Architecture != arch || file.Config.Labels["org.opencontainers.image.version"] != "1.0.0" {
			t.Errorf("%s: %+v", arch, file.Config)
		}
		content := unpack(t, image, t.TempDir())
		machine := map[string]string{"amd64": "x86-64", "arm64": "aarch64"}[arch]
		if out := must(t, "file", content+"/usr/bin/loginwatch"); !strings.Contains(out, machine) || !strings.Contains(out, "statically linked") {
			t.Errorf("%s: %s", arch, out)
		}
		if n := strings.Count(read(t, content+"/etc/ssl/certs/ca-certificates.crt"), "BEGIN CERTIFICATE"); n < 100 {
			t.Errorf("%s: %d authorities", arch, n)
		}
	}
}

// What moves images to a registry takes it.
func TestImageIsCopied(t *testing.T) {
	must(t, "skopeo", "--insecure-policy", "copy", "--all", "oci-archive:"+made+"/1.0.0/loginwatch_1.0.0_image.tar:1.0.0", "dir:"+t.TempDir())
}

// unpack lays an image's layers out as a runtime does.
func unpack(t *testing.T, image v1.Image, dir string) string {
	t.Helper()
	layers := mutate.Extract(image)
	defer func() { _ = layers.Close() }()
	r := tar.NewReader(layers)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		} else if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			var content bytes.Buffer
			if _, err = io.Copy(&content, r); err == nil {
				err = os.WriteFile(path, content.Bytes(), h.FileInfo().Mode())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if os.Geteuid() == 0 {
			if err := os.Chown(path, h.Uid, h.Gid); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, h.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
	}
}

// container is an image that was laid out, and what starts in it.
type container struct {
	root   string
	config v1.Config
}

func startable(t *testing.T) container {
	t.Helper()
	image := images(t)["linux/"+runtime.GOARCH]
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := container{unpack(t, image, openDir(t)), file.Config}
	for _, dir := range []string{"/proc", "/dev"} { // a runtime makes them
		if err := os.Mkdir(c.root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// run starts the program as a user, without a variable of the environment, on a file system
// that can't be written, but for the store's folder where that is said.
func (c container) run(t *testing.T, user string, store bool, args ...string) (string, error) {
	t.Helper()
	words := c.words(user, store, args)
	return command(t, words[0], words[1:]...)
}

func (c container) words(user string, store bool, args []string) []string {
	words := []string{"--ro-bind", c.root, "/", "--proc", "/proc", "--dev", "/dev", "--unshare-all", "--die-with-parent", "--clearenv", "--chdir", c.config.WorkingDir}
	if store {
		words = append(words, "--bind", c.root+c.config.WorkingDir, c.config.WorkingDir)
	}
	words = slices.Concat([]string{"bwrap"}, words, []string{"--"}, c.config.Entrypoint, args)
	if os.Geteuid() == 0 {
		words = slices.Concat([]string{"setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "--"}, words)
	}
	return words
}

// watches tells whether a daemon comes to a login that is well, and what it says until then.
func (c container) watches(t *testing.T, user string, store bool, url string) (said string, well bool) {
	t.Helper()
	words := c.words(user, store, []string{"serve", "--simulate", "--every", "1s", "--store", url})
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); !well && lines.Scan(); {
		said += lines.Text() + "\n"
		well = strings.Contains(lines.Text(), " ok ")
	}
	_, _ = cmd.Process.Kill(), cmd.Wait() // which is an error if it ended by that
	return said, well
}

// Whoever runs it, known to the system or not, without a home and a folder for temporary
// files: it writes to the store alone, and without one to nothing.
func TestAnyUserOnAReadOnlySystem(t *testing.T) {
	c := startable(t)
	store := c.root + c.config.WorkingDir
	if err := os.Chmod(store, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		user  string
		store bool
		url   string
		want  string // "" is well
	}{
		"a user of nobody":           {"54321", true, "sqlite:one.db", ""},
		"nobody":                     {"65534", true, "sqlite:two.db", ""},
		"nothing can be written":     {"54321", false, "memory", ""},
		"a store that can't be made": {"54321", false, "sqlite:three.db", "read-only file system: name a file on a file system that can be written"},
	} {
		t.Run(name, func(t *testing.T) {
			said, well := c.watches(t, tt.user, tt.store, tt.url)
			if well != (tt.want == "") || !strings.Contains(said, tt.want) {
				t.Fatalf("it comes to a login: %t\n%s", well, said)
			}
			if tt.want != "" || tt.url == "memory" {
				return
			}
			for _, verb := range [][]string{{"store", "check"}, {"store", "export"}, {"history"}, {"credentials"}, {"drift"}} {
				if out, err := c.run(t, tt.user, true, append(verb, "--store", tt.url)...); err != nil {
					t.Errorf("%v: %v\n%s", verb, err, out)
				}
			}
		})
	}
}

// The image runs with nothing but what is in it, as its own user, on a file system that
// can't be written but for the store: it knows time zones and authorities, and verifies.
func TestImageRuns(t *testing.T) {
	c := startable(t)
	id, _, _ := strings.Cut(c.config.User, ":")
	root := c.root
	inside := func(args ...string) (string, error) { return c.run(t, id, true, args...) }
	out, err := inside("version")
	if err != nil || !strings.HasPrefix(out, "loginwatch 1.0.0 ") {
		t.Fatalf("version: %v %s", err, out)
	}
	if out, err := inside("verify", "--simulate", "--format", "json", "--output", "report.json", "--store", "sqlite:loginwatch.db"); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	var report struct{ Results []any }
	if err := json.Unmarshal([]byte(read(t, root+"/var/lib/loginwatch/report.json")), &report); err != nil || len(report.Results) < 10 {
		t.Errorf("%d cases were verified, %v", len(report.Results), err)
	}
	if _, err := os.Stat(root + "/var/lib/loginwatch/loginwatch.db"); err != nil {
		t.Error(err)
	}
	zoned := "targets:\n  here: {vendor: signzy-ezkra, documented: preproduction, secrets: {username: 'env:U', password: 'env:P'}}\nprobes:\n  signzy-ezkra/login: {schedule: 'CRON_TZ=Asia/Kolkata 0 9 * * *'}\n"
	place(t, root+"/etc/loginwatch/loginwatch.yaml", zoned, 0o644)
	if out, err := inside("vet", "--config", "/etc/loginwatch/loginwatch.yaml"); err != nil {
		t.Errorf("vet: %v\n%s", err, out)
	}
}
