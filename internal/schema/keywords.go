package schema

// form is what the value of a keyword must be.
type form int

const (
	unknown form = iota
	identifier
	note // an annotation of any type
	noteText
	noteBool
	noteList
	reference
	anyValue
	valueList
	typeNames
	nameList
	size      // an integer of 0 or more
	anyNumber // any number
	positive
	truth
	expression
	formatName
	oneSchema
	schemaList
	schemaOrList
	schemaTable
	patternTable
	dependencyTable
)

// keywords are draft-07's (core 8 and 9, validation 6 to 10) and our own four.
var keywords = map[string]form{
	"$schema": identifier, "$id": identifier, "$ref": reference, "$comment": noteText,
	"title": noteText, "description": noteText, "default": note, "examples": noteList,
	"readOnly": noteBool, "writeOnly": noteBool,
	"contentMediaType": noteText, "contentEncoding": noteText,
	"x-cite": noteText, "x-in": noteText, "x-evidence": noteText, "x-secret": noteBool,

	"type": typeNames, "enum": valueList, "const": anyValue, "format": formatName,
	"multipleOf": positive, "maximum": anyNumber, "exclusiveMaximum": anyNumber,
	"minimum": anyNumber, "exclusiveMinimum": anyNumber,
	"maxLength": size, "minLength": size, "pattern": expression,
	"maxItems": size, "minItems": size, "uniqueItems": truth,
	"maxProperties": size, "minProperties": size, "required": nameList,

	"items": schemaOrList, "additionalItems": oneSchema, "contains": oneSchema,
	"properties": schemaTable, "patternProperties": patternTable,
	"additionalProperties": oneSchema, "dependencies": dependencyTable,
	"propertyNames": oneSchema, "definitions": schemaTable,
	"if": oneSchema, "then": oneSchema, "else": oneSchema, "not": oneSchema,
	"allOf": schemaList, "anyOf": schemaList, "oneOf": schemaList,
}

// otherDrafts are keywords that draft-07 does not have, with where they come
// from and what to write instead.
var otherDrafts = map[string]string{
	"$defs":                 `of draft 2019-09; draft-07 has "definitions"`,
	"$anchor":               `of draft 2019-09; draft-07 refers to "#/definitions/…"`,
	"$vocabulary":           "of draft 2019-09",
	"$recursiveRef":         `of draft 2019-09; draft-07 has "$ref"`,
	"$recursiveAnchor":      "of draft 2019-09",
	"$dynamicRef":           `of draft 2020-12; draft-07 has "$ref"`,
	"$dynamicAnchor":        "of draft 2020-12",
	"dependentRequired":     `of draft 2019-09; draft-07 has "dependencies"`,
	"dependentSchemas":      `of draft 2019-09; draft-07 has "dependencies"`,
	"unevaluatedProperties": "of draft 2019-09; draft-07 can't say it",
	"unevaluatedItems":      "of draft 2019-09; draft-07 can't say it",
	"minContains":           "of draft 2019-09; draft-07 can't say it",
	"maxContains":           "of draft 2019-09; draft-07 can't say it",
	"contentSchema":         "of draft 2019-09",
	"deprecated":            `of draft 2019-09; say it in "description"`,
	"prefixItems":           `of draft 2020-12; draft-07 has "items" with a list`,
	"id":                    `of draft-04; draft-07 has "$id"`,
	"nullable":              `of OpenAPI; draft-07 has "type": ["…", "null"]`,
}

var typeList = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

// judged are the keywords that judge one type alone and pass any other.
var judged = map[string]string{
	"maxLength": "string", "minLength": "string", "pattern": "string", "format": "string",
	"multipleOf": "number", "maximum": "number", "exclusiveMaximum": "number",
	"minimum": "number", "exclusiveMinimum": "number",
	"maxItems": "array", "minItems": "array", "uniqueItems": "array",
	"items": "array", "additionalItems": "array", "contains": "array",
	"maxProperties": "object", "minProperties": "object", "required": "object",
	"properties": "object", "patternProperties": "object", "additionalProperties": "object",
	"dependencies": "object", "propertyNames": "object",
}
