package main

import (
	"fmt"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/arazzo"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack"
)

type exportCmd struct {
	OpenAPI exportOpenAPICmd `cmd:"" name:"openapi" help:"Write a contract as an OpenAPI 3.1 document."`
	Arazzo  exportArazzoCmd  `cmd:"" name:"arazzo" help:"Write the probes and safe cases of a contract as workflows of Arazzo 1.0, over its OpenAPI document."`

	OpenSLO exportOpenSLOCmd `cmd:"" name:"openslo" help:"Write the objectives of a vendor's probes as OpenSLO, for Prometheus."`

	Markdown exportMarkdownCmd `cmd:"" help:"Write a page for people, as Markdown: what is documented, what is ruled and what was seen."`
	HTML     exportHTMLCmd     `cmd:"" name:"html" help:"Write the same page as one file of HTML."`
}

// exportFlags are shared by all that is written of one vendor's contract.
type exportFlags struct {
	packFlag
	Vendor string `arg:"" help:"Whose contract to write."`
	Output string `help:"The file to write; the standard output by default." placeholder:"FILE"`
}

// chosen finds the contract, and the catalog with its probes.
func (f exportFlags) chosen() (*loginwatch.Contract, *pack.Catalog, error) {
	c, read, err := f.chosenOf("")
	return c, read.Catalog, err
}

// chosenOf finds the contract, and all that a configuration says, where one is named: it may
// have packs.
func (f exportFlags) chosenOf(config string) (*loginwatch.Contract, app.Reading, error) {
	read, problems := f.files(config).Read()
	if len(problems) > 0 {
		return nil, read, app.ProblemsError(problems)
	}
	chosen, err := app.Choose(read.Catalog, f.Vendor)
	if err != nil {
		return nil, read, err
	}
	return chosen[0], read, nil
}

// write hands on what was made, once all of it is.
func (f exportFlags) write(env environment, text []byte) error {
	var err error
	if f.Output == "" {
		_, err = env.stdout.Write(text)
	} else {
		err = app.WriteFile(f.Output, text)
	}
	if err != nil {
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

type exportArazzoCmd struct {
	exportFlags
	formatFlag
	OpenAPI string `name:"openapi" help:"Where the OpenAPI document is, as whoever reads this finds it; ./VENDOR.openapi.yaml by default." placeholder:"FILE"`
}

// Run writes the probes and cases of a contract as Arazzo, and says what it has no words for.
func (a exportArazzoCmd) Run(env environment) error {
	c, catalog, err := a.chosen()
	if err != nil {
		return err
	}
	source := a.OpenAPI
	if source == "" {
		source = "./" + c.Vendor + ".openapi.yaml"
	}
	document, leftOut := arazzo.Document(c, catalog.ProbesOf(c.Vendor), source)
	if len(leftOut) > 0 {
		safe := len(slices.DeleteFunc(slices.Clone(c.Cases), (*loginwatch.Case).OnlyWhenNamed))
		out := map[string]bool{} // a case may be left out for two reasons
		for _, l := range leftOut {
			out[l.Case] = true
		}
		fmt.Fprintf(env.stderr, "loginwatch: Arazzo has no words for %d of %s of %s; left out:\n", len(out), plural(safe, "safe case"), c.Vendor)
	}
	for _, l := range leftOut {
		fmt.Fprintf(env.stderr, "  %s\n", l)
	}
	if document == nil {
		return ours(fmt.Errorf("nothing is left of %s for Arazzo", c.Vendor))
	}
	text, err := a.text(document)
	if err != nil {
		return ours(err)
	}
	return a.write(env, text)
}
