// Package postman reads collections of Postman in the formats 2.0 and 2.1: each request is
// a call, each response that was saved with it an answer.
//
// Scripts are never run. Lines that take a value out of an answer are recognised where
// they are as Postman's own snippets have them; a remark says which script has others.
package postman

import (
	"errors"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/collection"
	"github.com/loginwatch/loginwatch/internal/importer/source"
)

type reader struct {
	out     importer.Recording
	fault   *importer.Error
	values  map[string]string // of the collection's variables, by their names there
	remarks importer.Remarks
	made    int // bytes, about
	tokens  []token
}

// Read reads a collection. The error is an *[importer.Error].
func Read(data []byte) (*importer.Recording, error) {
	top, err := source.JSON(data)
	if err != nil {
		return nil, err
	}
	if inner := top.Get("collection"); top.Get("info") == nil && inner != nil {
		top = inner // as Postman's API gives it
	}
	if err := version(top); err != nil {
		return nil, err
	}
	r := &reader{values: map[string]string{}}
	r.out.Title = top.Get("info").Get("name").String()
	r.variables(top.Get("variable"))
	r.scripts(top, nil)
	r.items(top, top.Get("auth"))
	r.tokenRequests()
	if r.fault == nil && len(r.out.Exchanges) == 0 {
		r.fail(top, "the collection has no request")
	}
	if r.fault != nil {
		return nil, r.fault
	}
	r.out.Remarks = r.remarks.List()
	return &r.out, nil
}

func version(top *source.Node) error {
	said := top.Get("info").Get("schema")
	switch {
	case strings.Contains(said.String(), "/v2.1.") || strings.Contains(said.String(), "/v2.0."):
		return nil
	case top.Get("_postman_variable_scope") != nil:
		return &importer.Error{At: top.Place(), Err: errors.New("this is an environment, and not a collection")}
	case top.Get("requests") != nil && top.Get("info") == nil:
		return &importer.Error{At: top.Place(), Err: errors.New("this is a collection of Postman's first format: export it as Collection v2.1")}
	case said != nil:
		return &importer.Error{At: said.Place(), Err: errors.New("this format of a collection is not read: export it as Collection v2.1")}
	}
	return &importer.Error{At: top.Place(), Err: errors.New(`no collection of Postman: "info" has no "schema"`)}
}

// fail keeps the first fault.
func (r *reader) fail(at *source.Node, why string) {
	if r.fault == nil {
		r.fault = &importer.Error{At: at.Place(), Err: errors.New(why)}
	}
}

// remark says what is left out.
func (r *reader) remark(at *source.Node, text string) { r.remarks.Addf(at.Place(), "%s", text) }

func items(n *source.Node) []*source.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// items reads what stands in a folder, or in the collection itself. auth is how those
// around it say that requests are authorized.
func (r *reader) items(folder, auth *source.Node) {
	for _, n := range items(folder.Get("item")) {
		if r.fault != nil {
			return
		}
		inside := nearest(n, auth)
		switch {
		case n.Get("item") != nil:
			r.scripts(n, nil)
			r.items(n, inside)
		case n.Get("request") != nil:
			r.request(n, inside)
		default:
			r.fail(n, "an item is a folder or a request")
		}
	}
}

// nearest is what n says of authorization, or else what those around it say.
func nearest(n, around *source.Node) *source.Node {
	if own := n.Get("auth"); own.Is(source.Mapping) {
		return own
	}
	return around
}

func (r *reader) request(item, auth *source.Node) {
	n := item.Get("request")
	e := importer.Exchange{Name: item.Get("name").String(), At: item.Place()}
	c := &call{reader: r, exchange: &e}
	if n.Is(source.String) { // an address alone is a GET of it
		e.Request.Method = "GET"
		c.address(n)
	} else {
		if e.Request.Method = strings.ToUpper(n.Get("method").String()); e.Request.Method == "" {
			e.Request.Method = "GET"
		}
		c.address(n.Get("url"))
		c.headers(n.Get("header"))
		c.body(n.Get("body"))
	}
	c.auth(nearest(n, auth))
	for _, saved := range items(item.Get("response")) {
		c.answer(saved)
	}
	r.scripts(item, &e)
	if r.made += collection.Size(e); r.made > collection.MostMade {
		r.fail(item, collection.ErrMade.Error())
	}
	r.out.Exchanges = append(r.out.Exchanges, e)
}

// variables are those of the collection, each with those in it filled in.
func (r *reader) variables(list *source.Node) {
	var order []*source.Node
	for _, v := range items(list) {
		name := key(v)
		if name == "" || v.Get("disabled").True() {
			continue
		}
		if _, twice := r.values[name]; !twice {
			order = append(order, v)
		}
		r.values[name] = source.Text(v.Get("value"))
	}
	known, values := map[string]bool{}, collection.NewValues(r.values)
	for _, v := range order {
		name := importer.Name(key(v))
		if name == "" || known[name] {
			continue
		}
		known[name] = true
		value, whole, err := values.Of(key(v))
		switch {
		case err != nil:
			r.fail(v, err.Error())
			return
		case !whole:
			r.remark(v, "the value names a variable that the collection does not have")
		}
		r.out.Variables = append(r.out.Variables, importer.Variable{Name: name, Value: value, Secret: v.Get("type").String() == "secret"})
	}
}

// key is the name of a variable: format 2.0 calls it id.
func key(v *source.Node) string {
	if name := v.Get("key").String(); name != "" {
		return name
	}
	return v.Get("id").String()
}

// template is a text with its variables.
func (r *reader) template(at *source.Node) loginwatch.Template {
	return r.templateOf(at, source.Text(at))
}

func (r *reader) templateOf(at *source.Node, text string) loginwatch.Template {
	r.madeUp(at, text)
	return collection.Template(text)
}

func (r *reader) madeUp(at *source.Node, text string) {
	for _, name := range collection.MadeUp(text) {
		r.remark(at, collection.SaysMadeUp(name))
	}
}
