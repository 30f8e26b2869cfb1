package loginwatch

// Document identifies what the contract cites: a file, which stays outside the
// repository, or a public page, which nobody keeps and so nothing looks up.
type Document struct {
	Name    string // slug by which a source names it; may be empty when it is the only one
	Title   string
	File    string // its name in the folder given to vet --documents; empty for a public page
	Address string // where it was read; may be empty for a file
	Read    string // date, YYYY-MM-DD
	Extent  Extent // how much of it was read; empty where nobody says
	SHA256  string // of the file as read, hex; empty for a public page
	Pos     Pos
}

// Extent is how much of a document whoever wrote the contract has read.
type Extent string

// Of a page that was read in part the words that are cited were read. A text that is
// generally known, such as a standard's, may be cited without its page at hand.
const (
	ReadWhole Extent = "whole"
	ReadPart  Extent = "part"
	ReadNone  Extent = "none"
)

// Extents are all of them, from the most to the least.
func Extents() []Extent { return []Extent{ReadWhole, ReadPart, ReadNone} }

// Shown is what a person knows the document by: the name of its file, or the
// title of a page.
func (d Document) Shown() string {
	if d.File == "" {
		return d.Title
	}
	return d.File
}

// Cite says where a statement comes from: Words locates it in a document of the
// contract; Evidence names another public source when the documents are silent.
type Cite struct {
	Words    string
	Evidence string
	Document string // as shown: the one with the words, or the one that is silent, which is the main one
	Pos      Pos
}

// Todo is what words of a citation are until somebody has looked them up.
const Todo = "TODO"

// NotLookedUp is what people are told of such a citation.
const NotLookedUp = Todo + ", not looked up in a document yet"

// Quote is the locator, as findings show it.
func (c Cite) Quote() string {
	if c.Words == "" && c.Evidence != "" {
		return "not in the document: " + c.Evidence
	}
	return c.Words
}
