package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// sbom lists what the program itself says that it is made of, in the format of CycloneDX.
func (r release) sbom() error {
	file, err := filepath.Abs(filepath.Join(r.out, "loginwatch_"+r.version+".cdx.json"))
	if err != nil {
		return err
	}
	program, err := filepath.Abs(filepath.Join(r.stage(r.arches[0]), "loginwatch"))
	if err != nil {
		return err
	}
	_, err = output(filepath.Join(r.repo, "tools/deploy"), nil, "go", "tool", "cyclonedx-gomod", "bin",
		"-json", "-noserial", "-licenses", "-std", "-version", "v"+r.version, "-output", file, program)
	if err != nil {
		return err
	}
	return r.dated(file)
}

// dated has the list bear the date of the sources, not that of the build.
func (r release) dated(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var sbom map[string]any
	if err := json.Unmarshal(text, &sbom); err != nil {
		return err
	}
	if metadata, ok := sbom["metadata"].(map[string]any); ok {
		metadata["timestamp"] = r.date.Format(time.RFC3339)
	}
	if text, err = json.MarshalIndent(sbom, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
