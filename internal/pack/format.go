package pack

import (
	"time"

	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/window"
)

// These types are the keys of the files, as a person writes them.

type (
	text     = strictyaml.Text
	span     = strictyaml.Span
	integer  = strictyaml.Placed[int]
	decimal  = strictyaml.Placed[float64]
	duration = strictyaml.Placed[time.Duration]
)

type citation struct {
	Cite     *text `yaml:"cite"`
	In       *text `yaml:"in"`
	Evidence *text `yaml:"evidence"`
}

type contractFile struct {
	span        `yaml:"-"`
	Vendor      text                         `yaml:"vendor,required"`
	Title       text                         `yaml:"title,required"`
	Document    documentFiles                `yaml:"document,required"`
	ProvenOn    serverFiles                  `yaml:"proven_on"`
	Targets     strictyaml.Map[targetFile]   `yaml:"targets"`
	Quota       *quotaFile                   `yaml:"quota"`
	Maintenance []maintenanceFile            `yaml:"maintenance"`
	Secrets     strictyaml.Map[secretFile]   `yaml:"secrets"`
	Variables   strictyaml.Map[variableFile] `yaml:"variables"`
	Computed    strictyaml.Map[computedFile] `yaml:"computed"`
	Operations  strictyaml.Map[opFile]       `yaml:"operations,required"`
	Cases       strictyaml.Map[caseFile]     `yaml:"cases,required"`
	Defects     strictyaml.Map[defectFile]   `yaml:"defects"`
	Negatives   strictyaml.Map[negativeFile] `yaml:"negatives"`
}

// documentFiles is one document or a list of them.
type documentFiles = strictyaml.OneOrMany[documentFile]

type documentFile struct {
	span    `yaml:"-"`
	Name    *text `yaml:"name"`
	Title   text  `yaml:"title,required"`
	File    *text `yaml:"file"`
	Address *text `yaml:"address"`
	Read    text  `yaml:"read,required"`
	Extent  *text `yaml:"extent"`
	SHA256  *text `yaml:"sha256"`
}

// serverFiles is one server or a list of them.
type serverFiles = strictyaml.OneOrMany[serverFile]

type serverFile struct {
	span    `yaml:"-"`
	Server  text `yaml:"server,required"`
	Version text `yaml:"version,required"`
}

type targetFile struct {
	span     `yaml:"-"`
	URL      text `yaml:"url,required"`
	citation `yaml:",inline"`
}

type secretFile struct {
	span `yaml:"-"`
	Demo text `yaml:"demo,required"`
}

type variableFile struct {
	span     `yaml:"-"`
	Default  text `yaml:"default,required"`
	citation `yaml:",inline"`
}

// computedFile has its function's options beside its own keys.
type computedFile struct {
	span     `yaml:"-"`
	Function text                              `yaml:"function,required"`
	Of       strictyaml.OneOrMany[text]        `yaml:"of"`
	Claims   *strictyaml.Value                 `yaml:"claims"`
	Header   *strictyaml.Value                 `yaml:"header"`
	Once     bool                              `yaml:"once"`
	Options  strictyaml.Map[strictyaml.Scalar] `yaml:",rest"`
	citation `yaml:",inline"`
}

type opFile struct {
	span      `yaml:"-"`
	Request   requestFile                 `yaml:"request,required"`
	Outcomes  strictyaml.Map[outcomeFile] `yaml:"outcomes,required"`
	Token     *tokenFile                  `yaml:"token"`
	RateLimit *limitFile                  `yaml:"rate_limit"`
	Control   *text                       `yaml:"control"`
	Revokes   strictyaml.OneOrMany[text]  `yaml:"revokes"`
	Spends    strictyaml.OneOrMany[text]  `yaml:"spends"`
	citation  `yaml:",inline"`
}

type requestFile struct {
	span    `yaml:"-"`
	Method  text                       `yaml:"method,required"`
	Path    text                       `yaml:"path,required"`
	Headers strictyaml.Map[headerFile] `yaml:"headers"`
	Query   strictyaml.Map[paramFile]  `yaml:"query"`
	Cookies strictyaml.Map[cookieFile] `yaml:"cookies"`
	Body    *text                      `yaml:"body"`
	Schema  *text                      `yaml:"schema"`
}

type cookieFile struct {
	span     `yaml:"-"`
	citation `yaml:",inline"`
}

type headerFile struct {
	span     `yaml:"-"`
	Value    text `yaml:"value,required"`
	Optional bool `yaml:"optional"`
	citation `yaml:",inline"`
}

type paramFile struct {
	span     `yaml:"-"`
	Value    text `yaml:"value,required"`
	citation `yaml:",inline"`
}

type outcomeFile struct {
	span         `yaml:"-"`
	Status       strictyaml.OneOrMany[integer]                  `yaml:"status,required"`
	ContentType  strictyaml.OneOrMany[text]                     `yaml:"content_type"`
	Body         *text                                          `yaml:"body"`
	Headers      strictyaml.Map[answerHeaderFile]               `yaml:"headers"`
	Cookies      strictyaml.Map[answerCookieFile]               `yaml:"cookies"`
	Where        strictyaml.Map[strictyaml.ScalarOr[whereFile]] `yaml:"where"`
	Contains     *text                                          `yaml:"contains"`
	Schema       *text                                          `yaml:"schema"`
	Example      *text                                          `yaml:"example"`
	AsOf         time.Time                                      `yaml:"as_of"`
	Placeholders []text                                         `yaml:"placeholders"`
	Means        text                                           `yaml:"means,required"`
	When         []text                                         `yaml:"when"`
	citation     `yaml:",inline"`
}

