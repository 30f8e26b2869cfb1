package main

import (
	"errors"
	"io"
	"os"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack"
)

type exportCmd struct {
	OpenAPI exportOpenAPICmd `cmd:"" name:"openapi" help:"Write a contract as an OpenAPI 3.1 document."`
}

// exportFlags are shared by all that is written of one vendor's contract.
type exportFlags struct {
	packFlag
	Vendor string `arg:"" help:"Whose contract to write."`
	Output string `help:"The file to write; the standard output by default." placeholder:"FILE"`
}

// chosen finds the contract, and the catalog with its probes.
func (f exportFlags) chosen() (*loginwatch.Contract, *pack.Catalog, error) {
	files, problems := f.files("").Read()
	if len(problems) > 0 {
		return nil, nil, app.ProblemsError(problems)
	}
	chosen, err := app.Choose(files.Catalog, f.Vendor)
	if err != nil {
		return nil, nil, err
	}
	return chosen[0], files.Catalog, nil
}

// write hands on what was made, once all of it is.
func (f exportFlags) write(env environment, text []byte) (err error) {
	var to io.Writer = env.stdout
	if f.Output != "" {
		file, err := os.Create(f.Output)
		if err != nil {
			return ours(err)
		}
		defer func() {
			if closed := file.Close(); closed != nil {
				err = ours(errors.Join(err, closed))
			}
		}()
		to = file
	}
	if _, err := to.Write(text); err != nil {
		return ours(err)
	}
	return nil
}

// formatFlag chooses between the two ways to write a document of objects and lists.
type formatFlag struct {
	Format string `default:"yaml" enum:"yaml,json" help:"yaml or json."`
}

func (f formatFlag) text(document exporter.Map) ([]byte, error) {
	if f.Format == "json" {
		return exporter.JSON(document)
	}
	return exporter.YAML(document), nil
}

type exportOpenAPICmd struct {
	exportFlags
	formatFlag
}

// Run writes a contract as OpenAPI.
func (o exportOpenAPICmd) Run(env environment) error {
	c, catalog, err := o.chosen()
	if err != nil {
		return err
	}
	text, err := o.text(openapi.Document(c, catalog.ProbesOf(c.Vendor)))
	if err != nil {
		return ours(err)
	}
	return o.write(env, text)
}
