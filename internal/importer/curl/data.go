package curl

import (
	"errors"
	"net/url"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// sent takes an option that sends data (curl(1), "--data" and those that refer to it).
func (c *call) sent(o given) error {
	value := o.value.text
	switch o.name {
	case "data-urlencode":
		var err error
		if value, err = encoded(value); err != nil {
			return err
		}
	case "data-raw":
	default: // data, data-ascii, data-binary, json
		literal, _ := request.Literal(value)
		switch {
		case literal == "@-" && c.stdin != nil:
			value = *c.stdin
			if o.name == "data" || o.name == "data-ascii" { // -d leaves the ends of lines out of what it reads
				value = importer.Mapped(value, func(s string) string { return strings.NewReplacer("\n", "", "\r", "").Replace(s) })
			}
		case literal == "@-":
			return errStdin
		case request.Begins(value, "@"):
			return errFile
		}
	}
	switch {
	case !c.hasData:
		c.data = value
	case o.name == "json":
		c.data = importer.Joined(c.data, value)
	default:
		c.data = importer.Joined(c.data, importer.Plain("&"), value)
	}
	c.hasData = true
	c.json = c.json || o.name == "json"
	return nil
}

// encoded reads the forms of --data-urlencode: content, =content, name=content,
// @file and name@file.
func encoded(value loginwatch.Template) (loginwatch.Template, error) {
	first := value.Texts[0]
	equals, at := strings.IndexByte(first, '='), strings.IndexByte(first, '@')
	switch {
	case equals < 0 && at < 0 && len(value.Names) > 0:
		// A variable before the = would decide which form it is.
		if _, _, found := request.Cut(value, "="); found {
			return value, errors.New("a variable stands for the name of a field")
		}
		return importer.Mapped(value, escaped), nil
	case equals < 0 && at < 0:
		return importer.Mapped(value, escaped), nil
	case at >= 0 && (equals < 0 || at < equals):
		return value, errFile
	}
	name, content, _ := request.Cut(value, "=")
	content = importer.Mapped(content, escaped)
	if equals == 0 {
		return content, nil
	}
	return importer.Joined(name, importer.Plain("="), content), nil
}

func escaped(text string) string { return url.QueryEscape(text) }

// queried takes --url-query, which is --data-urlencode for the query; a + before it
// keeps it as it is.
func (c *call) queried(value loginwatch.Template) error {
	if request.Begins(value, "+") {
		value.Texts = append([]string{value.Texts[0][1:]}, value.Texts[1:]...)
		c.query = append(c.query, value)
		return nil
	}
	value, err := encoded(value)
	c.query = append(c.query, value)
	return err
}
