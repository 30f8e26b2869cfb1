package curl

import (
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/golden"
)

// Each line has the word hunter2 where a value would be, and no error may show it.
func TestRefused(t *testing.T) {
	for line, want := range map[string]string{
		"":                                    "there is no line for curl",
		"# curl https://hunter2":              "there is no line for curl",
		"wget https://hunter2":                "there is no line for curl",
		"curl":                                "line 1: there is no address in this command",
		"curl -d hunter2":                     "line 1: there is no address in this command",
		"\n\ncurl -H 'hunter2 \n a":           "line 3: a ' is opened and not closed",
		"curl \\\n -H \"hunter2 \n a":         "line 2: a \" is opened and not closed",
		"curl \\\n -d $'hunter2":              "line 2: a $' is opened and not closed",
		"curl x -d @- <<E\nhunter2\n":         "line 1: the here-document does not end",
		"curl x -d @- <<;":                    "line 1: the mark of a here-document can't be read",
		"curl x -d $(cat hunter2)":            "line 1: a command substitution can't be read: what the command writes is not known. A variable in its place can",
		"A=$(curl x | sed s/hunter2//)":       "line 1: a command substitution can't be read: what the command writes is not known. A variable in its place can",
		"A=$(curl x y | jq .hunter2)":         "line 1: a value is kept of the answers to several requests",
		"A=$(B=$(curl x | jq .hunter2))":      "line 1: a command substitution can't be read: what the command writes is not known. A variable in its place can",
		"A=$(curl x | jq .hunter2":            "line 1: a command substitution can't be read: what the command writes is not known. A variable in its place can",
		"curl x \\\n-d \"`hunter2`\"":         "line 2: a command substitution can't be read: what the command writes is not known. A variable in its place can",
		"curl x -d <(hunter2)":                "line 1: a process substitution can't be read: what the command writes is not known",
		"curl x -d p=`hunter2`":               "line 1: a command substitution can't be read: what the command writes is not known. A variable in its place can",
		"(curl hunter2)":                      "line 1: parentheses of a shell can't be read: a line for curl alone can",
		"curl ${X:-hunter2}":                  "line 1: this expansion of a variable can't be read: ${NAME} can",
		"curl https://x -d $1":                "line 1: a parameter of the shell can't be taken over",
		"curl $A_B/$a_b":                      "line 1: two variables have names that differ only in how they are written",
		"curl x -d {\"hunter2\":1,a:b}":       "line 1: bash makes several words of braces that are not in quotes",
		"curl x -d $'\\xff hunter2'":          "line 1: -d (--data): what it sends is no UTF-8",
		"curl x -d $'\\u0000'":                "line 1: a number in $'…' stands for no character that can be sent",
		"curl x -d @hunter2.json":             "line 1: -d (--data): a file is named here, which is not read: put its content in its place",
		"curl x --data-urlencode n@hunter2":   "line 1: --data-urlencode: a file is named here, which is not read: put its content in its place",
		"curl x --json @hunter2":              "line 1: --json: a file is named here, which is not read: put its content in its place",
		"curl x -F f=@hunter2":                "line 1: -F (--form): a file is named here, which is not read: put its content in its place",
		"curl x -F 'f=<hunter2'":              "line 1: -F (--form): a file is named here, which is not read: put its content in its place",
		"curl x -F hunter2":                   "line 1: -F (--form): a field of a form has a name, and = behind it",
		"curl x -F 'a=b;hunter2=c'":           "line 1: -F (--form): what stands behind the ; of a field is none of its parameters",
		"curl x -H @hunter2":                  "line 1: -H (--header): a file is named here, which is not read: put its content in its place",
		"curl x \\\n -T hunter2":              "line 2: -T (--upload-file): a file is sent, and not read: its content belongs on the line, by --data-binary and -X PUT",
		"curl -K hunter2":                     "line 1: -K (--config): a file of options is named and not read: its options belong on the line",
		"cat hunter2 | curl x -d @-":          "line 1: -d (--data): what another command writes is sent here, which is not known: put it in its place",
		"echo 'hunter2\\n' | curl x -d @-":    "line 1: -d (--data): what another command writes is sent here, which is not known: put it in its place",
		"echo -e hunter2 | curl x -d @-":      "line 1: -d (--data): what another command writes is sent here, which is not known: put it in its place",
		"curl x -d @- < hunter2":              "line 1: -d (--data): what another command writes is sent here, which is not known: put it in its place",
		"curl x --hunter2":                    "line 1: an option that curl does not have",
		"curl x --data=hunter2":               "line 1: an option that curl does not have",
		"curl x --da hunter2":                 "line 1: an option that is shortened to the beginning of several",
		"curl x -$OPTION":                     "line 1: a variable stands for options",
		"curl x -sü":                          "line 1: an option that curl does not have",
		"curl x \\\n\\\n -H":                  "line 3: -H (--header) has no value",
		"curl x -H \"$HEADER\"":               "line 1: a variable stands for a whole header: write its name, with a variable for its value",
		"curl x -H \"$A: hunter2\"":           "line 1: a header has a name that is no word",
		"curl x -H $'A: hunter2\\nB: c'":      "line 1: a header has a control character in it",
		"curl x -H \"Content-Type: $T\" -d a": "line 1: a variable stands in the content type",
		"curl x -u \"$CREDENTIALS\"":          "line 1: a variable stands for user and password together: write NAME:PASSWORD, with a variable for each",
		"curl x -X 'hunter 2'":                "line 1: -X (--request): the method is no word",
		"curl 'x/a b'":                        "line 1: a space in an address is not percent-encoded",
		"curl 'x/{hunter2,b}'":                "line 1: curl makes several addresses of [ ] and { }, but for -g or a \\ before them",
		"curl 'x/[1-2]'":                      "line 1: curl makes several addresses of [ ] and { }, but for -g or a \\ before them",
		"curl ftp://hunter2/x":                "line 1: the address is of another protocol than HTTP",
		"curl x -d a -F b=c":                  "line 1: the line sends a body in two ways, or a body with HEAD, which curl refuses",
		"curl x -I -d a":                      "line 1: the line sends a body in two ways, or a body with HEAD, which curl refuses",
		"curl 'https://a:hunter2@b@c/'":       "line 1: an @ in the user or password of an address is not percent-encoded",
		"curl 'x?a=%ff'":                      "line 1: what is percent-encoded is no UTF-8",
		"curl \"x?$PAIRS\"":                   "line 1: a variable stands for the name of a parameter, or for several of them",
		"curl x -G --data-urlencode \"$A=b\"": "line 1: --data-urlencode: a variable stands for the name of a field",
		"curl x\n\x00hunter2":                 "line 2: a NUL stands in it",
		"curl x\n\nhunter2\xff":               "line 3: it is no UTF-8",
		// PowerShell
		"curl.exe `\n -d 'hunter2":                  "line 2: a ' is opened and not closed",
		"curl.exe `\n -d \"hunter2":                 "line 2: a \" is opened and not closed",
		"curl.exe `\n -d @'\nhunter2":               "line 2: a @' is opened and not closed",
		"curl.exe `\n -d \"$(hunter2)\"":            "line 2: a subexpression can't be read: what the command writes is not known. A variable in its place can",
		"curl.exe `\n -d (hunter2)":                 "line 2: an expression of PowerShell can't be read: a text or a variable in its place can",
		"curl.exe `\n -d $env:A.hunter2":            "line 2: a member of a variable can't be read: a variable alone can",
		"curl.exe `\n -d a,hunter2":                 "line 2: PowerShell makes a list of a comma that is not in quotes",
		"curl.exe `\n -d @hunter2":                  "line 2: -d (--data): a file is named here, which is not read: put its content in its place",
		"$a = @{Uri='hunter2'}\nirm @a":             "line 2: parameters in a table (@NAME) can't be read: name them behind the command",
		"curl.exe --% x -d hunter2":                 "line 1: --% of PowerShell can't be read: leave it out, and put what has signs in it into quotes",
		"curl.exe `\n @{a='hunter2'}":               "line 2: an expression of PowerShell can't be read: a text or a variable in its place can",
		"Invoke-WebRequest":                         "line 1: there is no address in this command",
		"iwr x -Headers 'hunter2'":                  "line 1: -headers: a hash table of texts is due",
		"iwr x -Headers @{\n'hunter2'":              "line 2: a key of a hash table has no value",
		"iwr x `\n-Body @{hunter2=1 ":               "line 2: a @{ is opened and not closed",
		"iwr x -Body @{a=(hunter2)}":                "line 1: " + errValues,
		"iwr x -Body @{a=@{b='hunter2'}}":           "line 1: -body: a table in a table goes into no form: ConvertTo-Json is missing",
		"iwr x -Form 'hunter2'":                     "line 1: -form: a hash table of texts is due",
		"iwr x -InFile hunter2":                     "line 1: -infile: a file is named here, which is not read: put its content in its place",
		"irm x -Token hunter2":                      "line 1: -token can't be read: write an Authorization among the headers, with a variable for its value",
		"irm x -Method 'hunter 2'":                  "line 1: -method: the method is no word",
		"irm x -hunter2":                            "line 1: a parameter that Invoke-WebRequest does not have",
		"irm x -c hunter2":                          "line 1: a parameter that is shortened to the beginning of several",
		"irm x -Uri":                                "line 1: -uri has no value",
		"irm x -Body (Get-Content hunter2)":         "line 1: an expression of PowerShell can't be read: a text or a variable in its place can",
		"irm x -Body " + strings.Repeat("@{a=", 20): "line 1: hash tables are nested too deep",
		// cmd
		"curl x ^\n -d \"hunter2":                   `line 2: a " is opened and not closed on its line`,
		"curl x ^\n -d ^\"hunter2":                  `line 2: a " is opened and not closed`,
		"curl x ^\n -d \"{\\\"a\\\":\\\"b&c\\\"}\"": `line 2: a " is opened and not closed`,
		"curl x ^\n -d @hunter2":                    "line 2: -d (--data): a file is named here, which is not read: put its content in its place",
	} {
		recording, err := Read([]byte(line))
		var place *importer.Error
		switch {
		case err == nil:
			t.Errorf("%q is read as:\n%s", line, golden.Text(recording))
		case !errors.As(err, &place):
			t.Errorf("%q: %T has no place", line, err)
		case err.Error() != want:
			t.Errorf("%q:\n got %v\nwant %s", line, err, want)
		}
	}
}