type answerHeaderFile struct {
	span     `yaml:"-"`
	Example  text `yaml:"example,required"`
	Secret   bool `yaml:"secret"`
	Optional bool `yaml:"optional"`
	citation `yaml:",inline"`
}

type answerCookieFile struct {
	span     `yaml:"-"`
	Example  text  `yaml:"example,required"`
	Optional bool  `yaml:"optional"`
	Secure   bool  `yaml:"secure"`
	HTTPOnly bool  `yaml:"http_only"`
	SameSite *text `yaml:"same_site"`
	citation `yaml:",inline"`
}

// whereFile is a comparison that is not with one scalar; one key of it is set.
type whereFile struct {
	Present *bool `yaml:"present"`
	Prefix  *text `yaml:"prefix"`
}

type tokenFile struct {
	span       `yaml:"-"`
	Outcome    text                      `yaml:"outcome,required"`
	At         text                      `yaml:"at,required"`
	Form       text                      `yaml:"form,required"`
	Algorithms []string                  `yaml:"algorithms"`
	Issued     *text                     `yaml:"issued"`
	Lifetime   *lifetimeFile             `yaml:"lifetime"`
	Matches    []matchFile               `yaml:"matches"`
	Keys       *keysFile                 `yaml:"keys"`
	Claims     strictyaml.Map[claimFile] `yaml:"claims"`
	citation   `yaml:",inline"`
}

type keysFile struct {
	span     `yaml:"-"`
	From     *text `yaml:"from"`
	Pinned   *text `yaml:"pinned"`
	citation `yaml:",inline"`
}

type claimFile struct {
	span     `yaml:"-"`
	Value    *text `yaml:"value"`
	HashOf   *text `yaml:"hash_of"`
	citation `yaml:",inline"`
}

type lifetimeFile struct {
	span       `yaml:"-"`
	At         *text    `yaml:"at"`
	Unit       *text    `yaml:"unit"`
	Until      *text    `yaml:"until"`
	Written    *text    `yaml:"written"`
	Documented *integer `yaml:"documented"` // seconds
	Fixed      bool     `yaml:"fixed,required"`
	citation   `yaml:",inline"`
}

type matchFile struct {
	span     `yaml:"-"`
	At       text   `yaml:"at,required"`
	Claim    text   `yaml:"claim,required"`
	Join     string `yaml:"join"`
	citation `yaml:",inline"`
}

type limitFile struct {
	span     `yaml:"-"`
	Requests integer  `yaml:"requests,required"`
	Per      duration `yaml:"per,required"`
	citation `yaml:",inline"`
}

type maintenanceFile struct {
	span        `yaml:"-"`
	window.File `yaml:",inline"`
	citation    `yaml:",inline"`
}

type quotaFile struct {
	span     `yaml:"-"`
	Logins   integer `yaml:"logins,required"`
	Per      text    `yaml:"per,required"`
	Zone     *text   `yaml:"zone"`
	citation `yaml:",inline"`
}

type caseFile struct {
	span           `yaml:"-"`
	Operation      text                       `yaml:"operation,required"`
	Title          string                     `yaml:"title"`
	Body           *strictyaml.Value          `yaml:"body"`
	BodyFile       *text                      `yaml:"body_file"`
	Raw            *text                      `yaml:"raw"`
	Headers        strictyaml.Map[headerFile] `yaml:"headers"`
	Query          strictyaml.Map[paramFile]  `yaml:"query"`
	WithoutHeaders []text                     `yaml:"without_headers"`
	Expect         strictyaml.OneOrMany[text] `yaml:"expect,required"`
	Risk           *text                      `yaml:"risk"`
	AlternativeTo  *text                      `yaml:"alternative_to"`
	After          strictyaml.OneOrMany[text] `yaml:"after"`
	citation       `yaml:",inline"`
}

type defectFile struct {
	span     `yaml:"-"`
	At       strictyaml.OneOrMany[text] `yaml:"at"`
	Document string                     `yaml:"document,required"`
	Sample   string                     `yaml:"sample,required"`
	Ruling   string                     `yaml:"ruling,required"`
	Tolerate *strictyaml.Value          `yaml:"tolerate"`
	citation `yaml:",inline"`
}

type negativeFile struct {
	span     `yaml:"-"`
	File     text                       `yaml:"file,required"`
	Against  strictyaml.OneOrMany[text] `yaml:"against,required"`
	Why      string                     `yaml:"why,required"`
	citation `yaml:",inline"`
}

type probesFile struct {
	span   `yaml:"-"`
	Vendor text                      `yaml:"vendor,required"`
	Probes strictyaml.Map[probeFile] `yaml:"probes,required"`
}

type probeFile struct {
	span       `yaml:"-"`
	Schedule   text           `yaml:"schedule,required"`
	Timeout    duration       `yaml:"timeout,required"`
	Objectives objectivesFile `yaml:"objectives,required"`
	Steps      []stepFile     `yaml:"steps,required"`
	Enabled    *bool          `yaml:"enabled"`
}

type objectivesFile struct {
	span         `yaml:"-"`
	Availability decimal     `yaml:"availability,required"`
	Correctness  decimal     `yaml:"correctness,required"`
	Latency      latencyFile `yaml:"latency,required"`
}

type latencyFile struct {
	span     `yaml:"-"`
	Quantile decimal `yaml:"quantile,required"`
	Seconds  decimal `yaml:"seconds,required"`
}

type stepFile struct {
	span    `yaml:"-"`
	Case    text                 `yaml:"case,required"`
	Role    *text                `yaml:"role"`
	Capture strictyaml.Map[text] `yaml:"capture"`
}
