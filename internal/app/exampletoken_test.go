package app_test

import (
	"cmp"
	"encoding/base64"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// What vet lets through is well at the simulator that is made of it: words in the place
// of a token, or a token of another form, are told with the place of the example, and
// the JWT that is offered instead is one.
func TestExampleTokens(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/example-token.txtar")
	if err != nil {
		t.Fatal(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	head, claims := part([]byte(`{"alg":"HS256","typ":"JWT"}`)), part([]byte(`{"sub":"u1","iat":1516239022,"exp":1516242622}`))
	whole := head + "." + claims + "." + part(make([]byte, 32))
	const jwt, opaque, unstated = "form: jwt", "form: opaque", "form: unstated"
	const placeholder = "placeholders: [/data/token]"
	const beside = "placeholders: [/data]"
	const moved = "\ndefects:\n  place: {at: login.success/data/token, document: token, sample: token, ruling: token, tolerate: {moved_to: /data/access}, cite: token}\n"
	const idle = "\ndefects:\n  place: {at: login.success/data/token, document: a, sample: b, ruling: a, cite: token}\n"
	for name, tt := range map[string]struct {
		form, token, placeholders, defect, typ string
		well                                   bool
	}{
		"a JWT":                            {form: jwt, token: `"` + whole + `"`, well: true},
		"a JWT, placeholder":               {form: jwt, token: `"` + whole + `"`, placeholders: placeholder, well: true},
		"opaque word":                      {form: jwt, token: `"TOKEN"`},
		"opaque word, placeholder":         {form: jwt, token: `"TOKEN"`, placeholders: placeholder},
		"opaque word, placeholder beside":  {form: jwt, token: `"TOKEN"`, placeholders: beside},
		"opaque word, moved":               {form: jwt, token: `"TOKEN"`, defect: moved},
		"opaque word, idle":                {form: jwt, token: `"TOKEN"`, defect: idle},
		"dots":                             {form: jwt, token: `"eyJ..."`},
		"dots, placeholder":                {form: jwt, token: `"eyJ..."`, placeholders: placeholder},
		"angles":                           {form: jwt, token: `"<token>"`, placeholders: placeholder},
		"template":                         {form: jwt, token: `"${token}"`},
		"template, placeholder":            {form: jwt, token: `"${token}"`, placeholders: placeholder},
		"two parts":                        {form: jwt, token: `"` + head + "." + claims + `"`},
		"two parts, placeholder":           {form: jwt, token: `"` + head + "." + claims + `"`, placeholders: placeholder},
		"bad base64":                       {form: jwt, token: `"` + head + "." + claims + `.a+b="`},
		"bad base64, moved":                {form: jwt, token: `"` + head + "." + claims + `.a+b="`, defect: moved},
		"padded":                           {form: jwt, token: `"` + head + "==." + claims + "." + `AAAA"`},
		"header no JSON":                   {form: jwt, token: `"` + part([]byte("HS256")) + "." + claims + `.AAAA"`},
		"header no object":                 {form: jwt, token: `"` + part([]byte(`["HS256"]`)) + "." + claims + `.AAAA"`},
		"payload no object":                {form: jwt, token: `"` + head + "." + part([]byte(`5`)) + `.AAAA"`},
		"no signature":                     {form: jwt, token: `"` + head + "." + claims + `."`},
		"alg none":                         {form: jwt, token: `"` + part([]byte(`{"alg":"none"}`)) + "." + claims + `."`},
		"other alg":                        {form: "form: jwt\n      algorithms: [RS256]", token: `"` + whole + `"`},
		"other alg, moved":                 {form: "form: jwt\n      algorithms: [RS256]", token: `"` + whole + `"`, defect: moved},
		"other alg, placeholder":           {form: "form: jwt\n      algorithms: [RS256]", token: `"` + whole + `"`, placeholders: placeholder},
		"expired":                          {form: jwt, token: `"` + head + "." + part([]byte(`{"exp":1516242}`)) + `.AAAA"`},
		"expired, placeholder":             {form: jwt, token: `"` + head + "." + part([]byte(`{"exp":1516242}`)) + `.AAAA"`, placeholders: placeholder},
		"empty":                            {form: jwt, token: `""`},
		"empty, placeholder":               {form: jwt, token: `""`, placeholders: placeholder},
		"empty, opaque, placeholder":       {form: opaque, token: `""`, placeholders: placeholder, well: true},
		"null word, placeholder":           {form: opaque, token: `"null"`, placeholders: placeholder, well: true},
		"your token":                       {form: opaque, token: `"your token"`},
		"your token, placeholder":          {form: opaque, token: `"your token"`, placeholders: placeholder, well: true},
		"your token, moved":                {form: opaque, token: `"your token"`, defect: moved},
		"unstated, your token":             {form: unstated, token: `"your token"`},
		"unstated, TOKEN":                  {form: unstated, token: `"TOKEN"`, well: true},
		"unstated, placeholder":            {form: unstated, token: `"your token"`, placeholders: placeholder, well: true},
		"uuid, wrong":                      {form: opaque, token: `"TOKEN"`, typ: `"type": "string", "format": "uuid"`},
		"uuid, wrong, placeholder":         {form: opaque, token: `"TOKEN"`, typ: `"type": "string", "format": "uuid"`, placeholders: placeholder},
		"uuid, placeholder":                {form: opaque, token: `"a822e018-80a4-4a86-bd9d-9855710109ff"`, typ: `"type": "string", "format": "uuid"`, placeholders: placeholder, well: true},
		"prefix, wrong":                    {form: opaque, token: `"TOKEN"`, typ: `"type": "string", "pattern": "^shpat_[0-9a-f]{32}$"`},
		"prefix, placeholder":              {form: opaque, token: `"shpat_0123456789abcdef0123456789abcdef"`, typ: `"type": "string", "pattern": "^shpat_[0-9a-f]{32}$"`, placeholders: placeholder, well: true},
		"short placeholder, one in schema": {form: opaque, token: `"<your token>"`, typ: `"type": "string", "maxLength": 12`, placeholders: placeholder, well: true},
		"blank placeholder of 12":          {form: opaque, token: `"yourtoken 12"`, typ: `"type": "string", "pattern": "^your"`, placeholders: placeholder},
		"enum placeholder":                 {form: opaque, token: `"two words"`, typ: `"type": "string", "enum": ["two words"]`, placeholders: placeholder},
		"length, wrong":                    {form: opaque, token: `"TOKEN"`, typ: `"type": "string", "minLength": 32`},
		"number":                           {form: opaque, token: `12345`, typ: `"type": "integer"`},
		"number, text too":                 {form: opaque, token: `12345`, typ: `"type": ["string", "integer"]`},
		"number, placeholder":              {form: opaque, token: `12345`, typ: `"type": "integer"`, placeholders: placeholder},
		"number, jwt":                      {form: jwt, token: `12345`, typ: `"type": "integer"`},
		"number, idle":                     {form: jwt, token: `12345`, typ: `"type": "integer"`, defect: idle},
		"null":                             {form: opaque, token: `null`, typ: `"type": ["string", "null"]`},
		"null, placeholder":                {form: opaque, token: `null`, typ: `"type": ["string", "null"]`, placeholders: placeholder},
		"object":                           {form: opaque, token: `{}`, typ: `"type": "object"`},
		"list, any type":                   {form: jwt, token: `[]`, typ: `"type": "array"`},
	} {
		t.Run(name, func(t *testing.T) {
			load := func(token string) (*pack.Catalog, loginwatch.Problems) {
				write := strings.NewReplacer("FORM", tt.form, `"token": TOKEN`, `"token": `+token, "PLACEHOLDERS", tt.placeholders, "DEFECT", tt.defect, "TYPE", cmp.Or(tt.typ, `"type": "string"`))
				files := fstest.MapFS{}
				for _, f := range archive.Files {
					files[f.Name] = &fstest.MapFile{Data: []byte(write.Replace(string(f.Data)))}
				}
				return pack.Load(pack.Options{}, pack.Source{FS: files})
			}
			catalog, problems := load(tt.token)
			if tt.well {
				if len(problems) > 0 {
					t.Fatalf("refused:\n%v", problems)
				}
				wellSimulated(t, catalog)
				return
			}
			if len(problems) != 1 {
				t.Fatalf("%d problems:\n%v", len(problems), problems)
			}
			said := problems[0].String()
			if where := "contracts/shown/examples/login.success.json:4:14: "; !strings.HasPrefix(said, where) && !strings.Contains(said, "breaks its schema at /data/token") {
				t.Errorf("not at the example: %s", said)
			}
			if _, offered, found := strings.Cut(said, "for example "); found {
				if catalog, problems = load(`"` + offered + `"`); len(problems) > 0 {
					t.Fatalf("what is offered is refused:\n%v", problems)
				}
				wellSimulated(t, catalog)
			}
		})
	}
}