var helpLine = regexp.MustCompile(`^ (?:-(.),|   ) --(\S+)( [<\[])?`)

// The table says of each option what the curl of this machine says of it.
func TestOptions(t *testing.T) {
	help, err := exec.CommandContext(t.Context(), "curl", "--help", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	all, seen := known(), 0
	for line := range strings.Lines(string(help)) {
		found := helpLine.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		seen++
		o, known := all.names[found[2]]
		if !known || o.letter != found[1] || o.argument != (found[3] != "") {
			t.Errorf("curl says %q, the table %+v", strings.TrimSpace(line), o)
		}
	}
	if seen < 200 {
		t.Errorf("%d options are told by curl", seen)
	}
	for name, o := range all.names {
		if o.treatment != set && o.treatment != ignored && o.treatment != remark && o.treatment != refused || (o.text == "") != (o.treatment == set || o.treatment == ignored) {
			t.Errorf("%s: %+v", name, o)
		}
		if o.treatment == set {
			c, w := &call{}, word{text: importer.Plain("a=b"), line: 1}
			if name == "request" {
				w.text = importer.Plain("PUT")
			}
			if err := c.apply(given{o, w}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, file := range []string{"bash", "powershell", "cmd", "answers"} {
		for _, line := range corpus(f, "testdata/"+file+".txtar").Files {
			if !strings.HasSuffix(line.Name, ".want") {
				f.Add(line.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		recording, err := Read(data)
		var place *importer.Error
		switch {
		case err != nil && !errors.As(err, &place):
			t.Errorf("%T has no place", err)
		case err == nil && !utf8.ValidString(golden.Text(recording)):
			t.Error("what is read is no UTF-8")
		case err == nil:
			for _, e := range recording.Exchanges {
				if e.Request.Method == "" || len(e.Request.URL.Texts) != len(e.Request.URL.Names)+1 || e.At.Line == 0 {
					t.Errorf("%+v", e)
				}
			}
		}
	})
}
