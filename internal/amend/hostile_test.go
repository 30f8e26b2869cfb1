package amend_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/amend"
	"github.com/loginwatch/loginwatch/internal/drift"
)

// Whatever a vendor calls its fields, the edit is one that patch applies, it changes the
// schema that it is about, and the name stands there as it came.
func TestHostileNames(t *testing.T) {
	const schema = "schemas/signzy-ezkra/login.success.schema.json"
	for _, name := range []string{
		"plain", "", "a/b", "a~b", "~1", "a~0b/c", `"`, `\`, `a\`, "it's", "a\nb", "a\n--- a/etc/passwd\n+++ b/etc/passwd\n@@ -1 +1 @@\n-x\n+y", "\r\n", "\x00", "\x1b[31m",
		"\u202e", "\u2028", "$(reboot)", "`reboot`", "; rm -rf /", "$ref", "required", "properties", "<b>&", "*", "\xff\xfe", "..", "%s%n", strings.Repeat("x", 5000), `": {}, "x": {"`,
	} {
		for _, kind := range []drift.Kind{drift.Added, drift.Renamed, drift.Dropped, drift.Retyped} {
			t.Run(string(kind)+" "+name[:min(len(name), 20)], func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, loginwatch.Embedded); err != nil {
					t.Fatal(err)
				}
				place := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
				part := drift.Part{Kind: kind, Place: place, From: "nothing", To: "string"}
				if kind == drift.Renamed {
					part = drift.Part{Kind: kind, Place: "/userId", From: "/userId", To: place}
				}
				change := &drift.Change{Parts: []drift.Part{part}, At: []string{success}, First: time.Unix(0, 0)}
				edit, err := amend.Of(load(t, dir), change, func(file string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, file)) })
				if err != nil {
					t.Fatal(err)
				}
				if adds := kind == drift.Added || kind == drift.Renamed; len(edit.Files) == 0 {
					if adds && name != "*" {
						t.Errorf("no edit: %q", edit.Notes)
					}
					return
				} else if !adds || len(edit.Files) != 1 || edit.Files[0].Name != schema {
					t.Fatalf("%+v", edit.Files)
				}
				patch := exec.CommandContext(t.Context(), "patch", "-p1", "-d", dir)
				patch.Stdin = bytes.NewReader(edit.Diff(""))
				if out, err := patch.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "patching file "+schema {
					t.Fatalf("%v: %s", err, out)
				}
				text, err := os.ReadFile(filepath.Join(dir, schema))
				if err != nil {
					t.Fatal(err)
				}
				var is struct{ Properties map[string]any }
				called := string([]rune(name)) // JSON has no invalid UTF-8 (RFC 8259, 8.1)
				if err := json.Unmarshal(text, &is); err != nil || is.Properties[called] == nil || len(is.Properties) != 5 {
					t.Errorf("%v: %s", err, text)
				}
				load(t, dir)
			})
		}
	}
}
