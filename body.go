package loginwatch

// BodyFormat says how a body is written. The list is closed.
type BodyFormat string

// The formats. A request's body is one of the first five; multipart is a
// request's alone, and the last two are an answer's alone.
const (
	BodyJSON        BodyFormat = "json"
	BodyForm        BodyFormat = "form"      // application/x-www-form-urlencoded
	BodyMultipart   BodyFormat = "multipart" // multipart/form-data (RFC 7578)
	BodyText        BodyFormat = "text"
	BodyXML         BodyFormat = "xml"
	BodyNone        BodyFormat = "none"        // no body at all
	BodyUnspecified BodyFormat = "unspecified" // the document says nothing about it: any, or none
)

// Structured tells whether a body of the format is decoded to a document that
// pointers and schemas apply to.
func (f BodyFormat) Structured() bool {
	return f == BodyJSON || f == BodyForm || f == BodyMultipart || f == BodyXML
}

// Words is what people call a body of the format.
func (f BodyFormat) Words() string {
	switch f {
	case BodyJSON:
		return "JSON"
	case BodyForm:
		return "form data"
	case BodyMultipart:
		return "multipart form data"
	case BodyXML:
		return "XML"
	}
	return string(f)
}
