package importer

import "fmt"

// MostRemarks is how many a reader makes: what has more is described in another way than
// it can read.
const MostRemarks = 200

// Remarks collects them, each once for a place. The zero value is ready.
type Remarks struct {
	list []Remark
	said map[Remark]bool
}

// Addf adds a remark.
func (r *Remarks) Addf(at Place, format string, args ...any) {
	remark := Remark{At: at, Text: fmt.Sprintf(format, args...)}
	switch {
	case r.said[remark] || len(r.list) > MostRemarks:
		return
	case len(r.list) == MostRemarks:
		remark = Remark{Text: fmt.Sprintf("there are more than %d remarks: the others are left out", MostRemarks)}
	}
	if r.said == nil {
		r.said = map[Remark]bool{}
	}
	r.said[remark] = true
	r.list = append(r.list, remark)
}

// List gives them in the order in which they were added.
func (r *Remarks) List() []Remark { return r.list }
