package pack

import (
	"time"

	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// These types are the keys of the files, as a person writes them.

type (
	text     = strictyaml.Text
	place    = strictyaml.Place
	integer  = strictyaml.Placed[int]
	decimal  = strictyaml.Placed[float64]
	duration = strictyaml.Placed[time.Duration]
)

type citation struct {
	Cite     *text `yaml:"cite"`
	Evidence *text `yaml:"evidence"`
}

type contractFile struct {
	place      `yaml:"-"`
	Vendor     text                         `yaml:"vendor,required"`
	Title      text                         `yaml:"title,required"`
	Document   documentFile                 `yaml:"document,required"`
	Targets    strictyaml.Map[targetFile]   `yaml:"targets"`
	Secrets    strictyaml.Map[secretFile]   `yaml:"secrets"`
	Variables  strictyaml.Map[variableFile] `yaml:"variables"`
	Operations strictyaml.Map[opFile]       `yaml:"operations,required"`
	Cases      strictyaml.Map[caseFile]     `yaml:"cases,required"`
	Defects    strictyaml.Map[defectFile]   `yaml:"defects"`
	Negatives  strictyaml.Map[negativeFile] `yaml:"negatives"`
}

type documentFile struct {
	place   `yaml:"-"`
	Title   string `yaml:"title,required"`
	File    text   `yaml:"file,required"`
	Address string `yaml:"address"`
	Read    text   `yaml:"read,required"`
	SHA256  text   `yaml:"sha256,required"`
}

type targetFile struct {
	place    `yaml:"-"`
	URL      text `yaml:"url,required"`
	citation `yaml:",inline"`
}

type secretFile struct {
	place `yaml:"-"`
	Demo  text `yaml:"demo,required"`
}

type variableFile struct {
	place    `yaml:"-"`
	Default  text `yaml:"default,required"`
	citation `yaml:",inline"`
}

type opFile struct {
	place     `yaml:"-"`
	Request   requestFile                 `yaml:"request,required"`
	Outcomes  strictyaml.Map[outcomeFile] `yaml:"outcomes,required"`
	Token     *tokenFile                  `yaml:"token"`
	RateLimit *limitFile                  `yaml:"rate_limit"`
	citation  `yaml:",inline"`
}

type requestFile struct {
	place   `yaml:"-"`
	Method  text                       `yaml:"method,required"`
	Path    text                       `yaml:"path,required"`
	Headers strictyaml.Map[headerFile] `yaml:"headers"`
	Query   strictyaml.Map[paramFile]  `yaml:"query"`
	Schema  *text                      `yaml:"schema"`
}

type headerFile struct {
	place    `yaml:"-"`
	Value    text `yaml:"value,required"`
	Optional bool `yaml:"optional"`
	citation `yaml:",inline"`
}

type paramFile struct {
	place    `yaml:"-"`
	Value    text `yaml:"value,required"`
	citation `yaml:",inline"`
}

type outcomeFile struct {
	place        `yaml:"-"`
	Status       strictyaml.OneOrMany[integer]     `yaml:"status,required"`
	ContentType  *text                             `yaml:"content_type"`
	Body         *text                             `yaml:"body"`
	Where        strictyaml.Map[strictyaml.Scalar] `yaml:"where"`
	Contains     *text                             `yaml:"contains"`
	Schema       *text                             `yaml:"schema"`
	Example      *text                             `yaml:"example"`
	AsOf         time.Time                         `yaml:"as_of"`
	Placeholders []text                            `yaml:"placeholders"`
	Means        text                              `yaml:"means,required"`
	When         []text                            `yaml:"when"`
	citation     `yaml:",inline"`
}

type tokenFile struct {
	place      `yaml:"-"`
	Outcome    text          `yaml:"outcome,required"`
	At         text          `yaml:"at,required"`
	Form       text          `yaml:"form,required"`
	Algorithms []string      `yaml:"algorithms"`
	Issued     *text         `yaml:"issued"`
	Lifetime   *lifetimeFile `yaml:"lifetime"`
	Matches    []matchFile   `yaml:"matches"`
	citation   `yaml:",inline"`
}

type lifetimeFile struct {
	place      `yaml:"-"`
	At         *text    `yaml:"at"`
	Unit       *text    `yaml:"unit"`
	Documented *integer `yaml:"documented"` // seconds
	Fixed      bool     `yaml:"fixed,required"`
	citation   `yaml:",inline"`
}

type matchFile struct {
	place    `yaml:"-"`
	At       text   `yaml:"at,required"`
	Claim    text   `yaml:"claim,required"`
	Join     string `yaml:"join"`
	citation `yaml:",inline"`
}

type limitFile struct {
	place    `yaml:"-"`
	Requests integer  `yaml:"requests,required"`
	Per      duration `yaml:"per,required"`
	citation `yaml:",inline"`
}

type caseFile struct {
	place          `yaml:"-"`
	Operation      text                       `yaml:"operation,required"`
	Title          string                     `yaml:"title"`
	Body           *strictyaml.Value          `yaml:"body"`
	Raw            *text                      `yaml:"raw"`
	Headers        strictyaml.Map[headerFile] `yaml:"headers"`
	WithoutHeaders []text                     `yaml:"without_headers"`
	Expect         strictyaml.OneOrMany[text] `yaml:"expect,required"`
	Risk           *text                      `yaml:"risk"`
	AlternativeTo  *text                      `yaml:"alternative_to"`
	citation       `yaml:",inline"`
}

type defectFile struct {
	place    `yaml:"-"`
	At       strictyaml.OneOrMany[text] `yaml:"at"`
	Document string                     `yaml:"document,required"`
	Sample   string                     `yaml:"sample,required"`
	Ruling   string                     `yaml:"ruling,required"`
	Tolerate *strictyaml.Value          `yaml:"tolerate"`
	citation `yaml:",inline"`
}

type negativeFile struct {
	place    `yaml:"-"`
	File     text                       `yaml:"file,required"`
	Against  strictyaml.OneOrMany[text] `yaml:"against,required"`
	Why      string                     `yaml:"why,required"`
	citation `yaml:",inline"`
}

type probesFile struct {
	place  `yaml:"-"`
	Vendor text                      `yaml:"vendor,required"`
	Probes strictyaml.Map[probeFile] `yaml:"probes,required"`
}

type probeFile struct {
	place      `yaml:"-"`
	Schedule   text           `yaml:"schedule,required"`
	Timeout    duration       `yaml:"timeout,required"`
	Objectives objectivesFile `yaml:"objectives,required"`
	Steps      []stepFile     `yaml:"steps,required"`
	Enabled    *bool          `yaml:"enabled"`
}

type objectivesFile struct {
	place        `yaml:"-"`
	Availability decimal     `yaml:"availability,required"`
	Correctness  decimal     `yaml:"correctness,required"`
	Latency      latencyFile `yaml:"latency,required"`
}

type latencyFile struct {
	place    `yaml:"-"`
	Quantile decimal `yaml:"quantile,required"`
	Seconds  decimal `yaml:"seconds,required"`
}

type stepFile struct {
	place   `yaml:"-"`
	Case    text                 `yaml:"case,required"`
	Capture strictyaml.Map[text] `yaml:"capture"`
}
