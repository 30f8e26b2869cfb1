package document

type reportJSON struct {
	Version   int            `json:"version"`
	Documents []documentJSON `json:"documents"`
}

type documentJSON struct {
	Vendor    string       `json:"vendor"`
	Document  string       `json:"document"`
	Name      string       `json:"name,omitempty"`
	Status    Status       `json:"status"`
	Reason    string       `json:"reason,omitempty"`
	From      string       `json:"from,omitempty"`
	Against   Basis        `json:"against,omitempty"`
	Note      string       `json:"note,omitempty"`
	Cited     int          `json:"statements"`
	Stands    int          `json:"stand"`
	Unheld    int          `json:"unknown"`
	Elsewhere int          `json:"words_changed_elsewhere"`
	Changes   []changeJSON `json:"changes"`
}

type changeJSON struct {
	Kind       Kind            `json:"kind"`
	Was        *placeJSON      `json:"was,omitempty"`
	Is         *placeJSON      `json:"is,omitempty"`
	Pieces     []pieceJSON     `json:"pieces"`
	Statements []statementJSON `json:"statements"`
}

type placeJSON struct {
	Section string `json:"section,omitempty"`
	Line    int    `json:"line,omitempty"`
}

type pieceJSON struct {
	Op   Op     `json:"op"`
	Text string `json:"text"`
}

type statementJSON struct {
	What   string `json:"statement"`
	Words  string `json:"cite,omitempty"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Source string `json:"source"`
}

func (r Report) json() reportJSON {
	out := reportJSON{Version: jsonVersion, Documents: make([]documentJSON, 0, len(r))}
	for _, d := range r {
		doc := documentJSON{
			Vendor: d.Vendor, Document: safe(d.Document), Name: d.Name, Status: d.Status, Reason: safe(d.Reason), From: safe(d.From), Against: d.Against, Note: d.Note,
			Cited: d.Statements(), Stands: d.Stands, Unheld: d.Unheld, Elsewhere: d.Elsewhere, Changes: make([]changeJSON, 0, len(d.Changes)),
		}
		for _, c := range d.Changes {
			doc.Changes = append(doc.Changes, c.json())
		}
		out.Documents = append(out.Documents, doc)
	}
	return out
}

func (c Change) json() changeJSON {
	out := changeJSON{Kind: c.Kind, Was: c.Was.json(), Is: c.Is.json()}
	for _, p := range c.Pieces {
		out.Pieces = append(out.Pieces, pieceJSON{p.Op, safe(p.Text)})
	}
	for _, s := range c.Statements {
		out.Statements = append(out.Statements, statementJSON{s.What, s.Words, s.Pos.File, s.Pos.Line, safe(s.Source)})
	}
	return out
}

func (p Place) json() *placeJSON {
	if p == (Place{}) {
		return nil
	}
	return &placeJSON{safe(p.Section), p.Line}
}
